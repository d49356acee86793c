"""The console without a mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.console.browsing import row, tab_to
from tests.e2e.space import Space

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.api import Api


def test_the_tree_of_folders_has_the_keys_of_a_tree(page: Page, api: Api) -> None:
    space = Space(api)
    reports = space.make_folder("Reports")
    space.make_folder("2026", reports)
    space.make_folder("Evaluations")
    page.reload()
    tree = page.get_by_role("tree", name="Folders")
    expect(tree.get_by_role("treeitem")).to_have_count(2)

    tab_to(page, "[role=treeitem]")
    expect(tree.get_by_role("treeitem", name="Evaluations")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(tree.get_by_role("treeitem", name="Reports")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(tree.get_by_role("treeitem", name="2026")).to_have_attribute("aria-level", "2")
    page.keyboard.press("ArrowRight")
    expect(tree.get_by_role("treeitem", name="2026")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Path")).to_contain_text("Reports2026")
    page.keyboard.press("ArrowLeft")
    expect(tree.get_by_role("treeitem", name="Reports")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(tree.get_by_role("treeitem", name="2026")).to_have_count(0)


def test_the_list_is_sorted_read_and_selected_by_keys(page: Page, api: Api) -> None:
    for name, size in (("a.txt", 3), ("b.txt", 1), ("c.txt", 2)):
        api.create_file(b"x" * size, name)
    page.reload()
    expect(row(page, "c.txt")).to_be_visible()
    names = page.get_by_role("row").locator(".text")

    tab_to(page, ".head .size button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Size")).to_have_attribute(
        "aria-sort", "ascending"
    )
    expect(names).to_have_text(["b.txt", "c.txt", "a.txt"])
    page.keyboard.press("Enter")
    expect(names).to_have_text(["a.txt", "c.txt", "b.txt"])

    tab_to(page, ".line")
    page.keyboard.press("j")
    expect(row(page, "c.txt")).to_be_focused()
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_role("toolbar", name="Selection")).to_contain_text("2 items")
    page.keyboard.press("Escape")
    page.keyboard.press(" ")
    expect(page.get_by_role("complementary")).to_contain_text("b.txt")


def test_a_dialog_keeps_the_focus_and_gives_it_back(page: Page, api: Api) -> None:
    api.create_file(b"x", "a.txt")
    page.reload()
    expect(row(page, "a.txt")).to_be_visible()
    tab_to(page, ".line")

    page.keyboard.press("t")
    field = page.get_by_role("dialog").get_by_label("Add a tag")
    expect(field).to_be_focused()
    field.fill("draft")
    page.keyboard.press("Enter")

    expect(row(page, "a.txt").get_by_role("link", name="draft")).to_be_visible()
    expect(row(page, "a.txt")).to_be_focused()


def test_a_dialog_is_there_or_gone_before_the_next_key(page: Page) -> None:
    # Without a frame between: a person who types fast, or a page that is busy.
    focused = page.evaluate("""async () => {
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "n", bubbles: true }));
        await null;
        return document.activeElement.tagName;
    }""")
    assert focused == "INPUT"

    for _ in range(10):
        page.keyboard.press("Escape")
        page.keyboard.press("n")
        page.keyboard.type("abc")
        expect(page.get_by_role("dialog").get_by_role("textbox")).to_have_value("abc")
