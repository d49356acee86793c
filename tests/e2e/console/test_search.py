"""What a search finds, and where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.console.browsing import row
from tests.e2e.space import Space

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.api import Api


def test_a_tag_of_two_words_is_searched_for_and_completed(page: Page, api: Api) -> None:
    space = Space(api)
    space.put("a.txt", tags="q4 report")
    space.put("report.txt", tags="q4")
    page.reload()
    box = page.get_by_role("combobox", name="Search")

    row(page, "a.txt").get_by_role("link", name="q4 report").click()
    expect(box).to_have_value('tag:"q4 report"')
    expect(page.locator(".line .text")).to_have_text(["a.txt"])

    box.fill('a tag:"q4 r')
    page.get_by_role("option", name="q4 report").click()
    expect(box).to_have_value('a tag:"q4 report"')
    expect(page.locator(".line .text")).to_have_text(["a.txt"])


def test_types_have_the_names_that_people_give_them(page: Page, api: Api) -> None:
    space = Space(api)
    space.put("plan.pdf", b"%PDF-1.4", "application/pdf")
    space.put("photo.png", b"x", "image/png")
    box = page.get_by_role("combobox", name="Search")

    for typed, found in (("type:pdf", "plan.pdf"), ("type:image", "photo.png")):
        box.fill(typed)
        expect(page.locator(".line .text")).to_have_text([found])


def test_what_is_found_says_where_it_is_and_stays_when_it_is_moved(page: Page, api: Api) -> None:
    space = Space(api)
    reports = space.make_folder("Reports")
    inner = space.make_folder("2026", reports)
    archive = space.make_folder("Archive")
    space.put("plan.txt", folderId=inner)
    page.reload()
    page.get_by_role("combobox", name="Search").fill("plan")
    where = row(page, "plan.txt").get_by_role("link", name="Folder 2026")
    expect(where).to_be_visible()

    row(page, "plan.txt").locator(".added").click()
    expect(page.get_by_role("complementary").get_by_role("link", name="2026")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Reports").click()
    dialog.get_by_role("button", name="2026").click()
    dialog.get_by_role("button", name="← Reports").click()
    dialog.get_by_role("button", name="← Files").click()
    dialog.get_by_role("button", name="Archive").click()
    dialog.get_by_role("button", name="Move to Archive").click()
    expect(row(page, "plan.txt").get_by_role("link", name="Folder Archive")).to_be_visible()
    expect(page.get_by_text("“plan.txt” moved to Archive")).to_be_visible()
    assert space.found(folderId=archive) == ["plan.txt"]

    page.keyboard.press("z")
    expect(where).to_be_visible()
    where.click()
    expect(page.get_by_role("navigation", name="Path")).to_contain_text("Reports2026")
    expect(row(page, "plan.txt")).to_be_visible()
    assert space.found(folderId=inner) == ["plan.txt"]
