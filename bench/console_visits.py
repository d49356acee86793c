"""The console in a browser that has never seen it, for `bench.console`."""

import base64
import contextlib
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, Route, expect

from bench.contenders import MIB, Transfers

FILES = 10_000
PAGE = 1000


class Console:
    """The console of a running stack, in browsers that have never seen it."""

    def __init__(self, browser: Browser, transfers: Transfers) -> None:
        self._browser = browser
        self._transfers = transfers
        base = str(transfers.client.base_url).rstrip("/")
        self.address = base.removesuffix("/v1") + "/console"
        made = httpx.post(
            f"{base}/console/sessions", json={"secret": transfers.key_secret}, timeout=60
        ).raise_for_status()
        kept = {**made.json(), "name": "bench"}
        self._session = f"sessionStorage.setItem('larder.session', {json.dumps(json.dumps(kept))})"

    @contextlib.contextmanager
    def visitor(self) -> Iterator[BrowserContext]:
        """Return a browser with an empty cache, and with a session."""
        with contextlib.closing(self._browser.new_context()) as context:
            context.add_init_script(f"try {{ {self._session} }} catch {{}}")
            yield context

    def first_paint(self, address: str) -> float:
        """Return the milliseconds until the first contentful paint of a first visit."""
        with self.visitor() as context:
            page = context.new_page()
            page.goto(address)
            painted = (
                "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
            )
            return float(page.wait_for_function(painted).json_value())

    def visits(self) -> tuple[list[str], int]:
        """Return what a first visit asks for until the list is drawn, and a second one's bytes.

        The bytes are those of bodies of the page and what it loads; the API's answers are not.
        """
        with self.visitor() as context:
            page = context.new_page()
            asked: list[str] = []
            page.on("request", lambda request: asked.append(_short(request.url)))
            _open(page, self.address)
            first = [each for each in asked if not each.startswith("data:")]
            responses: list[Response] = []
            page.on("response", lambda response: responses.append(response))  # noqa: PLW0108 - it sets attributes on what it is given
            _open(page, self.address)
            page.wait_for_load_state("networkidle")
            # What comes out of the cache counts as less than nothing: its headers are subtracted.
            bodies = [
                max(0, each.request.sizes()["responseBodySize"])
                for each in responses
                if "/console" in each.url
            ]
            return first, sum(bodies)

    def many_files(self) -> tuple[int, float]:
        """Return the rows in the page, and its heap in MiB, at the end of 10,000 files."""
        with self.visitor() as context:
            context.route(re.compile(r"/v1/storage/files\?"), _page_of_files)
            page = context.new_page()
            page.goto(self.address)
            expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", str(FILES + 1))
            page.keyboard.press("End")
            expect(page.get_by_role("row").filter(has_text=_name(FILES - 1))).to_be_visible()
            rows = page.get_by_role("row").count()
            session = context.new_cdp_session(page)
            session.send("HeapProfiler.collectGarbage")
            return rows, session.send("Runtime.getHeapUsage")["usedSize"] / MIB

    def upload(self, rate: int = -1) -> float:
        """Return the seconds from the first part's request to the answer that completes.

        `rate` is what the line takes, in bytes a second; -1 is as much as the loopback does.
        """
        times: dict[str, float] = {}

        def begun(request: Request) -> None:
            if request.method == "PUT":
                times.setdefault("begun", time.perf_counter())

        with self.visitor() as context:
            page = context.new_page()
            _open(page, self.address)
            line = {"offline": False, "latency": 0, "downloadThroughput": -1}
            context.new_cdp_session(page).send(
                "Network.emulateNetworkConditions", {**line, "uploadThroughput": rate}
            )
            page.on("request", begun)
            with page.expect_response(lambda answer: answer.url.endswith("/complete"), timeout=0):
                page.locator("input[type=file]").first.set_input_files(self._transfers.source)
            seconds = time.perf_counter() - times["begun"]
            expect(page.get_by_text("done")).to_be_visible(timeout=120_000)
        for file in self._transfers.client.files():
            self._transfers.client.delete(file.id)
        return seconds


def _open(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_text("Drop files here")).to_be_visible()


def _short(url: str) -> str:
    short = re.sub(r".*/(?=console|v1/)", "", url.partition("?")[0])
    return re.sub(r"console/[0-9a-f]{12}", "console/…", short)


def _name(number: int) -> str:
    return f"file-{number:05}.txt"


def _page_of_files(route: Route) -> None:
    """Answer `GET /v1/storage/files` for a folder of 10,000 files."""
    found = re.search(r"cursor=(\d+)", route.request.url)
    start = int(found[1]) if found else 0
    files: list[dict[str, Any]] = [
        {
            "fileId": "file-" + base64.b16encode(number.to_bytes(11)).decode().lower(),
            "name": _name(number),
            "sizeBytes": str(number),
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
        for number in range(start, start + PAGE)
    ]
    cursor = str(start + PAGE) if start + PAGE < FILES else None
    route.fulfill(json={"files": files, "pagination": {"hasMore": bool(cursor), "cursor": cursor}})
