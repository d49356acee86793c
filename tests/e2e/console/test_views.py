"""Every view, in light, dark, on a phone and on a large screen: without violations, as pictures."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.api import batch_lines
from tests.e2e.console.browsing import AXE, end_session, picture, signed_in, violations
from tests.e2e.space import Space

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.e2e.api import Api
    from tests.e2e.projects import NewProject, Operator, Project

SCREENS = {
    "light": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 320, "height": 640}, "color_scheme": "light"},
    "large": {"viewport": {"width": 3840, "height": 2160}, "color_scheme": "light"},
}
BROKEN = batch_lines(30) + batch_lines(8) + b'{"custom_id": "line-39"}\nnot JSON\n'
CSV = b'id,customer,total\n1,"Adler, Ann",20.00\n2,Berg,31.50\n3,Costa,8.25\n'


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    return new_project()


@pytest.fixture(scope="module")
def filled(project: Project) -> dict[str, str]:
    """What a team might have, with the ids of what the views show."""
    with project.api() as api:
        return _filled(api)


def _filled(api: Api) -> dict[str, str]:
    space = Space(api)
    reports = space.make_folder("Reports")
    space.make_folder("2026", reports)
    space.make_folder("Evaluations")
    for name in ("interviews.md", "price list 2026.pdf", "prompt.txt", "settings.json"):
        space.put(name, b"{}")
    space.put("a name that goes on and on until it has to be cut, final version (3).txt", b"x")
    orders = space.put("orders.csv", CSV, tags="finance,q4")
    space.change(orders["fileId"], favorite=True)
    space.put("summary.md", b"# Summary", folderId=reports)
    api.create_file(batch_lines(40), "questions.jsonl", "batch")
    broken = api.create_file(BROKEN, "broken.jsonl", "batch")
    for name in ("draft 1.txt", "draft 2.txt"):
        space.trash(space.put(name)["fileId"])
    return {"orders": orders["fileId"], "reports": reports, "broken": broken["id"]}


def _views(page: Page, filled: dict[str, str]) -> dict[str, list[str]]:
    """Show each view, keep its picture, and return the violations by view."""
    screen = page.viewport_size or {"width": 0}
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        found[name] = violations(page)
        picture(page, f"{name}-{_name_of(page)}")

    def visit(name: str, address: str, sign: str) -> None:
        page.evaluate("address => { location.hash = address }", address)
        expect(page.get_by_text(sign).first).to_be_attached()
        expect(page.get_by_text("Loading…")).to_have_count(0)
        look(name)

    def shut() -> None:
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)

    visit("files", "#/files", "orders.csv")
    for key in ("j", "j", "x", "j", "x"):
        page.keyboard.press(key)
    look("selection")
    page.keyboard.press("m")
    expect(page.get_by_role("dialog")).to_contain_text("Move")
    look("move")
    shut()
    page.keyboard.press("n")
    expect(page.get_by_role("dialog")).to_contain_text("Name of the folder")
    look("new-folder")
    shut()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("New folder")
    look("shortcuts")
    shut()
    visit("folder", f"#/files/{filled['reports']}", "summary.md")
    visit("details", f"#/files?open={filled['orders']}", "Adler, Ann")
    page.get_by_role("button", name="Share a link").click()
    expect(page.get_by_role("dialog")).to_contain_text("The link works for")
    look("share")
    shut()
    visit("search", "#/files?q=tag:q4", "orders.csv")
    page.get_by_role("combobox").fill("tag:")
    expect(page.get_by_role("option", name="tag:finance")).to_be_visible()
    look("completions")
    visit("nothing", "#/files?q=zzz", "Nothing is called that")
    visit("favorites", "#/files?is=favorite", "orders.csv")
    visit("report", f"#/report/{filled['broken']}", "invalid_json")
    visit("trash", "#/trash", "draft 1.txt")
    visit("batches", "#/batches", "No batches yet")
    visit("project", "#/project", "Connect a program")
    if screen["width"] < 820:
        page.get_by_role("button", name="Menu").click()
        look("menu")
    return found


def _name_of(page: Page) -> str:
    width = page.evaluate("innerWidth")
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    return "phone" if width < 820 else "large" if width > 2000 else "dark" if dark else "light"


@pytest.mark.skipif(
    not AXE.exists() and not os.environ.get("CI"), reason="axe is missing: make types"
)
@pytest.mark.parametrize("screen", SCREENS)
def test_every_view_is_for_everybody(
    browser: Browser, operator: Operator, project: Project, filled: dict[str, str], screen: str
) -> None:
    with signed_in(browser, operator, project, **SCREENS[screen]) as page:
        found = _views(page, filled)
        end_session(page)
        again = page.get_by_role("dialog")
        expect(again).to_contain_text("Your session has ended")
        found["session-ended"] = violations(page)
        picture(page, f"session-ended-{screen}")
        again.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("API key")).to_be_visible()
        found["sign-in"] = violations(page)
        picture(page, f"sign-in-{screen}")

    assert {view: each for view, each in found.items() if each} == {}
