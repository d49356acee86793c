"""Which range of a file is sent, and what arrives as text."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from larder.domain.content import sendable_as_text, single_range
from larder.domain.limits import MAX_INLINE_BYTES


@pytest.mark.parametrize("header", ["bytes=0-0", "bytes=5-", "bytes=-5", "Bytes=10-99999999999"])
def test_one_range_of_bytes_is_passed_on(header: str) -> None:
    assert single_range(header) == header


@pytest.mark.parametrize(
    "header",
    [
        "bytes=5-2",
        "lines=0-1",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=0-1,4-5",
        "0-1",
        "bytes 0-1",
    ],
)
def test_another_one_is_ignored(header: str) -> None:
    assert single_range(header) is None


@given(data=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@example(b"")
@example('a\r\n\t"\\\u2028é😀\x7f'.encode())
def test_what_is_sendable_as_text_comes_back_from_json(data: bytes) -> None:
    if sendable_as_text(data):
        assert json.loads(json.dumps(data.decode(), ensure_ascii=False)).encode() == data
    else:
        assert b"\x00" in data or data.decode("utf-8", "replace").encode() != data


@pytest.mark.parametrize("byte", [b"a", b'"', b"\\", b"\n", b"\x01", "é".encode()])
def test_text_that_json_makes_too_long_is_not_sendable(byte: bytes) -> None:
    data = byte * (MAX_INLINE_BYTES // len(byte))

    written = len(json.dumps(data.decode(), ensure_ascii=False).encode())

    assert sendable_as_text(data) == (written <= MAX_INLINE_BYTES * 1.25 or byte == b"a")
