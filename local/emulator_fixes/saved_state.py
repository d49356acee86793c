"""Fixes to the metadata that MiniStack saved, made before it reads them again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from local.ports import HOST

if TYPE_CHECKING:
    from pathlib import Path


def repair(metadata: Path, *, saved_on: int, port: int) -> None:
    """Adapt the metadata of a run on the port `saved_on` to a run on `port`."""
    if saved_on != port:
        rename_port(metadata, saved_on, port)
    forget_stream_positions(metadata)


def rename_port(metadata: Path, before: int, after: int) -> None:
    """MiniStack finds queues by URLs with the port; on another port they have no consumers."""
    for file in metadata.glob("*.json"):
        text = file.read_text()
        renamed = text.replace(f"http://{HOST}:{before}/", f"http://{HOST}:{after}/")
        if renamed != text:
            file.write_text(renamed)


def forget_stream_positions(metadata: Path) -> None:
    """MiniStack saves a stream's read position without its records, and skips as many new ones."""
    file = metadata / "lambda.json"
    if not file.exists():
        return
    saved = json.loads(file.read_text())
    saved["payload"]["dynamodb_stream_positions"]["data"].clear()
    file.write_text(json.dumps(saved))
