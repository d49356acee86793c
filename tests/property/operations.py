"""Use cases that stop at every port call: there they wait, go on, fail or die.

An operation runs in a thread of its own, but never at the same time as anything else: whoever
steps it waits until it has come to its next port call. So every interleaving is a sequence of
steps, the same each time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.services.clock import Clock


class CrashError(BaseException):
    """The process is killed: nothing of the use case runs any further."""


class OutageError(Exception):
    """A port call fails, as a call over a network does."""


class Interruption(Enum):
    """What may happen to a port call instead of its success."""

    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    FAIL_BEFORE = "fail before"
    FAIL_AFTER = "fail after"


CRASHES = (Interruption.CRASH_BEFORE, Interruption.CRASH_AFTER)

STEP_SECONDS = 60
"""After these, an operation will not come to its next port call."""

_running = threading.local()


class Operation:
    """One run of a use case.

    `calls` are the port calls that it has made, by name. `read` is what they and the clock told
    it: what it does next depends on nothing else.
    """

    def __init__(self, name: str, use_case: Callable[[], object]) -> None:
        self.name = name
        self.calls: list[str] = []
        self.read: list[object] = []
        self.result: object = None
        self.error: BaseException | None = None
        self.done = False
        self._use_case = use_case
        self._interruption: Interruption | None = None
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        threading.Thread(target=self._run, name=name, daemon=True).start()
        self._wait()

    def step(self, interruption: Interruption | None = None) -> None:
        """Make the port call that the operation waits at, and run to the next one or the end."""
        assert not self.done
        self._interruption = interruption
        self._go.release()
        self._wait()

    def finish(self) -> None:
        """Make all further port calls."""
        while not self.done:
            self.step()

    def abandon(self) -> None:
        """Kill the operation where it waits, if it still does."""
        if not self.done:
            self.step(Interruption.CRASH_BEFORE)

    def pass_through(self, call: str, effect: Callable[[], object]) -> object:
        """Wait at a port call until stepped, then make it, or what is to happen instead."""
        self.calls.append(call)
        self._stopped.release()
        self._go.acquire()
        match self._interruption:
            case Interruption.CRASH_BEFORE:
                raise CrashError(call)
            case Interruption.FAIL_BEFORE:
                raise OutageError(call)
        try:
            result = effect()
        except Exception as refusal:
            self.read.append(repr(refusal))
            raise
        # A stream opened has told nothing yet, and no two compare equal.
        self.read.append(call if isinstance(result, AbstractContextManager) else result)
        match self._interruption:
            case Interruption.CRASH_AFTER:
                raise CrashError(call)
            case Interruption.FAIL_AFTER:
                raise OutageError(call)
        return result

    def _wait(self) -> None:
        arrived = self._stopped.acquire(timeout=STEP_SECONDS)
        assert arrived, f"{self.name} does not end after {self.calls[-3:]}"

    def _run(self) -> None:
        _running.operation = self
        try:
            self.result = self._use_case()
        except BaseException as error:  # noqa: BLE001 - a crash as well
            self.error = error
        self.done = True
        self._stopped.release()


class _Gate:
    def __init__(self, port: object, name: str) -> None:
        self._port = port
        self._name = name

    def __getattr__(self, method: str) -> Callable[..., object]:
        target = getattr(self._port, method)

        def call(*args: Any, **kwargs: Any) -> object:
            def effect() -> object:
                result = target(*args, **kwargs)
                # What is read page by page is read here, while it is this operation's turn.
                return list(result) if isinstance(result, Iterator) else result

            operation: Operation | None = getattr(_running, "operation", None)
            if operation is None:
                return effect()
            return operation.pass_through(f"{self._name}.{method}", effect)

        return call


def gated[Port](port: Port, name: str) -> Port:
    """Return `port` with a stop before every call that an operation makes."""
    return cast("Port", _Gate(port, name))


def noted(clock: Clock) -> Clock:
    """Return `clock`, with what it tells an operation noted as read by it."""

    def read() -> float:
        now = clock()
        operation: Operation | None = getattr(_running, "operation", None)
        if operation is not None:
            operation.read.append(now)
        return now

    return read
