"""One version, in every place that states it, and its notes."""

from __future__ import annotations

import importlib.util
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.template import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def load() -> Any:
    spec = importlib.util.spec_from_file_location("release", ROOT / ".ci/release.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RELEASE = load()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for name in [*RELEASE.PLACES, "CHANGELOG.md"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_every_place_states_the_same_version() -> None:
    found = RELEASE.versions()

    assert all(found.values())
    assert len(set.union(*found.values())) == 1


def test_a_release_writes_it_everywhere(clone: Path) -> None:
    RELEASE.release("1.20.3", "2026-12-01", clone)

    assert set.union(*RELEASE.versions(clone).values()) == {"1.20.3"}


def test_what_was_unreleased_are_its_notes(clone: Path) -> None:
    before = (ROOT / "CHANGELOG.md").read_text()

    RELEASE.release("1.20.3", "2026-12-01", clone)

    head, _, notes = (clone / "CHANGELOG.md").read_text().partition("\n## 1.20.3 · 2026-12-01\n")
    assert head.endswith("## Unreleased\n")
    assert notes == before.partition("## Unreleased\n")[2]


@pytest.mark.parametrize("version", ["", "1.2", "v1.2.3", "1.2.3rc1"])
def test_what_is_no_version_changes_nothing(version: str, clone: Path) -> None:
    before = (clone / "pyproject.toml").read_text()

    with pytest.raises(SystemExit, match="is not a version"):
        RELEASE.release(version, "2026-12-01", clone)

    assert (clone / "pyproject.toml").read_text() == before


def test_nothing_is_released_twice(clone: Path) -> None:
    RELEASE.release("1.20.3", "2026-12-01", clone)

    with pytest.raises(SystemExit, match="nothing under"):
        RELEASE.release("1.20.4", "2026-12-02", clone)
