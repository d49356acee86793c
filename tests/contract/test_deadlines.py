"""Which items are due, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.files import DAY, VALIDATION_GRACE, FileStatus
from larder.domain.folders import CLEARING_GRACE
from larder.domain.projects import AUDIT_INTERVAL
from larder.domain.quota import Amount
from larder.domain.trash import TRASH_LIFE
from larder.domain.uploads import UPLOAD_LIFE, UploadStatus
from larder.services.files.ports import Settlement
from larder.services.upkeep.ports import (
    DueAudit,
    DueFile,
    DueFolder,
    DueItem,
    DueTrashedFile,
    DueTrashedFolder,
    DueUpload,
)
from tests.fakes.clock import START
from tests.samples import UPLOAD_CLOSES, a_file, a_folder, an_upload, close_folder, to_trash

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.backends.backend import Backend

NOW = int(START)


def due(backend: Backend, at: float) -> set[DueItem]:
    return set(backend.deadlines.due(at))


def test_a_file_expires_at_its_second(backend: Backend, tenant: TenantId) -> None:
    file = a_file(expires_at=NOW + 3_600)
    backend.files.admit(tenant, file)

    assert list(backend.deadlines.expired(tenant, NOW + 3_599.9)) == []
    assert list(backend.deadlines.expired(tenant, NOW + 3_600)) == [DueFile(tenant, file.id)]


def test_a_file_without_an_expiry_never_expires(backend: Backend, tenant: TenantId) -> None:
    backend.files.admit(tenant, a_file())

    assert list(backend.deadlines.expired(tenant, NOW + 10**9)) == []


def test_a_pending_upload_expires_when_it_closes(backend: Backend, tenant: TenantId) -> None:
    upload = an_upload()
    backend.uploads.reserve(tenant, upload)

    assert list(backend.deadlines.expired(tenant, NOW + UPLOAD_CLOSES - 1)) == []
    assert list(backend.deadlines.expired(tenant, NOW + UPLOAD_CLOSES)) == [
        DueUpload(tenant, upload.id)
    ]


def test_an_upload_that_has_ended_does_not_expire(backend: Backend, tenant: TenantId) -> None:
    completed, cancelled = an_upload(), an_upload()
    for upload in (completed, cancelled):
        backend.uploads.reserve(tenant, upload)
    backend.uploads.complete(tenant, completed, completed.to_file())
    backend.uploads.close(tenant, cancelled, UploadStatus.CANCELLED)

    assert list(backend.deadlines.expired(tenant, NOW + 10**9)) == []


def test_a_released_file_does_not_expire(backend: Backend, tenant: TenantId) -> None:
    file = a_file(expires_at=NOW + 3_600)
    backend.files.admit(tenant, file)
    backend.files.release(tenant, file)

    assert list(backend.deadlines.expired(tenant, NOW + 3_600)) == []


def test_expired_files_are_found_only_in_their_project(
    backend: Backend, tenant: TenantId, other: TenantId
) -> None:
    backend.files.admit(tenant, a_file(expires_at=NOW + 3_600))

    assert list(backend.deadlines.expired(other, NOW + 3_600)) == []


def test_settling_does_not_change_when_a_file_expires(backend: Backend, tenant: TenantId) -> None:
    file = a_file(expires_at=NOW + 7_200)
    backend.files.admit(tenant, file)

    backend.files.settle(tenant, file, Settlement(FileStatus.PROCESSED))

    assert list(backend.deadlines.expired(tenant, NOW + 7_200)) == [DueFile(tenant, file.id)]


def test_what_will_expire_is_found_with_its_time_the_soonest_first(
    backend: Backend, tenant: TenantId, other: TenantId
) -> None:
    file, trashed, upload = a_file(expires_at=NOW + 7_200), a_file(), an_upload()
    forever, ended = a_file(), an_upload()
    backend.files.admit(other, a_file(expires_at=NOW + 60))
    for admitted in (file, trashed, forever):
        backend.files.admit(tenant, admitted)
    for reserved in (upload, ended):
        backend.uploads.reserve(tenant, reserved)
    backend.uploads.close(tenant, ended, UploadStatus.CANCELLED)
    to_trash(backend, tenant, trashed.id)

    ahead = [
        (NOW + UPLOAD_CLOSES, DueUpload(tenant, upload.id)),
        (NOW + 7_200, DueFile(tenant, file.id)),
        (NOW + TRASH_LIFE, DueTrashedFile(tenant, trashed.id)),
    ]
    assert list(backend.deadlines.ahead(tenant, NOW, 100)) == ahead
    assert list(backend.deadlines.ahead(tenant, NOW, 2)) == ahead[:2]
    assert list(backend.deadlines.ahead(tenant, NOW + 7_200, 100)) == ahead[2:]


def test_an_unvalidated_file_is_due_after_the_grace_for_its_validation(
    backend: Backend, tenant: TenantId
) -> None:
    file = a_file()
    backend.files.admit(tenant, file)

    assert due(backend, NOW + VALIDATION_GRACE - 1) == set()
    assert due(backend, NOW + VALIDATION_GRACE) == {DueFile(tenant, file.id)}


def test_an_unvalidated_file_that_expires_within_the_grace_is_due_then(
    backend: Backend, tenant: TenantId
) -> None:
    upload = an_upload(file_expires_at=NOW + UPLOAD_LIFE)
    backend.uploads.reserve(tenant, upload)
    backend.clock.advance(UPLOAD_LIFE - 1)

    backend.uploads.complete(tenant, upload, upload.to_file())

    assert due(backend, NOW + UPLOAD_LIFE - 1) == set()
    assert due(backend, NOW + UPLOAD_LIFE) == {DueFile(tenant, upload.file_id)}


def test_rescheduling_moves_when_an_unvalidated_file_is_due(
    backend: Backend, tenant: TenantId
) -> None:
    file = a_file()
    backend.files.admit(tenant, file)

    backend.files.reschedule_check(tenant, file.id, NOW + 5_000)

    assert due(backend, NOW + 4_999) == set()
    assert due(backend, NOW + 5_000) == {DueFile(tenant, file.id)}


def test_a_settled_file_is_due_when_it_expires(backend: Backend, tenant: TenantId) -> None:
    file = a_file(expires_at=NOW + 7_200)
    backend.files.admit(tenant, file)

    backend.files.settle(tenant, file, Settlement(FileStatus.PROCESSED))

    assert due(backend, NOW + 7_199) == set()
    assert due(backend, NOW + 7_200) == {DueFile(tenant, file.id)}


def test_a_settled_file_that_does_not_expire_is_never_due(
    backend: Backend, tenant: TenantId
) -> None:
    file = a_file()
    backend.files.admit(tenant, file)

    backend.files.settle(tenant, file, Settlement(FileStatus.PROCESSED))

    assert due(backend, NOW + AUDIT_INTERVAL - 1) == set()


def test_rescheduling_a_settled_file_changes_nothing(backend: Backend, tenant: TenantId) -> None:
    file = a_file()
    backend.files.admit(tenant, file)
    backend.files.settle(tenant, file, Settlement(FileStatus.PROCESSED))

    backend.files.reschedule_check(tenant, file.id, NOW + 5)

    assert due(backend, NOW + AUDIT_INTERVAL - 1) == set()


def test_rescheduling_a_file_that_is_gone_does_not_recreate_it(
    backend: Backend, tenant: TenantId
) -> None:
    file = a_file()
    backend.files.admit(tenant, file)
    backend.files.release(tenant, file)

    backend.files.reschedule_check(tenant, file.id, NOW + 5)

    assert due(backend, NOW + AUDIT_INTERVAL - 1) == set()
    assert not backend.files.exists(tenant, file.id)


def test_a_pending_upload_is_due_when_it_closes(backend: Backend, tenant: TenantId) -> None:
    upload = an_upload()
    backend.uploads.reserve(tenant, upload)

    assert due(backend, NOW + UPLOAD_CLOSES - 1) == set()
    assert due(backend, NOW + UPLOAD_CLOSES) == {DueUpload(tenant, upload.id)}


def test_a_closed_upload_is_never_due(backend: Backend, tenant: TenantId) -> None:
    upload = an_upload()
    backend.uploads.reserve(tenant, upload)

    backend.uploads.close(tenant, upload, UploadStatus.CANCELLED)

    assert due(backend, NOW + AUDIT_INTERVAL - 1) == set()


def test_a_file_from_an_upload_has_the_whole_grace_from_its_completion(
    backend: Backend, tenant: TenantId
) -> None:
    upload = an_upload()
    backend.uploads.reserve(tenant, upload)
    backend.clock.advance(3_000)

    backend.uploads.complete(tenant, upload, upload.to_file())

    assert due(backend, NOW + 3_000 + VALIDATION_GRACE - 1) == set()
    assert due(backend, NOW + 3_000 + VALIDATION_GRACE) == {DueFile(tenant, upload.file_id)}


@pytest.mark.parametrize(
    ("expires_at", "purge_at"),
    [
        (None, NOW + TRASH_LIFE),
        (NOW + TRASH_LIFE + DAY, NOW + TRASH_LIFE),
        (NOW + 3_600, NOW + 3_600),
    ],
    ids=["never", "later", "earlier"],
)
@pytest.mark.parametrize("status", [FileStatus.UPLOADED, FileStatus.PROCESSED])
def test_a_trashed_file_expires_and_is_due_at_its_purge(
    backend: Backend,
    tenant: TenantId,
    expires_at: int | None,
    purge_at: int,
    status: FileStatus,
) -> None:
    file = a_file(expires_at=expires_at)
    backend.files.admit(tenant, file)
    if status is FileStatus.PROCESSED:
        backend.files.settle(tenant, file, Settlement(status))
    to_trash(backend, tenant, file.id)
    backend.usage.schedule_audit(tenant, NOW + 90 * DAY)
    work = DueTrashedFile(tenant, file.id)

    assert list(backend.deadlines.expired(tenant, purge_at - 1)) == []
    assert list(backend.deadlines.expired(tenant, purge_at)) == [work]
    assert due(backend, purge_at - 1) == set()
    assert due(backend, purge_at) == {work}


def test_a_purged_file_is_never_due(backend: Backend, tenant: TenantId) -> None:
    file = a_file()
    backend.files.admit(tenant, file)
    to_trash(backend, tenant, file.id)
    trashed = backend.trash.get(tenant, file.id)
    assert trashed is not None

    backend.trash.purge(tenant, [trashed])

    assert list(backend.deadlines.expired(tenant, NOW + TRASH_LIFE)) == []
    assert due(backend, NOW + AUDIT_INTERVAL - 1) == set()


def test_expired_trash_is_found_only_in_its_project(
    backend: Backend, tenant: TenantId, other: TenantId
) -> None:
    file = a_file()
    backend.files.admit(tenant, file)
    to_trash(backend, tenant, file.id)

    assert list(backend.deadlines.expired(other, NOW + TRASH_LIFE)) == []


def test_folders_are_due_only_while_they_move_to_the_trash_and_expire_there(
    backend: Backend, tenant: TenantId
) -> None:
    _, closed, moved = (a_folder(backend, tenant, name) for name in "abc")
    for folder in (closed, moved):
        close_folder(backend, tenant, folder.id, NOW + CLEARING_GRACE)
    root = backend.folder_trash.get(tenant, moved.id)
    assert root is not None
    backend.folder_trash.finish(tenant, root)
    in_trash = {DueTrashedFolder(tenant, each.id) for each in (closed, moved)}

    assert due(backend, NOW + CLEARING_GRACE - 1) == set()
    assert due(backend, NOW + AUDIT_INTERVAL - 1) == {DueFolder(tenant, closed.id)}
    assert set(backend.deadlines.expired(tenant, NOW + TRASH_LIFE - 1)) == set()
    assert set(backend.deadlines.expired(tenant, NOW + TRASH_LIFE)) == in_trash
    assert in_trash <= due(backend, NOW + TRASH_LIFE)
    assert not in_trash & due(backend, NOW + TRASH_LIFE - 1)


def test_every_project_is_due_for_its_audit(
    backend: Backend, tenant: TenantId, other: TenantId
) -> None:
    assert due(backend, NOW + AUDIT_INTERVAL - 1) == set()
    assert due(backend, NOW + AUDIT_INTERVAL) == {DueAudit(tenant), DueAudit(other)}


def test_a_postponed_audit_is_due_at_its_new_time(backend: Backend, tenant: TenantId) -> None:
    backend.usage.schedule_audit(tenant, NOW + 5_000)

    assert due(backend, NOW + 4_999) == set()
    assert due(backend, NOW + 5_000) == {DueAudit(tenant)}


def test_due_items_are_found_in_every_project(
    backend: Backend, tenant: TenantId, other: TenantId
) -> None:
    files = [a_file(1) for _ in range(10)]
    for file in files:
        backend.files.admit(tenant, file)
        backend.files.admit(other, file)

    found = list(backend.deadlines.due(NOW + VALIDATION_GRACE))

    assert len(found) == 20
    assert set(found) == {DueFile(owner, file.id) for owner in (tenant, other) for file in files}


def test_every_item_has_its_turn_again_after_the_place_where_a_sweep_stopped(
    backend: Backend, tenant: TenantId
) -> None:
    backend.projects.set_limit(tenant, Amount(files=100, bytes=100))
    for n in range(60):
        backend.files.admit(tenant, a_file(0, expires_at=NOW + 1 + n))
    first = list(backend.deadlines.due(NOW + 100))
    assert len(first) == 60

    for stop in (1, 30, 60):
        places = {each.queue: each.place for each in first[:stop]}
        rest = list(backend.deadlines.due(NOW + 100, places))

        assert len(rest) == 60
        assert set(rest) == set(first)
        assert set(rest[: 60 - stop]) == set(first[stop:])


def test_the_oldest_due_item_says_how_far_behind_the_sweeper_is(
    backend: Backend, tenant: TenantId
) -> None:
    assert backend.deadlines.oldest_due(NOW) is None
    for at in (9, 5, 7):
        backend.files.admit(tenant, a_file(0, expires_at=NOW + at))

    assert backend.deadlines.oldest_due(NOW + 4) is None
    assert backend.deadlines.oldest_due(NOW + 20) == NOW + 5


def test_how_far_a_sweep_came_is_kept(backend: Backend) -> None:
    assert backend.places.get() == {}

    backend.places.keep({"due#03": "1|P#a|file-1", "due#04": "2|P#a|file-2"})
    backend.places.keep({"due#03": "3|P#a|file-3"})

    assert backend.places.get() == {"due#03": "3|P#a|file-3"}
    backend.places.keep({})
    assert backend.places.get() == {}
