"""The console's page, built once for a test run as the layer has it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from console.build import build


@cache
def console_package() -> Path:
    """Return a folder with the package `larder_console`."""
    folder = Path(tempfile.mkdtemp(prefix="larder-console-"))
    atexit.register(shutil.rmtree, folder)
    build(folder)
    return folder
