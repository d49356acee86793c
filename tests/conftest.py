"""What every tier shares: no sockets where none belong, and one hypothesis profile per purpose."""

from __future__ import annotations

import os
import signal
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from hypothesis import HealthCheck, settings

# Deterministic, so that a change is judged by the same examples on every machine.
settings.register_profile(
    "same_every_time",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# make property: new examples each time, ten times as many.
settings.register_profile(
    "thorough", settings.get_profile("same_every_time"), derandomize=False, max_examples=1_000
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same_every_time"))

# What is started in the background begins with Ctrl-C ignored, and hands that on to what it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Each session would look through botocore's folders, and read its models, anew.
botocore.session.create_loader = cache(botocore.session.create_loader)

_SOCKETLESS = ("unit", "contract", "property")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folders = [Path(__file__).parent / name for name in _SOCKETLESS]
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in folders):
            item.add_marker(pytest.mark.disable_socket)
