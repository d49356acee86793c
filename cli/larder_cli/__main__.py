"""`larder`, or `python -m larder_cli`: Ctrl-C is no traceback, not even while modules load."""

import sys
from importlib import import_module


def run() -> None:
    """Run the command line and leave with its exit status."""
    try:
        import_module("larder_cli.main").app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    run()
