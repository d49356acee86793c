"""The API reference in Chromium: what it shows, that it can be used, and no violations."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import expect

from tests.e2e.console.browsing import picture, violations

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.e2e.projects import Project


def opened(page: Page, project: Project) -> list[str]:
    """Open the reference, and return the list that its errors go to."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda message: problems.append(message.text) if message.type == "error" else None,
    )
    page.goto(project.base_url.removesuffix("/v1") + "/docs")
    # Chromium's versions differ in how much of the line is the heading's name.
    expect(page.get_by_role("heading", name=re.compile(r"^Files\b")).first).to_be_visible()
    return problems


def try_it_out(page: Page, path: str) -> None:
    page.get_by_role("button", name=path).first.click()
    page.get_by_role("button", name="Try it out").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_reference_has_no_violations(
    browser: Browser, project: Project, scheme: Literal["light", "dark"]
) -> None:
    with closing(browser.new_context(color_scheme=scheme)) as context:
        page = context.new_page()
        problems = opened(page, project)
        picture(page, f"reference-{scheme}")
        found = {"list": violations(page)}

        try_it_out(page, "POST /v1/files")
        found["form"] = violations(page)
        page.get_by_role("button", name="Authorize").click()
        found["keys"] = violations(page)

    assert found == {"list": [], "form": [], "keys": []}
    assert problems == []


def test_an_operation_can_be_tried_with_a_key(browser: Browser, project: Project) -> None:
    with closing(browser.new_context()) as context:
        page = context.new_page()
        problems = opened(page, project)
        page.get_by_role("button", name="Authorize").click()
        bearer = page.get_by_role("dialog").locator("form").filter(has_text="Bearer")
        bearer.get_by_role("textbox").fill(project.key)
        bearer.get_by_role("button", name="Authorize").click()
        bearer.get_by_role("button", name="Close").click()

        try_it_out(page, "GET /v1/usage")
        page.get_by_role("button", name="Execute").click()

        expect(page.locator(".live-responses-table")).to_contain_text('"object": "usage"')
    assert problems == []
