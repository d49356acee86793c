"""Long lists, and changes that take their time: rows go at once, and come back if they have to."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.console.browsing import row, signed_in
from tests.e2e.space import Space

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

    from tests.e2e.api import Api, Json
    from tests.e2e.projects import Operator, Project

FILES = 10_000
PAGE = 1_000


def name(number: int) -> str:
    return f"file-{number:05}.txt"


def a_file(number: int) -> Json:
    return {
        "fileId": f"file-{number:024}",
        "name": name(number),
        "sizeBytes": "1",
        "mimeType": "text/plain",
        "createdAt": "2026-11-28T00:00:00Z",
        "updatedAt": "2026-11-28T00:00:00Z",
        "purpose": "user_data",
        "status": "processed",
        "folderId": None,
        "tags": [],
        "favorite": False,
        "expiresAt": None,
    }


class Server:
    """Ten thousand files that are not there; `changes` are the operations that came.

    With `holding`, no page after the first is answered until it is told to go on.
    """

    def __init__(self, page: Page, *, holding: bool = False) -> None:
        self.changes: list[list[Json]] = []
        self._held: list[Route] | None = [] if holding else None
        page.route(re.compile(r"/v1/storage/files\?"), self._list)
        page.route("**/v1/storage/files:batch", self._change)

    def _list(self, route: Route) -> None:
        found = re.search(r"cursor=(\d+)", route.request.url)
        if found and self._held is not None:
            self._held.append(route)
        else:
            self._page(route, int(found[1]) if found else 0)

    def go_on(self) -> None:
        """Answer what waits, and all that follows."""
        held, self._held = self._held or [], None
        for route in held:
            self._list(route)

    def _page(self, route: Route, start: int) -> None:
        end = start + PAGE
        more = {"hasMore": end < FILES, "cursor": str(end) if end < FILES else None}
        files = [a_file(number) for number in range(start, end)]
        route.fulfill(json={"files": files, "pagination": more})

    def _change(self, route: Route) -> None:
        operations = json.loads(route.request.post_data or "")["operations"]
        self.changes.append(operations)
        results: list[Any] = [
            {"fileId": each["fileId"], "op": each["op"], "ok": True, "file": None}
            for each in operations
        ]
        route.fulfill(json={"results": results})


@pytest.fixture
def server(page: Page) -> Server:
    return Server(page)


def test_ten_thousand_rows_are_few_in_the_page_and_all_can_be_selected(
    page: Page, server: Server
) -> None:
    page.reload()
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", str(FILES + 1))
    selection = page.get_by_role("toolbar", name="Selection")

    page.keyboard.press("End")
    expect(row(page, name(FILES - 1))).to_be_visible()
    page.keyboard.press("Shift+Home")
    expect(row(page, name(0))).to_be_visible()
    expect(selection).to_contain_text("10,000 items")
    assert page.get_by_role("row").count() <= 60

    # From one row to another that is far away: the rows between were never drawn.
    page.keyboard.press("Escape")
    row(page, name(3)).locator(".added").click()
    page.keyboard.press("Escape")
    page.locator(".rows").evaluate("rows => { rows.scrollTop = 4000 * 40 }")
    row(page, name(4_005)).locator(".added").click(modifiers=["Shift"])
    expect(selection).to_contain_text("4,003 items")
    assert page.get_by_role("row").count() <= 60
    row(page, name(4_000)).locator(".added").click(modifiers=["Control"])
    expect(selection).to_contain_text("4,002 items")
    assert server.changes == []


def test_all_rows_go_at_once_and_undo_waits_for_the_server(page: Page, server: Server) -> None:
    page.reload()
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", str(FILES + 1))
    page.keyboard.press("Control+a")

    page.keyboard.press("Delete")
    expect(page.get_by_text("Drop files here")).to_be_visible(timeout=2_000)
    expect(
        page.get_by_text(re.compile(r"Moving 10,000 items to the trash… .*00 of"))
    ).to_be_visible()
    page.keyboard.press("z")

    expect(page.get_by_role("grid")).to_have_attribute(
        "aria-rowcount", str(FILES + 1), timeout=60_000
    )
    expect(row(page, name(0))).to_be_visible()
    sent = [(each["op"], each["fileId"]) for some in server.changes for each in some]
    ids = [a_file(number)["fileId"] for number in range(FILES)]
    assert sent == [("trash", each) for each in ids] + [("restore", each) for each in ids]
    assert {len(some) for some in server.changes} == {100}


def test_what_is_changed_while_a_list_is_read_stays_changed(page: Page) -> None:
    server = Server(page, holding=True)
    page.reload()
    expect(row(page, name(0))).to_be_visible()
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", str(PAGE + 1))
    page.keyboard.press("Delete")
    expect(row(page, name(0))).to_have_count(0)
    page.keyboard.press("n")
    page.get_by_label("Name of the folder").fill("Reports")
    page.get_by_role("button", name="Create").click()
    expect(row(page, "Reports")).to_be_visible()

    server.go_on()

    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", str(FILES + 1))
    expect(row(page, "Reports")).to_be_visible()
    expect(row(page, name(1))).to_be_visible()
    expect(row(page, name(0))).to_have_count(0)


def test_undo_takes_back_the_change_that_is_on_its_way_and_no_earlier_one(
    page: Page, api: Api
) -> None:
    for each in ("a.txt", "b.txt"):
        api.create_file(b"x", each)
    page.reload()
    expect(row(page, "b.txt")).to_be_visible()
    page.keyboard.press("r")
    page.keyboard.type("c")
    page.keyboard.press("Enter")
    expect(page.get_by_text("“a.txt” is now “c.txt”")).to_be_visible()

    page.keyboard.press("Delete")
    page.keyboard.press("z")

    expect(page.locator(".line .text")).to_have_text(["b.txt", "c.txt"])
    expect(page.get_by_text("moved to the trash")).to_have_count(0)
    assert {each["filename"] for each in api.json("GET", "/files")["data"]} == {"b.txt", "c.txt"}


def test_whoever_goes_elsewhere_sees_a_change_once_it_is_made(page: Page, api: Api) -> None:
    space = Space(api)
    reports = space.make_folder("Reports")
    for each in ("a.txt", "b.txt"):
        space.put(each)
    page.reload()
    expect(row(page, "b.txt")).to_be_visible()
    held: list[Route] = []

    def hold(route: Route) -> None:
        if len(held) < 2:
            held.append(route)
        else:
            route.continue_()

    page.route("**/files:batch", hold)
    for each, key in (("a.txt", "m"), ("b.txt", "Delete")):
        page.get_by_label(f"Select {each}").check()
        page.keyboard.press(key)
        if key == "m":
            page.get_by_role("dialog").get_by_role("button", name="Reports").click()
            page.get_by_role("button", name="Move to Reports").click()
        expect(row(page, each)).to_have_count(0)
    page.get_by_role("gridcell").get_by_role("link", name="Reports").click()
    expect(page.get_by_text("Drop files here")).to_be_visible()
    held[0].continue_()
    expect(row(page, "a.txt")).to_be_visible()

    page.get_by_role("link", name="Trash").click()
    expect(page.get_by_text("The trash is empty")).to_be_visible()
    held[1].continue_()
    expect(row(page, "b.txt")).to_be_visible()
    page.get_by_role("treeitem", name="Reports").click()
    expect(row(page, "a.txt")).to_be_visible()

    # What is undone goes back to where it was, and not into the list that is shown.
    page.keyboard.press("z")
    page.keyboard.press("z")
    expect(page.get_by_text("Drop files here")).to_be_visible()
    assert sorted(space.found(folderId="root")) == ["a.txt", "b.txt"]
    assert space.found(folderId=reports) == []


def test_rows_come_back_to_their_places_when_the_server_refuses(page: Page, api: Api) -> None:
    space = Space(api)
    space.make_folder("Reports")
    for each in ("a.txt", "b.txt", "c.txt"):
        space.put(each)
    page.reload()
    expect(row(page, "c.txt")).to_be_visible()
    refusal = {"message": "Not now.", "type": "invalid_request_error", "param": None, "code": None}
    page.route(
        "**/v1/storage/files:batch",
        lambda route: route.fulfill(status=400, json={"error": refusal}),
    )

    for key in ("Delete", "m"):
        page.get_by_label("Select b.txt").check()
        page.keyboard.press(key)
        if key == "m":
            page.get_by_role("dialog").get_by_role("button", name="Reports").click()
            page.get_by_role("button", name="Move to Reports").click()
        expect(page.get_by_text("Not now.").first).to_be_visible()
        expect(page.locator(".line .text")).to_have_text(["Reports", "a.txt", "b.txt", "c.txt"])
        expect(page.get_by_text(re.compile("^Moving"))).to_have_count(0)


def test_the_keys_go_on_where_a_row_was(page: Page, api: Api) -> None:
    for each in ("a.txt", "b.txt", "c.txt"):
        api.create_file(b"x", each)
    page.reload()
    row(page, "b.txt").click()
    page.keyboard.press("Escape")

    page.keyboard.press("F2")
    page.keyboard.press("Escape")
    expect(row(page, "b.txt")).to_be_focused()
    page.keyboard.press("Delete")
    expect(row(page, "c.txt")).to_be_focused()


def test_a_name_is_changed_from_the_details_wherever_its_row_is(page: Page, server: Server) -> None:
    page.reload()
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", str(FILES + 1))
    row(page, name(2)).click()
    page.locator(".rows").evaluate("rows => { rows.scrollTop = 4000 * 40 }")
    expect(row(page, name(4_001))).to_be_visible()

    page.get_by_role("complementary").get_by_role("button", name="Rename").click()

    expect(page.get_by_role("textbox", name="Rename")).to_have_value(name(2))
    expect(page.get_by_role("textbox", name="Rename")).to_be_focused()
    assert server.changes == []


def test_on_a_phone_a_name_is_changed_from_the_details(
    browser: Browser, operator: Operator, project: Project, api: Api
) -> None:
    api.create_file(b"x", "a.txt")
    with signed_in(browser, operator, project, viewport={"width": 320, "height": 640}) as page:
        row(page, "a.txt").click()
        page.get_by_role("complementary").get_by_role("button", name="Rename").click()
        page.get_by_role("textbox", name="Rename").fill("b.txt")
        page.keyboard.press("Enter")
        expect(row(page, "b.txt")).to_be_visible()
        expect(page.get_by_text("“a.txt” is now “b.txt”")).to_be_visible()


def test_a_trashed_thing_is_deleted_for_good_only_when_a_person_says_so_twice(
    page: Page, api: Api
) -> None:
    space = Space(api)
    space.trash(space.put("a.txt")["fileId"])
    page.get_by_role("link", name="Trash").click()

    for button, left in (("Cancel", 1), ("Delete for good", 0)):
        row(page, "a.txt").get_by_role("button", name="Delete for good").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("“a.txt” cannot be brought back")
        dialog.get_by_role("button", name=button).click()
        expect(dialog).to_have_count(0)
        expect(row(page, "a.txt")).to_have_count(left)
        assert len(space.in_trash()) == left


def test_many_things_come_back_from_the_trash_at_once_or_go_for_good(page: Page, api: Api) -> None:
    space = Space(api)
    folder = space.make_folder("Reports")
    space.put("in.txt", folderId=folder)
    files = [space.put(f"{letter}.txt")["fileId"] for letter in "abcd"]
    for each in files:
        space.trash(each)
    space.delete_folder(folder)
    page.get_by_role("link", name="Trash").click()
    selection = page.get_by_role("toolbar", name="Selection")

    for each in ("Reports", "a.txt", "b.txt"):
        page.get_by_label(f"Select {each}").check()
    expect(selection).to_contain_text("3 items selected")
    selection.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("3 items are back")).to_be_visible()
    expect(page.locator(".line .text")).to_have_text(["d.txt", "c.txt"])
    assert sorted(space.found()) == ["a.txt", "b.txt", "in.txt"]
    page.keyboard.press("z")
    expect(page.locator(".line .text")).to_have_count(5)
    assert space.found() == []

    page.keyboard.press("Control+a")
    page.get_by_label("Select Reports").uncheck()
    page.keyboard.press("Delete")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("4 items cannot be brought back")
    dialog.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("4 items are deleted for good")).to_be_visible()
    assert space.in_trash() == [folder]
