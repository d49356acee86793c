"""mkdocs.yml: where each page is, and that a reader's browser asks nobody else."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.template import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG: dict[str, Any] = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
BUILT = ROOT / ".local/site/html"


def pages(entry: Any) -> Iterator[str]:
    match entry:
        case str():
            yield entry
        case dict():
            for each in entry.values():
                yield from pages(each)
        case list():
            for each in entry:
                yield from pages(each)


def test_each_reader_has_a_part() -> None:
    assert [next(iter(each)) for each in CONFIG["nav"]] == [
        *("Try", "Batch jobs", "Large files", "Space", "Chat and MCP", "Operate"),
        *("Reference", "How it works"),
    ]


def test_each_page_of_the_documentation_is_in_one_part() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*.md", "docs/*.md"],  # noqa: S607
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    # The decisions are added when the site is built.
    own = [name for name in listed.stdout.split() if not name.startswith("docs/adr/")]

    assert sorted(pages(CONFIG["nav"])) == sorted(set(own))


def test_a_link_that_leads_nowhere_is_an_error() -> None:
    for kind in ("nav", "links"):
        assert set(CONFIG["validation"][kind].values()) == {"warn"}
    assert "strict=True" in (ROOT / "docs/site.py").read_text()
    assert 'gate "site" make site' in (ROOT / ".ci/run").read_text()


def test_no_page_loads_anything_from_elsewhere() -> None:
    if not BUILT.exists():
        pytest.skip("the site is not built: make site")
    for page in BUILT.rglob("*.html"):
        text = page.read_text()
        assert 'src="http' not in text, page
        assert "fonts.googleapis" not in text, page
