"""What a handler's answer becomes where responses are sent in pieces."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from larder.api.http.streams import streamed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HEADERS = {"Content-Type": ["text/event-stream"]}


class Response:
    """A response stream that keeps what it gets; it is its context as well."""

    def __init__(self) -> None:
        self.begun = False
        self.sent = bytearray()
        self.status = 0
        self.pieces: list[bytes] = []

    @property
    def response(self) -> Response:
        return self

    def begin(self, status: int, _: Mapping[str, Sequence[str]]) -> None:
        assert not self.begun
        self.begun, self.status = True, status

    def write(self, data: bytes) -> None:
        assert self.begun
        self.sent += data
        self.pieces.append(data)


def sent(answer: dict[str, Any], early: str = "") -> Response:
    """Return the response to a handler that sends something early and then answers."""
    response = Response()

    def handler(_: dict[str, Any], context: Any) -> dict[str, Any]:
        if early:
            context.response.begin(200, HEADERS)
            context.response.write(early.encode())
        return {"multiValueHeaders": HEADERS, "isBase64Encoded": False} | answer

    streamed(handler)({}, response)
    return response


def test_an_answer_is_sent_with_its_status() -> None:
    response = sent({"statusCode": 404, "body": "ä"})

    assert (response.status, response.pieces) == (404, ["ä".encode()])


def test_what_was_sent_early_is_not_sent_twice() -> None:
    response = sent({"statusCode": 200, "body": "äbc"}, early="ä")

    assert response.pieces == ["ä".encode(), b"bc"]


def test_an_error_after_the_first_byte_is_an_event() -> None:
    response = sent({"statusCode": 502, "body": '{"error": {}}'}, early="event: action\n\n")

    assert response.status == 200
    assert response.pieces[1] == b'event: error\ndata: {"error": {}}\n\n'
    assert json.loads(response.pieces[1].decode().split("data: ")[1]) == {"error": {}}


def test_a_coded_body_is_sent_as_its_bytes() -> None:
    body = base64.b64encode(b"\xff").decode()

    assert sent({"statusCode": 200, "body": body, "isBase64Encoded": True}).pieces == [b"\xff"]


def test_an_answer_may_have_no_body() -> None:
    assert sent({"statusCode": 204}).sent == b""
