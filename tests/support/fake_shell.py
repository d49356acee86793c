"""A user at a terminal, in an empty folder, whose environment leads to a fake Larder."""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING
from unittest import mock

from larder_client import Client
from tests.fakes.larder_http import KEY, FakeLarder
from tests.fakes.larder_transports import over_sockets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest


@contextmanager
def fake_shell(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLarder]:
    """Work in the folder, without the pauses between requests."""
    monkeypatch.chdir(folder)
    impatient = partial(Client, sleep=lambda _: None)
    monkeypatch.setattr("larder_client.Client", impatient)
    with mock.patch.dict(os.environ), over_sockets(FakeLarder()) as fake:
        for name in [name for name in os.environ if name.startswith("LARDER_")]:
            del os.environ[name]
        os.environ["XDG_STATE_HOME"] = str(folder / "state")
        os.environ["LARDER_BASE_URL"] = fake.base_url
        os.environ["LARDER_API_KEY"] = KEY
        yield fake
