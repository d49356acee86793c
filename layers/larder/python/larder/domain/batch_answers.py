"""Request lines as they are sent, and answers as they are written to the output files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import msgspec

from larder.domain.batches import TokenUsage

MAX_ANSWER_BYTES = 8 * 2**20
MAX_TOKENS = 10**12
"""Tokens that one answer may say it took; a larger figure is none."""

_AGAIN = frozenset({408, 409})
_REFUSED = frozenset({401, 403})
_AWAY = frozenset({408, 409, 429, 502, 503, 504})


class Request(msgspec.Struct, frozen=True):
    """One line of the input, which validation has found to be right; `body` is JSON as it came."""

    custom_id: str
    url: str
    body: msgspec.Raw

    @property
    def model(self) -> str:
        """The model that the line names; empty when it leaves that to the endpoint."""
        return _HEAD.decode(self.body).model or ""


class _Head(msgspec.Struct):
    model: str | None = None
    stream: bool | None = None


class _WithUsage(msgspec.Struct):
    usage: Any = None


_REQUEST = msgspec.json.Decoder(Request)
_HEAD = msgspec.json.Decoder(_Head)
_WITH_USAGE = msgspec.json.Decoder(_WithUsage)
_ANY = msgspec.json.Decoder()
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_UNREADABLE = (ValueError, RecursionError)
"""What decoding raises for bytes that are no JSON, no UTF-8, or nested without an end."""


def parse_request(line: bytes) -> Request:
    """Return the request of a line that validation has passed."""
    return _REQUEST.decode(line)


def body_to_send(request: Request, model_name: str | None) -> bytes:
    """Return the body for the upstream: as it came, but never streamed, and with its model's name.

    `model_name` is what the upstream calls the model, None to leave the name.
    """
    head = _HEAD.decode(request.body)
    if head.stream is None and model_name is None:
        return bytes(request.body)
    body: dict[str, Any] = _ANY.decode(request.body)
    body.pop("stream", None)
    body.pop("stream_options", None)
    if model_name is not None:
        body["model"] = model_name
    return msgspec.json.encode(body)


class NoAnswer(Enum):
    """Why a request has no answer; the values are the codes of OpenAI's error lines."""

    CONNECTION = "connection_error"
    TIMEOUT = "request_timeout"
    TOO_LARGE = "answer_too_large"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an upstream answered: a status and bytes, with the seconds that it asks to wait."""

    status: int
    body: bytes
    request_id: str | None = None
    retry_after: float | None = None


class Verdict(Enum):
    """What an answer means for its line."""

    GOOD = auto()
    BAD = auto()
    """An error of the line's own, which asking again would not mend."""
    AGAIN = auto()
    """A passing failure of the upstream."""
    THROTTLED = auto()
    """The upstream wants fewer requests."""
    STOP = auto()
    """The upstream accepts nothing from us: the key is wrong, or the account has no credit."""


def judge(answer: Answer | NoAnswer) -> Verdict:
    """Return what the answer means for its line."""
    if isinstance(answer, NoAnswer):
        return Verdict.BAD if answer is NoAnswer.TOO_LARGE else Verdict.AGAIN
    status = answer.status
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP
        return Verdict.GOOD if _as_object(answer.body) is not None else Verdict.AGAIN
    if status in _REFUSED or (status == 429 and _error_code(answer.body) == "insufficient_quota"):  # noqa: PLR2004
        return Verdict.STOP
    if status == 429 or (status == 503 and answer.retry_after is not None):  # noqa: PLR2004
        return Verdict.THROTTLED
    if status in _AGAIN or status >= 500:  # noqa: PLR2004
        return Verdict.AGAIN
    return Verdict.BAD


def upstream_away(answer: Answer | NoAnswer) -> bool:
    """Tell whether a failure says that the upstream is not there, rather than what it did."""
    if isinstance(answer, NoAnswer):
        return answer is NoAnswer.CONNECTION
    return answer.status in _AWAY


def output_line(line_id: str, custom_id: str, answer: Answer) -> bytes:
    """Return the line of an answer that came, good or bad, with its line feed.

    The body is written as one JSON object on one line. Where an upstream answers something else,
    an error page say, its beginning is kept as the message of an object.
    """
    body = _as_object(answer.body)
    if body is None:
        text = answer.body[:2_000].decode("utf-8", "replace")
        body = msgspec.Raw(msgspec.json.encode({"error": {"message": text}}))
    response = {"status_code": answer.status, "request_id": answer.request_id or "", "body": body}
    return _line(line_id, custom_id, response, None)


def error_line(line_id: str, custom_id: str, code: str, message: str) -> bytes:
    """Return the line of a request that has no answer, with its line feed."""
    return _line(line_id, custom_id, None, {"code": code, "message": message})


def _line(
    line_id: str, custom_id: str, response: dict[str, Any] | None, error: dict[str, str] | None
) -> bytes:
    line = {"id": line_id, "custom_id": custom_id, "response": response, "error": error}
    return msgspec.json.encode(line) + b"\n"


def _as_object(body: bytes) -> msgspec.Raw | None:
    """Return the body on one line if it is a JSON object.

    Its values are checked, and not made: those of 8 MiB of numbers have ten times as many.
    """
    try:
        body.decode()
        _OBJECT.decode(body)
    except _UNREADABLE:
        return None
    if b"\n" in body or b"\r" in body:
        body = msgspec.json.format(body, indent=-1)
    return msgspec.Raw(body)


def _error_code(body: bytes) -> str | None:
    try:
        found = _ANY.decode(body)
        code = found["error"]["code"]
    except (*_UNREADABLE, KeyError, TypeError):
        return None
    return code if isinstance(code, str) else None


def usage_of(answer: Answer) -> TokenUsage:
    """Return the tokens that a good answer says it took, in either of OpenAI's two notations."""
    try:
        usage = _WITH_USAGE.decode(answer.body).usage
    except _UNREADABLE:
        return TokenUsage()
    if not isinstance(usage, dict):
        return TokenUsage()

    def number(*names: str, within: tuple[str, ...] = ()) -> int:
        sources = [usage.get(name) for name in within] if within else [usage]
        for source in sources:
            for name in names:
                value = source.get(name) if isinstance(source, dict) else None
                if type(value) is int and 0 < value <= MAX_TOKENS:
                    return value
        return 0

    return TokenUsage(
        input=number("input_tokens", "prompt_tokens"),
        cached=number("cached_tokens", within=("input_tokens_details", "prompt_tokens_details")),
        output=number("output_tokens", "completion_tokens"),
        reasoning=number(
            "reasoning_tokens", within=("output_tokens_details", "completion_tokens_details")
        ),
    )
