"""Whole trees of folders, as a person drops or chooses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.api import eventually
from tests.e2e.console.browsing import row, written
from tests.e2e.space import Space

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page, Route

    from tests.e2e.api import Api


def drop(page: Page, path: Path, target: Locator) -> None:
    """Drag a file or folder of the computer over an element, and let it go."""
    box = target.bounding_box()
    assert box is not None
    session = page.context.new_cdp_session(page)
    dragged = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    where = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    for step in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": step, "data": dragged, **where})


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The folder Tree, with files at three depths, and an empty folder."""
    deep = tmp_path / "Tree" / "one" / "two"
    deep.mkdir(parents=True)
    (tmp_path / "Tree" / "empty").mkdir()
    for folder in (deep.parent.parent, deep.parent, deep):
        written(folder, f"in {folder.name}.txt", folder.name.encode())
    return tmp_path / "Tree"


def kept(space: Space, parent: str = "root", path: str = "") -> set[str]:
    """Return the paths of the files and folders below a folder."""
    found = {path + name for name in space.found(folderId=parent)}
    for folder in space.pages("folders", parentId=parent):
        here = f"{path}{folder['name']}/"
        found |= {here} | kept(space, folder["folderId"], here)
    return found


FILES = {"Tree/in Tree.txt", "Tree/one/in one.txt", "Tree/one/two/in two.txt"}
FOLDERS = {"Tree/", "Tree/one/", "Tree/one/two/"}


def test_a_tree_that_is_dropped_comes_whole_and_is_shown(page: Page, api: Api, tree: Path) -> None:
    space = Space(api)
    drop(page, tree, page.get_by_role("main"))

    expect(row(page, "Tree")).to_contain_text("3 items")
    expect(page.get_by_role("treeitem", name="Tree")).to_be_visible()
    eventually(lambda: kept(space), lambda found: found == FILES | FOLDERS | {"Tree/empty/"})
    expect(page.get_by_role("treeitem", name="Tree")).to_contain_text("3")
    expect(page.locator(".line .text")).to_have_text(["Tree"])


def test_a_tree_is_dropped_into_a_folder_beside_what_is_there(
    page: Page, api: Api, tree: Path
) -> None:
    space = Space(api)
    reports = space.make_folder("Reports")
    # As this computer compares names, it is the same folder.
    space.put("old.txt", folderId=space.make_folder("TREE", reports))
    page.reload()
    drop(page, tree, row(page, "Reports"))

    expected = {f"Reports/{each.replace('Tree/', 'TREE/', 1)}" for each in FILES | FOLDERS}
    expected |= {"Reports/", "Reports/TREE/old.txt", "Reports/TREE/empty/"}
    eventually(lambda: kept(space), lambda found: found == expected)
    expect(page.locator(".line .text")).to_have_text(["Reports"])


def test_a_tree_is_chosen(page: Page, api: Api, tree: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload a folder").click()
    chooser.value.set_files(str(tree))

    # A browser leaves empty folders out here.
    expect(row(page, "Tree")).to_contain_text("2 items")
    eventually(lambda: kept(Space(api)), lambda found: found == FILES | FOLDERS)


def test_of_many_transfers_those_that_need_somebody_are_shown(
    page: Page, api: Api, tmp_path: Path
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(130):
        written(folder, f"{number:03}.txt", b"x")
    refusal = {"message": "No.", "type": "invalid_request_error", "param": None, "code": None}

    asked: list[Route] = []

    def answer(route: Route) -> None:
        # The first one fails, and the others wait for an answer that does not come.
        asked.append(route)
        if len(asked) == 1:
            route.fulfill(status=400, json={"error": refusal})

    page.route("**/v1/uploads", answer)
    drop(page, folder, page.get_by_role("main"))

    tray = page.get_by_role("region", name="Transfers")
    expect(tray).to_contain_text("Uploading 129 files")
    expect(tray.get_by_role("listitem")).to_have_count(101)
    expect(tray).to_contain_text("and 30 more")
    expect(tray.get_by_role("listitem").first).to_contain_text("failed")
    assert api.json("GET", "/files")["data"] == []
