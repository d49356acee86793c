"""Events that reach a webhook, and what its project reads of it."""

from __future__ import annotations

import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

from tests.faults.case import Case, Operation

if TYPE_CHECKING:
    import httpx

WITHIN = 30


class _Receiver(BaseHTTPRequestHandler):
    """Takes whatever it gets."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@cache
def _receiver() -> str:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def _a_webhook(case: Case) -> None:
    _, webhook = case.deployment.operator.add_webhook(case.project.id, _receiver())
    case.made["webhook"] = webhook.id


def _a_file(case: Case) -> None:
    """A batch file that is validated before the answer: an event follows from it."""
    file_id = case.api.create_file(b"{}\n", "a.jsonl", "batch")["id"]
    case.announced.add(file_id)
    case.keep(file_id, b"{}\n")
    # Long enough for the calls of the first attempt.
    deliveries = case.deployment.operator.ports.deliveries
    began = time.monotonic()
    while time.monotonic() < began + WITHIN:
        page = deliveries.page(case.project.id, case.made["webhook"], limit=1, after=None)
        if any(each.attempts for each in page.deliveries):
            return
        time.sleep(0.2)


def _a_delivery(case: Case) -> None:
    _a_webhook(case)
    _a_file(case)


def _list(case: Case) -> httpx.Response:
    return case.api.send("GET", "/webhooks")


def _deliveries(case: Case) -> httpx.Response:
    return case.api.send("GET", f"/webhooks/{case.made['webhook']}/deliveries")


WEBHOOKS = (
    Operation("webhooks_list", "webhooks_list", _a_webhook, _list),
    Operation("webhooks_deliveries", "webhooks_deliveries", _a_delivery, _deliveries),
    Operation("on_change", "on_change", _a_webhook, _a_file),
    Operation("on_delivery", "on_delivery", _a_webhook, _a_file),
)
