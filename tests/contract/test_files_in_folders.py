"""Adding files to folders, and changing them there: only in open folders, and counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import ContentionError, NotFoundError, QuotaExceededError
from larder.domain.files import VALIDATION_GRACE, FileStatus
from larder.domain.ids import new_folder_id
from larder.domain.quota import NOTHING, Amount
from larder.domain.uploads import UploadStatus
from larder.services.files.ports import Settlement
from larder.services.space.ports import FolderCounts
from tests.fakes.clock import START
from tests.samples import a_file, a_folder, an_upload, close_folder, to_trash

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import FolderId, TenantId
    from tests.backends.backend import Backend

    type Enter = Callable[[FolderId], object]

NOW = int(START)


def additions(backend: Backend, tenant: TenantId, folder: FolderId) -> int:
    found = backend.folders.get(tenant, folder)
    assert found is not None
    return found.additions


def closed(backend: Backend, tenant: TenantId) -> FolderId:
    folder = a_folder(backend, tenant, "closed").id
    close_folder(backend, tenant, folder, NOW)
    return folder


@pytest.fixture(params=["admit", "revise", "complete", "restore"])
def enter(request: pytest.FixtureRequest, backend: Backend, tenant: TenantId) -> Enter:
    """Every way for a file into a folder."""
    file = a_file()
    match request.param:
        case "admit":
            return lambda folder: backend.files.admit(tenant, replace(file, folder_id=folder))
        case "revise":
            backend.files.admit(tenant, file)
            return lambda folder: backend.files.revise(
                tenant, file, replace(file, folder_id=folder, revision=1)
            )
        case "complete":
            upload = an_upload()
            backend.uploads.reserve(tenant, upload)
            return lambda folder: backend.uploads.complete(
                tenant, upload, replace(upload.to_file(), folder_id=folder)
            )
    backend.files.admit(tenant, file)
    to_trash(backend, tenant, file.id)
    trashed = backend.trash.get(tenant, file.id)
    assert trashed is not None
    return lambda folder: backend.trash.restore(tenant, trashed, replace(file, folder_id=folder))


class TestEveryWayIn:
    def test_a_file_is_in_its_folder_and_counted_there(
        self, backend: Backend, tenant: TenantId, enter: Enter
    ) -> None:
        folder = a_folder(backend, tenant).id

        enter(folder)

        (file,) = backend.snapshot().files.values()
        assert file.folder_id == folder
        assert additions(backend, tenant, folder) == 1

    @pytest.mark.parametrize("reason", ["random", "another project's", "closed", "removed"])
    def test_a_folder_that_is_not_open_is_not_found(
        self, backend: Backend, tenant: TenantId, other: TenantId, enter: Enter, reason: str
    ) -> None:
        match reason:
            case "random":
                folder = new_folder_id(START)
            case "another project's":
                folder = a_folder(backend, other).id
            case "closed":
                folder = closed(backend, tenant)
            case _:
                removed = a_folder(backend, tenant)
                backend.folders.remove(tenant, removed)
                folder = removed.id
        before = backend.snapshot()

        with pytest.raises(NotFoundError) as refused:
            enter(folder)

        assert refused.value.message == f"No such Folder object: {folder} (not found)"
        assert refused.value.param == "folder_id"
        assert backend.snapshot() == before

    def test_endless_conflicts_change_nothing(
        self, backend: Backend, tenant: TenantId, enter: Enter
    ) -> None:
        folder = a_folder(backend, tenant).id
        before = backend.snapshot()
        backend.contend()

        with pytest.raises(ContentionError):
            enter(folder)

        assert backend.snapshot() == before


class TestAdmit:
    def test_a_full_quota_is_reported_before_a_missing_folder(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        with pytest.raises(QuotaExceededError):
            backend.files.admit(tenant, a_file(1_001, folder=new_folder_id(START)))

    def test_a_full_quota_does_not_change_the_folder(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        folder = a_folder(backend, tenant).id

        with pytest.raises(QuotaExceededError):
            backend.files.admit(tenant, a_file(1_001, folder=folder))

        assert additions(backend, tenant, folder) == 0

    def test_a_file_is_recorded_with_all_its_fields(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        folder = a_folder(backend, tenant).id
        file = a_file(folder=folder, tags=("b", "a", "naïve 😀"), favorite=True)

        backend.files.admit(tenant, file)

        assert backend.files.get(tenant, file.id) == file


class TestRevise:
    def test_every_editable_field_can_be_changed(self, backend: Backend, tenant: TenantId) -> None:
        file = a_file(expires_at=NOW + 3_600, sha256="ab" * 32)
        backend.files.admit(tenant, file)
        revised = replace(
            file,
            filename="naïve 😀.txt",
            folder_id=a_folder(backend, tenant).id,
            tags=("b", "a"),
            favorite=True,
            revised_at=NOW + 5,
            revision=1,
        )

        assert backend.files.revise(tenant, file, revised)

        assert backend.files.get(tenant, file.id) == revised

    def test_every_change_can_be_undone(self, backend: Backend, tenant: TenantId) -> None:
        folder = a_folder(backend, tenant).id
        file = a_file(folder=folder, tags=("a",), favorite=True)
        backend.files.admit(tenant, file)
        bare = replace(
            file, folder_id=None, tags=(), favorite=False, revised_at=NOW + 5, revision=1
        )

        assert backend.files.revise(tenant, file, bare)

        assert backend.files.get(tenant, file.id) == bare

    def test_a_change_of_an_outdated_file_is_not_made(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        file = a_file()
        backend.files.admit(tenant, file)
        first = replace(file, filename="first", revision=1)
        backend.files.revise(tenant, file, first)

        assert not backend.files.revise(tenant, file, replace(file, filename="second", revision=1))

        assert backend.files.get(tenant, file.id) == first

    @pytest.mark.parametrize("fate", ["random", "another project's", "deleted", "trashed"])
    def test_a_file_that_is_not_live_is_not_changed(
        self, backend: Backend, tenant: TenantId, other: TenantId, fate: str
    ) -> None:
        file = a_file()
        if fate != "random":
            backend.files.admit(other if fate == "another project's" else tenant, file)
        if fate == "deleted":
            backend.files.release(tenant, file)
        elif fate == "trashed":
            to_trash(backend, tenant, file.id)
        before = backend.snapshot()

        assert not backend.files.revise(tenant, file, replace(file, filename="x", revision=1))

        assert backend.snapshot() == before

    def test_an_outdated_change_is_refused_before_its_folder_is_checked(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        file = a_file()
        backend.files.admit(tenant, file)
        backend.files.revise(tenant, file, replace(file, revision=1))

        moved = replace(file, folder_id=new_folder_id(START), revision=1)

        assert not backend.files.revise(tenant, file, moved)

    def test_a_settlement_during_a_change_is_kept(self, backend: Backend, tenant: TenantId) -> None:
        file = a_file()
        backend.files.admit(tenant, file)
        backend.files.settle(tenant, file, Settlement(FileStatus.ERROR, "no line", "cd" * 32))

        assert backend.files.revise(tenant, file, replace(file, filename="x", revision=1))

        revised = backend.files.get(tenant, file.id)
        assert revised is not None
        assert (revised.status, revised.status_details, revised.sha256, revised.filename) == (
            FileStatus.ERROR,
            "no line",
            "cd" * 32,
            "x",
        )

    def test_a_file_can_be_renamed_in_a_folder_that_is_being_deleted(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        folder = a_folder(backend, tenant).id
        file = a_file(folder=folder)
        backend.files.admit(tenant, file)
        close_folder(backend, tenant, folder, NOW)

        assert backend.files.revise(tenant, file, replace(file, filename="x", revision=1))

        assert additions(backend, tenant, folder) == 1

    @pytest.mark.parametrize("to_root", [True, False], ids=["root", "folder"])
    def test_a_file_can_be_moved_out_of_a_folder_that_is_being_deleted(
        self, backend: Backend, tenant: TenantId, *, to_root: bool
    ) -> None:
        file = a_file(folder=a_folder(backend, tenant, "from").id)
        backend.files.admit(tenant, file)
        assert file.folder_id is not None
        close_folder(backend, tenant, file.folder_id, NOW)
        target = None if to_root else a_folder(backend, tenant, "to").id

        assert backend.files.revise(tenant, file, replace(file, folder_id=target, revision=1))

        moved = backend.files.get(tenant, file.id)
        assert moved is not None
        assert moved.folder_id == target

    def test_a_change_does_not_affect_deadlines_and_counters(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        file = a_file(10, expires_at=NOW + 3_600)
        backend.files.admit(tenant, file)
        usage = backend.usage.get(tenant)
        backend.clock.advance(100)

        backend.files.revise(tenant, file, replace(file, filename="x", revision=1))

        assert backend.usage.get(tenant) == usage
        assert [due.id for due in backend.deadlines.due(NOW + VALIDATION_GRACE)] == [file.id]
        assert list(backend.deadlines.due(NOW + VALIDATION_GRACE - 1)) == []
        assert [due.id for due in backend.deadlines.expired(tenant, NOW + 3_600)] == [file.id]


class TestComplete:
    def test_an_upload_keeps_its_announced_folder(self, backend: Backend, tenant: TenantId) -> None:
        upload = an_upload(folder=a_folder(backend, tenant).id)

        backend.uploads.reserve(tenant, upload)

        assert backend.uploads.get(tenant, upload.id) == upload
        assert upload.to_file().folder_id == upload.folder_id

    def test_an_ended_upload_says_so_even_if_its_folder_is_gone(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        upload = an_upload(folder=closed(backend, tenant))
        backend.uploads.reserve(tenant, upload)
        backend.uploads.close(tenant, upload, UploadStatus.CANCELLED)

        assert not backend.uploads.complete(tenant, upload, upload.to_file())

    def test_a_part_that_arrives_meanwhile_does_not_hide_a_missing_folder(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        upload = an_upload(folder=closed(backend, tenant))
        backend.uploads.reserve(tenant, upload)
        backend.uploads.take_part(tenant, upload, 5, 100)

        with pytest.raises(NotFoundError):
            backend.uploads.complete(tenant, upload, upload.to_file())

        pending = backend.uploads.get(tenant, upload.id)
        assert pending is not None
        assert pending.status is UploadStatus.PENDING

    def test_it_can_be_completed_into_the_root_instead(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        upload = an_upload(10, folder=closed(backend, tenant))
        backend.uploads.reserve(tenant, upload)

        in_root = replace(upload.to_file(), folder_id=None)
        assert backend.uploads.complete(tenant, upload, in_root)

        assert backend.files.get(tenant, upload.file_id) == in_root
        usage = backend.usage.get(tenant)
        assert usage is not None
        assert usage.used == Amount(files=1, bytes=10)
        assert usage.reserved == NOTHING


def test_what_lies_directly_in_a_folder_is_counted(backend: Backend, tenant: TenantId) -> None:
    outer = a_folder(backend, tenant, "outer").id
    inner, gone = (a_folder(backend, tenant, name, parent=outer).id for name in ("inner", "gone"))
    close_folder(backend, tenant, gone, NOW)
    for folder, expires_at in ((outer, None), (outer, NOW + 1), (outer, NOW), (inner, None)):
        backend.files.admit(tenant, a_file(1, folder=folder, expires_at=expires_at))
    backend.files.admit(tenant, a_file(1))

    assert backend.search.counts(tenant, outer, NOW) == FolderCounts(files=2, folders=1)
    assert backend.search.counts(tenant, inner, NOW) == FolderCounts(files=1, folders=0)
    assert backend.search.counts(tenant, new_folder_id(START), NOW) == FolderCounts(0, 0)
