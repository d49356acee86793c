"""What is public and no part of the API: pages and their files, as HTTP responses.

It loads the standard library alone, since these functions have nothing else to wait for.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

IMMUTABLE = "public, max-age=31536000, immutable"
"""The Cache-Control of a file whose path has its version."""

OF_A_PAGE = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
}
"""The headers of a page, beside its policy and its ETag."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request for a page.

    `route` is its row's path. `file` is the path below a page, None for the page itself. `path` is
    the path as the client sees it, with the stage or the base path of a domain of its own, and
    `origin` is what stands before it. `etag` is the request's If-None-Match.
    """

    route: str
    file: str | None
    path: str
    origin: str
    takes_gzip: bool
    etag: str | None

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Return the request that API Gateway's event has."""
        headers = {name.lower(): value for name, value in (event["headers"] or {}).items()}
        scheme = headers.get("x-forwarded-proto", "https").partition(",")[0]
        return cls(
            route=event["resource"],
            file=(event["pathParameters"] or {}).get("path"),
            path=event["requestContext"]["path"],
            origin=f"{scheme}://{headers.get('host', '')}",
            # To a client without Accept, API Gateway sends the base64 of what is binary.
            takes_gzip="accept" in headers and "gzip" in headers.get("accept-encoding", ""),
            etag=headers.get("if-none-match"),
        )

    def has(self, version: str) -> bool:
        """Return whether the client has this version already."""
        return self.etag is not None and f'"{version}"' in self.etag


def response(
    status: HTTPStatus, headers: Mapping[str, str], body: bytes | str = ""
) -> dict[str, Any]:
    """Return a response with this text, or these bytes."""
    always = {"X-Content-Type-Options": "nosniff"}
    return {
        "statusCode": int(status),
        "multiValueHeaders": {name: [value] for name, value in {**always, **headers}.items()},
        "body": body if isinstance(body, str) else b64encode(body).decode(),
        "isBase64Encoded": isinstance(body, bytes),
    }


def packed(request: PageRequest, headers: Mapping[str, str], gz: bytes) -> dict[str, Any]:
    """Return a response of the text that is packed in `gz`, packed if the client takes it so."""
    headers = {**headers, "Vary": "Accept-Encoding"}
    if request.takes_gzip:
        return response(HTTPStatus.OK, {**headers, "Content-Encoding": "gzip"}, gz)
    return response(HTTPStatus.OK, headers, gzip.decompress(gz).decode())


def not_found(request: PageRequest, hint: str) -> dict[str, Any]:
    """Return a 404 in the error envelope; `hint` says where the page is."""
    message = f"No such route: GET {request.path[:200]}. {hint}"
    error = {"message": message, "type": "invalid_request_error", "param": None}
    body = json.dumps({"error": {**error, "code": "unknown_url"}})
    return response(HTTPStatus.NOT_FOUND, {"Content-Type": "application/json"}, body)


def answer_page(
    event: Mapping[str, Any], answer: Callable[[PageRequest], dict[str, Any]]
) -> dict[str, Any]:
    """Return the answer to the event, without its body for a HEAD, and with the request's id."""
    found = answer(PageRequest.of(event))
    if event["httpMethod"] == "HEAD":
        found["body"] = ""
    found["multiValueHeaders"]["x-request-id"] = [event["requestContext"]["requestId"]]
    return found
