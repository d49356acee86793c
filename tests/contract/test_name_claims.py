"""Claims of names: a file takes one only if nothing about it has changed since it was read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.domain.quota import Amount
from larder.domain.same_names import MAX_REPLACED, IfExists
from larder.domain.uploads import UploadStatus
from larder.services.uploads.complete_as_file import complete_as_file
from larder.services.uploads.ports import ClaimOutdatedError
from tests.fakes.clock import START
from tests.samples import OTHER, TENANT, a_file, a_folder, a_project, an_upload, to_trash

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.domain.uploads import Upload
    from larder.services.uploads.ports import NameClaim
    from tests.backends.backend import Backend, Snapshot

NOW = int(START)
NAME = "notes.txt"


@pytest.fixture
def tenant(backend: Backend) -> TenantId:
    return a_project(backend, limit=Amount(files=100, bytes=10**6))


def stored(backend: Backend, tenant: TenantId, **fields: object) -> File:
    file = a_file(**fields)  # type: ignore[arg-type]
    backend.files.admit(tenant, file)
    return file


def pending(backend: Backend, tenant: TenantId, **fields: object) -> Upload:
    upload = replace(an_upload(), **fields)  # type: ignore[arg-type]
    backend.uploads.reserve(tenant, upload)
    return upload


def claim(backend: Backend, tenant: TenantId = TENANT, name: str = NAME) -> NameClaim:
    found = backend.uploads.claim(tenant, None, name, NOW)
    return replace(found, replaced=found.files)


def complete(backend: Backend, upload: Upload, claimed: NameClaim) -> bool:
    return backend.uploads.complete(TENANT, upload, upload.to_file(), claimed)


def refused(backend: Backend, upload: Upload, claimed: NameClaim) -> bool:
    before: Snapshot = backend.snapshot()
    with pytest.raises(ClaimOutdatedError):
        complete(backend, upload, claimed)
    return backend.snapshot() == before


def test_a_claim_has_the_files_of_the_name_in_any_case(backend: Backend, tenant: TenantId) -> None:
    same = stored(backend, tenant, filename="Notes.TXT")
    stored(backend, tenant, filename="notes.txt2")
    stored(backend, tenant, filename="a notes.txt")
    trashed = stored(backend, tenant)
    to_trash(backend, tenant, trashed.id)
    stored(backend, tenant, expires_at=NOW)
    a_project(backend, OTHER)
    stored(backend, OTHER)

    assert claim(backend, tenant).files == (same,)


def test_a_claim_is_of_one_folder(backend: Backend, tenant: TenantId) -> None:
    folder = a_folder(backend, tenant)
    inside = stored(backend, tenant, folder=folder.id)

    assert claim(backend, tenant).files == ()
    assert backend.uploads.claim(tenant, folder.id, NAME, NOW).files == (inside,)


def test_a_claim_has_one_file_more_than_can_be_replaced(backend: Backend, tenant: TenantId) -> None:
    for _ in range(MAX_REPLACED + 2):
        stored(backend, tenant, size=0)

    assert len(claim(backend, tenant).files) == MAX_REPLACED + 1


def test_what_is_replaced_goes_to_the_trash_and_stays_counted(
    backend: Backend, tenant: TenantId
) -> None:
    old = stored(backend, tenant)
    upload = pending(backend, tenant, tags=("a",))

    assert complete(backend, upload, claim(backend))

    found = backend.snapshot()
    assert found.files == {(tenant, upload.file_id): upload.to_file()}
    assert upload.to_file().tags == ("a",)
    assert found.trash[tenant, old.id].file == old
    assert (found.usage[tenant].used.files, found.usage[tenant].reserved.files) == (2, 0)


def test_as_many_as_can_be_replaced_are(backend: Backend, tenant: TenantId) -> None:
    for _ in range(MAX_REPLACED):
        stored(backend, tenant, size=0)

    assert complete(backend, pending(backend, tenant), claim(backend))

    assert len(backend.snapshot().trash) == MAX_REPLACED


def test_of_two_claims_of_a_free_name_one_is_outdated(backend: Backend, tenant: TenantId) -> None:
    first, second = pending(backend, tenant), pending(backend, tenant)
    claimed = claim(backend)

    assert complete(backend, first, claimed)

    assert refused(backend, second, claimed)
    assert complete(backend, second, claim(backend))


def test_a_claim_of_a_name_that_was_taken_before_can_be_outdated_too(
    backend: Backend, tenant: TenantId
) -> None:
    for _ in range(2):
        assert complete(backend, pending(backend, tenant), claim(backend))
    claimed = claim(backend)
    assert complete(backend, pending(backend, tenant), claimed)

    assert refused(backend, pending(backend, tenant), claimed)


def test_a_claim_is_outdated_when_a_file_to_replace_has_changed(
    backend: Backend, tenant: TenantId
) -> None:
    file, upload = stored(backend, tenant), pending(backend, tenant)
    claimed = claim(backend)

    assert backend.files.revise(tenant, file, replace(file, favorite=True, revision=1))

    assert refused(backend, upload, claimed)


def test_a_claim_is_outdated_when_a_file_to_replace_is_gone(
    backend: Backend, tenant: TenantId
) -> None:
    file, upload = stored(backend, tenant), pending(backend, tenant)
    claimed = claim(backend)

    to_trash(backend, tenant, file.id)

    assert refused(backend, upload, claimed)


def test_names_that_differ_do_not_exclude_each_other(backend: Backend, tenant: TenantId) -> None:
    one, other = claim(backend), claim(backend, name="other.txt")

    assert complete(backend, pending(backend, tenant), one)
    assert complete(backend, pending(backend, tenant, filename="other.txt"), other)


def test_an_ended_upload_takes_no_name(backend: Backend, tenant: TenantId) -> None:
    file, upload = stored(backend, tenant), pending(backend, tenant)
    backend.uploads.close(tenant, upload, UploadStatus.CANCELLED)

    assert not complete(backend, upload, claim(backend))

    assert backend.files.get(tenant, file.id) == file


@pytest.mark.parametrize("if_exists", IfExists)
def test_whoever_comes_second_finds_the_upload_ended(
    backend: Backend, tenant: TenantId, if_exists: IfExists
) -> None:
    upload = pending(backend, tenant, filename="new.txt", if_exists=if_exists)

    def finish() -> File | None:
        return complete_as_file(
            tenant, upload, upload.to_file(), uploads=backend.uploads, now=START
        )

    file = finish()

    assert finish() is None
    assert file == backend.files.get(tenant, upload.to_file().id)
