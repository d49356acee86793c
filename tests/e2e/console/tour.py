"""A walk through every view, which leaves a picture of each and asks axe about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.console.browsing import choose, picture, violations, written
from tests.e2e.console.furnished import CSV, conversation

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page


class Tour:
    """The walk: `violations` are those found, by view; `shown` is what `furnish` returned."""

    def __init__(self, page: Page, screen: str, shown: dict[str, str], folder: Path) -> None:
        self.page = page
        self.violations: dict[str, list[str]] = {}
        self._screen = screen
        self._shown = shown
        self._folder = folder

    def look(self, name: str) -> None:
        """Keep a picture of what is shown."""
        self.violations[name] = violations(self.page)
        picture(self.page, f"{name}-{self._screen}")

    def visit(self, name: str, address: str, sign: str) -> None:
        """Go to an address, and look once the sign is there."""
        self._go(address, sign)
        self.look(name)

    def walk(self) -> None:
        """Visit everything."""
        self.list_of_files()
        self.searches()
        self.visit("report", f"#/report/{self._shown['broken']}", "invalid_json")
        self.visit("trash", "#/trash", "draft 1.txt")
        batch = self._shown["batch"]
        self.visit("batches", "#/batches", batch)
        self.visit("batch", f"#/batches/{batch}", "does not speak this language")
        self.artifacts()
        self.whole_project()
        self.chat()
        self.uploads()
        if self._screen == "phone":
            self.page.get_by_role("button", name="Menu").click()
            self.look("menu")

    def list_of_files(self) -> None:
        page = self.page
        self._go("#/files", "orders.csv")
        expect(page.get_by_text("2 items").first).to_be_attached()
        self.look("files")
        for key in ("j", "j", "x", "j", "x"):
            page.keyboard.press(key)
        self.look("selection")
        self._ask("move", "m", "Move")
        self._ask("new-folder", "n", "Name of the folder")
        self._ask("shortcuts", "?", "New folder")
        self.visit("folder", f"#/files/{self._shown['reports']}", "summary.md")
        self.visit("details", f"#/files?open={self._shown['orders']}", "Adler, Ann")
        page.get_by_role("button", name="Share a link").click()
        self._in_dialog("share", "The link works for")
        self.visit("pdf", f"#/files?open={self._shown['prices']}", "Page 1 of 2")

    def searches(self) -> None:
        page = self.page
        self.visit("search", "#/files?q=tag:q4", "orders.csv")
        page.get_by_role("combobox").fill("tag:")
        expect(page.get_by_role("option", name="tag:finance")).to_be_visible()
        self.look("completions")
        self.visit("nothing", "#/files?q=zzz", "Nothing is called that")
        self.visit("favorites", "#/files?is=favorite", "orders.csv")

    def artifacts(self) -> None:
        page, shown = self.page, self._shown
        self.visit("artifacts", "#/artifacts", "House rules")
        self.visit("artifact", f"#/artifacts/{shown['artifact']}", "customers of a bookshop")
        page.get_by_role("button", name="Delete for good").click()
        self._in_dialog("delete-artifact", "artifacts have no trash")
        self.visit("bundle", f"#/artifacts/{shown['bundle']}", shown["artifact"])
        self.visit("no-artifacts", "#/artifacts?type=document", "No artifacts of the type")

    def whole_project(self) -> None:
        page = self.page
        self.visit("project", "#/project", "Connect a program")
        self.visit("keys", "#/keys", "the nightly job")
        self._ask("new-key", "n", "What it may do")
        for act, sign in (("Rotate", "second key"), ("Revoke", "cannot be undone")):
            page.get_by_role("button", name=f"{act}: the dashboard").click()
            self._in_dialog(f"{act.lower()}-key", sign)
        self.visit("webhooks", "#/webhooks", self._shown["webhook"])
        page.get_by_role("button", name="Deliveries").click()
        expect(page.get_by_role("table")).to_contain_text("file.processed")
        self.look("deliveries")

    def chat(self) -> None:
        page = self.page
        self._go("#/files", "orders.csv")
        page.keyboard.press("Control+k")
        message = page.get_by_label("Message", exact=True)
        expect(message).to_be_focused()
        self.look("chat-begins")
        answer = f"event: ai_complete\ndata: {json.dumps(conversation())}\n\n"
        page.route(
            "**/v1/chat",
            lambda route: route.fulfill(body=answer, content_type="text/event-stream"),
        )
        page.keyboard.type("Put the invoices of March into a folder, and delete the drafts")
        page.keyboard.press("Enter")
        expect(page.get_by_text("This waits for your yes")).to_be_visible()
        self.look("chat")
        page.keyboard.press("Escape")

    def uploads(self) -> None:
        page = self.page
        path = written(self._folder, "orders.csv", CSV + b"4,Dahl,17.00\n")
        choose(page, path)
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("This name is taken")
        self.look("same-name")
        dialog.get_by_role("button", name="Keep both").click()
        transfers = page.get_by_role("region", name="Transfers")
        expect(transfers.get_by_text("done").first).to_be_attached()
        self.look("transfers")
        page.get_by_role("button", name="Clear finished").click()
        full = {"used": 100, "reserved": 0, "limit": 100}
        page.route("**/v1/usage", lambda route: route.fulfill(json={"files": full, "bytes": full}))
        choose(page, path)
        self._in_dialog("no-room", "Not enough room")
        page.unroute("**/v1/usage")

    def _go(self, address: str, sign: str) -> None:
        page = self.page
        page.evaluate("address => { location.hash = address }", address)
        expect(page.get_by_text(sign).first).to_be_attached()
        expect(page.get_by_text("Loading…")).to_have_count(0)

    def _ask(self, name: str, key: str, sign: str) -> None:
        self.page.keyboard.press(key)
        self._in_dialog(name, sign)

    def _in_dialog(self, name: str, sign: str) -> None:
        expect(self.page.get_by_role("dialog")).to_contain_text(sign)
        self.look(name)
        self.page.keyboard.press("Escape")
        expect(self.page.get_by_role("dialog")).to_have_count(0)
