"""The list of a project's pending uploads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.adapters.dynamodb import pages
from larder.adapters.dynamodb.items import upload_item
from larder.domain.errors import ContentionError
from larder.domain.parts import MAX_PART_BYTES
from larder.domain.quota import Amount
from larder.domain.uploads import LONGEST_OPEN, UploadStatus
from tests.fakes.clock import START
from tests.samples import TENANT, a_file, an_upload

if TYPE_CHECKING:
    from larder.domain.ids import TenantId, UploadId
    from larder.domain.uploads import Upload
    from tests.backends.aws import AwsBackend
    from tests.backends.backend import Backend


def reserved(backend: Backend, tenant: TenantId, *ages: int) -> list[UploadId]:
    """Create an upload of each age in seconds, and return their ids."""
    uploads = [an_upload(1, at=START - age) for age in ages]
    for upload in uploads:
        backend.uploads.reserve(tenant, upload)
    return [upload.id for upload in uploads]


def listed(
    backend: Backend, tenant: TenantId, limit: int = 100, now: float = START
) -> list[list[UploadId]]:
    """Follow the pages to the end, and return the ids on each."""
    found: list[list[UploadId]] = []
    after = None
    while True:
        page = backend.uploads.page(tenant, limit=limit, after=after, now=now)
        found.append([upload.id for upload in page.uploads])
        if not page.has_more:
            return found
        after = page.uploads[-1].id


def test_pages_go_from_the_newest_to_the_oldest(backend: Backend, tenant: TenantId) -> None:
    newest_first = reserved(backend, tenant, 1, 2, 3, 4, 5)

    assert listed(backend, tenant, limit=2) == [
        newest_first[:2],
        newest_first[2:4],
        newest_first[4:],
    ]
    assert listed(backend, tenant, limit=5) == [newest_first]
    assert listed(backend, tenant, limit=100) == [newest_first]


def test_an_upload_on_a_page_is_the_whole_record(backend: Backend, tenant: TenantId) -> None:
    upload = an_upload(100, file_expires_at=int(START) + 90_000, sha256="ab" * 32)
    backend.uploads.reserve(tenant, upload)
    backend.uploads.take_part(tenant, upload, 7, limit=200)

    page = backend.uploads.page(tenant, limit=1, after=None, now=START)

    assert page.uploads == (replace(upload, part_bytes=7, part_count=1),)
    assert not page.has_more


def test_only_pending_uploads_of_the_project_are_listed(
    backend: Backend, tenant: TenantId, other: TenantId
) -> None:
    completed, cancelled, expired, kept = (an_upload(1, at=START - age) for age in range(4))
    for upload in (completed, cancelled, expired, kept):
        backend.uploads.reserve(tenant, upload)
    backend.uploads.complete(tenant, completed, completed.to_file())
    backend.uploads.close(tenant, cancelled, UploadStatus.CANCELLED)
    backend.uploads.close(tenant, expired, UploadStatus.EXPIRED)
    backend.files.admit(tenant, a_file(1))

    assert listed(backend, tenant) == [[kept.id]]
    assert listed(backend, other) == [[]]


def test_ended_uploads_between_pending_ones_take_no_place_on_a_page(
    backend: Backend, tenant: TenantId
) -> None:
    ids = reserved(backend, tenant, *range(10))
    for upload_id in ids[1:9]:
        upload = backend.uploads.get(tenant, upload_id)
        assert upload is not None
        backend.uploads.close(tenant, upload, UploadStatus.CANCELLED)

    assert listed(backend, tenant, limit=1) == [[ids[0]], [ids[9]]]


@pytest.mark.parametrize("size", [1, 64 * 2**20, MAX_PART_BYTES])
def test_an_upload_is_listed_until_it_closes(backend: Backend, tenant: TenantId, size: int) -> None:
    upload = an_upload(size)
    backend.projects.set_limit(tenant, Amount(files=1, bytes=size))
    backend.uploads.reserve(tenant, upload)

    assert listed(backend, tenant, now=upload.closes_at - 1) == [[upload.id]]
    assert listed(backend, tenant, now=upload.closes_at - 0.1) == [[upload.id]]
    assert listed(backend, tenant, now=upload.closes_at) == [[]]


def test_a_page_begins_where_no_upload_is_left(backend: Backend, tenant: TenantId) -> None:
    newer, older = reserved(backend, tenant, 10, 30)

    def ids(after: Upload) -> list[UploadId]:
        page = backend.uploads.page(tenant, limit=10, after=after.id, now=START)
        assert not page.has_more
        return [upload.id for upload in page.uploads]

    assert ids(an_upload(at=START)) == [newer, older]
    assert ids(an_upload(at=START - 20)) == [older]
    assert ids(an_upload(at=START - LONGEST_OPEN - 1)) == []


def test_a_page_cut_short_holds_back_its_last_upload(
    aws: AwsBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MAX_QUERIES", 1)
    newest, second = an_upload(at=START), an_upload(at=START - 1)
    put(aws, newest, second, *ended(9, since=START - 2))

    page = aws.uploads.page(TENANT, limit=4, after=None, now=START)

    assert ([upload.id for upload in page.uploads], page.has_more) == ([newest.id], True)


def test_behind_too_many_ended_uploads_the_list_says_so_instead_of_ending(
    aws: AwsBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MAX_QUERIES", 2)
    monkeypatch.setattr(pages, "_GROWTH", 1)
    put(aws, *ended(20, since=START), an_upload(at=START - 100))

    with pytest.raises(ContentionError):
        aws.uploads.page(TENANT, limit=4, after=None, now=START)


def ended(count: int, since: float) -> list[Upload]:
    """Return cancelled uploads, one of each second before."""
    uploads = [an_upload(at=since - number) for number in range(count)]
    return [replace(upload, status=UploadStatus.CANCELLED) for upload in uploads]


def put(backend: AwsBackend, *uploads: Upload) -> None:
    for upload in uploads:
        item = upload_item(TENANT, upload)
        backend.stack.dynamodb.put_item(TableName="Store", Item=item)
