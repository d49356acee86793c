"""Long texts that many requests of a batch file share, and the file with references instead."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

SHORTEST = 1024
"""Bytes of a text from which on it can be worth an artifact."""

LONGEST = 2**20
"""Bytes of an artifact's content, in a request."""

_SAMPLE_BYTES = 2**20
MOST = 100
LEAST_SHARE = 0.01

_REFERENCE_BYTES = len('{"$artifact":"art_000000000000000000000000"}')
# A string of JSON as it is written, and whether it is the name of a member.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"(?=([ \t\r\n]*:)?)', re.DOTALL)


class _Line(msgspec.Struct):
    body: msgspec.Raw = msgspec.Raw(b"")


_read_line = msgspec.json.Decoder(_Line).decode
_read_text = msgspec.json.Decoder(str).decode


@dataclass(frozen=True, slots=True)
class CommonText:
    """A text: as JSON, in how many places of the file, and how many bytes a reference saves."""

    written: bytes
    places: int

    @property
    def text(self) -> str:
        """The text itself."""
        return _read_text(self.written)

    @property
    def saves(self) -> int:
        """By how many bytes the file shrinks, the artifact itself subtracted."""
        return self.places * (len(self.written) - _REFERENCE_BYTES) - len(self.written)


def find_common_texts(lines: Iterable[bytes]) -> list[CommonText]:
    """Return the texts that are worth an artifact each, those that save most first.

    Each saves at least a hundredth of the file. Memory: the texts that occur twice.
    """
    places: Counter[bytes] = Counter()
    texts: dict[bytes, bytes] = {}
    size = 0
    for line in lines:
        size += len(line)
        for written in _long_texts(line):
            digest = blake2b(written, digest_size=16).digest()
            places[digest] += 1
            if places[digest] > 1:
                texts.setdefault(digest, written)
    found = [CommonText(written, places[digest]) for digest, written in texts.items()]
    worthy = [each for each in found if each.saves >= max(SHORTEST, LEAST_SHARE * size)]
    return sorted(worthy, key=lambda each: each.saves, reverse=True)[:MOST]


def is_worth_compacting(path: Path) -> bool:
    """Return whether the first requests of a file, of at least a MiB, are mostly shared texts."""
    if path.stat().st_size < _SAMPLE_BYTES:
        return False
    with path.open("rb") as file:
        sample = file.readlines(_SAMPLE_BYTES)
    saved = sum(each.saves for each in find_common_texts(sample))
    return saved > sum(map(len, sample)) / 2


def with_references(line: bytes, ids: Mapping[bytes, str]) -> bytes:
    """Return a line with references to artifacts, whose ids are given by the texts as written."""
    body = _body_of(line)
    if body is None:
        return line
    start, end = body

    def referred(found: re.Match[bytes]) -> bytes:
        artifact_id = None if found[1] else ids.get(found[0])
        return found[0] if artifact_id is None else b'{"$artifact":"%s"}' % artifact_id.encode()

    return line[:start] + _STRING.sub(referred, line[start:end]) + line[end:]


def _long_texts(line: bytes) -> Iterator[bytes]:
    body = _body_of(line)
    if body is None:
        return
    for found in _STRING.finditer(line, *body):
        written = found[0]
        if SHORTEST <= len(written) <= LONGEST and not found[1]:
            yield written


def _body_of(line: bytes) -> tuple[int, int] | None:
    """Return where the body of a request is in its line; None in a line that is no request."""
    try:
        body = bytes(_read_line(line).body)
    except msgspec.DecodeError:
        return None
    start = line.find(body) if body.startswith(b"{") else -1
    return None if start < 0 else (start, start + len(body))
