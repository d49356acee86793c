"""Fuzz one target, guided by coverage; arguments: its name, then flags of libFuzzer."""

from __future__ import annotations

import sys
from pathlib import Path

import atheris  # type: ignore[import-untyped]

LAYER = Path(__file__).parents[2] / "layers/larder/python"
PACKAGES = [path.parent.name for path in LAYER.glob("*/__init__.py")]

with atheris.instrument_imports(include=[*PACKAGES, "multipart"]):
    from tests.fuzz.targets import TARGETS, deployment

    # The functions import what they need when they are loaded.
    deployment()

if __name__ == "__main__":
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
    atheris.Fuzz()
