"""The build of the API reference: what others wrote is as they published it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from layers.reference.build import ROOT, build

if TYPE_CHECKING:
    from pathlib import Path

VENDORED = {
    "swagger-ui-bundle.js": "e6a898692f2d768e807c3ba4626068a69a2c5dd960dd6c76f3e4d3a3de180af2",
    "swagger-ui.css": "5ed08757e53da3e026d6cbecc61fe5d43585c9560b302d534ad56692519a273d",
}
"""swagger-ui-dist 5.35.0, from npm."""


@pytest.mark.parametrize("name", VENDORED)
def test_what_others_wrote_is_as_they_published_it(name: str) -> None:
    assert hashlib.sha256((ROOT / "vendor" / name).read_bytes()).hexdigest() == VENDORED[name]


def test_two_builds_are_the_same(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        build(tmp_path / folder)

    for path in (tmp_path / "one/larder_reference").iterdir():
        assert path.read_bytes() == (tmp_path / "two/larder_reference" / path.name).read_bytes()
