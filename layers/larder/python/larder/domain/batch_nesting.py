"""How deeply a line of JSON is nested, told without a parser."""

from functools import cache
from itertools import accumulate
from operator import add

_BRACKETS = b"[]{}"
_NO_OPENING = bytes(set(range(256)) - set(b"[{"))
_NO_BRACKET = bytes(set(range(256)) - set(_BRACKETS))
_NO_BRACKET_OR_QUOTE = bytes(set(range(256)) - set(_BRACKETS + b'"'))
_AS_BITS = bytes.maketrans(_BRACKETS, b"1010")


def nested_deeper_than(limit: int, line: bytes) -> bool:
    """Whether arrays and objects in `line`, one well-formed JSON value, nest deeper than `limit`.

    A scalar has depth 0 and `[]` depth 1. Costs a few nanoseconds a byte whatever the shape, so
    that no line can be made expensive; a line with few brackets is told by counting them.
    """
    if len(line.translate(None, _NO_OPENING)) <= limit:
        return False
    brackets = _without_strings(line).translate(_AS_BITS, _NO_BRACKET)
    if len(brackets) <= 2 * limit:
        return False
    rises, changes = _eight_brackets()
    packed = int(brackets + b"0" * (-len(brackets) % 8), 2).to_bytes((len(brackets) + 7) // 8)
    levels = accumulate(memoryview(packed.translate(changes)).cast("b"), initial=0)
    deepest: int = max(map(add, levels, packed.translate(rises)))
    return deepest > limit


def _without_strings(line: bytes) -> bytes:
    # Inside a string two neighbouring quotes can only be the end of one string and the start of
    # the next with no bracket between them, or an empty rest: dropping both keeps every bracket
    # on its side of the quotes, and leaves far fewer pieces to split into.
    if b"\\" in line:
        line = line.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = line.translate(None, _NO_BRACKET_OR_QUOTE).replace(b'""', b"")
    return b"".join(marks.split(b'"')[::2])


@cache
def _eight_brackets() -> tuple[bytes, bytes]:
    """For each byte of eight brackets (1 opens): the highest rise inside it and its net change.

    The change is a signed byte. The rise is counted from the level at the start, at least 0.
    """
    rises = bytearray()
    changes = bytearray()
    for byte in range(256):
        path = list(
            accumulate((1 if byte >> bit & 1 else -1 for bit in range(7, -1, -1)), initial=0)
        )
        rises.append(max(path))
        changes.append(path[-1] % 256)
    return bytes(rises), bytes(changes)
