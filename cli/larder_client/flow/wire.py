"""Requests as Larder takes them, and its answers."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import msgspec

from larder_client.errors import ApiError, UnexpectedAnswerError
from larder_client.flow.steps import Exchange, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http import HTTPStatus


def accepted(reply: Reply, *statuses: HTTPStatus) -> Reply:
    """Return the reply if it has one of the statuses.

    Raises:
        ApiError: it is a refusal in Larder's envelope.
        UnexpectedAnswerError: it is anything else.
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


def decoded[T](kind: type[T], reply: Reply) -> T:
    """Return what the answer says.

    Raises:
        UnexpectedAnswerError: it is nothing of that kind.
    """
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except msgspec.DecodeError as error:
        raise UnexpectedAnswerError(_not_larder(reply)) from error


def _not_larder(reply: Reply) -> str:
    where = f", a redirect to {target}" if (target := reply.headers.get("location")) else ""
    return (
        f"The answer is not Larder's (HTTP {reply.status}{where}): is the base URL right? "
        "It ends with /v1."
    )


def json_request(
    method: str, path: str, value: Mapping[str, Any], headers: dict[str, str] | None = None
) -> Exchange:
    """Return a request with that value as its JSON body."""
    content_type = {"Content-Type": "application/json"}
    return Exchange(
        method, path, headers=content_type | (headers or {}), body=json.dumps(value).encode()
    )


def form_request(path: str, fields: dict[str, Any], name: str, data: bytes) -> Exchange:
    """Return a request that stores a file of that name once, with the fields in its form.

    A list is several fields of one name.
    """
    form = httpx.Request("POST", "http://form", data=fields, files={"file": (name, data)})
    # The same bytes each time, boundary included: a retry must be the same request.
    headers = {"Content-Type": form.headers["Content-Type"]} | once()
    return Exchange("POST", path, headers=headers, body=form.read())


def once() -> dict[str, str]:
    """Return a key by which a retry whose first answer was lost does nothing twice."""
    return {"Idempotency-Key": f"larder-client-{uuid.uuid4()}"}


def segment(given_id: str) -> str:
    """Return an id as one segment of a path, whatever is in it."""
    return quote(given_id, safe="").replace(".", "%2E")
