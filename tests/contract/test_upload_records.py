"""An upload's record: pending, then ended, once and in one way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import ContentionError
from larder.domain.files import DAY
from larder.domain.ids import PartId
from larder.domain.parts import MAX_SMALL_PARTS
from larder.domain.quota import NOTHING, Amount
from larder.domain.uploads import Completion, Upload, UploadStatus
from tests.samples import TENANT, a_file, an_upload, gone

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.domain.quota import Usage
    from tests.backends.backend import Backend

ENDS = [UploadStatus.CANCELLED, UploadStatus.EXPIRED]


def usage_of(backend: Backend, tenant: TenantId = TENANT) -> Usage:
    usage = backend.usage.get(tenant)
    assert usage is not None
    return usage


@pytest.fixture
def upload(backend: Backend, tenant: TenantId) -> Upload:
    """A pending upload of 100 bytes."""
    upload = an_upload(100, file_expires_at=1_750_100_000, sha256="ab" * 32)
    backend.uploads.reserve(tenant, upload)
    return upload


def test_an_unknown_id_is_not_found(backend: Backend, tenant: TenantId) -> None:
    assert backend.uploads.get(tenant, an_upload().id) is None


def test_another_project_s_upload_is_not_found(
    backend: Backend, upload: Upload, other: TenantId
) -> None:
    assert backend.uploads.get(other, upload.id) is None


def test_completing_ends_the_upload_and_makes_its_file(
    backend: Backend, tenant: TenantId, upload: Upload
) -> None:
    assert backend.uploads.complete(tenant, upload, upload.to_file())

    assert backend.uploads.get(tenant, upload.id) == replace(upload, status=UploadStatus.COMPLETED)
    assert backend.files.get(tenant, upload.file_id) == upload.to_file()


def test_completing_turns_the_reservation_into_use(
    backend: Backend, tenant: TenantId, upload: Upload
) -> None:
    backend.uploads.reserve(tenant, an_upload(7))

    backend.uploads.complete(tenant, upload, upload.to_file())

    assert usage_of(backend).used == Amount(files=1, bytes=100)
    assert usage_of(backend).reserved == Amount(files=1, bytes=7)


def test_an_upload_is_completed_once(backend: Backend, tenant: TenantId, upload: Upload) -> None:
    backend.uploads.complete(tenant, upload, upload.to_file())
    before = backend.snapshot()

    assert not backend.uploads.complete(tenant, upload, upload.to_file())

    assert backend.snapshot() == before


@pytest.mark.parametrize("end", ENDS)
def test_closing_ends_the_upload_and_frees_what_it_reserved(
    backend: Backend, tenant: TenantId, upload: Upload, end: UploadStatus
) -> None:
    assert backend.uploads.close(tenant, upload, end)

    assert backend.uploads.get(tenant, upload.id) == replace(upload, status=end)
    assert usage_of(backend).reserved == NOTHING
    assert usage_of(backend).left == usage_of(backend).limit


@pytest.mark.parametrize("end", ENDS)
def test_an_upload_is_closed_once(
    backend: Backend, tenant: TenantId, upload: Upload, end: UploadStatus
) -> None:
    backend.uploads.close(tenant, upload, UploadStatus.CANCELLED)
    before = backend.snapshot()

    assert not backend.uploads.close(tenant, upload, end)

    assert backend.snapshot() == before


@pytest.mark.parametrize("end", ENDS)
def test_a_closed_upload_is_never_completed(
    backend: Backend, tenant: TenantId, upload: Upload, end: UploadStatus
) -> None:
    backend.uploads.close(tenant, upload, end)
    before = backend.snapshot()

    assert not backend.uploads.complete(tenant, upload, upload.to_file())

    assert backend.snapshot() == before
    assert backend.files.get(tenant, upload.file_id) is None


@pytest.mark.parametrize("end", ENDS)
def test_a_completed_upload_is_never_closed(
    backend: Backend, tenant: TenantId, upload: Upload, end: UploadStatus
) -> None:
    backend.uploads.complete(tenant, upload, upload.to_file())
    before = backend.snapshot()

    assert not backend.uploads.close(tenant, upload, end)

    assert backend.snapshot() == before


def test_closing_frees_quota_only_once(backend: Backend, tenant: TenantId, upload: Upload) -> None:
    backend.uploads.close(tenant, upload, UploadStatus.CANCELLED)
    before = usage_of(backend)

    assert not backend.uploads.release_quota(tenant, upload, backend.clock())

    assert usage_of(backend) == before


def test_a_reservation_is_freed_only_once(
    backend: Backend, tenant: TenantId, upload: Upload
) -> None:
    assert backend.uploads.release_quota(tenant, upload, backend.clock())
    assert not backend.uploads.release_quota(tenant, upload, backend.clock())

    assert usage_of(backend).reserved == NOTHING
    assert usage_of(backend).left == usage_of(backend).limit


def test_ttl_never_removes_a_pending_upload(
    backend: Backend, tenant: TenantId, upload: Upload
) -> None:
    backend.clock.advance(30 * DAY)

    backend.collect_ttl()

    assert backend.uploads.get(tenant, upload.id) == upload
    assert backend.removed() == []


@pytest.mark.parametrize("end", ENDS)
def test_ttl_removes_an_ended_upload_after_a_day(
    backend: Backend, tenant: TenantId, upload: Upload, end: UploadStatus
) -> None:
    backend.uploads.close(tenant, upload, end)
    backend.clock.advance(DAY - 1)
    backend.collect_ttl()
    assert backend.uploads.get(tenant, upload.id) is not None

    backend.clock.advance(1)
    backend.collect_ttl()

    assert backend.uploads.get(tenant, upload.id) is None


COMPLETIONS = [
    Completion(),
    Completion(md5="5" * 32),
    Completion((PartId(f"part_{1:024x}"), PartId(f"part_{0xABC:024x}"))),
    Completion(tuple(PartId(f"part_{n:024x}") for n in range(MAX_SMALL_PARTS)), "6" * 32),
]


@pytest.mark.parametrize("completion", COMPLETIONS, ids=["none", "md5", "two", "most"])
def test_a_completion_is_kept_until_the_upload_ends(
    backend: Backend, tenant: TenantId, upload: Upload, completion: Completion
) -> None:
    assert backend.uploads.keep_completion(tenant, upload, Completion(md5="4" * 32))
    assert backend.uploads.keep_completion(tenant, upload, completion)

    kept = backend.uploads.get(tenant, upload.id)
    assert kept == replace(upload, completion=completion)
    assert backend.uploads.complete(tenant, kept, kept.to_file())
    ended = backend.uploads.get(tenant, upload.id)
    assert ended == replace(upload, status=UploadStatus.COMPLETED)


def test_an_ended_upload_keeps_no_completion(
    backend: Backend, tenant: TenantId, upload: Upload
) -> None:
    backend.uploads.close(tenant, upload, UploadStatus.EXPIRED)

    assert not backend.uploads.keep_completion(tenant, upload, Completion())
    assert not backend.uploads.keep_completion(tenant, an_upload(), Completion())

    assert backend.uploads.get(tenant, upload.id) == replace(upload, status=UploadStatus.EXPIRED)


def test_an_upload_that_is_being_completed_does_not_expire(
    backend: Backend, tenant: TenantId, upload: Upload
) -> None:
    backend.uploads.keep_completion(tenant, upload, Completion())
    before = backend.snapshot()

    assert not backend.uploads.close(tenant, upload, UploadStatus.EXPIRED)

    assert backend.snapshot() == before
    kept = backend.uploads.get(tenant, upload.id)
    assert kept is not None
    assert backend.uploads.close(tenant, kept, UploadStatus.EXPIRED)
    assert usage_of(backend).reserved == NOTHING


def test_an_upload_that_is_being_completed_can_be_cancelled(
    backend: Backend, tenant: TenantId, upload: Upload
) -> None:
    backend.uploads.keep_completion(tenant, upload, Completion())

    assert backend.uploads.close(tenant, upload, UploadStatus.CANCELLED)


def test_the_stream_reports_a_vanished_upload_with_its_last_state(
    backend: Backend, tenant: TenantId, upload: Upload
) -> None:
    backend.uploads.close(tenant, upload, UploadStatus.CANCELLED)

    backend.clock.advance(3_600 + 86_400)
    backend.collect_ttl()

    assert gone(backend) == [(tenant, replace(upload, status=UploadStatus.CANCELLED))]


def test_an_upload_that_never_existed_cannot_end(backend: Backend, tenant: TenantId) -> None:
    backend.uploads.reserve(tenant, an_upload(100))
    before = backend.snapshot()
    unknown = an_upload(100)

    assert not backend.uploads.complete(tenant, unknown, unknown.to_file())
    assert not backend.uploads.close(tenant, unknown, UploadStatus.CANCELLED)

    assert backend.snapshot() == before


def test_file_and_upload_with_one_id_are_released_separately(
    backend: Backend, tenant: TenantId, upload: Upload
) -> None:
    backend.uploads.complete(tenant, upload, upload.to_file())
    backend.files.admit(tenant, a_file(1))

    assert backend.files.release(tenant, upload.to_file())

    assert usage_of(backend).used == Amount(files=1, bytes=1)
    assert usage_of(backend).reserved == NOTHING


def test_endless_conflicts_leave_the_upload_pending(
    backend: Backend, tenant: TenantId, upload: Upload
) -> None:
    backend.contend()

    with pytest.raises(ContentionError):
        backend.uploads.complete(tenant, upload, upload.to_file())
    with pytest.raises(ContentionError):
        backend.uploads.close(tenant, upload, UploadStatus.CANCELLED)
    with pytest.raises(ContentionError):
        backend.uploads.release_quota(tenant, upload, backend.clock())

    assert backend.uploads.get(tenant, upload.id) == upload
    assert usage_of(backend).reserved == upload.amount
