"""Batches: what is wrong with a file, how a batch goes, and all of its answers."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from larder.domain.upstreams import Upstream
from tests.e2e.api import batch_lines
from tests.e2e.console.browsing import row, written
from tests.fakes.model_script import Rule
from tests.fakes.model_server import serving

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page, Request, Route

    from tests.e2e.api import Api, Json
    from tests.e2e.projects import Operator

ENDED = {"endpoint": "/v1/chat/completions", "status": "completed", "created_at": 1}


PIECE = 2 * 2**20


def a_batch(number: int, **more: object) -> Json:
    counts = {"total": 1, "completed": 1, "failed": 0}
    base = {"id": f"batch_{number:03}", "input_file_id": f"file-{number}"}
    return {**ENDED, **base, "request_counts": counts, **more}


def go(page: Page, address: str) -> None:
    page.evaluate("address => { location.hash = address }", address)


def test_a_batch_is_cancelled_and_the_rest_is_retried(
    page: Page, api: Api, operator: Operator
) -> None:
    name = "questions.jsonl"
    api.create_file(batch_lines(6, model="cancelled-1"), name, "batch")
    busy = [Rule(contains=f'"Hello {number}"') for number in (1, 2)] + [Rule(status=503)]
    with serving(busy) as models:
        operator.upstreams.put(
            Upstream("cancelled", models.base_url, ("cancelled-*",), created_at=0)
        )
        page.reload()
        row(page, name).click()
        page.get_by_role("button", name="Run as a batch").click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
        state = page.locator("header.bar .chip")
        # Each answer of so small a batch counts at once.
        expect(page.get_by_text("2 done, 0 failed of 6")).to_be_visible(timeout=60_000)

        page.get_by_role("button", name="Cancel").click()
        expect(state).to_have_text("cancelled", timeout=90_000)
        expect(page.get_by_text("2 done, 4 failed of 6")).to_be_visible()

    with serving() as models:
        operator.upstreams.put(
            Upstream("cancelled", models.base_url, ("cancelled-*",), created_at=0)
        )
        page.get_by_role("button", name="Retry failed lines").click()
        expect(state).to_have_text("completed", timeout=90_000)
        expect(page.get_by_text("4 done, 0 failed of 4")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("button", name="Download: Answers").click()
        answers = download.value.path().read_text().splitlines()
        assert len({json.loads(line)["custom_id"] for line in answers}) == 4
        operator.upstreams.remove("cancelled")


def test_a_batch_that_does_not_exist_is_not_waited_for(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    go(page, "#/batches/batch_000000000000000000000000")

    expect(page.get_by_text("No such Batch object")).to_be_visible()
    expect(page.get_by_text("Loading…")).to_have_count(0)
    page.wait_for_timeout(3_000)
    assert len([url for url in asked if "/v1/batches/" in url]) == 1


def test_of_many_answers_it_says_how_many_are_shown(page: Page, api: Api) -> None:
    answers = [
        {"custom_id": f"request-{n}", "response": {"status_code": 200, "body": {}}, "error": None}
        for n in range(1_100)
    ]
    data = "\n".join(json.dumps(each) for each in answers) + "\n"
    output = api.create_file(data.encode(), "output.jsonl")["id"]
    page.route(
        "**/v1/batches/batch_001",
        lambda route: route.fulfill(json=a_batch(1, output_file_id=output)),
    )
    go(page, "#/batches/batch_001")

    rows = page.get_by_role("table").locator("tbody tr")
    expect(page.get_by_text("The first 500 of 1,100 are shown.")).to_be_visible()
    expect(rows).to_have_count(500)
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="More").click()
    expect(rows).to_have_count(1_100)
    expect(page.get_by_role("button", name="More")).to_have_count(0)


def test_older_batches_stay_in_the_list_while_it_is_read_again(page: Page) -> None:
    every = [a_batch(number) for number in range(150)]

    def answer(route: Route) -> None:
        after = re.search(r"after=batch_(\d+)", route.request.url)
        start = int(after[1]) + 1 if after else 0
        data = every[start : start + 100]
        route.fulfill(json={"object": "list", "data": data, "has_more": start + 100 < len(every)})

    page.route(re.compile(r"/v1/batches\?"), answer)
    page.clock.install()
    go(page, "#/batches")
    batches = page.locator("ul.batches li")
    expect(batches).to_have_count(100)
    page.get_by_role("button", name="More").click()
    expect(batches).to_have_count(150)

    every.insert(0, a_batch(999))
    page.clock.run_for(11_000)

    expect(batches).to_have_count(151)
    expect(page.get_by_role("button", name="More")).to_have_count(0)
    names = batches.locator(".mono").all_inner_texts()
    assert names == [each["id"] for each in every]


@pytest.mark.parametrize("earlier", [False, True])
def test_a_report_shows_all_that_it_has_and_says_what_it_has_not(
    page: Page, tmp_path: Path, *, earlier: bool
) -> None:
    def without_offsets(route: Route) -> None:
        report = route.fetch().json()
        for problem in report["errors"]:
            del problem["offset"]
        route.fulfill(json=report)

    if earlier:
        page.route("**/validation", without_offsets)
    line = b'{"custom_id": "%03d", "body": "' + "ü".encode() * 4_000 + b'"}\n'
    before, into = divmod(PIECE, len(line % 0))
    # The page reads the file in pieces, and the first one is to end within a character.
    data = b" " * (1 - into % 2) + b"".join(line % number for number in range(600))
    assert data[PIECE - 1 : PIECE + 1] == "ü".encode()
    path = written(tmp_path, "broken.jsonl", data)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload", exact=True).click()
    chooser.value.set_files(str(path))
    row(page, "broken.jsonl").get_by_role("link", name="invalid").click(timeout=60_000)

    problems = page.locator("ol.problems > li")
    expect(problems).to_have_count(500)
    expect(page.get_by_text(re.compile(r"The report has the first 1,000 of 1,800"))).to_be_visible()
    expect(page.get_by_role("button", name="All 1,800")).to_be_visible()
    page.get_by_role("button", name="More").click()
    expect(problems).to_have_count(1_000)

    ranges: list[list[int]] = []
    page.on("request", lambda sent: ranges.extend(_range_of(sent)))
    shown = page.locator("ol.numbered li")
    for number in (before + 1, 333):
        line_button = page.get_by_role("button", name=f"line {number}", exact=True).first
        line_button.click()
        expect(shown.nth(1)).to_contain_text(f'"custom_id": "{number - 1:03}"')
        assert [each for each in shown.all_inner_texts() if "\ufffd" in each] == []
        line_button.click()
        expect(shown).to_have_count(0)
    # A report of an earlier version does not say where a line begins: all before it is read.
    read = sum(end + 1 - start for start, end in ranges)
    assert (read > PIECE) == earlier, ranges


def _range_of(request: Request) -> list[list[int]]:
    """Return the first and the last byte that the page asks the API for, if it does."""
    found = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("range", ""))
    return [[int(each) for each in found.groups()]] if found and "/v1/" in request.url else []


def test_the_lines_around_a_line_of_any_length_are_shown(page: Page, api: Api) -> None:
    lines = [b"first", b"x" * 200_000 + b" end of 2", b"third", b"y" * 200_000, b"fifth", b"last"]
    file_id = api.create_file(b"\n".join(lines) + b"\n", "lines.jsonl", "batch")["id"]
    go(page, f"#/report/{file_id}")
    around = {
        1: [b"first", lines[1][:4_000]],
        2: [b"first", lines[1][:4_000]],
        3: ["…".encode() + lines[1][-3_999:], b"third", lines[3][:4_000]],
        5: ["…".encode() + b"y" * 3_999, b"fifth", b"last"],
        6: [b"fifth", b"last"],
    }

    shown = page.locator("ol.numbered li")
    for number, expected in around.items():
        page.get_by_role("button", name=f"line {number}", exact=True).click()
        expect(shown).to_have_text([each.decode() for each in expected])
        page.get_by_role("button", name=f"line {number}", exact=True).click()
