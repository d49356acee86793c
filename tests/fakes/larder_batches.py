"""The Batches API of the fake Larder: each time a batch is read, it goes one step further."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.fakes.http_faults import Json, Request, Response, api_error, ok

if TYPE_CHECKING:
    from collections.abc import Callable

ENDED = {"completed", "failed", "expired", "cancelled"}


class FakeBatches:
    """The batches by their ids, oldest first.

    `bad` has what the error file says of a request, by its custom_id. `reads` is how often a batch
    is read before it ends, and `end` its last status. `store` keeps a result file and returns its
    id, `content` returns the bytes of an input.
    """

    def __init__(
        self, content: Callable[[str], bytes], store: Callable[[bytes, str], str], now: int = 1
    ) -> None:
        self.all: dict[str, Json] = {}
        self.bad: dict[str, Json] = {}
        self.reads = 2
        self.end = "completed"
        self.errors: list[Json] = []
        self.now = now
        self._content = content
        self._store = store
        self._answers: dict[str, str] = {}
        self._left: dict[str, int] = {}
        self._retries: dict[str, str] = {}

    def respond(self, request: Request, rest: list[str], data: bytes) -> Response | None:
        match request.method, rest:
            case "POST", []:
                return self._once(request, lambda: self._create(json.loads(data)))
            case "GET", []:
                return self._list(request)
            case "GET", [batch_id] if batch_id in self.all:
                self._step(self.all[batch_id])
                return ok(self.all[batch_id])
            case "POST", [batch_id, "cancel"] if batch_id in self.all:
                return self._cancel(self.all[batch_id])
            case "POST", [batch_id, "retry"] if batch_id in self.all:
                return self._retry(self.all[batch_id])
        return None

    def _once(self, request: Request, make: Callable[[], str]) -> Response:
        key = request.headers["idempotency-key"]
        if key not in self._answers:
            self._answers[key] = make()
        return ok(self.all[self._answers[key]])

    def _create(self, wanted: Json) -> str:
        batch_id = f"batch_{len(self.all) + 1:024x}"
        self.all[batch_id] = {
            "id": batch_id,
            "object": "batch",
            "endpoint": wanted["endpoint"],
            "model": None,
            "errors": None,
            "input_file_id": wanted["input_file_id"],
            "completion_window": wanted["completion_window"],
            "status": "validating",
            "output_file_id": None,
            "error_file_id": None,
            "created_at": self.now,
            "expires_at": self.now + 86_400,
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
            "usage": usage_of(0),
            "metadata": wanted.get("metadata"),
            "of_a_later_version": [1, 2],
            "asked": wanted,
        }
        self._left[batch_id] = self.reads
        return batch_id

    def _retry(self, batch: Json) -> Response:
        if batch["status"] not in ENDED:
            message = f"Batch {batch['id']} is {batch['status']}."
            return api_error(409, message, "batch_running", **{"x-should-retry": "false"})
        if batch["id"] not in self._retries:
            wanted = batch["asked"] | {"metadata": {"larder_retry_of": batch["id"]}}
            self._retries[batch["id"]] = self._create(wanted)
        return ok(self.all[self._retries[batch["id"]]])

    def _list(self, request: Request) -> Response:
        after = request.query.get("after", "c")
        found = [self.all[each] for each in sorted(self.all, reverse=True) if each < after]
        page = found[: int(request.query["limit"])]
        return ok({"object": "list", "data": page, "has_more": len(page) < len(found)})

    def _cancel(self, batch: Json) -> Response:
        if batch["status"] in ENDED:
            message = f"Batch {batch['id']} is {batch['status']} and cannot be cancelled."
            return api_error(409, message, "batch_ended", **{"x-should-retry": "false"})
        batch.update(status="cancelling", cancelling_at=self.now)
        return ok(batch)

    def _step(self, batch: Json) -> None:
        if batch["status"] in ENDED:
            return
        lines = [json.loads(line) for line in self._content(batch["input_file_id"]).splitlines()]
        self._left[batch["id"]] -= 1
        if self._left[batch["id"]] > 0:
            if batch["status"] == "validating":
                batch.update(status="in_progress", in_progress_at=self.now)
                batch["request_counts"]["total"] = len(lines)
            return
        end = "cancelled" if batch["status"] == "cancelling" else self.end
        batch.update({"status": end, f"{end}_at": self.now})
        if end == "failed":
            batch["errors"] = {"object": "list", "data": self.errors}
            return
        ids = [line["custom_id"] for line in lines]
        good = [good_line(each) for each in ids if each not in self.bad]
        bad = [{"custom_id": each, **self.bad[each]} for each in ids if each in self.bad]
        for name, found in (("output", good), ("error", bad)):
            if found:
                data = b"".join(json.dumps(line).encode() + b"\n" for line in found)
                batch[f"{name}_file_id"] = self._store(data, f"questions_{name}.jsonl")
        counts = {"total": len(ids), "completed": len(good), "failed": len(bad)}
        batch.update(request_counts=counts, usage=usage_of(len(good)))


def usage_of(count: int) -> Json:
    return {
        "input_tokens": 10 * count,
        "input_tokens_details": {"cached_tokens": 4 * count},
        "output_tokens": 3 * count,
        "output_tokens_details": {"reasoning_tokens": count},
        "total_tokens": 13 * count,
    }


def good_line(custom_id: str) -> Json:
    body = {"choices": [{"message": {"content": f"The answer to {custom_id}."}}]}
    response = {"status_code": 200, "request_id": "req_1", "body": body}
    return {"id": "batch_req_1", "custom_id": custom_id, "response": response, "error": None}


def refused(status: int, code: str | None) -> Json:
    """Return a line of the error file: the model's server has answered with this status."""
    body = {"error": {"message": "No.", "type": "invalid_request_error", "code": code}}
    response = {"status_code": status, "request_id": "req_1", "body": body}
    return {"id": "batch_req_1", "response": response, "error": None}


def not_asked(code: str) -> Json:
    """Return a line of the error file: the request has no answer."""
    error: dict[str, Any] = {"code": code, "message": "It was not sent."}
    return {"id": "batch_req_1", "response": None, "error": error}


def requests(count: int) -> bytes:
    """Return a batch file."""
    return b"".join(
        json.dumps(
            {
                "custom_id": f"request-{number}",
                "method": "POST",
                "url": "/v1/chat/completions",
                "body": {"model": "m", "messages": [{"role": "user", "content": "Hello"}]},
            }
        ).encode()
        + b"\n"
        for number in range(1, count + 1)
    )
