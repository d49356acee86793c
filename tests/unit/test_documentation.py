"""The written pages: links lead somewhere, and stilted phrases stay out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.pages import OPERATED, OPERATIONS, examples, sections
from tests.support.pages import PAGES as RUN

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for glob in ("*.md", "docs/**/*.md", "tests/*.md", "bench/*.md")
    for path in ROOT.glob(glob)
)

# Which files are held to plain English. Add a glob once what it matches is clean.
PROSE = ("*.md", "docs/**/*.md", "tests/*.md", "examples/*")

STILTED = re.compile(
    r"\b(tells? of|told of|by who|for who|is none|are none|of so many|reckon(ed)?|nobody who"
    r"|what is told)\b",
    re.IGNORECASE,
)


def anchors(page: Path) -> set[str]:
    """Return the ids that GitHub gives to the page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    words = (re.sub(r"[^\w -]", "", heading.lower()) for heading in headings)
    return {word.replace(" ", "-") for word in words}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text())

    for path, anchor in links:
        target = page.parent / path if path else page
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


WITH_EXAMPLES = [
    path
    for glob in ("*.md", "docs/**/*.md", "cli/*.md")
    for path in sorted(ROOT.glob(glob))
    if "```sh" in path.read_text()
]


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_example_of_a_shell_is_run_or_says_why_not(page: Path) -> None:
    name, text = str(page.relative_to(ROOT)), page.read_text()
    shells = [each for each in examples(text) if each.language == "sh"]

    # Also what is indented, and what has other words behind the language, is looked at.
    assert len(shells) == len(re.findall(r"```\s*(?:sh|bash|shell)\b", text))
    if name == OPERATIONS:
        assert {head for head, section in sections(page).items() if "```sh" in section} == set(
            OPERATED
        )
    elif name not in RUN:
        assert not [each.code for each in shells if each.reason is None]


@pytest.mark.parametrize(
    "path",
    sorted(path for glob in PROSE for path in ROOT.glob(glob)),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_prose_is_plain_english(path: Path) -> None:
    lines = enumerate(path.read_text().splitlines(), start=1)

    found = [f"{number}: {line.strip()}" for number, line in lines if STILTED.search(line)]
    assert not found
