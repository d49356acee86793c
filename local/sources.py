"""A fingerprint of the deployed stack's sources; if it is unchanged, there is nothing to do."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from local.state import ROOT

if TYPE_CHECKING:
    from pathlib import Path

FUNCTIONS = "functions"
SOURCES = (
    "template.yaml",
    "samconfig.toml",
    FUNCTIONS,
    "layers",
    "console",
    "local/emulator_fixes/deployment.py",
)
REST = "rest"


def fingerprint() -> str:
    """Return hashes of all files that the deployed stack depends on: a JSON object.

    It has a hash for each folder in functions/, by its name, and one for the rest.
    """
    parts: dict[str, hashlib._Hash] = {}
    for path in sorted(_files()):
        name = path.relative_to(ROOT)
        part = name.parts[1] if name.parts[0] == FUNCTIONS else REST
        digest = parts.setdefault(part, hashlib.sha256())
        digest.update(f"{name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return json.dumps({part: digest.hexdigest() for part, digest in parts.items()})


def changed_functions(before: str, now: str) -> list[str] | None:
    """Return the functions in which two fingerprints differ; None if they differ in more."""
    try:
        old, new = json.loads(before), json.loads(now)
    except ValueError:
        return None
    if not isinstance(old, dict) or old.keys() != new.keys() or old[REST] != new[REST]:
        return None
    return [part for part in new if old[part] != new[part]]


def _files() -> list[Path]:
    found = []
    for source in SOURCES:
        path = ROOT / source
        found += [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return [path for path in found if path.suffix != ".pyc"]
