"""Holds docs/api-changelog.md to docs/openapi.json: no operation changes without an entry.

Each line of the changelog that names an operation ends in the digest of what clients can rely on,
as that line left it: parameters, schemas, statuses and keys, and no prose. The newest line of an
operation has to have its digest of today. Below "Unreleased" that digest is written by
`make openapi`, as is the line of a new operation. What was released stays as it was: a change of it
needs a new line, and so does its end.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

UNRELEASED = "## Unreleased"
_LINE = re.compile(r"^\* `(?P<operation>[A-Z]+ [^`]+)`(?P<text>.*?)(?: <!-- (?P<digest>\w+) -->)?$")
_PROSE = {"description", "summary", "example", "examples", "title", "tags"}
_REMOVED = "0" * 12


def digests(document: dict[str, Any]) -> dict[str, str]:
    """Return the digest of each operation, by `GET /v1/files`."""
    return {
        f"{method.upper()} {path}": _digest(_contract(operation, document))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def updated(text: str, document: dict[str, Any]) -> str:
    """Return the changelog with the digests of what is unreleased, and lines for what is new."""
    wanted = digests(document)
    unreleased = False
    seen: set[str] = set()
    lines = []
    for line in text.splitlines():
        if line.startswith("## "):
            unreleased = line == UNRELEASED
        found = _LINE.match(line)
        if found and found["operation"] not in seen:
            seen.add(found["operation"])
            if unreleased:
                digest = wanted.get(found["operation"], _REMOVED)
                line = f"* `{found['operation']}`{found['text']} <!-- {digest} -->"  # noqa: PLW2901
        lines.append(line)
    new = [f"* `{each}`: new. <!-- {wanted[each]} -->" for each in sorted(wanted.keys() - seen)]
    if new:
        at = lines.index(UNRELEASED) + 1
        # After what is written below the heading.
        while at < len(lines) and not lines[at].startswith(("* `", "## ")):
            at += 1
        lines[at:at] = new
    return "\n".join(lines) + "\n"


def mistakes(text: str, document: dict[str, Any]) -> list[str]:
    """Return what the changelog does not say about the document, one sentence each."""
    wanted = digests(document)
    newest: dict[str, str | None] = {}
    for line in text.splitlines():
        if found := _LINE.match(line):
            newest.setdefault(found["operation"], found["digest"])
    return [
        f"{operation} {what}: write a line about it below '{UNRELEASED}' in docs/api-changelog.md, "
        "then run 'make openapi'."
        for operation in sorted(wanted.keys() | newest.keys())
        if (what := _difference(wanted.get(operation), operation in newest, newest.get(operation)))
    ]


def _difference(wanted: str | None, known: bool, noted: str | None) -> str | None:  # noqa: FBT001
    if not known:
        return "is new"
    if (wanted or _REMOVED) == noted:
        return None
    return "is gone" if wanted is None else "has changed"


def _contract(part: Any, document: dict[str, Any], within: tuple[str, ...] = ()) -> Any:  # noqa: ANN401
    """Return a part of the document without prose, and with what it refers to in its place."""
    if isinstance(part, list):
        return [_contract(each, document, within) for each in part]
    if not isinstance(part, dict):
        return part
    if (reference := part.get("$ref")) is not None:
        if reference in within:
            return reference
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        return _contract(found, document, (*within, reference))
    return {
        # A property may be called as prose is; its schema is an object.
        name: _contract(each, document, within)
        for name, each in part.items()
        if name not in _PROSE or isinstance(each, dict)
    }


def _digest(contract: Any) -> str:  # noqa: ANN401
    text = json.dumps(contract, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
