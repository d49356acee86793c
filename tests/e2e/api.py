"""A plain HTTP client for Larder, as a program without an SDK would write it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

ERROR_TYPES = {
    "invalid_request_error",
    "rate_limit_error",
    "insufficient_quota",
    "idempotency_conflict",
    "api_error",
}

type Json = dict[str, Any]


@dataclass(frozen=True)
class Api:
    """Larder as one API key sees it. `client` sends to S3 as well, which must not see the key."""

    base_url: str
    key: str
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=120))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.client.close()

    def send(self, method: str, path: str, *, version: int = 1, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}"} | options.pop("headers", {})
        url = f"{self.base_url.removesuffix('/v1')}/v{version}{path}"
        return self.client.request(method, url, headers=headers, **options)

    def json(self, method: str, path: str, **options: Any) -> Json:
        response = self.send(method, path, **options)
        assert response.status_code == 200, response.text
        assert response.headers["x-request-id"]
        answer: Json = response.json()
        return answer

    def post_file(
        self, data: bytes, filename: str = "notes.txt", purpose: str = "user_data", **fields: str
    ) -> httpx.Response:
        return self.send(
            "POST",
            "/files",
            data={"purpose": purpose} | fields,
            files={"file": (filename, data)},
        )

    def create_file(
        self, data: bytes, filename: str = "notes.txt", purpose: str = "user_data"
    ) -> Json:
        response = self.post_file(data, filename, purpose)
        assert response.status_code == 200, response.text
        file: Json = response.json()
        return file

    def create_upload(self, size: int, **fields: Any) -> Json:
        announced = {
            "filename": "requests.jsonl",
            "purpose": "user_data",
            "bytes": size,
            "mime_type": "application/jsonl",
        }
        return self.json("POST", "/uploads", json=announced | fields)

    def complete(self, upload_id: str) -> Json:
        return self.json("POST", f"/uploads/{upload_id}/complete", json={"part_ids": []})

    def put(self, transfer: Json, data: bytes, **changes: Any) -> httpx.Response:
        """Send bytes to S3 exactly as the transfer says, except for `changes`."""
        # httpx sets the length itself, and refuses to send another number of bytes.
        headers = {k: v for k, v in transfer["headers"].items() if k.lower() != "content-length"}
        options = {"method": transfer["method"], "url": transfer["url"], "headers": headers}
        return self.client.request(**options | {"content": data} | changes)

    def upload_directly(self, data: bytes, **fields: Any) -> Json:
        """Announce, send and complete an upload; return the file."""
        upload = self.create_upload(len(data), **fields)
        assert self.put(upload["transfer"], data).status_code == 200
        file: Json = self.complete(upload["id"])["file"]
        return file

    def content(self, file_id: str, **options: Any) -> httpx.Response:
        return self.send("GET", f"/files/{file_id}/content", **options)

    def file(self, file_id: str) -> Json:
        return self.json("GET", f"/files/{file_id}")

    def settled(self, file_id: str, within: float = 30) -> Json:
        """Return the file once it is no longer `uploaded`."""
        return eventually(
            lambda: self.file(file_id), lambda file: file["status"] != "uploaded", within
        )

    def listed(self, **query: Any) -> list[str]:
        return [file["id"] for file in self.json("GET", "/files", params=query)["data"]]

    def usage(self) -> Json:
        return self.json("GET", "/usage")

    def in_use(self) -> tuple[int, int]:
        """Return the files and bytes that count against the limits."""
        usage = self.usage()
        return (
            usage["files"]["used"] + usage["files"]["reserved"],
            usage["bytes"]["used"] + usage["bytes"]["reserved"],
        )


def eventually[T](look: Callable[[], T], good: Callable[[T], bool], within: float = 30) -> T:
    """Call `look` until its result is `good`, and return it. Fail after `within` seconds."""
    deadline = time.monotonic() + within
    while not good(seen := look()):
        assert time.monotonic() < deadline, f"still {seen!r} after {within} s"
        time.sleep(0.2)
    return seen


def assert_refused(
    response: httpx.Response,
    status: int,
    *,
    code: str | None = None,
    param: str | None = None,
    kind: str = "invalid_request_error",
    says: str = "",
) -> None:
    """Check every member of an error answer."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/json"), response.headers
    assert response.headers["x-request-id"]
    body = response.json()
    assert set(body) == {"error"}, body
    error = body["error"]
    assert set(error) == {"message", "type", "param", "code"}, error
    assert error["type"] in ERROR_TYPES, error
    assert (error["type"], error["code"], error["param"]) == (kind, code, param), error
    assert says in error["message"], error
    assert error["message"].strip()


def batch_lines(count: int, padding: int = 0, *, model: str = "gpt-5-mini") -> bytes:
    """Return a valid batch file of `count` requests, each with `padding` more bytes of prompt."""
    return b"".join(
        json.dumps(
            {
                "custom_id": f"request-{number}",
                "method": "POST",
                "url": "/v1/chat/completions",
                "body": {
                    "model": model,
                    "messages": [{"role": "user", "content": f"Hello {number}" + "x" * padding}],
                },
            }
        ).encode()
        + b"\n"
        for number in range(1, count + 1)
    )
