"""What `larder batch run` remembers beside its output, so that it goes on where it was stopped.

`answers.jsonl.run` has one JSON document a line; the last whole line is the state. A line is
appended before the step that it announces, or after the step whose result it holds, so the file
stays true when the process is killed.
"""

from __future__ import annotations

import fcntl
import os
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from larder_cli.failures import OperatorError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class RunState(msgspec.Struct, frozen=True, kw_only=True):
    """A run: of which requests with which options, and what there is of it so far.

    `began` in unix seconds. `saving` says that the results are being written.
    """

    run_id: str
    sha256: str
    options: str
    began: int
    file_id: str | None = None
    batch_id: str | None = None
    saving: bool = False

    @property
    def idempotency_key(self) -> str:
        """The key with which the run creates its batch, however often it is repeated."""
        return f"larder-run-{self.run_id}"


class RunLog:
    """The open state of a run, which no other process can have open."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def read(self) -> RunState | None:
        """Return the state, None for a run that begins; a last line that was cut off is ignored."""
        data = os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)
        if not data:
            return None
        whole = [line for line in data.split(b"\n")[:-1] if line]
        try:
            return msgspec.json.decode(whole[-1] if whole else b"", type=RunState)
        except (ValueError, RecursionError) as error:
            raise OperatorError(f"{self.path} is not the state of a run: remove it.") from error

    def begin(self, sha256: str, options: str) -> RunState:
        """Store and return the state of a new run."""
        run_id, began = str(uuid.uuid4()), int(time.time())
        return self.write(RunState(run_id=run_id, sha256=sha256, options=options, began=began))

    def write(self, state: RunState) -> RunState:
        """Store the state and return it."""
        # The first newline ends a line that was cut off.
        os.write(self._descriptor, b"\n" + msgspec.json.encode(state) + b"\n")
        return state

    def remove(self) -> None:
        """Forget the run."""
        self.path.unlink(missing_ok=True)


@contextmanager
def open_run(output: Path) -> Iterator[RunLog]:
    """Open the state of the run that writes this output.

    A run that has stored nothing leaves no file.

    Raises:
        OperatorError: another process runs it.
        OSError: the file system refuses.
    """
    path = output.with_name(f"{output.name}.run")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"Another process runs the batch of {output}: wait until it has ended."
            raise OperatorError(message) from error
        try:
            yield RunLog(path, descriptor)
        finally:
            if os.fstat(descriptor).st_size == 0:
                path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)
