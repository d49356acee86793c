"""Files that arrive where a file has their name already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.console.browsing import choose, row, violations, written
from tests.e2e.space import Space

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from tests.e2e.api import Api


@pytest.fixture
def space(page: Page, api: Api) -> Space:
    """Three files of the root, which the page shows."""
    space = Space(api)
    for name in ("a.txt", "b.txt", "c.txt"):
        space.put(name, b"old")
    page.reload()
    expect(row(page, "c.txt")).to_be_visible()
    return space


def asked(page: Page, name: str) -> Locator:
    dialog = page.get_by_role("dialog", name="This name is taken")
    expect(dialog).to_contain_text(name)
    return dialog


def contents(api: Api) -> dict[str, bytes]:
    files = api.json("GET", "/files")["data"]
    return {
        each["filename"]: api.content(each["id"], follow_redirects=True).content for each in files
    }


def test_a_file_is_replaced_and_the_old_one_comes_back(
    page: Page, api: Api, space: Space, tmp_path: Path
) -> None:
    choose(page, written(tmp_path, "A.txt", b"new one"))
    dialog = asked(page, "a.txt")
    expect(dialog).to_contain_text("7 B")
    dialog.get_by_role("button", name="Replace").click()

    expect(page.get_by_text("“A.txt” replaced; the old one is in the trash")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(4)
    assert contents(api) == {"A.txt": b"new one", "b.txt": b"old", "c.txt": b"old"}
    assert len(space.in_trash()) == 1

    page.keyboard.press("z")
    expect(row(page, "A.txt").get_by_title("A.txt", exact=True)).to_have_count(0)
    expect(row(page, "a.txt").get_by_title("a.txt", exact=True)).to_be_visible()
    assert contents(api) == dict.fromkeys(("a.txt", "b.txt", "c.txt"), b"old")


def test_one_answer_is_for_all_by_keyboard(
    page: Page, api: Api, space: Space, tmp_path: Path
) -> None:
    names = ("a.txt", "b.txt", "c.txt", "d.txt")
    choose(page, *(written(tmp_path, name, b"new") for name in names))
    dialog = asked(page, "a.txt")
    assert violations(page) == []
    dialog.get_by_role("button", name="Skip").focus()
    page.keyboard.press("Enter")
    dialog = asked(page, "b.txt")
    dialog.get_by_label("Do the same for 1 file more").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Keep both")).to_be_focused()
    page.keyboard.press("Enter")

    expect(row(page, "c (2).txt")).to_be_visible()
    expect(row(page, "d.txt")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert sorted(space.found()) == sorted([*names, "b (2).txt", "c (2).txt"])
    assert contents(api)["a.txt"] == b"old"


def test_nothing_is_sent_after_second_thoughts(page: Page, space: Space, tmp_path: Path) -> None:
    choose(page, *(written(tmp_path, name, b"new") for name in ("a.txt", "d.txt")))
    asked(page, "a.txt")
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("region", name="Transfers")).to_have_count(0)
    assert sorted(space.found()) == ["a.txt", "b.txt", "c.txt"]


def test_a_folder_that_is_not_shown_is_looked_at_too(
    page: Page, space: Space, tmp_path: Path
) -> None:
    folder = space.make_folder("Reports")
    space.put("a.txt", b"old", folderId=folder)
    page.reload()
    tree = tmp_path / "Reports"
    tree.mkdir()
    written(tree, "a.txt", b"new")
    page.locator("input[webkitdirectory]").set_input_files(str(tree))

    asked(page, "a.txt").get_by_role("button", name="Replace").click()
    expect(page.get_by_text("“a.txt” replaced")).to_be_visible()
    assert space.found(folderId=folder) == ["a.txt"]
    assert len(space.found(folderId="root")) == 3
