"""Prepare this machine for `make sam-local`, or say what it lacks."""

from __future__ import annotations

import sys

from local.containers.engine import require_engine
from local.containers.image import runtime_image
from local.errors import LocalError


def main() -> int:
    """Find the engine and get the image; 0 when functions can run in containers here."""
    try:
        require_engine()
        print("larder: getting Lambda's container image (the first time takes a minute)")
        print(f"larder: functions will run in {runtime_image()}")
    except LocalError as error:
        print(f"larder: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
