"""A fingerprint of the deployed stack's sources; if it is unchanged, there is nothing to do."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from local.state import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = (
    "template.yaml",
    "samconfig.toml",
    "functions",
    "layers",
    "console",
    "local/emulator_fixes/deployment.py",
)


def fingerprint() -> str:
    """Return a hash of the names and contents of all files that the deployed stack depends on."""
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
