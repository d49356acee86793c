"""Shortcuts: two ways to see that nothing is wrong with a body without applying the rules to it.

Neither finds anything wrong. A body that fits neither may still be right, which `body_rules` then
decides.

They are kept for speed. The goal is 1.6 times the speed of the fastest peer. The rules alone reach
0.7 times on long requests and 0.9 times on short ones, and with `BodyShape` both stay below 1.5
times. If it did not leave long texts unread, conversations of several would be at 1.05 times.
"""

from typing import Final

from msgspec import DecodeError
from msgspec.json import Decoder

from larder_jsonl.body_rules import body_members
from larder_jsonl.endpoints import (
    Body,
    ChatBody,
    Endpoint,
    UnreadChatBody,
)
from larder_jsonl.nesting import MAX_DEPTH, nested_deeper_than
from larder_jsonl.raw_json import (
    MALFORMED,
    QUOTE,
    check_utf8,
    is_empty,
    is_text,
    kind_of,
)
from larder_jsonl.references import may_refer

# From here on the texts of messages are cheaper to skip than to decode.
_LONG_BODY: Final = 1024
# From here on a body is left to the rules, which decode no text and so take less memory.
_HUGE: Final = 2**20
# Up to here looking at messages one by one is cheaper than decoding their texts.
_FEW_MESSAGES: Final = 16
# Fewer bytes than these cannot nest a body too deeply.
_SHORTEST_DEEP: Final = len("[]") * MAX_DEPTH

_read_unread_chat: Final = Decoder(UnreadChatBody).decode


class BodyShape:
    """The shape of an endpoint's bodies."""

    __slots__ = ("_endpoint", "_long_texts")

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        # Whether the next long body is expected to have few messages, with nothing but texts.
        self._long_texts = endpoint.main == "messages"

    def fits(self, piece: bytes, start: int, end: int) -> str | None:
        """The model of the body `piece[start:end]`; None when something may be wrong with it.

        Empty when the body leaves the model to its endpoint.
        """
        if end - start > _HUGE:
            return None
        body = piece[start:end]
        try:
            check_utf8(body)
            if may_refer(body):
                return None
            members, length_of_texts = self._read(body)
        except MALFORMED:
            return None
        if members.stream:
            return None
        may_be_deep = len(body) - length_of_texts >= _SHORTEST_DEEP
        if may_be_deep and nested_deeper_than(MAX_DEPTH - 1, body):
            return None
        return members.model or ""

    def _read(self, body: bytes) -> tuple[Body, int]:
        """The members of the body, and how many of its bytes certainly belong to texts."""
        if self._long_texts and len(body) > _LONG_BODY:
            unread = _read_unread_chat(body)
            if length_of_texts := _length_of_texts(unread):
                return unread, length_of_texts
        members = self._endpoint.read(body)
        if isinstance(members, ChatBody):
            last = members.messages[-1]
            self._long_texts = len(members.messages) <= _FEW_MESSAGES and isinstance(
                last.content, str
            )
        elif not self._is_filled(members):
            raise DecodeError
        return members, 0

    def _is_filled(self, members: Body) -> bool:
        """Whether what is asked, a prompt or an input, is there, and none that must be counted."""
        value = getattr(members, self._endpoint.main)
        kind = kind_of(value)
        if self._endpoint.counts_inputs and kind != "a string":
            return False
        return kind in self._endpoint.needs[0].kinds and not is_empty(value)


def _length_of_texts(chat: UnreadChatBody) -> int:
    """The length of all contents together; 0 when there are many or not all are texts."""
    if len(chat.messages) > _FEW_MESSAGES:
        return 0
    length = 0
    for message in chat.messages:
        if memoryview(message.content)[0] != QUOTE:
            return 0
        length += len(message.content)
    return length


class BodyTemplate:
    """A right body around its main text: as right with any other text in that place."""

    __slots__ = ("_after", "_before", "_model")

    def __init__(self, before: bytes, after: bytes, model: str) -> None:
        self._before = before
        self._after = after
        self._model = model

    def fits(self, piece: bytes, start: int, end: int) -> str | None:
        """As `BodyShape.fits`."""
        text_start = start + len(self._before)
        text_end = end - len(self._after)
        if (
            piece.startswith(self._before, start)
            and piece.startswith(self._after, text_end)
            and is_text(piece[text_start:text_end])
        ):
            return self._model
        return None


def body_template(body: bytes, endpoint: Endpoint, model: str) -> BodyTemplate | None:
    """The template of a right body; None when it has no main text or that cannot be located.

    The main text is the content of the last message, or the prompt or input.
    """
    try:
        text = _main_value(body, endpoint)
        if not is_text(text):
            return None
        start = body.rfind(text)
        end = start + len(text)
        # The same bytes may also stand elsewhere. So change them, and see whether the text changes.
        changed = b'"x' + text[1:]
        if _main_value(body[:start] + changed + body[end:], endpoint) != changed:
            return None
    except DecodeError:
        return None
    return BodyTemplate(body[:start], body[end:], model)


def _main_value(body: bytes, endpoint: Endpoint) -> bytes:
    """What is in the place of the main text, as JSON; empty when nothing is.

    Raises `DecodeError` for a body that is not well formed.
    """
    if endpoint.main == "messages":
        return bytes(_read_unread_chat(body).messages[-1].content)
    members = body_members(body)
    return bytes(getattr(members, endpoint.main))
