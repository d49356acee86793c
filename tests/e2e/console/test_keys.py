"""Keys of the project: what an admin session manages, and what another one says of itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.api import Api
from tests.e2e.console.browsing import signed_in, violations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page, Route

    from tests.e2e.projects import Operator, Project


@pytest.fixture
def page(browser: Browser, operator: Operator, project: Project) -> Iterator[Page]:
    """The keys of the project, in an admin session."""
    allowed = ["clipboard-read", "clipboard-write"]
    with signed_in(browser, operator, project, admin=True, permissions=allowed) as page:
        page.get_by_role("navigation", name="Menu").get_by_role("link", name="Keys").click()
        expect(page.get_by_role("button", name="New key")).to_be_visible()
        yield page


def key(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=name)


def secret_of(page: Page, name: str) -> str:
    """Copy the secret that is shown once, and close the dialog."""
    dialog = page.get_by_role("dialog", name=f"The secret of “{name}”")
    page.keyboard.press("Escape")
    expect(dialog.get_by_role("button", name="Copy the secret")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    secret = str(page.evaluate("navigator.clipboard.readText()"))
    expect(dialog).to_contain_text(secret)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    return secret


def test_a_key_is_made_by_keyboard_and_its_secret_is_shown_once(
    page: Page, project: Project
) -> None:
    page.keyboard.press("n")
    expect(page.get_by_role("textbox", name="Name")).to_be_focused()
    page.keyboard.type("the dashboard")
    # From the name to read, write and batches; the last two go.
    page.keyboard.press("Tab")
    for _ in ("write", "batches"):
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    secret = secret_of(page, "the dashboard")

    line = key(page, "the dashboard")
    expect(line).to_contain_text("read")
    expect(line).not_to_contain_text("write")
    expect(line).to_contain_text("never used")
    expect(line).to_contain_text("expires")
    assert secret not in page.content()
    with Api(project.base_url, secret) as api:
        assert api.send("GET", "/files").status_code == 200
        assert api.post_file(b"x", "a.txt").status_code == 403


def test_a_key_is_rotated_and_revoked(page: Page, project: Project) -> None:
    page.get_by_role("button", name="New key").click()
    page.get_by_role("textbox", name="Name").fill("the nightly job")
    page.get_by_label("never").check()
    page.get_by_role("button", name="Create key").click()
    first = secret_of(page, "the nightly job")
    expect(key(page, "the nightly job")).to_contain_text("does not expire")

    page.get_by_role("button", name="Rotate: the nightly job").click()
    page.get_by_label("1 day").check()
    page.get_by_role("dialog").get_by_role("button", name="Rotate").click()
    second = secret_of(page, "the nightly job")
    assert second != first
    old = key(page, "the nightly job").filter(has_text="rotated, works until")
    expect(old).to_have_count(1)
    expect(old.get_by_role("button", name="Rotate")).to_have_count(0)
    for secret in (first, second):
        with Api(project.base_url, secret) as api:
            assert api.send("GET", "/files").status_code == 200

    old.get_by_role("button", name="Revoke").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("cannot be undone")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(old.get_by_role("button", name="Revoke")).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("button", name="Revoke: the nightly job")).to_have_count(1)
    page.get_by_text("Ended").click()
    expect(page.get_by_role("group").get_by_role("listitem")).to_contain_text("revoked just now")


def test_a_secret_that_was_lost_on_the_way_is_said_to_be(page: Page) -> None:
    lost: list[int] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route(re.compile(r"/v1/admin/keys$"), lose)
    page.keyboard.press("n")
    page.keyboard.type("half a key")
    page.keyboard.press("Enter")

    dialog = page.get_by_role("dialog", name="The secret was lost on the way")
    expect(dialog).to_contain_text("half a key")
    dialog.get_by_role("button", name="Revoke").click()
    dialog = page.get_by_role("dialog", name="Revoke: half a key")
    dialog.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("button", name="Revoke: half a key")).to_have_count(0)
    assert lost == [200]


def test_a_key_that_may_do_nothing_is_not_made(page: Page) -> None:
    page.keyboard.press("n")
    for scope in ("read", "write", "batches"):
        page.get_by_role("checkbox", name=re.compile(f"^{scope}")).uncheck()
    page.get_by_role("button", name="Create key").click()

    expect(page.get_by_role("alert")).to_contain_text("Choose at least one")


def test_ending_the_own_session_signs_out(page: Page) -> None:
    own = key(page, "this page")
    own.get_by_role("button", name="End").click()
    page.get_by_role("dialog").get_by_role("button", name="End").click()

    expect(page.get_by_label("API key")).to_be_visible()


def test_a_session_without_admin_says_how_to_get_one(
    browser: Browser, operator: Operator, project: Project
) -> None:
    with signed_in(browser, operator, project) as page:
        page.get_by_role("navigation", name="Menu").get_by_role("link", name="Keys").click()

        expect(page.get_by_text("larder console demo --admin")).to_be_visible()
        expect(key(page, "this page")).to_contain_text("batches")
        expect(page.get_by_role("button", name="New key")).to_have_count(0)
        assert violations(page) == []
