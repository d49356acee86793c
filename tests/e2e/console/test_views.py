"""Every view, in light, dark, on a phone and on a large screen: without violations, as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.console.browsing import end_session, signed_in
from tests.e2e.console.furnished import furnish
from tests.e2e.console.tour import Tour

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.e2e.projects import NewProject, Operator, Project

SCREENS = {
    "light": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 320, "height": 640}, "color_scheme": "light"},
    "large": {"viewport": {"width": 3840, "height": 2160}, "color_scheme": "light"},
}


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    return new_project()


@pytest.fixture(scope="module")
def shown(project: Project, operator: Operator) -> dict[str, str]:
    return furnish(project, operator)


@pytest.mark.parametrize("screen", SCREENS)
def test_every_view_is_for_everybody(
    browser: Browser,
    operator: Operator,
    project: Project,
    shown: dict[str, str],
    screen: str,
    tmp_path: Path,
) -> None:
    with signed_in(browser, operator, project, admin=True, **SCREENS[screen]) as page:
        tour = Tour(page, screen, shown, tmp_path)
        tour.walk()
        end_session(page)
        again = page.get_by_role("dialog")
        expect(again).to_contain_text("Your session has ended")
        tour.look("session-ended")
        again.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("API key")).to_be_visible()
        tour.look("sign-in")

    assert {view: each for view, each in tour.violations.items() if each} == {}


def test_nothing_moves_for_whoever_asks_for_that(
    browser: Browser, operator: Operator, project: Project, shown: dict[str, str]
) -> None:
    moving = """() => [...document.querySelectorAll("*")].filter((each) => {
      const { transitionDuration, animationName } = getComputedStyle(each);
      return transitionDuration !== "0s" || animationName !== "none";
    }).length"""
    views = ["#/files", "#/trash", "#/project", f"#/report/{shown['broken']}"]
    counts = {}
    for wish in ("reduce", "no-preference"):
        with signed_in(browser, operator, project, reduced_motion=wish) as page:
            counts[wish] = 0
            for address in views:
                page.evaluate("address => { location.hash = address }", address)
                expect(page.get_by_text("Loading…")).to_have_count(0)
                counts[wish] += page.evaluate(moving)

    assert counts["reduce"] == 0
    assert counts["no-preference"] > 0
