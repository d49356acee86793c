"""What the lines of one file have in common, learned from its valid lines.

One program writes a batch file: its lines differ in their custom_id and in one text, or in their
body at most. What they share is parsed once, and only compared after that.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

from msgspec import DecodeError, Raw, Struct
from msgspec.json import Decoder

from larder_jsonl.endpoints import Endpoint
from larder_jsonl.raw_json import is_json
from larder_jsonl.shortcuts import BodyShape, body_template

MAX_PLAIN_ID: Final = 128
"""The longest custom_id, in bytes, that matches a template."""

# Nothing is learned from longer lines: that would take several times their memory.
_LONGEST_LEARNED: Final = 2**20

# A plain id holds only these, which JSON strings hold as they are.
_PLAIN: Final = frozenset(range(ord(" "), ord("~") + 1)) - frozenset(b'"\\')
# Translates every plain id to itself, and nothing else.
_ONLY_PLAIN: Final = bytes(byte if byte in _PLAIN else ord("?") for byte in range(256))
_BEFORE_BODY: Final = re.compile(
    rb"""
    (?P<head> \{ [^{}]{0,200} "custom_id" \s* : \s* " )
    (?P<id> [^"\\]{1,512} )
    (?P<middle> " [^{}]{0,200} "body" \s* : \s* )
    """,
    re.VERBOSE,
)


class Level(IntEnum):
    """How a body is checked before the rules are applied to it. A higher level is faster."""

    RULES = 0
    """Not at all."""
    BODIES = 1
    """By its shape."""
    TEXTS = 2
    """By its text, once all the rest equals a valid body."""


# How many hits pay for a miss. With more misses than that the level below is faster.
_COST_OF_A_MISS: Final = {Level.TEXTS: 8, Level.BODIES: 3, Level.RULES: 0}
_MAX_CREDIT: Final = 24


@dataclass(frozen=True, slots=True)
class LineTemplate:
    """The bytes of a valid request line around its custom_id and its body.

    A line with the same bytes there, a plain id and a valid body is a valid request too: it has the
    same members, none of them twice.

    Attributes:
        head: from the start of the line to the id.
        middle: from the quote after the id to the body.
        tail: from the body to the end of the line.
    """

    head: bytes
    middle: bytes
    tail: bytes

    def match(self, piece: bytes, start: int, end: int) -> tuple[bytes, int, int] | None:
        """Return the custom_id of the line `piece[start:end]`, and where its body starts and ends.

        The body is not looked at. None when the line differs from the template.
        """
        id_start = start + len(self.head)
        id_end = piece.find(b'"', id_start, id_start + MAX_PLAIN_ID + 1)
        body_end = end - len(self.tail)
        if not (
            piece.startswith(self.head, start)
            and piece.startswith(self.middle, id_end)
            and piece.startswith(self.tail, body_end)
        ):
            return None
        custom_id = piece[id_start:id_end]
        if not custom_id or custom_id.translate(_ONLY_PLAIN) != custom_id:
            return None
        return custom_id, id_end + len(self.middle), body_end


BodyCheck: TypeAlias = Callable[[bytes, int, int], str | None]
"""The model of the body `piece[start:end]`, of which certainly nothing is wrong; None otherwise.

Empty when the body leaves the model to its endpoint. A body that fits has one embedding input, if
its endpoint counts them.
"""


def _nothing_fits(_piece: bytes, _start: int, _end: int) -> None:
    return None


class LineTemplates:
    """What one file's lines have taught so far.

    Attributes:
        line: the template to match a line against, once there is one.
        fits: the check of the body of a line that has matched.
        counts_inputs: whether each body that fits has one embedding input.
    """

    __slots__ = ("_credit", "_level", "_shape", "counts_inputs", "fits", "line")

    def __init__(self) -> None:
        self.line: LineTemplate | None = None
        self.fits: BodyCheck = _nothing_fits
        self.counts_inputs = False
        self._shape: BodyShape | None = None
        self._level = Level.TEXTS
        self._credit = _MAX_CREDIT

    def learn(self, line: bytes, body: bytes | None, endpoint: Endpoint, model: str) -> None:
        """Learn from a right line that was missed. `body` is given when the line has matched."""
        if self._level is Level.RULES or len(line) > _LONGEST_LEARNED:
            return
        if body is None:
            learned = _line_template(line)
            if learned is None:
                return
            self.line, body = learned
        self._shape = self._shape or BodyShape(endpoint)
        self.counts_inputs = endpoint.counts_inputs
        template = body_template(body, endpoint, model) if self._level is Level.TEXTS else None
        self.fits = (template or self._shape).fits

    def record_hits(self, lines: int, missed: int) -> None:
        """Count how many valid lines were missed, and go down a level when misses cost too much."""
        gain = lines - missed * _COST_OF_A_MISS[self._level]
        self._credit = min(self._credit + gain, _MAX_CREDIT)
        if self._credit < 0:
            self._credit = _MAX_CREDIT
            self._level = Level(self._level - 1)
            shape = self._shape if self._level is Level.BODIES else None
            self.fits = shape.fits if shape else _nothing_fits


class _Members(Struct, gc=False):
    custom_id: str
    body: Raw


_read_members: Final = Decoder(_Members).decode
_OTHER_ID: Final = b"another"
_OTHER_BODY: Final = b"0"
_OTHER_MEMBERS: Final = _Members(_OTHER_ID.decode(), Raw(_OTHER_BODY))


def _line_template(line: bytes) -> tuple[LineTemplate, bytes] | None:
    """The template of a valid line, and its body; None unless the body is last in the line."""
    before = _BEFORE_BODY.match(line)
    if before is None:
        return None
    body = line[before.end() :].rstrip().removesuffix(b"}").rstrip()
    if not is_json(body):
        return None
    template = LineTemplate(before["head"], before["middle"], line[before.end() + len(body) :])
    # The name of another member may end like one of these. So change both values, and see whether
    # the request's change.
    changed = template.head + _OTHER_ID + template.middle + _OTHER_BODY + template.tail
    try:
        found = _read_members(line), _read_members(changed)
    except DecodeError:
        return None
    if found != (_Members(before["id"].decode(), Raw(body)), _OTHER_MEMBERS):
        return None
    return template, body
