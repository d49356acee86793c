"""Fuzz one target, guided by coverage; arguments: its name, then flags of libFuzzer."""

from __future__ import annotations

import sys

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["larder", "multipart"]):
    from tests.fuzz.targets import TARGETS, deployment

    # The functions import what they need when they are loaded.
    deployment()

if __name__ == "__main__":
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
    atheris.Fuzz()
