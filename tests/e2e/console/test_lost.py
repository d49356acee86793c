"""Nothing is lost when the connection, the session or the room ends, or another tab is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.api import eventually
from tests.e2e.console.browsing import choose, end_session, link, row, signed_in, written
from tests.e2e.space import Space

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.e2e.api import Api
    from tests.e2e.projects import NewProject, Operator, Project

MIB = 2**20


def slow_down(page: Page, bytes_a_second: int, *, offline: bool = False) -> None:
    session = page.context.new_cdp_session(page)
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": offline,
            "latency": 20,
            "downloadThroughput": -1,
            "uploadThroughput": bytes_a_second,
        },
    )


def test_an_upload_outlives_a_lost_connection(page: Page, api: Api, tmp_path: Path) -> None:
    data = bytes(range(256)) * (4096 * 40)
    slow_down(page, 8 * MIB)
    choose(page, written(tmp_path, "large.bin", data))
    expect(page.get_by_text("left")).to_be_visible()

    page.context.set_offline(True)
    expect(page.get_by_text("Uploads go on by themselves")).to_be_visible()
    expect(page.get_by_text("No connection to the server")).to_be_visible()
    page.context.set_offline(False)
    slow_down(page, -1)

    expect(page.get_by_text("done")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("No connection to the server")).to_have_count(0)
    [file] = api.json("GET", "/files")["data"]
    assert api.content(file["id"], follow_redirects=True).content == data


def test_an_upload_goes_on_after_a_pause_and_after_a_reload(
    page: Page, api: Api, tmp_path: Path
) -> None:
    path = written(tmp_path, "large.bin", bytes(range(256)) * (4096 * 72))
    page.on("dialog", lambda dialog: dialog.accept())
    slow_down(page, 16 * MIB)
    choose(page, path)
    sent: list[int] = []
    page.on("requestfinished", lambda done: sent.append(1) if done.method == "PUT" else None)
    page.wait_for_event("requestfinished", lambda done: done.method == "PUT", timeout=60_000)
    page.get_by_role("button", name="Pause large.bin").click()
    expect(page.get_by_text("paused").first).to_be_visible()
    arrived = len(sent)
    page.reload()
    slow_down(page, -1)

    choose(page, path)

    expect(page.get_by_text("done")).to_be_visible(timeout=60_000)
    [file] = api.json("GET", "/files")["data"]
    assert file["bytes"] == path.stat().st_size
    parts = -(-file["bytes"] // (8 * MIB))
    assert arrived >= 1
    assert len(sent) <= parts + 4, "parts that had arrived were sent again"


def test_a_cancelled_upload_gives_its_room_back(page: Page, api: Api, tmp_path: Path) -> None:
    slow_down(page, 2 * MIB)
    choose(page, written(tmp_path, "large.bin", b"x" * (40 * MIB)))
    page.get_by_role("button", name="Cancel large.bin").click()

    expect(page.get_by_text("cancelled").first).to_be_visible()
    eventually(
        lambda: api.json("GET", "/usage")["bytes"]["reserved"], lambda reserved: reserved == 0
    )
    assert api.json("GET", "/files")["data"] == []


def test_a_person_goes_on_where_the_session_ended(page: Page, project: Project, api: Api) -> None:
    api.create_file(b"notes", "notes.txt")
    end_session(page)
    again = page.get_by_role("dialog")
    expect(again).to_contain_text("Your session has ended")

    again.get_by_label("API key").fill("zk_live_" + "a" * 43)
    again.get_by_role("button", name="Sign in").click()
    expect(again.get_by_role("alert")).to_contain_text("not valid")
    again.get_by_label("API key").fill(project.key)
    again.get_by_role("button", name="Sign in").click()

    expect(again).to_have_count(0)
    expect(row(page, "notes.txt")).to_be_visible()


def test_an_upload_goes_on_where_the_session_ended(
    page: Page, api: Api, project: Project, tmp_path: Path
) -> None:
    slow_down(page, 16 * MIB)
    choose(page, written(tmp_path, "large.bin", b"x" * (72 * MIB)))
    page.wait_for_event("requestfinished", lambda done: done.method == "PUT", timeout=60_000)
    # Somebody else revokes the session while the parts are on their way.
    refusal = {"message": "No.", "type": "invalid_request_error", "param": None, "code": None}
    page.route(
        "**/complete",
        lambda route: route.fulfill(status=401, json={"error": refusal}),
        times=1,
    )
    slow_down(page, -1)
    again = page.get_by_role("dialog")
    expect(again).to_contain_text("Your session has ended", timeout=60_000)
    expect(page.get_by_text("finishing").first).to_be_visible()

    again.get_by_label("API key").fill(project.key)
    again.get_by_role("button", name="Sign in").click()

    expect(page.get_by_text("done")).to_be_visible(timeout=60_000)
    assert [file["bytes"] for file in api.json("GET", "/files")["data"]] == [72 * MIB]


def test_a_file_that_changed_while_it_was_sent_is_not_sent_again(
    page: Page, api: Api, tmp_path: Path
) -> None:
    path = written(tmp_path, "large.bin", b"x" * (72 * MIB))
    slow_down(page, 8 * MIB)
    choose(page, path)
    page.wait_for_event("requestfinished", lambda done: done.method == "PUT", timeout=60_000)
    path.write_bytes(b"y" * (71 * MIB))

    expect(page.get_by_text("was changed or removed")).to_be_visible(timeout=60_000)
    assert api.json("GET", "/files")["data"] == []


def test_what_was_begun_goes_on_after_a_new_link(
    page: Page, operator: Operator, project: Project, api: Api
) -> None:
    api.create_file(b"notes", "notes.txt")
    end_session(page)
    again = page.get_by_role("dialog")
    again.get_by_label("API key").fill(link(operator, project))
    again.get_by_role("button", name="Sign in").click()

    expect(row(page, "notes.txt")).to_be_visible()
    page.keyboard.press("Delete")
    expect(page.get_by_text("“notes.txt” moved to the trash")).to_be_visible()
    assert len(Space(api).in_trash()) == 1


def test_tabs_show_what_another_one_changes(
    page: Page, operator: Operator, project: Project
) -> None:
    other = page.context.new_page()
    other.goto(link(operator, project))
    expect(other.get_by_text("Drop files here")).to_be_visible()

    page.get_by_role("button", name="New folder").click()
    page.get_by_label("Name of the folder").fill("Reports")
    page.get_by_role("button", name="Create").click()

    expect(row(other, "Reports")).to_be_visible()
    expect(other.get_by_role("treeitem", name="Reports")).to_be_visible()
    other.close()


def test_what_does_not_fit_is_refused_before_a_byte_is_sent(
    browser: Browser, operator: Operator, new_project: NewProject, tmp_path: Path
) -> None:
    small = new_project(size=3 * MIB)
    with small.api() as api:
        api.create_upload(2 * MIB, filename="unfinished.bin")
    sent: list[str] = []
    with signed_in(browser, operator, small) as page:
        page.on("request", lambda request: sent.append(request.method))
        choose(page, written(tmp_path, "large.bin", b"x" * (4 * MIB)))

        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Not enough room")
        expect(dialog).to_contain_text("for 1.0 MiB")
        unfinished = dialog.get_by_role("listitem").filter(has_text="unfinished.bin")
        unfinished.get_by_role("button", name="Cancel").click()
        expect(dialog).to_contain_text("for 3.0 MiB")
        expect(unfinished).to_have_count(0)
        dialog.get_by_role("button", name="Open the trash").click()
        expect(page.get_by_text("The trash is empty")).to_be_visible()

    assert "PUT" not in sent
    assert sent.count("POST") == 1, "only the cancel"
