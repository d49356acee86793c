"""A fingerprint of what is built and deployed: equal means that there is nothing to do."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from local.state import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = ("template.yaml", "samconfig.toml", "functions", "layers", "local/gaps.py")


def fingerprint() -> str:
    """Hash the names and contents of everything that the deployed stack depends on."""
    digest = hashlib.sha256()
    for path in sorted(_files()):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files() -> list[Path]:
    found = []
    for source in SOURCES:
        path = ROOT / source
        found += [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return [path for path in found if path.suffix != ".pyc"]
