"""`python -m local run [-- COMMAND]`, `python -m local deploy`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local.errors import LocalError
from local.run import redeploy, run
from local.state import DEFAULT, State


def main() -> int:
    """Parse the command line and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, help_text in (
        ("run", "start Larder, and stop it at Ctrl-C or when COMMAND ends"),
        ("deploy", "deploy code and template changes to the running stack"),
    ):
        command = commands.add_parser(name, help=help_text)
        command.add_argument(
            "--state", type=Path, default=DEFAULT, help="folder for the state of the run"
        )
        if name == "run":
            command.add_argument(
                "--port", type=int, default=4566, help="port to listen on; 0 for any free one"
            )
            command.add_argument("argv", nargs="*", metavar="COMMAND")
    arguments = parser.parse_args()
    state = State(arguments.state.resolve())
    try:
        if arguments.command == "run":
            return run(state, arguments.port, arguments.argv)
        redeploy(state)
    except LocalError as error:
        print(f"larder: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
