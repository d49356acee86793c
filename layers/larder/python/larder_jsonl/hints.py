"""What a mistake probably is: a few words at the end of a message, for people."""

import re
from typing import Final

from larder_jsonl.endpoints import ENDPOINTS

_LOOKED_AT: Final = 200
_VERSION: Final = "/v1/"
_UTF_16_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")
_PRETTY: Final = re.compile(
    rb"""
    [{\[] \s*                         # an object or array that only opens here
    | \s* [}\]]+ ,? \s*               # or only closes
    | \s* "[^"\\]{1,100}" \s* : .*    # or a member by itself
    """,
    re.VERBOSE | re.DOTALL,
)


def did_you_mean(url: str) -> str:
    """Return a question that names the endpoint that an unknown url resembles, or nothing."""
    start = url[:_LOOKED_AT].strip().lower().split("?", 1)[0].rstrip("/")
    # The longest first: `chat/completions` ends like `completions`.
    for endpoint in sorted(ENDPOINTS, key=len, reverse=True):
        if start.endswith("/" + endpoint.removeprefix(_VERSION)) or start == endpoint[1:]:
            return f"; did you mean {endpoint}?"
        if start == endpoint.removeprefix(_VERSION):
            return f"; did you mean {endpoint}?"
    from difflib import get_close_matches  # noqa: PLC0415 - needed for few files

    close = get_close_matches(start, ENDPOINTS, n=1, cutoff=0.85)
    return f"; did you mean {close[0]}?" if close else ""


def encoding_hint(line: bytes) -> str:
    """Return what the encoding of a line looks like if that is UTF-16, or nothing."""
    start = line[:_LOOKED_AT]
    if start.startswith(_UTF_16_BOMS) or start.count(0) * 3 > len(start):
        return "; the file looks like UTF-16: save it as UTF-8"
    return ""


def layout_hint(line: bytes) -> str:
    """Return what the file of a line that is no JSON value looks like, or nothing."""
    if _PRETTY.fullmatch(line[:_LOOKED_AT]):
        return "; the file looks pretty-printed: put each request on one line of its own"
    end = line[-_LOOKED_AT:].rstrip()
    if line[:_LOOKED_AT].lstrip().startswith(b"[{") or end.endswith(b"},"):
        return "; the file looks like one JSON array: put one object on each line, without commas"
    return ""
