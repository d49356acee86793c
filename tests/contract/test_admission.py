"""Admitting files and reserving uploads: limits are exact, and contention is no full quota."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import ContentionError, QuotaExceededError
from larder.domain.quota import Amount
from tests.backends.memory import MemoryBackend
from tests.samples import OTHER, ROOM, TENANT, a_file, a_project, an_upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import TenantId
    from tests.backends.backend import Backend

    type Admit = Callable[[int], None]


@pytest.fixture(params=["admit", "reserve"])
def admit(request: pytest.FixtureRequest, backend: Backend, tenant: TenantId) -> Admit:
    """Both ways to take quota, by the size that is asked for."""
    if request.param == "admit":
        return lambda size: backend.files.admit(tenant, a_file(size))
    return lambda size: backend.uploads.reserve(tenant, an_upload(size))


def taken(backend: Backend, tenant: TenantId) -> Amount:
    usage = backend.usage.get(tenant)
    assert usage is not None
    return usage.used + usage.reserved


def test_an_admitted_file_is_recorded_unchanged(backend: Backend, tenant: TenantId) -> None:
    file = a_file(120, expires_at=1_750_003_600, sha256="ab" * 32, filename="naïve 😀.jsonl")

    backend.files.admit(tenant, file)

    assert backend.files.get(tenant, file.id) == file


def test_an_admitted_file_uses_its_share_of_the_quota(backend: Backend, tenant: TenantId) -> None:
    backend.files.admit(tenant, a_file(120))
    backend.files.admit(tenant, a_file(30))

    usage = backend.usage.get(tenant)
    assert usage is not None
    assert usage.used == Amount(files=2, bytes=150)
    assert usage.reserved == Amount(files=0, bytes=0)
    assert usage.left == Amount(files=8, bytes=850)


def test_a_reserved_upload_is_recorded_unchanged(backend: Backend, tenant: TenantId) -> None:
    upload = an_upload(120, file_expires_at=1_750_009_999, sha256="ab" * 32)

    backend.uploads.reserve(tenant, upload)

    assert backend.uploads.get(tenant, upload.id) == upload


def test_a_reserved_upload_reserves_its_share_and_uses_none(
    backend: Backend, tenant: TenantId
) -> None:
    backend.uploads.reserve(tenant, an_upload(120))

    usage = backend.usage.get(tenant)
    assert usage is not None
    assert usage.reserved == Amount(files=1, bytes=120)
    assert usage.used == Amount(files=0, bytes=0)
    assert usage.left == Amount(files=9, bytes=880)


def test_bytes_up_to_the_limit_exactly_are_admitted(
    backend: Backend, tenant: TenantId, admit: Admit
) -> None:
    admit(400)
    admit(600)

    assert taken(backend, tenant) == Amount(files=2, bytes=1_000)


def test_one_byte_over_the_limit_is_refused_and_takes_nothing(
    backend: Backend, tenant: TenantId, admit: Admit
) -> None:
    admit(400)

    with pytest.raises(QuotaExceededError):
        admit(601)

    assert taken(backend, tenant) == Amount(files=1, bytes=400)
    stored = backend.snapshot()
    assert len(stored.files) + len(stored.uploads) == 1


def test_one_file_over_the_limit_is_refused_and_takes_nothing(
    backend: Backend, tenant: TenantId, admit: Admit
) -> None:
    for _ in range(10):
        admit(1)

    with pytest.raises(QuotaExceededError):
        admit(0)

    assert taken(backend, tenant) == Amount(files=10, bytes=10)


def test_an_empty_file_takes_one_file_and_no_bytes(
    backend: Backend, tenant: TenantId, admit: Admit
) -> None:
    admit(1_000)

    admit(0)

    assert taken(backend, tenant) == Amount(files=2, bytes=1_000)


def test_files_and_reservations_share_the_same_limits(backend: Backend, tenant: TenantId) -> None:
    backend.uploads.reserve(tenant, an_upload(700))

    with pytest.raises(QuotaExceededError):
        backend.files.admit(tenant, a_file(301))
    backend.files.admit(tenant, a_file(300))

    assert taken(backend, tenant) == Amount(files=2, bytes=1_000)


def test_a_refusal_names_usage_limits_and_the_request(backend: Backend, tenant: TenantId) -> None:
    backend.files.admit(tenant, a_file(300))
    backend.uploads.reserve(tenant, an_upload(200))

    with pytest.raises(QuotaExceededError) as refused:
        backend.files.admit(tenant, a_file(501))

    assert "2 of 10 files and 500 of 1000 bytes are in use" in refused.value.message
    assert "1 file of 501 bytes" in refused.value.message
    assert refused.value.code == "storage_quota_exceeded"


def test_one_projects_files_do_not_use_another_projects_quota(
    backend: Backend, tenant: TenantId, other: TenantId
) -> None:
    backend.files.admit(tenant, a_file(1_000))

    backend.files.admit(other, a_file(1_000))

    assert taken(backend, other) == Amount(files=1, bytes=1_000)


def test_a_project_without_counters_admits_nothing(backend: Backend) -> None:
    with pytest.raises(LookupError):
        backend.files.admit(OTHER, a_file())
    with pytest.raises(LookupError):
        backend.uploads.reserve(OTHER, an_upload())


def test_endless_conflicts_are_reported_as_contention_not_as_a_full_quota(
    backend: Backend, tenant: TenantId, admit: Admit
) -> None:
    admit(1_000)
    backend.contend()

    with pytest.raises(ContentionError):
        admit(1)

    assert taken(backend, tenant) == Amount(files=1, bytes=1_000)


def test_of_32_concurrent_files_those_with_room_are_admitted() -> None:
    # On the fake alone: moto's transactions are not isolated from each other's threads.
    backend = MemoryBackend()
    a_project(backend)

    def attempt(_: int) -> bool:
        try:
            backend.files.admit(TENANT, a_file(1))
        except QuotaExceededError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        admitted = sum(threads.map(attempt, range(32)))

    assert admitted == ROOM.files
    assert taken(backend, TENANT) == Amount(files=10, bytes=10)
