"""How deeply a line of JSON is nested, found without a parser.

A parser in Python would take a hundred times as long as everything else, and those in C have no
limit that can be set. So this counts brackets: all together first, then in stretches, then each.
"""

from functools import cache
from itertools import accumulate
from operator import add
from typing import Final

MAX_DEPTH: Final = 128

_STRETCH: Final = 128
_SHORT: Final = 4096
_FEW_QUOTES: Final = 200
_PIECE: Final = 16 * 1024
_OPENING: Final = b"1"
_MARKS: Final = b'[]{}"'
_ALL: Final = frozenset(range(256))
_NO_MARK: Final = bytes(_ALL - set(_MARKS))
_QUOTE_AS_ONES: Final = bytes(0xFF if byte == ord('"') else 0 for byte in range(256))
_QUOTE_OR_ONES: Final = b'"\xff'
_AS_BITS: Final = bytes.maketrans(b"[]{}", b"1010")


def nested_deeper_than(limit: int, line: bytes) -> bool:
    """Return whether the arrays and objects of `line` nest deeper than `limit`.

    `line` is one well-formed JSON value. A scalar has depth 0, `[]` depth 1. Costs a few
    nanoseconds per byte, whatever the shape.
    """
    if len(line) <= len("[]") * limit:
        return False
    marks = line.translate(_AS_BITS, _NO_MARK)
    if marks.count(_OPENING) <= limit:
        return False
    brackets = _outside_strings(_marks(line, _NO_MARK) if b"\\" in line else marks)
    if _is_shallow(limit, brackets):
        return False
    # Most lines that are too deep open all their levels at once.
    if len(brackets) < _SHORT and _OPENING * (limit + 1) in brackets:
        return True
    return _deepest(brackets) > limit


def marks_outside_strings(text: bytes, more: bytes) -> bytes:
    """Return the brackets of well-formed JSON, and the bytes `more`, that are outside strings.

    `1` stands for a bracket that opens, of either kind, and `0` for one that closes.
    """
    return _outside_strings(_marks(text, bytes(_ALL - set(_MARKS) - set(more))))


def _marks(text: bytes, no_mark: bytes) -> bytes:
    """The marks of the text, without quotes that are escaped."""
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    return text.translate(_AS_BITS, no_mark)


def _outside_strings(marks: bytes) -> bytes:
    # Two quotes side by side can go, whether they enclose one string or end one and start another:
    # every bracket stays inside or outside, and far fewer quotes are left.
    if marks.count(b'"') > _FEW_QUOTES:
        marks = marks.replace(b'""', b"")
    if marks.count(b'"') <= _FEW_QUOTES:
        return b"".join(marks.split(b'"')[::2])
    pieces = []
    inside = 0
    for start in range(0, len(marks), _PIECE):
        piece = marks[start : start + _PIECE]
        # Every quote becomes a byte of ones. Each byte is then xor-ed with all before it, in steps
        # of one, two, four and so on: what stays ones lies between an opening and a closing quote.
        strings = int.from_bytes(piece.translate(_QUOTE_AS_ONES), "big")
        strings ^= inside << 8 * (len(piece) - 1)
        for step in range((len(piece) - 1).bit_length()):
            strings ^= strings >> (8 << step)
        inside = strings & 0xFF
        outside = int.from_bytes(piece, "big") | strings
        pieces.append(outside.to_bytes(len(piece), "big").translate(None, _QUOTE_OR_ONES))
    return b"".join(pieces)


def _is_shallow(limit: int, brackets: bytes) -> bool:
    """Whether the depth stays within the limit even if each stretch opens first, then closes."""
    level = 0
    for start in range(0, len(brackets), _STRETCH):
        opened = brackets.count(_OPENING, start, start + _STRETCH)
        if level + opened > limit:
            return False
        level += 2 * opened - _STRETCH
    return True


def _deepest(brackets: bytes) -> int:
    rises, changes = _eight_brackets()
    bits = int(brackets + b"0" * (-len(brackets) % 8), 2)
    packed = bits.to_bytes((len(brackets) + 7) // 8, "big")
    levels = accumulate(memoryview(packed.translate(changes)).cast("b"), initial=0)
    deepest: int = max(map(add, levels, packed.translate(rises)))
    return deepest


@cache
def _eight_brackets() -> tuple[bytes, bytes]:
    """For each byte of eight brackets (1 opens): how far it rises at most, and its net change.

    The rise is counted from the level at the start, and is at least 0. The change is a signed byte.
    """
    rises = bytearray()
    changes = bytearray()
    for byte in range(256):
        steps = (1 if byte >> bit & 1 else -1 for bit in range(7, -1, -1))
        path = list(accumulate(steps, initial=0))
        rises.append(max(path))
        changes.append(path[-1] % 256)
    return bytes(rises), bytes(changes)
