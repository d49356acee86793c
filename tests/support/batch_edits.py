"""Edits of a batch file that a fast path may misread: of keys, white space, values and order.

An edit is three small numbers: which kind, and two that say where and how. So hypothesis and the
fuzzer make them alike, from integers and from bytes.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from tests.support.batch_requests import BODIES, alike, varied

type Edit = tuple[int, int, int]

URLS = tuple(BODIES)

_STRING = re.compile(rb'"(?P<inside>(?:[^"\\]|\\.)*)"(?P<colon>(?=\s*:))?')
_VALUE_END = re.compile(rb'(?<=["\d\]}el])(?=\s*[,}\]])')
_MESSAGES = re.compile(rb'"messages"\s*:\s*\[')

_ID = re.compile(rb'"(alike|varied)-\d+"')
_NUMBER = b"<number>"
_SPACES = (b" ", b"   ", b"\t", b" \r ")
_NAMES = (b"custom_id", b"body", b"model", b"content", b"input")
_BEFORE_NAME = (rb"zz\"", rb"\"", rb"x", rb"\\", rb"{", rb"\u0022")
_JUNK = (b"null", b"0", b'""', b'"x"', b"[]", b"{}", b'" "', b"[ ]", b"true", b'"robot"')
_TEXTS = (b'""', b'"" ', b'" "', b"[]", b"[ ]", b'["a","b"]', b"[1,2]", b"null", b'"user"')
_COUNTS = (1, 9, 10, 11, 12, 40, 99, 101)


def similar_lines(
    url: int, count: int, *, style: int, each: Sequence[Edit], edits: Sequence[Edit]
) -> bytes:
    """A file as one program writes it, with the edits `each` in every line and then `edits`.

    The bits of `style`: long texts, no spaces, lines that vary, one custom_id for all. An edit of
    every line adds members whose values count the lines.
    """
    make = varied if style & 4 else alike
    lines = make(URLS[url % len(URLS)], 1 + count % 16)
    if style & 1:
        lines = [line.replace(b"text", b"text" * 300) for line in lines]
    if style & 2:
        lines = [line.replace(b": ", b":").replace(b", ", b",") for line in lines]
    if style & 8:
        lines = [_ID.sub(b'"same"', line, count=1) for line in lines]
    lines = [edited(line, each, number) for number, line in enumerate(lines)]
    return edited(b"\n".join(lines), edits)


def edited(content: bytes, edits: Iterable[Edit], number: int = 0) -> bytes:
    """Return the file after the edits, one after the other; one that has no place changes nothing.

    Changes nothing beyond a quarter of a MiB either, so that edits cannot pile up. The value of a
    member that is added begins with `number`.
    """
    for kind, place, choice in edits:
        if len(content) >= 2**18:
            break
        edit = _KINDS[kind % len(_KINDS)]
        content = edit(content, place, choice).replace(_NUMBER, b"%d" % number)
    return content


def _exchange_lines(content: bytes, place: int, choice: int) -> bytes:
    lines = content.split(b"\n")
    one, other = place % len(lines), choice % len(lines)
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _copy_line(content: bytes, place: int, choice: int) -> bytes:
    lines = content.split(b"\n")
    lines.insert(place % (len(lines) + 1), lines[choice % len(lines)])
    return b"\n".join(lines)


def _space_after_value(content: bytes, place: int, choice: int) -> bytes:
    return _at(_VALUE_END.finditer, content, place, lambda _: _SPACES[choice % len(_SPACES)])


def _rename_key(content: bytes, place: int, choice: int) -> bytes:
    before = _BEFORE_NAME[choice % len(_BEFORE_NAME)]
    return _at(_keys, content, place, lambda found: b'"' + before + found["inside"] + b'"')


def _escape_key(content: bytes, place: int, choice: int) -> bytes:
    def escape(found: re.Match[bytes]) -> bytes:
        name = found["inside"]
        at = choice % len(name) if name else 0
        return b'"%s\\u%04x%s"' % (name[:at], name[at], name[at + 1 :]) if name else found[0]

    return _at(_keys, content, place, escape)


def _key_twice(content: bytes, place: int, choice: int) -> bytes:
    junk = _JUNK[choice % len(_JUNK)]
    return _at(_keys, content, place, lambda found: found[0] + b":" + junk + b"," + found[0])


def _member_before_key(content: bytes, place: int, choice: int) -> bytes:
    """Add a member whose name ends like one of a request's, in any place."""
    turn, which = divmod(choice, len(_BEFORE_NAME))
    name = _BEFORE_NAME[which] + _NAMES[turn % len(_NAMES)]
    return _at(_keys, content, place, lambda found: b'"%s":"%s",%s' % (name, _NUMBER, found[0]))


def _change_text(content: bytes, place: int, choice: int) -> bytes:
    return _at(_texts, content, place, lambda _: _TEXTS[choice % len(_TEXTS)])


def _more_messages(content: bytes, place: int, choice: int) -> bytes:
    more = b'{"role":"user","content":"x"},' * _COUNTS[choice % len(_COUNTS)]
    return _at(_MESSAGES.finditer, content, place, lambda found: found[0] + more)


_KINDS = (
    _exchange_lines,
    _copy_line,
    _space_after_value,
    _rename_key,
    _escape_key,
    _key_twice,
    _member_before_key,
    _change_text,
    _more_messages,
)


type _Places = Iterable[re.Match[bytes]]


def _keys(content: bytes) -> _Places:
    return (found for found in _STRING.finditer(content) if found["colon"] is not None)


def _texts(content: bytes) -> _Places:
    return (found for found in _STRING.finditer(content) if found["colon"] is None)


def _at(
    find: Callable[[bytes], _Places],
    content: bytes,
    place: int,
    make: Callable[[re.Match[bytes]], bytes],
) -> bytes:
    """Put what `make` returns in one of the places found."""
    places = list(find(content))
    if not places:
        return content
    found = places[place % len(places)]
    return content[: found.start()] + make(found) + content[found.end() :]
