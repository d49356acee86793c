"""The answer of a chat as it comes: Larder's server-sent events, each of a name and one line."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

from larder_client.chat.models import ChatAction, ChatAnswer
from larder_client.errors import ApiError, UnexpectedAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    import httpx

    Tell: TypeAlias = Callable[["str | ChatAction"], None]


class _Text(msgspec.Struct):
    content: str


class _Error(msgspec.Struct):
    message: str
    type: str | None = None
    code: str | None = None
    param: str | None = None


class _Failure(msgspec.Struct):
    error: _Error


class ChatEvents:
    """A `Sink` that passes on pieces of text and actions; `answer` is there at the end."""

    def __init__(self, tell: Tell) -> None:
        self.begun = False
        self.answer: ChatAnswer | None = None
        self._tell = tell
        self._rest = bytearray()
        self._name = b""
        self._request_id: str | None = None

    def accepts(self, status: int, headers: httpx.Headers) -> bool:
        """Accept events."""
        self._request_id = headers.get("x-request-id")
        kind = str(headers.get("content-type", ""))
        return status == HTTPStatus.OK and kind.startswith("text/event-stream")

    def write(self, block: bytes) -> bool:
        """Take a piece of the stream.

        Raises:
            ApiError: the model has failed in the middle.
            UnexpectedAnswerError: these are not Larder's events.
        """
        self.begun = True
        self._rest += block
        if b"\n" in block:
            *lines, self._rest = self._rest.split(b"\n")
            for line in lines:
                self._take(bytes(line.rstrip(b"\r")))
        return True

    def _take(self, line: bytes) -> None:
        field, _, value = line.partition(b": ")
        if field == b"event":
            self._name = value
        elif field == b"data":
            try:
                self._hear(value)
            except (ValueError, RecursionError) as error:
                raise UnexpectedAnswerError("The chat was answered by other events.") from error

    def _hear(self, data: bytes) -> None:
        if self._name == b"ai_chunk":
            self._tell(_decoded(data, _Text).content)
        elif self._name == b"action":
            self._tell(_decoded(data, ChatAction))
        elif self._name == b"ai_complete":
            self.answer = _decoded(data, ChatAnswer)
        elif self._name == b"error":
            error = _decoded(data, _Failure).error
            raise ApiError(
                error.message,
                # The status was sent before this happened.
                status=HTTPStatus.BAD_GATEWAY,
                type=error.type,
                code=error.code,
                param=error.param,
                request_id=self._request_id,
            )


def _decoded(data: bytes, kind: Any) -> Any:  # noqa: ANN401 - depends on the kind
    return msgspec.json.decode(data, type=kind)
