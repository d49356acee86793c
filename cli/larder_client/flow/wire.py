"""Requests in the form that Larder's API expects, and its replies."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from larder_client.errors import ApiError, UnexpectedAnswerError
from larder_client.flow.steps import Reply, Request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http import HTTPStatus

T = TypeVar("T")


def url_of(path: str, base_url: httpx.URL) -> str:
    """Return the URL of a path of the API, whose base URL ends with /v1; one of /v2 lies beside."""
    if not path.startswith("/v2/"):
        return path
    return str(base_url).rstrip("/").removesuffix("/v1") + path


def expect_status(reply: Reply, *statuses: HTTPStatus) -> Reply:
    """Return the reply if it has one of the statuses.

    Raises:
        ApiError: the reply is an error of Larder's.
        UnexpectedAnswerError: the reply is not Larder's.
    """
    if reply.status in statuses:
        return reply
    try:
        error = json.loads(reply.body)["error"]
        message = str(error["message"])
    except (ValueError, LookupError, TypeError) as cause:
        raise UnexpectedAnswerError(_not_larder(reply)) from cause
    raise ApiError(
        message,
        status=reply.status,
        type=error.get("type"),
        code=error.get("code"),
        param=error.get("param"),
        request_id=reply.headers.get("x-request-id"),
    )


def decode(kind: type[T], reply: Reply) -> T:
    """Return the object in the reply's body.

    Raises:
        UnexpectedAnswerError: the body is not a `kind` in JSON.
    """
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except (ValueError, RecursionError) as error:
        raise UnexpectedAnswerError(_not_larder(reply)) from error


def _not_larder(reply: Reply) -> str:
    redirect = f", a redirect to {target}" if (target := reply.headers.get("location")) else ""
    return (
        f"The answer is not Larder's (HTTP {reply.status}{redirect}): is the base URL right? "
        "It ends with /v1."
    )


def json_request(
    method: str, path: str, value: Mapping[str, Any], headers: dict[str, str] | None = None
) -> Request:
    """Return a request with `value` as its JSON body."""
    content_type = {"Content-Type": "application/json"}
    return Request(
        method, path, headers=content_type | (headers or {}), body=json.dumps(value).encode()
    )


def form_request(path: str, fields: dict[str, Any], name: str, data: bytes) -> Request:
    """Return a request that uploads a small file by a form, with an idempotency key.

    A field whose value is a list is repeated.
    """
    form = httpx.Request("POST", "http://form", data=fields, files={"file": (name, data)})
    # The body is encoded once: a retry must send the same bytes, boundary included.
    headers = {"Content-Type": form.headers["Content-Type"]} | idempotency_header()
    return Request("POST", path, headers=headers, body=form.read())


def idempotency_header() -> dict[str, str]:
    """Return a new idempotency key, so that a retry after a lost reply does nothing twice."""
    return {"Idempotency-Key": f"larder-client-{uuid.uuid4()}"}


def path_segment(given_id: str) -> str:
    """Return an id escaped as one segment of a path."""
    return quote(given_id, safe="").replace(".", "%2E")
