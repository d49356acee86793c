"""Bytes and reports: as they were stored, or the requested range of them."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest

from larder.services.object_store import NotModified, ObjectStat, RangeNotSatisfiable, StoredBytes
from tests.fakes.clock import START
from tests.samples import OTHER, TENANT, a_file, a_file_id, an_upload

if TYPE_CHECKING:
    from larder.domain.ids import FileId
    from larder.services.object_store import ReadResult
    from tests.backends.backend import Backend

DATA = b"0123456789"
ETAG = f'"{hashlib.md5(DATA, usedforsecurity=False).hexdigest()}"'


def read(
    backend: Backend,
    file_id: FileId,
    *,
    byte_range: str | None = None,
    if_none_match: str | None = None,
) -> ReadResult | None:
    return backend.objects.read(TENANT, file_id, byte_range=byte_range, if_none_match=if_none_match)


@pytest.fixture
def stored(backend: Backend) -> FileId:
    """The id of ten bytes that are stored."""
    file_id = a_file_id()
    backend.objects.put(TENANT, file_id, DATA)
    return file_id


def test_stored_bytes_are_read_unchanged(backend: Backend, stored: FileId) -> None:
    assert read(backend, stored) == StoredBytes(DATA, ETAG)


def test_an_empty_object_is_stored(backend: Backend) -> None:
    file_id = a_file_id()
    backend.objects.put(TENANT, file_id, b"")

    result = read(backend, file_id)

    assert isinstance(result, StoredBytes)
    assert result.data == b""
    assert backend.objects.stat(TENANT, file_id) == ObjectStat(
        size=0, md5=hashlib.md5(b"", usedforsecurity=False).hexdigest()
    )


def test_an_object_that_was_never_stored_is_missing(backend: Backend) -> None:
    assert read(backend, a_file_id()) is None
    assert backend.objects.stat(TENANT, a_file_id()) is None
    assert backend.objects.stream(TENANT, a_file_id()) is None
    assert backend.objects.get_report(TENANT, a_file_id()) is None


def test_another_projects_bytes_are_missing(backend: Backend, stored: FileId) -> None:
    assert backend.objects.stat(OTHER, stored) is None
    assert backend.objects.stream(OTHER, stored) is None


def test_size_and_md5_are_known_without_reading(backend: Backend, stored: FileId) -> None:
    assert backend.objects.stat(TENANT, stored) == ObjectStat(size=10, md5=ETAG.strip('"'))


@pytest.mark.parametrize(
    ("asked", "part", "content_range"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=4-", b"456789", "bytes 4-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
        ("bytes=9-9", b"9", "bytes 9-9/10"),
    ],
)
def test_a_range_yields_its_part(
    backend: Backend, stored: FileId, asked: str, part: bytes, content_range: str
) -> None:
    assert read(backend, stored, byte_range=asked) == StoredBytes(part, ETAG, content_range)


def test_a_range_beyond_the_end_cannot_be_satisfied(backend: Backend, stored: FileId) -> None:
    assert read(backend, stored, byte_range="bytes=10-") == RangeNotSatisfiable()


def test_a_current_copy_is_not_sent_again(backend: Backend, stored: FileId) -> None:
    assert read(backend, stored, if_none_match=ETAG) == NotModified(ETAG)


def test_an_outdated_copy_is_replaced_by_the_bytes(backend: Backend, stored: FileId) -> None:
    assert read(backend, stored, if_none_match='"another"') == StoredBytes(DATA, ETAG)


def test_bytes_are_streamed_whole_in_blocks_of_64_kib(backend: Backend) -> None:
    file_id = a_file_id()
    data = bytes(range(256)) * 700
    backend.objects.put(TENANT, file_id, data)

    opened = backend.objects.stream(TENANT, file_id)
    assert opened is not None
    with opened as stream:
        blocks = list(stream)

    assert b"".join(blocks) == data
    assert max(len(block) for block in blocks) <= 64 * 2**10


def test_deleting_removes_bytes_and_report(backend: Backend, stored: FileId) -> None:
    backend.objects.put_report(TENANT, stored, b"{}")

    backend.objects.delete(TENANT, stored)

    assert backend.objects.stat(TENANT, stored) is None
    assert backend.objects.get_report(TENANT, stored) is None


def test_deleting_a_missing_object_is_not_an_error(backend: Backend) -> None:
    backend.objects.delete(TENANT, a_file_id())

    assert backend.snapshot().objects == set()


def test_deleting_leaves_other_bytes(backend: Backend, stored: FileId) -> None:
    backend.objects.put(OTHER, stored, DATA)

    backend.objects.delete(TENANT, stored)

    assert backend.snapshot().objects == {(OTHER, stored)}


def test_a_report_is_kept_beside_the_bytes(backend: Backend, stored: FileId) -> None:
    backend.objects.put_report(TENANT, stored, b'{"valid": true}')

    assert backend.objects.get_report(TENANT, stored) == b'{"valid": true}'
    assert read(backend, stored) == StoredBytes(DATA, ETAG)


def test_a_later_report_replaces_the_earlier(backend: Backend, stored: FileId) -> None:
    backend.objects.put_report(TENANT, stored, b"1")
    backend.objects.put_report(TENANT, stored, b"2")

    assert backend.objects.get_report(TENANT, stored) == b"2"


def test_a_signed_put_takes_the_announced_bytes_once(backend: Backend) -> None:
    upload = an_upload(123)

    signed = backend.objects.sign_put(TENANT, upload, START)

    assert signed.headers == {"Content-Length": "123", "If-None-Match": "*"}
    assert f"files/{TENANT}/{upload.file_id}" in signed.url


def test_a_signed_put_holds_the_promised_checksum(backend: Backend) -> None:
    digest = hashlib.sha256(DATA)
    upload = an_upload(10, sha256=digest.hexdigest())

    signed = backend.objects.sign_put(TENANT, upload, START)

    checksum = base64.b64encode(digest.digest()).decode()
    assert signed.headers["x-amz-checksum-sha256"] == checksum


def test_a_signed_put_lives_until_its_upload_expires(backend: Backend) -> None:
    upload = an_upload()

    signed = backend.objects.sign_put(TENANT, upload, START + 600.7)

    assert int(START) + 3_599 <= signed.expires_at <= upload.expires_at


def test_a_signed_get_lives_for_the_requested_time(backend: Backend) -> None:
    file = a_file()

    signed = backend.objects.sign_get(TENANT, file, now=START, lifetime=300)

    assert signed.expires_at == int(START) + 300
    assert signed.headers == {}
    assert f"files/{TENANT}/{file.id}" in signed.url


def test_an_announcement_names_the_project_and_the_file(backend: Backend) -> None:
    file_id = a_file_id()

    backend.validation_queue.enqueue(TENANT, file_id)

    assert backend.announced() == [(TENANT, file_id)]
