"""How many embedding inputs a value is, counted without decoding it.

Source: the request body of embeddings in OpenAI's API reference. A string is one input, and so is
a list of token ids. Of any other list, each element is one.
"""

import re
from itertools import accumulate, chain, compress
from operator import not_
from typing import Final

from msgspec import Raw
from msgspec.json import Decoder

from larder_jsonl.nesting import marks_outside_strings
from larder_jsonl.raw_json import is_empty, kind_of

MAX_ITEMS: Final = 2048
"""The most items of one `input`."""

# Up to here it is cheaper to look at elements one by one.
_SHORT: Final = 4096
_PIECE: Final = 64 * 1024
# How each mark changes the level of nesting, as a signed byte; and whether it is a comma.
_CHANGES: Final = bytes.maketrans(b"10,", b"\x01\xff\x00")
_IS_COMMA: Final = bytes.maketrans(b"10,", b"\x00\x00\x01")
_NUMBER_FIRST: Final = re.compile(rb"\[[ \t\r\n]*[-0-9]")
_read_elements: Final = Decoder(list[Raw]).decode


def count_inputs(value: Raw) -> tuple[int, int]:
    """Return how many inputs the well-formed value is, and of how many items it consists."""
    kind = kind_of(value)
    if kind not in ("a string", "an array") or is_empty(value):
        return 0, 0
    if kind == "a string":
        return 1, 1
    items = _length_of_array(value)
    return (1 if _NUMBER_FIRST.match(value) else items), items


def _length_of_array(value: Raw) -> int:
    """The number of elements of an array that is not empty. Takes little memory beside it."""
    if len(value) <= _SHORT:
        return len(_read_elements(value))
    inside = marks_outside_strings(bytes(value), b",")[1:-1]
    lists = inside.count(b"1")
    if lists == 0:
        return 1 + inside.count(b",")
    are_alone = inside.startswith(b"1") and inside.endswith(b"0")
    if are_alone and inside.count(b"0,1") == lists - 1 and _none_nested(inside, lists):
        return lists
    changes = (
        memoryview(inside[start : start + _PIECE].translate(_CHANGES)).cast("b")
        for start in range(0, len(inside), _PIECE)
    )
    levels = accumulate(chain.from_iterable(changes))
    return 1 + sum(map(not_, compress(levels, inside.translate(_IS_COMMA))))


def _none_nested(inside: bytes, lists: int) -> bool:
    return inside.translate(None, b",") == b"10" * lists
