"""Prepare this machine for `make sam-local`, or say what it lacks."""

from __future__ import annotations

import sys

from local.containers.engine import EngineMissingError, require_engine
from local.containers.image import ImageUnavailableError, runtime_image


def main() -> int:
    """Find the engine and get the image; 0 when functions can run in containers here."""
    try:
        require_engine()
        print("larder: looking for Lambda's container image (the first time takes a minute)")
        print(f"larder: functions will run in {runtime_image()}")
    except (EngineMissingError, ImageUnavailableError) as error:
        print(f"larder: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
