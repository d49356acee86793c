"""References in a body to what a batch puts in: `{"$artifact": "art_…"}`, `{"$bundle": "bnd_…"}`.

A reference is an object with that one member. An artifact stands for a string, anywhere in the
body. A bundle stands for the messages that `messages` begins with. What they refer to is not
looked at here, so the same rules hold with and without a server.

* A member `$artifact` or `$bundle` whose value is no string is no reference: a schema may have one.
* A reference is written without escapes. So its bytes are one wherever they occur: within a JSON
  string, quotes have a backslash. A body that has the name only with escapes has no reference.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from msgspec import DecodeError, Raw, Struct, field
from msgspec.json import Decoder

from larder_jsonl.raw_json import kind_of
from larder_jsonl.report import RequestLine, quoted

ARTIFACT: Final = "$artifact"
BUNDLE: Final = "$bundle"
MAX_REFERENCES: Final = 500
"""The artifacts and bundles together that a file may refer to."""

_IDS: Final = {ARTIFACT: re.compile("art_[0-9a-f]{24}"), BUNDLE: re.compile("bnd_[0-9a-f]{24}")}
_EXAMPLES: Final = {ARTIFACT: "art_ and 24 hex digits", BUNDLE: "bnd_ and 24 hex digits"}
_CODE: Final = "invalid_reference"
_SPACE: Final = r"[ \t\r\n]*"
_WRITTEN: Final = re.compile(
    rf"""\{{{_SPACE}"\$(?:artifact"{_SPACE}:{_SPACE}"(?=art)|bundle"{_SPACE}:{_SPACE}"(?=bnd))"""
    rf"""((?:art|bnd)_[0-9a-f]{{24}})"{_SPACE}\}}""".encode()
)


class _Artifact(Struct, forbid_unknown_fields=True, gc=False):
    id: str = field(name=ARTIFACT)


_read_artifact: Final = Decoder(_Artifact).decode
_read_any: Final = Decoder().decode


def may_refer(body: bytes | Raw) -> bool:
    """Tell whether the body may have a reference: almost as fast as to look for a dollar sign."""
    text = bytes(body) if isinstance(body, Raw) else body
    return b"$" in text and (b'"$artifact"' in text or b'"$bundle"' in text)


def text_kind(value: Raw) -> str:
    """Return the kind of a value as `kind_of` does; a reference to an artifact is a string."""
    kind = kind_of(value)
    if kind != "an object":
        return kind
    try:
        _read_artifact(value)
    except DecodeError:
        return kind
    return "a string"


def check_references(body: bytes | Raw, request: RequestLine) -> None:
    """Note the references of a well-formed body, and every one that is not right."""
    if not may_refer(body):
        return
    members = _read_any(body)
    if not isinstance(members, dict):
        return
    for name, value in members.items():
        _walk(value, f"body.{name}", request)
    right = not any(problem.code == _CODE for problem in request.problems)
    if right and tuple(references_in(bytes(body))) != request.references:
        message = "a reference must be written without escapes, and no member given twice"
        request.add(_CODE, "body", message)


def _walk(value: Any, path: str, request: RequestLine) -> None:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        for index, item in enumerate(value):
            _walk(item, f"{path}[{index}]", request)
    elif isinstance(value, dict):
        kind = next((name for name in _IDS if isinstance(value.get(name), str)), None)
        if kind is not None:
            _check(kind, value, path, request)
            return
        for name, item in value.items():
            _walk(item, f"{path}.{name}", request)


def _check(kind: str, value: dict[str, Any], path: str, request: RequestLine) -> None:
    given = value[kind]
    if len(value) > 1:
        message = f"{path} has a member beside {quoted(kind)}; a reference has no other"
    elif not _IDS[kind].fullmatch(given):
        message = f"{path} refers to {quoted(given)}; {kind} must be {_EXAMPLES[kind]}"
    elif kind == BUNDLE and path != "body.messages[0]":
        message = f"{path} refers to a bundle; only body.messages may begin with one"
    else:
        request.references += (given,)
        return
    request.add(_CODE, path, message)


def references_in(body: bytes) -> Iterator[str]:
    """Yield the ids that a body without problems refers to, in their order."""
    return (found[1].decode() for found in _WRITTEN.finditer(body))


def put_in(body: bytes, content_of: Callable[[str], bytes]) -> bytes:
    """Return a body without problems, with what its references stand for; the rest as it is.

    `content_of` is called with an id. It returns JSON: a string for an artifact, and for a bundle
    messages with commas between them. What it raises propagates.
    """
    return _WRITTEN.sub(lambda found: content_of(found[1].decode()), body)
