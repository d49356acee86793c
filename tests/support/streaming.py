"""Responses that functions send in pieces, as they arrive at a client."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.handlers import FakeContext

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class SentResponse:
    """`ResponseStream` that keeps what was sent."""

    def __init__(self) -> None:
        self.begun = False
        self.sent = bytearray()
        self.status = 0
        self.headers: dict[str, Sequence[str]] = {}
        self.pieces: list[str] = []

    def begin(self, status: int, headers: Mapping[str, Sequence[str]]) -> None:
        """Take the status and the headers."""
        assert not self.begun
        self.begun, self.status, self.headers = True, status, dict(headers)

    def write(self, data: bytes) -> None:
        """Take a piece of the body."""
        assert self.begun
        self.sent += data
        self.pieces.append(data.decode())

    def answer(self) -> dict[str, Any]:
        """Return all of it, as a function answers that does not stream."""
        return {
            "statusCode": self.status,
            "multiValueHeaders": self.headers,
            "body": self.sent.decode(),
            "isBase64Encoded": False,
        }


@dataclass
class StreamingContext(FakeContext):
    """The context of an invocation whose response is sent in pieces."""

    response: SentResponse = field(default_factory=SentResponse)


def events_of(text: str) -> list[tuple[str, Any]]:
    """Return the names and the data of Larder's server-sent events."""
    blocks = [block.split("\n") for block in text.strip().split("\n\n")] if text.strip() else []
    return [
        (name.removeprefix("event: "), json.loads(data.removeprefix("data: ")))
        for name, data in blocks
    ]


def outcome_of(text: str) -> tuple[bool, Any]:
    """Return whether a chat's events end well, and the data of the last one.

    What was told before has to agree with it.
    """
    *before, (last, data) = events_of(text)
    names = [name for name, _ in before]
    assert set(names) <= {"ai_chunk", "action", "file_search_results"}
    assert [each for name, each in before if name == "action"] == data["actions"]
    if last == "ai_complete":
        begin = max((at for at, name in enumerate(names) if name != "ai_chunk"), default=-1) + 1
        assert "".join(each["content"] for _, each in before[begin:]) == data["response"]
    else:
        assert last == "error"
        assert set(data) == {"error", "actions"}
    return last == "ai_complete", data
