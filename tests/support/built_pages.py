"""The pages of the console and the reference, built once for a test run as the layers have them."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from console import build as console
from layers.reference import build as reference


@cache
def built_pages() -> Path:
    """Return a folder with the packages `larder_console` and `larder_reference`."""
    folder = Path(tempfile.mkdtemp(prefix="larder-pages-"))
    atexit.register(shutil.rmtree, folder)
    console.build(folder)
    reference.build(folder)
    return folder
