"""Folders: what is in them, what is dragged into them, and how they come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.console.browsing import choose, row, written
from tests.e2e.space import Space

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from tests.e2e.api import Api


def branch(page: Page, name: str) -> Locator:
    return page.get_by_role("treeitem", name=name)


def test_a_folder_says_how_much_is_in_it(page: Page, api: Api, tmp_path: Path) -> None:
    space = Space(api)
    reports = space.make_folder("Reports")
    space.make_folder("2026", reports)
    space.make_folder("Empty")
    space.put("a.txt", folderId=reports)
    loose = space.put("b.txt")
    page.reload()

    expect(row(page, "Reports")).to_contain_text("2 items")
    expect(branch(page, "Reports")).to_contain_text("2")
    expect(row(page, "Empty")).to_contain_text("0 items")

    page.get_by_label("Select b.txt").check()
    page.keyboard.press("m")
    page.get_by_role("dialog").get_by_role("button", name="Reports").click()
    page.get_by_role("button", name="Move to Reports").click()
    expect(row(page, "Reports")).to_contain_text("3 items")
    page.keyboard.press("z")
    expect(row(page, "Reports")).to_contain_text("2 items")
    assert space.found(folderId="root") == [loose["name"]]

    page.get_by_role("gridcell").get_by_role("link", name="Empty").click()
    expect(page.get_by_text("Drop files here")).to_be_visible()
    choose(page, written(tmp_path, "new.txt", b"x"))
    expect(row(page, "new.txt")).to_be_visible()
    expect(branch(page, "Empty")).to_contain_text("1 item")


def test_rows_are_dragged_to_a_folder_and_a_branch(page: Page, api: Api) -> None:
    space = Space(api)
    reports, archive = space.make_folder("Reports"), space.make_folder("Archive")
    for name in ("a.txt", "b.txt", "c.txt"):
        space.put(name)
    page.reload()
    expect(row(page, "c.txt")).to_be_visible()

    row(page, "a.txt").drag_to(row(page, "Reports"))
    expect(row(page, "a.txt")).to_have_count(0)
    expect(page.get_by_text("“a.txt” moved to Reports")).to_be_visible()

    page.get_by_label("Select b.txt").check()
    page.get_by_label("Select c.txt").check()
    row(page, "b.txt").drag_to(branch(page, "Archive"))
    expect(page.get_by_text("2 items moved to Archive")).to_be_visible()
    expect(row(page, "c.txt")).to_have_count(0)
    assert sorted(space.found(folderId=archive)) == ["b.txt", "c.txt"]
    assert space.found(folderId=reports) == ["a.txt"]

    page.keyboard.press("z")
    expect(row(page, "b.txt")).to_be_visible()
    assert space.found(folderId=archive) == []

    row(page, "Archive").drag_to(row(page, "Reports"))
    expect(row(page, "Archive")).to_have_count(0)
    expect(page.get_by_text("“Archive” moved to Reports")).to_be_visible()
    assert space.folder_names(reports) == ["Archive"]


def test_a_folder_that_was_deleted_comes_back_with_its_files(page: Page, api: Api) -> None:
    space = Space(api)
    reports = space.make_folder("Reports")
    space.make_folder("2026", reports)
    space.put("a.txt", folderId=reports)
    page.reload()
    expect(row(page, "Reports")).to_contain_text("2 items")

    page.keyboard.press("Delete")
    expect(row(page, "Reports")).to_have_count(0)
    expect(branch(page, "Reports")).to_have_count(0)
    toast = page.get_by_role("status").filter(has_text="“Reports” moved to the trash")
    toast.get_by_role("button", name="Undo").click()

    expect(row(page, "Reports")).to_be_visible()
    expect(branch(page, "Reports")).to_be_visible()
    page.get_by_role("gridcell").get_by_role("link", name="Reports").click()
    expect(row(page, "a.txt")).to_be_visible()
    expect(row(page, "2026")).to_be_visible()


def test_who_goes_to_a_folder_while_a_search_settles_gets_the_folder(page: Page, api: Api) -> None:
    Space(api).make_folder("Reports")
    page.reload()
    search = page.get_by_role("combobox", name="Search")
    folder = page.get_by_role("tree", name="Folders").get_by_role("treeitem", name="Reports")
    expect(folder).to_be_visible()

    search.fill("abc")
    folder.click()
    page.wait_for_timeout(600)  # more than a search takes to settle

    expect(page.get_by_role("navigation", name="Path")).to_contain_text("Reports")
    expect(search).to_have_value("")

    search.press_sequentially("abc def", delay=60)
    page.wait_for_timeout(600)
    expect(search).to_have_value("abc def")
    assert "q=abc+def" in page.url
