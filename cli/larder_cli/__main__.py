"""`larder`, or `python -m larder_cli`. Ctrl-C prints no traceback, not even during imports."""

import sys
from importlib import import_module


def run() -> None:
    """Run the command line and exit with its status."""
    try:
        import_module("larder_cli.main").app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    run()
