"""The console as a person uses it, in Chromium, on the deployed stack."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
from playwright.sync_api import expect

from larder.domain.upstreams import Upstream
from tests.e2e.api import batch_lines
from tests.e2e.console.browsing import choose, link, row, written
from tests.e2e.space import Space
from tests.fakes.model_server import serving

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.e2e.api import Api
    from tests.e2e.projects import Operator, Project

DUPLICATES = batch_lines(3) + batch_lines(2)
HOSTILE = '<img src=x onerror="document.title=1">.svg'
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
    b"<script>document.title=2</script></svg>"
)


def test_a_link_signs_in_once_and_leaves_no_code_behind(
    browser: Browser, operator: Operator, project: Project
) -> None:
    address = link(operator, project)
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(address)
        expect(page.get_by_role("navigation", name="Menu")).to_be_visible()
        assert "zc_" not in page.url
        page.reload()
        expect(page.get_by_role("navigation", name="Menu")).to_be_visible()

        again = context.new_page()
        again.goto(address)
        expect(again.get_by_role("status")).to_contain_text("larder console PROJECT")


def test_a_key_signs_in_and_a_wrong_one_says_so(browser: Browser, project: Project) -> None:
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(project.base_url.removesuffix("/v1") + "/console")
        page.get_by_label("API key").fill("zk_live_" + "a" * 43)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("not valid")

        page.get_by_label("API key").fill(project.key)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("navigation", name="Menu")).to_be_visible()
        kept = page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
        assert project.key not in kept

        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("API key")).to_be_visible()


def test_files_arrive_and_a_batch_file_says_what_is_wrong(
    page: Page, api: Api, tmp_path: Path
) -> None:
    choose(
        page,
        written(tmp_path, "good.jsonl", batch_lines(3)),
        written(tmp_path, "bad.jsonl", DUPLICATES),
        written(tmp_path, "notes.txt", b"notes"),
        written(tmp_path, "empty.txt", b""),
    )

    expect(row(page, "good.jsonl")).to_contain_text("valid", timeout=30_000)
    expect(row(page, "bad.jsonl")).to_contain_text("invalid", timeout=30_000)
    expect(row(page, "empty.txt")).to_be_visible()
    names = {file["filename"]: file["purpose"] for file in api.json("GET", "/files")["data"]}
    assert names == {
        "good.jsonl": "batch",
        "bad.jsonl": "batch",
        "notes.txt": "user_data",
        "empty.txt": "user_data",
    }

    page.get_by_role("link", name="invalid").first.click()
    expect(page.get_by_role("heading", name="bad.jsonl")).to_be_visible()
    expect(page.get_by_text("duplicate_custom_id").first).to_be_visible()
    page.get_by_role("button", name="line 4").click()
    expect(page.locator("ol.numbered li.here")).to_contain_text("custom_id")


def test_a_large_file_goes_in_parts_straight_to_the_storage(
    page: Page, api: Api, tmp_path: Path
) -> None:
    sent: list[str] = []
    page.on(
        "request", lambda request: sent.append(request.url) if request.method == "PUT" else None
    )

    choose(page, written(tmp_path, "large.bin", b"x" * (70 * 2**20)))

    expect(page.get_by_text("done")).to_be_visible(timeout=60_000)
    [file] = api.json("GET", "/files")["data"]
    assert file["bytes"] == 70 * 2**20
    assert len(sent) > 1
    assert {urlsplit(url).hostname for url in sent} == {"localhost"}


def test_a_change_can_be_undone(page: Page, api: Api) -> None:
    api.create_file(b"notes", "notes.txt")
    page.reload()
    page.get_by_role("row").filter(has_text="notes.txt").click()
    expect(page.get_by_role("complementary")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary")).to_have_count(0)

    page.keyboard.press("r")
    page.get_by_label("Rename").fill("plan.txt")
    page.keyboard.press("Enter")
    expect(row(page, "plan.txt")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "notes.txt")).to_be_visible()

    page.keyboard.press("Delete")
    expect(row(page, "notes.txt")).to_have_count(0)
    page.keyboard.press("z")
    expect(row(page, "notes.txt")).to_be_visible()
    assert [file["filename"] for file in api.json("GET", "/files")["data"]] == ["notes.txt"]


def test_a_link_is_shared_that_works_without_a_key_until_it_ends(page: Page, api: Api) -> None:
    api.create_file(b"notes", "notes.txt")
    page.reload()
    row(page, "notes.txt").click()
    page.get_by_role("button", name="Share a link").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("5 minutes", exact=True).check()

    dialog.get_by_role("button", name="Copy the link").click()

    # This browser has not been allowed to write to the clipboard.
    field = dialog.get_by_label("Link", exact=True)
    expect(field).to_be_focused()
    expect(dialog.get_by_role("status")).to_contain_text("The link works until")
    link = field.input_value()
    assert httpx.get(link).content == b"notes"
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == ["300"]


def test_files_are_put_into_folders(page: Page, api: Api) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        api.create_file(b"x", name)
    page.reload()
    # A key that is pressed before the list is there goes nowhere.
    expect(row(page, "c.txt")).to_be_visible()
    page.keyboard.press("n")
    page.get_by_label("Name of the folder").fill("Reports")
    page.get_by_role("button", name="Create").click()
    expect(row(page, "Reports")).to_be_visible()

    page.get_by_label("Select a.txt").check()
    page.get_by_label("Select b.txt").check()
    page.keyboard.press("m")
    page.get_by_role("dialog").get_by_role("button", name="Reports").click()
    page.get_by_role("button", name="Move to Reports").click()

    expect(row(page, "a.txt")).to_have_count(0)
    page.get_by_role("gridcell").get_by_role("link", name="Reports").click()
    expect(row(page, "b.txt")).to_be_visible()
    expect(row(page, "c.txt")).to_have_count(0)
    page.get_by_role("navigation", name="Path").get_by_role("link", name="Files").click()
    expect(row(page, "c.txt")).to_be_visible()


def test_search_finds_names_tags_and_favorites(page: Page, api: Api) -> None:
    space = Space(api)
    for name, tags, favorite in (("one.txt", ["q4"], True), ("two.txt", [], False)):
        file_id = api.create_file(b"x", name)["id"]
        change = {"tags": tags, "favorite": favorite}
        space.json("PATCH", f"/files/{file_id}", json=change)
    box = page.get_by_role("combobox", name="Search")

    for typed in ("one", "tag:q4", "is:favorite", "type:text tag:q4"):
        box.fill(typed)
        expect(row(page, "one.txt")).to_be_visible()
        expect(row(page, "two.txt")).to_have_count(0)
    box.fill("nothing like it")
    expect(page.get_by_text("Nothing is called that")).to_be_visible()


def test_many_rows_change_at_once_and_tags_complete(page: Page, api: Api) -> None:
    space = Space(api)
    folder = space.make_folder("Folder")
    for name in ("a.txt", "b.txt", "c.txt"):
        space.put(name)
    page.reload()
    expect(row(page, "c.txt")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))

    page.keyboard.press("Control+a")
    page.keyboard.press("s")
    for name in ("Folder", "a.txt", "b.txt", "c.txt"):
        expect(row(page, name).get_by_text("favorite")).to_be_attached()
    assert len([each for each in asked if each.endswith("/files:batch")]) == 1
    # Its counts are read as well.
    [change] = [each for each in asked if each.startswith("PATCH ")]
    assert change.endswith(folder)

    page.keyboard.press("Control+a")
    page.keyboard.press("t")
    page.get_by_role("dialog").get_by_label("Add a tag").fill("reports")
    page.keyboard.press("Enter")
    expect(row(page, "c.txt").get_by_role("link", name="reports")).to_be_visible()

    search = page.get_by_role("combobox", name="Search")
    search.fill("tag:re")
    expect(page.get_by_role("option", name="tag:reports")).to_contain_text("3")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(search).to_have_value("tag:reports")
    expect(page.get_by_role("row")).to_have_count(4)
    page.keyboard.press("Escape")

    expect(row(page, "Folder")).to_be_visible()
    page.get_by_label("Select a.txt").check()
    page.get_by_label("Select b.txt").check()
    page.get_by_role("button", name="Move to trash").click()
    expect(row(page, "a.txt")).to_have_count(0)
    page.get_by_role("button", name="Undo").last.click()
    expect(row(page, "a.txt")).to_be_visible()
    assert sorted(space.found()) == ["a.txt", "b.txt", "c.txt"]


def test_the_trash_is_emptied_only_by_whoever_counts(page: Page, api: Api) -> None:
    space = Space(api)
    for name in ("a.txt", "b.txt"):
        space.trash(api.create_file(b"x", name)["id"])
    page.get_by_role("link", name="Trash").click()
    page.get_by_role("row").filter(has_text="a.txt").get_by_role("button", name="Restore").click()
    expect(row(page, "a.txt")).to_have_count(0)

    page.get_by_role("button", name="Empty trash").click()
    page.get_by_role("textbox").last.fill("7")
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("alert")).to_contain_text("not the number")
    page.get_by_role("textbox").last.fill("1")
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()

    expect(page.get_by_text("The trash is empty")).to_be_visible()
    assert [file["filename"] for file in api.json("GET", "/files")["data"]] == ["a.txt"]


def test_a_batch_runs_and_shows_its_answers(page: Page, operator: Operator, tmp_path: Path) -> None:
    with serving() as models:
        operator.upstreams.put(Upstream("console", models.base_url, ("console-*",), created_at=0))
        data = batch_lines(4, model="console-1")
        choose(page, written(tmp_path, "questions.jsonl", data))
        expect(row(page, "questions.jsonl")).to_contain_text("valid", timeout=30_000)
        page.get_by_role("row").filter(has_text="questions.jsonl").click()
        page.get_by_role("button", name="Run as a batch").click()

        expect(page.get_by_text("completed", exact=True)).to_be_visible(timeout=90_000)
        expect(page.locator("table.answers tbody tr")).to_have_count(4)
        operator.upstreams.remove("console")


def test_nothing_in_a_file_or_its_name_runs(page: Page, api: Api) -> None:
    api.create_file(SVG, HOSTILE)
    api.create_file(b"<script>document.title=3</script>", "page.html")
    page.reload()

    page.get_by_role("row").filter(has_text="onerror").click()
    expect(page.get_by_role("complementary").locator("img")).to_be_visible()
    page.get_by_role("row").filter(has_text="page.html").click()
    expect(page.get_by_role("complementary")).to_contain_text("<script>")

    assert page.title() == "Larder"


def test_a_thousand_rows_are_few_in_the_page(page: Page, api: Api) -> None:
    for number in range(120):
        api.create_file(b"x", f"file-{number:03d}.txt")
    page.reload()
    expect(row(page, "file-000.txt")).to_be_visible()
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "121")

    page.keyboard.press("End")
    expect(row(page, "file-119.txt")).to_be_visible()
    assert page.get_by_role("row").count() <= 60


def test_the_first_view_takes_three_requests_and_the_second_no_assets(
    page: Page,
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.get_by_text("Drop files here")).to_be_visible()

    names = [re.sub(r".*/prod/", "", url.partition("?")[0]) for url in asked]
    assert [name for name in names if not name.startswith("v1/")][:1] == ["console"]
    assert len([name for name in names if name.endswith((".js", ".css", ".woff2"))]) <= 1
