"""Prepares this machine for `make sam-local`, or says what is missing."""

from __future__ import annotations

import sys

from local.containers.engine import require_engine
from local.containers.image import runtime_image
from local.errors import LocalError


def main() -> int:
    """Find the engine, get the image, and return the exit status."""
    try:
        require_engine()
        print("larder: getting Lambda's container image (takes a minute the first time)")
        print(f"larder: functions will run in {runtime_image()}")
    except LocalError as error:
        print(f"larder: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
