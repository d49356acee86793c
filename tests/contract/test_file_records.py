"""The life of a file's record: read, settled once, released once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import ContentionError
from larder.domain.files import File, FileStatus, Purpose
from larder.domain.quota import NOTHING, Amount
from larder.services.files.ports import Settlement
from tests.samples import a_file, a_file_id, gone, to_trash

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.backends.backend import Backend

PROCESSED = Settlement(FileStatus.PROCESSED, sha256="cd" * 32)


def used(backend: Backend, tenant: TenantId) -> Amount:
    usage = backend.usage.get(tenant)
    assert usage is not None
    return usage.used


@pytest.fixture
def file(backend: Backend, tenant: TenantId) -> File:
    """A file of 100 bytes that was just admitted."""
    file = a_file(100, expires_at=int(backend.clock()) + 3_600)
    backend.files.admit(tenant, file)
    return file


@pytest.mark.parametrize("purpose", Purpose)
def test_every_purpose_is_kept(backend: Backend, tenant: TenantId, purpose: Purpose) -> None:
    file = a_file(purpose=purpose)

    backend.files.admit(tenant, file)

    assert backend.files.get(tenant, file.id) == file


def test_an_unknown_id_is_not_found(backend: Backend, tenant: TenantId) -> None:
    assert backend.files.get(tenant, a_file_id()) is None
    assert not backend.files.exists(tenant, a_file_id())


def test_another_project_s_file_is_not_found(
    backend: Backend, file: File, tenant: TenantId, other: TenantId
) -> None:
    assert backend.files.get(other, file.id) is None
    assert not backend.files.exists(other, file.id)
    assert backend.files.exists(tenant, file.id)


def test_an_expired_record_is_still_returned(
    backend: Backend, tenant: TenantId, file: File
) -> None:
    backend.clock.advance(7_200)

    assert backend.files.get(tenant, file.id) == file


def test_a_file_in_the_trash_exists_but_is_not_live(
    backend: Backend, tenant: TenantId, file: File
) -> None:
    to_trash(backend, tenant, file.id)

    assert backend.files.exists(tenant, file.id)
    assert backend.files.get(tenant, file.id) is None


@pytest.mark.parametrize(
    "settlement",
    [
        Settlement(FileStatus.PROCESSED),
        PROCESSED,
        Settlement(FileStatus.ERROR, details="1 of 2 lines is invalid", sha256="cd" * 32),
    ],
    ids=["unchecked", "valid", "invalid"],
)
def test_settling_ends_the_uploaded_state(
    backend: Backend, tenant: TenantId, file: File, settlement: Settlement
) -> None:
    assert backend.files.settle(tenant, file, settlement)

    assert backend.files.get(tenant, file.id) == replace(
        file, status=settlement.status, status_details=settlement.details, sha256=settlement.sha256
    )


def test_settling_without_a_checksum_keeps_the_promised_one(
    backend: Backend, tenant: TenantId
) -> None:
    file = a_file(sha256="ab" * 32)
    backend.files.admit(tenant, file)

    backend.files.settle(tenant, file, Settlement(FileStatus.PROCESSED))

    settled = backend.files.get(tenant, file.id)
    assert settled is not None
    assert settled.sha256 == "ab" * 32


def test_settling_twice_changes_nothing(backend: Backend, tenant: TenantId, file: File) -> None:
    backend.files.settle(tenant, file, PROCESSED)

    assert not backend.files.settle(tenant, file, Settlement(FileStatus.ERROR, details="late"))

    settled = backend.files.get(tenant, file.id)
    assert settled is not None
    assert settled.status is FileStatus.PROCESSED
    assert settled.status_details is None


def test_settling_a_file_that_is_gone_does_not_recreate_it(
    backend: Backend, tenant: TenantId, file: File
) -> None:
    backend.files.release(tenant, file)

    assert not backend.files.settle(tenant, file, PROCESSED)

    assert backend.files.get(tenant, file.id) is None
    assert not backend.files.exists(tenant, file.id)


def test_settling_does_not_change_the_quota(backend: Backend, tenant: TenantId, file: File) -> None:
    before = backend.usage.get(tenant)

    backend.files.settle(tenant, file, PROCESSED)

    assert backend.usage.get(tenant) == before


def test_a_released_file_is_gone_and_its_quota_is_free(
    backend: Backend, tenant: TenantId, file: File
) -> None:
    assert backend.files.release(tenant, file)

    assert backend.files.get(tenant, file.id) is None
    assert used(backend, tenant) == NOTHING


def test_the_stream_reports_a_released_file_with_its_last_state(
    backend: Backend, tenant: TenantId, file: File
) -> None:
    backend.files.settle(tenant, file, PROCESSED)
    backend.removed()

    backend.files.release(tenant, file)

    settled = replace(file, status=FileStatus.PROCESSED, sha256="cd" * 32)
    assert gone(backend) == [(tenant, settled)]


def test_a_file_is_released_once(backend: Backend, tenant: TenantId, file: File) -> None:
    backend.files.admit(tenant, a_file(50))
    backend.files.release(tenant, file)

    assert not backend.files.release(tenant, file)

    assert used(backend, tenant) == Amount(files=1, bytes=50)


def test_a_release_frees_quota_only_once(backend: Backend, tenant: TenantId, file: File) -> None:
    backend.files.admit(tenant, a_file(50))
    backend.files.release(tenant, file)

    assert not backend.files.release_quota(tenant, file, backend.clock())

    assert used(backend, tenant) == Amount(files=1, bytes=50)


def test_a_vanished_record_frees_quota_only_once(
    backend: Backend, tenant: TenantId, file: File
) -> None:
    backend.clock.advance(3_600 + 86_400)
    backend.collect_ttl()
    assert used(backend, tenant) == Amount(files=1, bytes=100)

    assert backend.files.release_quota(tenant, file, backend.clock())
    assert not backend.files.release_quota(tenant, file, backend.clock())

    assert used(backend, tenant) == NOTHING


def test_a_file_that_never_existed_is_not_released(
    backend: Backend, tenant: TenantId, file: File
) -> None:
    assert not backend.files.release(tenant, a_file(100))

    assert used(backend, tenant) == file.amount


def test_a_file_in_the_trash_is_not_released(
    backend: Backend, tenant: TenantId, file: File
) -> None:
    to_trash(backend, tenant, file.id)

    assert not backend.files.release(tenant, file)

    assert backend.files.exists(tenant, file.id)
    assert used(backend, tenant) == file.amount


def test_endless_conflicts_leave_file_and_quota_unchanged(
    backend: Backend, tenant: TenantId, file: File
) -> None:
    backend.contend()

    with pytest.raises(ContentionError):
        backend.files.release(tenant, file)
    with pytest.raises(ContentionError):
        backend.files.release_quota(tenant, file, backend.clock())
    with pytest.raises(ContentionError):
        backend.files.settle(tenant, file, PROCESSED)
    with pytest.raises(ContentionError):
        backend.files.reschedule_check(tenant, file.id, 1_750_005_000)

    assert backend.files.get(tenant, file.id) == file
    assert used(backend, tenant) == file.amount
