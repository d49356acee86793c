"""A person who has nothing but the link that `make run` prints, and has read nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from larder.domain.upstreams import Upstream
from tests.e2e.api import batch_lines
from tests.e2e.console.browsing import picture, row, signed_in, written
from tests.fakes.model_server import serving

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.e2e.projects import NewProject, Operator

LARGE = 200_000_000
SCREEN = {"width": 1280, "height": 800}


def upload(page: Page, *paths: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload", exact=True).click()
    chooser.value.set_files([str(path) for path in paths])


def visit(page: Page, view: str) -> None:
    page.get_by_role("navigation", name="Menu").get_by_role("link", name=view, exact=True).click()


def uploads_a_large_batch_file(page: Page, folder: Path) -> None:
    expect(page.get_by_text("Drop files here")).to_be_visible()
    picture(page, "newcomer-empty")
    # 2,000 questions, each with a long document.
    data = batch_lines(2_000, 99_900, model="console-1")
    assert len(data) >= LARGE
    upload(page, written(folder, "large.jsonl", data))
    bars = page.get_by_role("progressbar", name="large.jsonl")
    expect(bars.locator("span").nth(1)).to_be_attached()
    picture(page, "newcomer-uploading")
    expect(row(page, "large.jsonl")).to_contain_text("valid", timeout=240_000)


def sees_what_is_wrong(page: Page, folder: Path) -> None:
    upload(page, written(folder, "broken.jsonl", batch_lines(3) + batch_lines(2)))
    row(page, "broken.jsonl").get_by_role("link", name="invalid").click(timeout=60_000)
    expect(page.get_by_role("heading", name="broken.jsonl")).to_be_visible()
    page.get_by_role("button", name="line 4").click()
    expect(page.locator("li.here")).to_contain_text("request-1")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    assert "duplicate_custom_id" in download.value.path().read_text()
    picture(page, "newcomer-report")


def runs_a_batch(page: Page, folder: Path) -> None:
    visit(page, "Files")
    upload(page, written(folder, "questions.jsonl", batch_lines(6, model="console-1")))
    expect(row(page, "questions.jsonl")).to_contain_text("valid", timeout=60_000)
    row(page, "questions.jsonl").click()
    page.get_by_role("button", name="Run as a batch").click()
    expect(page.get_by_text("completed", exact=True)).to_be_visible(timeout=120_000)
    answers = page.get_by_role("table").get_by_role("row")
    expect(answers).to_have_count(7)
    page.get_by_role("searchbox", name="Filter Answers").fill("request-3")
    expect(answers).to_have_count(2)
    picture(page, "newcomer-answers")


def organises_forty_files(page: Page, folder: Path) -> None:
    visit(page, "Files")
    names = [f"letter {n:02}.txt" for n in range(20)] + [f"note {n:02}.txt" for n in range(20)]
    upload(page, *(written(folder, name, name.encode()) for name in names))
    # The head, the three files and the output from before, and these.
    grid = page.get_by_role("grid")
    expect(grid).to_have_attribute("aria-rowcount", "45", timeout=240_000)
    page.get_by_role("button", name="Clear finished").click()
    for title, kind in (("Letters", "letter"), ("Notes", "note")):
        page.get_by_role("button", name="New folder").click()
        page.get_by_label("Name of the folder").fill(title)
        page.get_by_role("button", name="Create").click()
        expect(row(page, title)).to_be_visible()
        page.get_by_role("combobox").fill(kind)
        expect(page.get_by_role("row")).to_have_count(21)
        page.get_by_label("Select all").check()
        expect(page.get_by_role("toolbar", name="Selection")).to_contain_text("20 items")
        page.get_by_role("button", name="Move", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name=title).click()
        page.get_by_role("button", name=f"Move to {title}").click()
        expect(page.get_by_text(f"20 items moved to {title}")).to_be_visible()
        visit(page, "Files")
    expect(row(page, "letter 00.txt")).to_have_count(0)
    expect(row(page, "Letters")).to_be_visible()
    picture(page, "newcomer-folders")


def deletes_a_folder_and_gets_it_back(page: Page) -> None:
    page.get_by_label("Select Letters").check()
    page.get_by_role("button", name="Move to trash").click()
    expect(row(page, "Letters")).to_have_count(0)
    visit(page, "Trash")
    expect(row(page, "Letters")).to_contain_text("20 files")
    picture(page, "newcomer-trash")
    row(page, "Letters").get_by_role("button", name="Restore").click()
    expect(page.get_by_text("“Letters” is back")).to_be_visible()
    visit(page, "Files")
    page.get_by_role("gridcell").get_by_role("link", name="Letters").click()
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "21")
    expect(row(page, "letter 19.txt")).to_be_visible()


def test_a_newcomer_gets_everything_done(
    browser: Browser, operator: Operator, new_project: NewProject, tmp_path: Path
) -> None:
    project = new_project(size=2**30)
    with serving() as models, signed_in(browser, operator, project, viewport=SCREEN) as page:
        operator.upstreams.put(Upstream("console", models.base_url, ("console-*",), created_at=0))
        uploads_a_large_batch_file(page, tmp_path)
        sees_what_is_wrong(page, tmp_path)
        runs_a_batch(page, tmp_path)
        operator.upstreams.remove("console")
        organises_forty_files(page, tmp_path)
        deletes_a_folder_and_gets_it_back(page)
