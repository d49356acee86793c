"""`larder`, or `python -m larder_cli`. Ctrl-C prints no traceback, not even during imports."""

import contextlib
import errno
import os
import sys
from importlib import import_module


def run() -> None:
    """Run the command line and exit with its status."""
    if sys.stderr is None:
        # A file that is opened next would get the number of the closed stream, and the messages.
        sys.stderr = open(os.open(os.devnull, os.O_WRONLY), "w")  # noqa: SIM115, PTH123
    if sys.stdin is None:
        sys.stdin = open(os.open(os.devnull, os.O_RDONLY))  # noqa: SIM115, PTH123
    if sys.stdout is None:
        # Nobody would see what the command did.
        print("larder: Standard output is closed.", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    # Where Click and Rich are installed, httpx would load a command line of its own, and Rich.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
    try:
        import_module("larder_cli.main").app()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as failure:
        # A full disk, or a pipe whose reader has left, which is no failure to speak of.
        if failure.errno != errno.EPIPE:
            with contextlib.suppress(OSError):
                print(f"larder: {failure.strerror}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    finally:
        _abandon_unwritable()


def _abandon_unwritable() -> None:
    """Let Python not complain at its exit about what a full disk or a closed pipe did not take."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
            continue
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    run()
