"""`python3 -m local.clean`: remove the local state, unless a stack uses it.

It runs before anything is installed, on the standard library.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from local.errors import LocalError
from local.state import DEFAULT, State


def clean(root: Path) -> None:
    """Remove `root` with the state of every run below it.

    Raises:
        LocalError: a run uses a folder in it, on whatever port.
    """
    for lock in sorted(root.rglob("lock")):
        state = State(lock.parent)
        try:
            with state.held():
                pass
        except LocalError as error:
            message = f"Nothing was removed: a local stack runs in {state.folder}. Stop it first."
            raise LocalError(message) from error
        if (pid := _orphan(state)) is not None:
            message = (
                f"Nothing was removed: the emulator of a run in {state.folder} that was killed "
                f"still runs. Stop it first: kill -INT {pid}"
            )
            raise LocalError(message)
    shutil.rmtree(root, ignore_errors=True)


def _orphan(state: State) -> int | None:
    try:
        pid = int(state.pid.read_text().split()[0])
        command = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return None
    return pid if "emulator_fixes" in command else None


if __name__ == "__main__":
    try:
        clean(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT)
    except LocalError as error:
        sys.exit(f"larder: {error}")
