"""Ranges, conditions and HEAD, for content in the answer and for content from S3."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.e2e.api import assert_refused

if TYPE_CHECKING:
    import httpx

    from tests.e2e.api import Api

INLINE_LIMIT = 4 * 2**20


@dataclass(frozen=True)
class Stored:
    """A file and its bytes."""

    id: str
    data: bytes
    redirected: bool

    def get(self, api: Api, method: str = "GET", **headers: str) -> httpx.Response:
        return api.send(
            method,
            f"/files/{self.id}/content",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            follow_redirects=self.redirected,
        )


@pytest.fixture(scope="module", params=["inline", "redirected"])
def stored(request: pytest.FixtureRequest, api: Api) -> Stored:
    redirected = request.param == "redirected"
    data = os.urandom(INLINE_LIMIT + 1 if redirected else 100_000)
    file = api.upload_directly(data, filename="größe.bin")
    api.settled(file["id"])
    return Stored(file["id"], data, redirected)


def test_the_limit_between_the_two_is_4_mib(api: Api) -> None:
    at_the_limit = api.upload_directly(bytes(INLINE_LIMIT))
    above = api.upload_directly(bytes(INLINE_LIMIT + 1))

    direct, redirect = api.content(at_the_limit["id"]), api.content(above["id"])

    assert (direct.status_code, direct.content) == (200, bytes(INLINE_LIMIT))
    assert (redirect.status_code, redirect.content) == (302, b"")
    assert redirect.headers["cache-control"] == "no-store"
    assert api.client.get(redirect.headers["location"]).content == bytes(INLINE_LIMIT + 1)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=99990-", 99_990, None),
        ("bytes=-7", -7, None),
        ("bytes=50000-999999999", 50_000, None),
        ("bytes=-999999999", 0, None),
    ],
)
def test_a_range_returns_exactly_that_range(
    api: Api, stored: Stored, asked: str, first: int, last: int | None
) -> None:
    answer = stored.get(api, Range=asked)

    size = len(stored.data)
    start = first % size
    end = size - 1 if last is None else last
    assert answer.status_code == 206, answer.text
    assert answer.content == stored.data[start : end + 1]
    assert answer.headers["content-range"] == f"bytes {start}-{end}/{size}"
    assert answer.headers["content-length"] == str(end - start + 1)
    assert answer.headers["accept-ranges"] == "bytes"


def test_a_file_can_be_assembled_from_its_ranges(api: Api, stored: Stored) -> None:
    size = len(stored.data)
    step = -(-size // 5)

    pieces = [stored.get(api, Range=f"bytes={at}-{at + step - 1}") for at in range(0, size, step)]

    assert {piece.status_code for piece in pieces} == {206}
    assert len({piece.headers["etag"] for piece in pieces}) == 1
    assert b"".join(piece.content for piece in pieces) == stored.data


def test_a_range_beyond_the_end_is_416_with_the_size(api: Api, stored: Stored) -> None:
    size = len(stored.data)

    answer = stored.get(api, Range=f"bytes={size}-")

    assert answer.status_code == 416
    if not stored.redirected:
        assert_refused(answer, 416, param="Range", says=str(size))
        assert answer.headers["content-range"] == f"bytes */{size}"


@pytest.mark.parametrize(
    "asked", ["bytes=5-2", "bytes=a-b", "bytes=", "lines=0-1", "bytes=0-1,4-5"]
)
def test_an_invalid_range_is_ignored(api: Api, stored: Stored, asked: str) -> None:
    answer = stored.get(api, Range=asked)

    if stored.redirected:
        # S3's own answer, and here the emulator's: S3 ignores more than one range.
        assert answer.status_code in {200, 206, 416}, answer.text
        assert "," not in asked or (answer.status_code, answer.content) == (200, stored.data)
    else:
        assert (answer.status_code, answer.content) == (200, stored.data)


def test_unchanged_content_is_not_sent_again(api: Api, stored: Stored) -> None:
    etag = stored.get(api).headers["etag"]

    same = stored.get(api, If_None_Match=etag)
    other = stored.get(api, If_None_Match='"0123456789abcdef0123456789abcdef"')

    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["etag"] == etag
    assert (other.status_code, other.content) == (200, stored.data)


def test_head_returns_size_and_digests_without_the_bytes(api: Api, stored: Stored) -> None:
    head = stored.get(api, "HEAD")
    whole = stored.get(api)

    assert (head.status_code, head.content) == (200, b"")
    # API Gateway renames Content-Length, so that nothing may depend on it.
    assert head.headers["content-length"] == "0"
    assert head.headers["x-amzn-remapped-content-length"] == str(len(stored.data))
    assert head.headers["larder-content-length"] == str(len(stored.data))
    assert head.headers["content-type"] == "application/octet-stream"
    assert head.headers["accept-ranges"] == "bytes"
    assert head.headers["etag"] == whole.headers["etag"]
    assert head.headers["larder-sha256"] == hashlib.sha256(stored.data).hexdigest()
    for answer in (head, whole):
        assert "gr%C3%B6%C3%9Fe.bin" in answer.headers["content-disposition"]


def test_head_of_an_unknown_file_is_404(api: Api) -> None:
    assert api.send("HEAD", f"/files/file-{'0' * 24}/content").status_code == 404
