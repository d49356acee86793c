"""What the lines of one file have in common, seen from one of them.

A batch file is written by one program: its lines differ in their custom_id and in one text, or at
most in their body. What is the same in all of them need not be parsed more than once.
"""

import re
from collections.abc import Callable
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import DecodeError, Meta, Raw, Struct
from msgspec.json import Decoder

from larder.domain.batch_input.body_rules import body_members
from larder.domain.batch_input.endpoints import CHAT, COMPLETIONS
from larder.domain.batch_input.plain_bodies import LONG_BODY, PlainBodies
from larder.domain.batch_input.raw_json import is_json, skip

# A longer id is remembered by its digest, so that 50,000 ids of any length fit in a few MB.
MAX_PLAIN_ID: Final = 128
# What an id may hold to stand in JSON as it is, and to be remembered without decoding it.
_PLAIN: Final = frozenset(range(ord(" "), ord("~") + 1)) - frozenset(b'"\\')
ONLY_PLAIN: Final = bytes(byte if byte in _PLAIN else ord("?") for byte in range(256))
"""Translates every plain id to itself, and nothing else."""

_BEFORE_BODY: Final = re.compile(
    rb"""
    (?P<head> \{ [^{}]{0,200} "custom_id" \s* : \s* " )
    [^"\\]{1,512}
    (?P<middle> " [^{}]{0,200} "body" \s* : \s* )
    """,
    re.VERBOSE,
)
_QUOTE: Final = ord('"')

# What is tried with a line before it is read rule by rule; one after the other is given up when
# more than about one line in eight, or one in three, turns out to be different.
_TEXTS: Final = 2
_BODIES: Final = 1
_NOTHING: Final = 0
_COST_OF_A_MISS: Final = {_TEXTS: 8, _BODIES: 3, _NOTHING: 0}
_PATIENCE: Final = 24


class Frame(NamedTuple):
    """The text of a valid request line around its custom_id and around one value further on.

    Any line with the same text in these places, any plain id, and a value that `check` lets pass
    is a valid request as well: it has the same members, none of them twice.

    Attributes:
        head: from the line's start to the id.
        middle: from the quote after the id to the value.
        tail: from the value to the line's end.
        check: raises for a value that is not certainly valid, and one that is no JSON.
    """

    head: bytes
    middle: bytes
    tail: bytes
    check: Callable[[bytes], object]

    def value_in(self, line: bytes) -> tuple[bytes, bytes] | None:
        """The custom_id and the unchecked value of a line that has this frame."""
        if not (line.startswith(self.head) and line.endswith(self.tail)):
            return None
        id_start = len(self.head)
        id_end = line.find(b'"', id_start, id_start + MAX_PLAIN_ID + 1)
        if not line.startswith(self.middle, id_end):
            return None
        custom_id = line[id_start:id_end]
        if not custom_id or custom_id.translate(ONLY_PLAIN) != custom_id:
            return None
        return custom_id, line[id_end + len(self.middle) : len(line) - len(self.tail)]


def _no_value(_: bytes) -> None:
    raise DecodeError


NO_FRAME: Final = Frame(b"\n", b"\n", b"", _no_value)
"""A frame that no line has."""


class Frames:
    """The frames known in one file, learned from its valid lines.

    Attributes:
        fast: the frame to try first; what passes its check is a valid request.
        bodies: the frame around the whole body, of which nothing is known.
    """

    __slots__ = ("_patience", "_plain", "_way", "bodies", "fast")

    def __init__(self) -> None:
        self.fast = NO_FRAME
        self.bodies = NO_FRAME
        self._plain: PlainBodies | None = None
        self._way = _TEXTS
        self._patience = _PATIENCE

    def learn(self, line: bytes, endpoint: str, model: str, *, known: bool) -> None:
        """Learn from a valid request that `fast` did not let pass; `known` if it is in `bodies`."""
        if self._way == _NOTHING:
            return
        if not known:
            self._plain = self._plain or PlainBodies(endpoint, model)
            bodies = _frame_of_bodies(line, self._plain.check)
            if bodies is None:
                return
            self.bodies = bodies
        texts = _frame_of_texts(line, self.bodies, endpoint) if self._way == _TEXTS else None
        self.fast = texts or self.bodies

    def weigh(self, lines: int, missed: int) -> None:
        """Take into account that of so many lines so many were tried in vain."""
        gain = lines - missed * _COST_OF_A_MISS[self._way]
        self._patience = min(self._patience + gain, _PATIENCE)
        if self._patience < 0 and self._way != _NOTHING:
            self._way -= 1
            self._patience = _PATIENCE
            self.fast = self.bodies if self._way == _BODIES else NO_FRAME


def _frame_of_bodies(line: bytes, check: Callable[[bytes], object]) -> Frame | None:
    """The frame around the body of a valid request, if that comes last and the id is plain."""
    before = _BEFORE_BODY.match(line)
    if before is None:
        return None
    body = line[before.end() :].rstrip().removesuffix(b"}").rstrip()
    if not is_json(body):
        return None
    return Frame(before["head"], before["middle"], line[before.end() + len(body) :], check)


def _frame_of_texts(line: bytes, bodies: Frame, endpoint: str) -> Frame | None:
    """The frame around the main text of a valid request that has the frame `bodies`.

    Its main text is that of the last message, or the input or prompt. What else is in the body
    then is part of the frame.
    """
    found = bodies.value_in(line)
    text = found and _main_text(found[1], endpoint)
    if not found or not text or memoryview(text)[0] != _QUOTE:
        return None
    _, body = found
    token = bytes(text)
    start = body.rfind(token)
    end = start + len(token)
    # The same bytes may also stand elsewhere. So change them, and see whether the text changes.
    changed = b'"x' + token[1:]
    if _main_text(body[:start] + changed + body[end:], endpoint) != Raw(changed):
        return None
    return Frame(
        bodies.head,
        bodies.middle + body[:start],
        body[end:] + bodies.tail,
        _check_for(token, endpoint),
    )


class _Message(Struct, gc=False):
    content: Raw = Raw(b"")


_read_messages: Final = Decoder(list[_Message]).decode
_check_text: Final = Decoder(str).decode
_check_filled_text: Final = Decoder(Annotated[str, Meta(min_length=1)]).decode


def _main_text(body: bytes, endpoint: str) -> Raw | None:
    try:
        members = body_members(body)
        if members is None:
            return None
        if endpoint == CHAT:
            return _read_messages(members.messages)[-1].content
    except (DecodeError, IndexError):
        return None
    return members.prompt if endpoint == COMPLETIONS else members.input


def _check_for(token: bytes, endpoint: str) -> Callable[[bytes], object]:
    """The fastest check for texts like this one; the content of a message may also be empty."""
    if len(token) > LONG_BODY:
        return _check_long_text
    return _check_text if endpoint == CHAT else _check_filled_text


def _check_long_text(text: bytes) -> None:
    skip(text)
    str(text, "utf-8")
    if text[0] != _QUOTE or text.startswith(b'""'):
        raise msgspec.ValidationError
