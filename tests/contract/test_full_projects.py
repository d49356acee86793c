"""A project whose partition has reached DynamoDB's 10 GB: nothing in it can grow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import ProjectFullError
from larder.domain.files import DAY, FileStatus, Purpose
from larder.domain.folders import Folder
from larder.domain.ids import new_folder_id
from larder.domain.projects import Project
from larder.domain.quota import MAX_PROJECT_FILES, NOTHING, Amount
from larder.domain.uploads import UploadStatus
from larder.services.files.ports import Settlement
from larder.services.projects.ports import Count
from tests.fakes.clock import START
from tests.samples import (
    TENANT,
    a_batch,
    a_file,
    an_upload,
    to_trash,
)

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.backends.backend import Backend


@pytest.mark.parametrize("other_project", [False, True])
def test_only_the_full_project_is_refused_new_files(
    backend: Backend, tenant: TenantId, other: TenantId, *, other_project: bool
) -> None:
    backend.fill_partition(tenant)

    if other_project:
        backend.files.admit(other, a_file())
    else:
        with pytest.raises(ProjectFullError):
            backend.files.admit(tenant, a_file())

    usage = backend.usage.get(tenant)
    assert usage is not None
    assert usage.used == NOTHING


def test_an_upload_and_a_batch_and_a_folder_are_refused(backend: Backend, tenant: TenantId) -> None:
    backend.fill_partition(tenant)

    with pytest.raises(ProjectFullError):
        backend.uploads.reserve(tenant, an_upload())
    with pytest.raises(ProjectFullError):
        backend.batches.create(tenant, a_batch(), check_at=int(START) + 60)
    with pytest.raises(ProjectFullError):
        backend.folders.create(tenant, Folder(new_folder_id(START), "reports", None), 0)

    usage = backend.usage.get(tenant)
    assert usage is not None
    assert usage.reserved == NOTHING


def test_a_pending_upload_stays_pending_and_can_be_given_up(
    backend: Backend, tenant: TenantId
) -> None:
    upload = an_upload(100)
    backend.uploads.reserve(tenant, upload)
    backend.fill_partition(tenant)

    with pytest.raises(ProjectFullError):
        backend.uploads.complete(tenant, upload, upload.to_file())
    assert backend.uploads.get(tenant, upload.id) == upload

    assert backend.uploads.close(tenant, upload, UploadStatus.CANCELLED)
    usage = backend.usage.get(tenant)
    assert usage is not None
    assert usage.reserved == NOTHING


@pytest.mark.parametrize("expires_at", [None, int(START) + DAY])
@pytest.mark.parametrize(
    "settlement",
    [
        Settlement(FileStatus.PROCESSED, sha256="ab" * 32),
        Settlement(FileStatus.ERROR, details="1 of 2 lines is invalid", sha256="ab" * 32),
    ],
)
def test_a_validation_settles_with_the_status_alone(
    backend: Backend, tenant: TenantId, settlement: Settlement, expires_at: int | None
) -> None:
    file = a_file(purpose=Purpose.BATCH, expires_at=expires_at)
    backend.files.admit(tenant, file)
    backend.fill_partition(tenant)

    assert backend.files.settle(tenant, file, settlement)

    assert backend.files.get(tenant, file.id) == replace(file, status=settlement.status)
    assert not backend.files.settle(tenant, file, settlement)
    due = [item.id for item in backend.deadlines.due(START + 60 * DAY)]
    assert file.id not in due


def test_a_file_cannot_go_to_the_trash_but_can_be_deleted_for_good(
    backend: Backend, tenant: TenantId
) -> None:
    file = a_file(100)
    backend.files.admit(tenant, file)
    backend.fill_partition(tenant)

    with pytest.raises(ProjectFullError, match=r"DELETE /v1/files/"):
        backend.trash.put(tenant, [file], START)
    assert backend.files.get(tenant, file.id) == file

    assert backend.files.release(tenant, file)
    usage = backend.usage.get(tenant)
    assert usage is not None
    assert usage.used == NOTHING


def test_the_trash_can_be_emptied_but_not_restored_from(backend: Backend, tenant: TenantId) -> None:
    file = a_file(100)
    backend.files.admit(tenant, file)
    to_trash(backend, tenant, file.id)
    trashed = backend.trash.get(tenant, file.id)
    assert trashed is not None
    backend.fill_partition(tenant)

    with pytest.raises(ProjectFullError):
        backend.trash.restore(tenant, trashed, replace(file, revision=file.revision + 1))

    assert backend.trash.purge(tenant, [trashed])
    assert backend.snapshot().trash == {}


def test_more_tags_are_refused(backend: Backend, tenant: TenantId) -> None:
    file = a_file()
    backend.files.admit(tenant, file)
    backend.fill_partition(tenant)

    with pytest.raises(ProjectFullError):
        backend.files.revise(
            tenant, file, replace(file, tags=("invoice",), revision=file.revision + 1)
        )


def test_a_project_at_the_highest_limit_of_files_is_full_however_much_room_its_bytes_have(
    backend: Backend,
) -> None:
    project = Project(id=TENANT, name="large", created_at=int(START))
    backend.projects.create(project, Amount(MAX_PROJECT_FILES, 100), int(START) + DAY)
    stored = Count(used=Amount(MAX_PROJECT_FILES, 0), reserved=NOTHING)
    assert backend.usage.set_counted(TENANT, 0, stored, int(START))

    with pytest.raises(ProjectFullError):
        backend.files.admit(TENANT, a_file(10))
