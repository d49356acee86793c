"""The proxy of `make faults` kills the process that called, and says when it did not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from http.client import HTTPConnection, RemoteDisconnected
from typing import TYPE_CHECKING

import pytest

from tests.faults import proxy as proxies
from tests.faults.kinds import Fault
from tests.faults.proxy import Plan, Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

CALL = """
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
connection.request("POST", "/", "for the project", {"Authorization": "none"})
connection.getresponse()
"""


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy whose emulator is this process: its workers are the processes that a test starts."""
    proxy = Proxy(("127.0.0.1", 9), os.getpid())
    yield proxy
    proxy.close()


@pytest.fixture
def plan(proxy: Proxy) -> Plan:
    plan = Plan("function", b"the project", at=0, fault=Fault.KILLED_BEFORE)
    proxy.arm(plan)
    return plan


def test_the_worker_that_called_is_killed(proxy: Proxy, plan: Plan) -> None:
    port = proxy.open_port("function")

    called = subprocess.run([sys.executable, "-c", CALL, str(port)], check=False)  # noqa: S603

    assert called.returncode == -signal.SIGKILL
    assert (plan.fired, plan.error) == (1, None)


def test_a_caller_that_is_not_found_is_an_error(
    proxy: Proxy, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxies, "LOOKS", 1)
    connection = HTTPConnection("127.0.0.1", proxy.open_port("function"))
    connection.request("POST", "/", "for the project", {"Authorization": "none"})

    with pytest.raises(RemoteDisconnected):
        connection.getresponse()

    assert plan.error is not None
    assert "nothing was killed" in plan.error
