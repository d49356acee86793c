"""What a person does at the console, in Chromium."""

from __future__ import annotations

import json
import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from larder.services.projects.sessions import console_link
from tests.e2e.stack import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

    from tests.e2e.projects import Operator, Project

PICTURES = ROOT / ".local" / "pictures"
AXE = ROOT / ".tools" / "console" / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def link(operator: Operator, project: Project, *, admin: bool = False) -> str:
    """Return a link as `larder console` prints it. The storage has another origin."""
    code = operator.sign_in_code(project.id, admin=admin)
    return console_link(project.base_url, code, "demo")


@contextmanager
def signed_in(
    browser: Browser, operator: Operator, project: Project, *, admin: bool = False, **options: Any
) -> Iterator[Page]:
    """Open the console in a tab of its own. An error in the page fails the test.

    Chromium reports each answer that is no success as well; tests look at those that they expect.
    """
    with closing(browser.new_context(accept_downloads=True, **options)) as context:
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda message: problems.append(message.text) if message.type == "error" else None,
        )
        page.goto(link(operator, project, admin=admin))
        expect(page.get_by_role("heading", name="Files", exact=True)).to_be_attached()
        yield page
        assert [each for each in problems if "Failed to load resource" not in each] == []


def end_session(page: Page) -> None:
    """Let the server refuse the session of this tab."""
    session = json.loads(page.evaluate("sessionStorage.getItem('larder.session')"))
    kept = json.dumps(session | {"secret": "zs_" + "a" * 43})
    page.evaluate("kept => sessionStorage.setItem('larder.session', kept)", kept)
    page.reload()


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def tab_to(page: Page, element: str) -> None:
    """Press Tab until the element that this selector finds has the focus."""
    for _ in range(40):
        if page.evaluate("selector => document.activeElement.matches(selector)", element):
            return
        page.keyboard.press("Tab")
    raise AssertionError(element)


def choose(page: Page, *paths: Path) -> None:
    """Choose files in the dialog of the button Upload."""
    page.locator("input[type=file]").first.set_input_files([str(path) for path in paths])


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page, each with its rule and the first elements."""
    if not AXE.exists() and not os.environ.get("CI"):
        pytest.skip("axe is missing: make .tools/console/.installed")
    # By the debugger: the page's policy lets no script in.
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "rules => axe.run(document, {resultTypes: ['violations'], runOnly: rules})", _RULES
    )
    return [
        f"{each['id']}: {[node['html'][:120] for node in each['nodes'][:3]]}"
        for each in found["violations"]
    ]


def picture(page: Page, name: str) -> None:
    """Keep a picture of the page as `.local/pictures/<name>.png`."""
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled", caret="hide")
