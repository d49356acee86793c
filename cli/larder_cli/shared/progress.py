"""Whether a transfer shows a progress bar."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from importlib import import_module
from typing import TYPE_CHECKING

from larder_client.transfer.progress import SILENT

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from larder_client import Progress


def open_bar(name: str = "") -> AbstractContextManager[Progress]:
    """Return a bar for people; without a terminal nothing, and no time spent on importing it."""
    if not sys.stderr.isatty():
        return nullcontext(SILENT)
    bar: AbstractContextManager[Progress] = import_module("larder_cli.shared.bar").Bar(name)
    return bar
