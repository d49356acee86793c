"""PDFs in the details: their pages are drawn, and nothing in them is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.api import eventually
from tests.e2e.console.browsing import row, violations
from tests.e2e.console.pdfs import HTML, LOCKED, SCRIPTED, SENDING, pdf
from tests.e2e.space import Space

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Locator, Page

    from tests.e2e.api import Api

MIB = 2**20
DARK = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, at) => at % 4 === 0 && value < 99).length;
}"""
"""The number of pixels that letters have."""

FOCUSED = "document.activeElement.ariaLabel || document.activeElement.textContent"


def details(page: Page, name: str) -> Locator:
    page.reload()
    row(page, name).click()
    return page.get_by_role("complementary", name="Details")


def test_the_pages_of_a_pdf_are_turned_and_enlarged(page: Page, api: Api) -> None:
    Space(api).put("terms.pdf", pdf("First", "Second"))

    shown = details(page, "terms.pdf")

    sheet = shown.get_by_role("region", name="terms.pdf: Page 1 of 2")
    expect(shown.get_by_text("First")).to_be_attached()
    assert sheet.locator("canvas").evaluate(DARK) > 100
    assert violations(page) == []
    before = sheet.locator("canvas").bounding_box()
    shown.get_by_role("button", name="Larger").click()
    expect(shown.get_by_role("button", name="Smaller")).to_be_enabled()
    eventually(
        lambda: (sheet.locator("canvas").bounding_box() or {"width": 0})["width"],
        lambda width: before is not None and width > 1.4 * before["width"],
    )
    shown.get_by_role("button", name="Next page").press("Enter")
    expect(shown.get_by_role("status")).to_have_text("Page 2 of 2")
    expect(shown.get_by_text("Second")).to_be_attached()
    expect(shown.get_by_role("button", name="Next page")).to_be_disabled()


def test_the_keys_go_on_past_a_pdf(page: Page, api: Api) -> None:
    Space(api).put("terms.pdf", pdf("First", "Second"))
    shown = details(page, "terms.pdf")
    expect(shown.get_by_text("First")).to_be_attached()

    shown.get_by_role("button", name="Close").focus()
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.ariaLabel || document.activeElement.textContent")
        )

    assert reached == ["terms.pdf: Page 1 of 2", "Next page", "Larger", "Download"]


@pytest.mark.parametrize("data", [SCRIPTED, SENDING], ids=["scripts", "addresses"])
def test_a_hostile_pdf_is_drawn_and_nothing_more(page: Page, api: Api, data: bytes) -> None:
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    page.context.on("dialog", answer)
    page.context.on("request", lambda each: asked.append(each.url) if "evil" in each.url else None)
    page.context.on("page", lambda opened: asked.append(opened.url))
    Space(api).put("hostile.pdf", data)
    shown = details(page, "hostile.pdf")
    expect(shown.get_by_text("Hostile")).to_be_attached()
    address = page.url

    shown.locator("canvas").click()
    page.wait_for_timeout(1000)

    assert asked == []
    assert page.url == address


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (HTML, "is damaged, or is no PDF"),
        (pdf("First")[:200], "is damaged, or is no PDF"),
        (LOCKED, "asks for a password"),
        (b"", "This file is empty"),
    ],
    ids=["html", "cut", "locked", "empty"],
)
def test_what_cannot_be_drawn_says_why(page: Page, api: Api, data: bytes, said: str) -> None:
    title = page.title()
    Space(api).put("odd.pdf", data)

    shown = details(page, "odd.pdf")

    expect(shown.locator(".preview")).to_contain_text(said)
    assert page.evaluate("[document.title, window.evil]") == [title, None]
    expect(shown.get_by_role("button", name="Download")).to_be_enabled()


def test_a_large_pdf_is_not_fetched(page: Page, api: Api) -> None:
    upload = api.create_upload(21 * MIB, filename="large.pdf", mime_type="application/pdf")
    assert api.put(upload["transfer"], pdf("First").ljust(21 * MIB)).status_code == 200
    api.complete(upload["id"])
    fetched: list[str] = []
    page.on("request", lambda each: fetched.append(each.url) if "/content" in each.url else None)

    expect(details(page, "large.pdf")).to_contain_text("more than 20 MiB")

    assert fetched == []


def test_the_worker_ends_with_the_preview(page: Page, api: Api) -> None:
    Space(api).put("terms.pdf", pdf("First"))
    shown = details(page, "terms.pdf")
    expect(shown.get_by_text("First")).to_be_attached()
    [worker] = page.workers

    with worker.expect_event("close"):
        shown.get_by_role("button", name="Close").click()


def test_a_viewer_that_is_not_there_is_not_the_files_fault(page: Page, api: Api) -> None:
    Space(api).put("terms.pdf", pdf("First"))
    page.route("**/pdf.worker.mjs", lambda route: route.abort())

    expect(details(page, "terms.pdf")).to_contain_text("The viewer could not be loaded")
