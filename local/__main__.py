"""`python -m local run [-- COMMAND]`, `start`, `status`, `stop` and `deploy`."""

from __future__ import annotations

import argparse
import errno
import sys
from pathlib import Path

from local.background import start, status, stop
from local.errors import LocalError
from local.ports import parse_port
from local.run import redeploy, run
from local.state import DEFAULT, State

_COMMANDS = {
    "run": "start Larder, and stop it at Ctrl-C or when COMMAND ends",
    "start": "start Larder in the background",
    "status": "say whether Larder runs, and where",
    "stop": "stop Larder, and keep its files",
    "deploy": "deploy code and template changes to the running stack",
}

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


def main() -> int:
    """Parse the command line and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, help_text in _COMMANDS.items():
        command = commands.add_parser(name, help=help_text)
        command.add_argument(
            "--state", type=Path, default=DEFAULT, help="folder for the state of the run"
        )
        if name in {"run", "start"}:
            command.add_argument(
                "--port", default="4566", help="port to listen on; 0 for any free one"
            )
        if name == "run":
            command.add_argument("argv", nargs="*", metavar="COMMAND")
    arguments = parser.parse_args()
    try:
        return _run(arguments)
    except LocalError as error:
        print(f"larder: {error}", file=sys.stderr)
    except OSError as error:
        if error.errno not in _NO_SPACE | {errno.EACCES, errno.EROFS}:
            raise
        where = error.filename or arguments.state
        print(f"larder: {where}: {error.strerror}. {_remedy(error.errno)}", file=sys.stderr)
    return 1


def _run(arguments: argparse.Namespace) -> int:
    state = State(arguments.state.resolve())
    match arguments.command:
        case "run":
            return run(state, parse_port(arguments.port), arguments.argv)
        case "start":
            start(state, parse_port(arguments.port))
        case "status":
            status(state)
        case "stop":
            stop(state)
        case "deploy":
            redeploy(state)
    return 0


def _remedy(code: int) -> str:
    if code in _NO_SPACE:
        return "Free some space, and run it again: what was saved is kept."
    return "Larder writes to the folder .local of the clone."


if __name__ == "__main__":
    sys.exit(main())
