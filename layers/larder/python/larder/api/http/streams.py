"""Responses that are sent in pieces, while they come to be."""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from larder.api.http.resolver import LambdaHandler

EVENTS = "text/event-stream; charset=utf-8"


class ResponseStream(Protocol):
    """A response on its way to the client; `sent` is what was written of its body."""

    begun: bool
    sent: bytearray

    def begin(self, status: int, headers: Mapping[str, Sequence[str]]) -> None:
        """Send the status and the headers."""

    def write(self, data: bytes) -> None:
        """Send a piece of the body."""


class Streaming(Protocol):
    """The context of an invocation whose response is sent in pieces."""

    @property
    def response(self) -> ResponseStream:
        """The response."""


def event_text(name: str, data: str) -> str:
    """Return a server-sent event; `data` is one line."""
    return f"event: {name}\ndata: {data}\n\n"


def streamed(handler: LambdaHandler) -> Callable[[dict[str, Any], Any], None]:
    """Return a handler that sends what `handler` answers to `context.response`.

    What `handler` has sent there before is the beginning of its answer. Events that end in an error
    get it as their last one, named `error`: their status is sent already.
    """

    def handle(event: dict[str, Any], context: Streaming) -> None:
        answer = handler(event, context)  # type: ignore[arg-type]
        response = context.response
        body = (answer.get("body") or "").encode()
        if answer["isBase64Encoded"]:
            body = base64.b64decode(body)
        if not response.begun:
            response.begin(answer["statusCode"], answer["multiValueHeaders"])
        elif answer["statusCode"] != HTTPStatus.OK:
            body = response.sent + event_text("error", body.decode()).encode()
        response.write(bytes(body[len(response.sent) :]))

    return handle
