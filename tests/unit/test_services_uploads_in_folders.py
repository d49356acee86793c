"""Uploads into folders: refused where nothing may be put, and never lost to a folder that goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import ConflictError, NotFoundError
from larder.domain.files import FileStatus
from larder.domain.quota import NOTHING, Amount
from larder.domain.uploads import UploadStatus
from larder.services.upkeep.receive_object import Arrival
from tests.fakes.clock import START
from tests.samples import TENANT, UPLOAD_CLOSES, close_folder
from tests.unit.use_cases import (
    announce,
    complete,
    delete,
    make_folder,
    receive,
    restore,
    sweep,
    trash,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import FolderId, TenantId
    from larder.domain.uploads import Upload
    from tests.backends.memory import MemoryBackend

pytestmark = pytest.mark.usefixtures("tenant")

DATA = b"0123456789"


def finish_by_request(ports: MemoryBackend, upload: Upload) -> None:
    complete(ports, upload.id)


def finish_by_event(ports: MemoryBackend, upload: Upload) -> None:
    assert receive(ports, upload.file_id) is Arrival.PROCESSED


def finish_by_both(ports: MemoryBackend, upload: Upload) -> None:
    finish_by_request(ports, upload)
    finish_by_event(ports, upload)
    finish_by_request(ports, upload)


EVERY_WAY = pytest.mark.parametrize("finish", [finish_by_request, finish_by_event, finish_by_both])


def delivered(ports: MemoryBackend, folder: FolderId) -> Upload:
    """Return an upload into the folder whose bytes have arrived."""
    upload = announce(ports, folder=folder).upload
    assert ports.client_put(TENANT, upload, DATA)
    return upload


def folder_of(ports: MemoryBackend, upload: Upload) -> FolderId | None:
    file = ports.files.get(TENANT, upload.file_id)
    assert file is not None
    return file.folder_id


class TestCreate:
    def test_an_upload_keeps_its_folder(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "a").id

        upload = announce(ports, folder=folder).upload

        assert upload.folder_id == folder
        assert ports.uploads.get(TENANT, upload.id) == upload

    def test_the_root_is_no_folder(self, ports: MemoryBackend) -> None:
        assert announce(ports, folder="root").upload.folder_id is None

    @pytest.mark.parametrize("part_threshold", [1, 100], ids=["parts", "whole"])
    @pytest.mark.parametrize("folder", ["", "folder-1", "folder-" + "0" * 24])
    def test_a_folder_that_does_not_exist_is_not_found_and_nothing_is_reserved(
        self, ports: MemoryBackend, folder: str, part_threshold: int
    ) -> None:
        ports.part_threshold = part_threshold

        with pytest.raises(NotFoundError, match="No such Folder") as refused:
            announce(ports, folder=folder)

        assert refused.value.param == "folder_id"
        assert ports.snapshot().usage[TENANT].reserved == NOTHING
        assert ports.parts.multipart == {}

    def test_another_project_s_folder_is_not_found(
        self, ports: MemoryBackend, other: TenantId
    ) -> None:
        foreign = make_folder(ports, "a", tenant=other).id

        with pytest.raises(NotFoundError):
            announce(ports, folder=foreign)

    def test_a_folder_that_is_being_deleted_is_not_found(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "a").id
        close_folder(ports, TENANT, folder, int(START))

        with pytest.raises(NotFoundError):
            announce(ports, folder=folder)


class TestComplete:
    @EVERY_WAY
    def test_its_file_lies_in_the_folder(
        self, ports: MemoryBackend, finish: Callable[[MemoryBackend, Upload], None]
    ) -> None:
        folder = make_folder(ports, "a").id
        upload = delivered(ports, folder)

        finish(ports, upload)

        assert folder_of(ports, upload) == folder

    @EVERY_WAY
    @pytest.mark.parametrize("fate", ["closed", "gone"])
    def test_its_file_lies_in_the_root_when_the_folder_has_gone(
        self, ports: MemoryBackend, fate: str, finish: Callable[[MemoryBackend, Upload], None]
    ) -> None:
        folder = make_folder(ports, "a").id
        upload = delivered(ports, folder)
        if fate == "gone":
            delete(ports, folder)
        else:
            close_folder(ports, TENANT, folder, int(START))

        finish(ports, upload)

        assert folder_of(ports, upload) is None
        usage = ports.snapshot().usage[TENANT]
        assert (usage.used, usage.reserved) == (Amount(files=1, bytes=10), NOTHING)

    def test_an_empty_folder_with_a_pending_upload_is_empty(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "a").id
        announce(ports, folder=folder)

        assert delete(ports, folder, recursive=False)

    @pytest.mark.parametrize("ended", [UploadStatus.CANCELLED, UploadStatus.EXPIRED])
    def test_an_upload_that_ends_while_its_folder_goes_has_ended(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch, ended: UploadStatus
    ) -> None:
        folder = make_folder(ports, "a").id
        upload = delivered(ports, folder)
        close_folder(ports, TENANT, folder, int(START))
        finish, calls = ports.uploads.complete, []

        def outrun(*args: object) -> bool:
            calls.append(args)
            if len(calls) == 2:
                ports.uploads.close(TENANT, upload, ended)
            return finish(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(ports.uploads, "complete", outrun)

        with pytest.raises(ConflictError) as refused:
            complete(ports, upload.id)

        assert refused.value.code == f"upload_{ended}"
        assert ports.snapshot().files == {}

    def test_an_overdue_upload_becomes_its_file_in_the_folder(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "a").id
        upload = delivered(ports, folder)
        ports.clock.advance(UPLOAD_CLOSES)

        sweep(ports)

        assert folder_of(ports, upload) == folder


def test_its_file_goes_to_the_trash_and_back_like_any_other(ports: MemoryBackend) -> None:
    folder = make_folder(ports, "a").id
    upload = delivered(ports, folder)
    complete(ports, upload.id)
    trash(ports, upload.file_id)

    assert receive(ports, upload.file_id) is Arrival.UNCLAIMED
    assert ports.objects.stat(TENANT, upload.file_id) is not None
    restored = restore(ports, upload.file_id)
    for tenant, file_id in ports.announced():
        receive(ports, file_id, tenant=tenant)

    assert restored.folder_id == folder
    settled = ports.files.get(TENANT, upload.file_id)
    assert settled is not None
    assert settled.status is FileStatus.PROCESSED
