"""What follows from a record that has gone: quota once, bytes for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.files import DAY
from larder.domain.quota import NOTHING, Amount
from larder.domain.trash import TRASH_LIFE
from larder.domain.uploads import UPLOAD_LIFE, Upload, UploadStatus
from larder.services.space.purge import purge_one
from larder.services.upkeep.clear_removed import clear_file, clear_upload
from tests.samples import TENANT, to_trash
from tests.unit.use_cases import VALID_LINE, announce, receive, restore, store

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.quota import Usage
    from tests.backends.memory import MemoryBackend

pytestmark = pytest.mark.usefixtures("tenant")


def usage(ports: MemoryBackend) -> Usage:
    return ports.snapshot().usage[TENANT]


def cleared_file(ports: MemoryBackend, file: File) -> bool:
    return ports.make(clear_file)(TENANT, file, ports.clock())


def cleared_upload(ports: MemoryBackend, upload: Upload) -> bool:
    return ports.make(clear_upload)(TENANT, upload, ports.clock())


def vanish(ports: MemoryBackend) -> None:
    """Let TTL remove everything that expires within the hour."""
    ports.clock.advance(UPLOAD_LIFE + DAY)
    ports.collect_ttl()


def test_a_deleted_file_s_bytes_and_report_go(ports: MemoryBackend) -> None:
    file = store(ports, VALID_LINE, purpose="batch")
    receive(ports, file.id)
    ports.files.release(TENANT, file)

    assert cleared_file(ports, file)

    assert ports.snapshot().objects == set()
    assert ports.snapshot().reports == set()


def test_a_deleted_file_s_quota_is_not_given_back_again(ports: MemoryBackend) -> None:
    file = store(ports, b"x" * 10)
    store(ports, b"x" * 7)
    ports.files.release(TENANT, file)

    cleared_file(ports, file)
    cleared_file(ports, file)

    assert usage(ports).used == Amount(files=1, bytes=7)


def test_a_file_that_ttl_removed_is_given_back_once(ports: MemoryBackend) -> None:
    file = store(ports, b"x" * 10, expires_after=3_600)
    store(ports, b"x" * 7)
    vanish(ports)

    assert cleared_file(ports, file)
    assert cleared_file(ports, file)

    assert usage(ports).used == Amount(files=1, bytes=7)
    assert (TENANT, file.id) not in ports.snapshot().objects


def test_a_file_that_only_moved_to_the_trash_is_not_gone(ports: MemoryBackend) -> None:
    file = store(ports)
    to_trash(ports, TENANT, file.id)

    assert not cleared_file(ports, file)

    assert usage(ports).used == file.amount
    assert ports.snapshot().objects == {(TENANT, file.id)}


def test_a_file_that_is_there_again_is_not_gone(ports: MemoryBackend) -> None:
    file = store(ports)

    assert not cleared_file(ports, file)

    assert usage(ports).used == file.amount


def test_a_pending_upload_that_an_operator_removed_is_given_back_once(
    ports: MemoryBackend,
) -> None:
    upload = announce(ports).upload
    del ports.store.uploads[TENANT, upload.id]

    assert cleared_upload(ports, upload)
    assert cleared_upload(ports, upload)

    assert usage(ports).reserved == NOTHING
    assert usage(ports).left == usage(ports).limit


@pytest.mark.parametrize("end", [status for status in UploadStatus if status != "pending"])
def test_an_ended_upload_that_ttl_removed_gives_nothing_back(
    ports: MemoryBackend, end: UploadStatus
) -> None:
    upload = announce(ports).upload
    if end is UploadStatus.COMPLETED:
        ports.uploads.complete(TENANT, upload, upload.to_file())
    else:
        ports.uploads.close(TENANT, upload, end)
    vanish(ports)
    ((_, removed, _),) = ports.removed()
    assert isinstance(removed, Upload)
    before = usage(ports)

    cleared_upload(ports, removed)

    assert usage(ports) == before


def test_bytes_that_no_news_of_arrival_came_of_go_with_their_upload(
    ports: MemoryBackend,
) -> None:
    upload = announce(ports).upload
    ports.objects.put(TENANT, upload.file_id, b"0123456789")
    ports.uploads.close(TENANT, upload, UploadStatus.CANCELLED)
    vanish(ports)

    assert cleared_upload(ports, upload)

    assert ports.snapshot().objects == set()


def test_the_file_of_a_completed_upload_stays_when_the_upload_goes(ports: MemoryBackend) -> None:
    upload = announce(ports).upload
    ports.objects.put(TENANT, upload.file_id, b"0123456789")
    receive(ports, upload.file_id)
    vanish(ports)
    ((_, removed, _),) = ports.removed()
    assert isinstance(removed, Upload)

    cleared_upload(ports, removed)

    assert ports.snapshot().objects == {(TENANT, upload.file_id)}
    assert usage(ports).used == Amount(files=1, bytes=10)


def test_an_upload_that_is_there_is_not_gone(ports: MemoryBackend) -> None:
    upload = announce(ports).upload

    assert not cleared_upload(ports, upload)

    assert usage(ports).reserved == upload.amount


class TestTrash:
    def cleared(self, ports: MemoryBackend) -> list[bool]:
        """Tell the worker of everything that the stream says was removed."""
        found = [file for _, file, _ in ports.removed()]
        return [cleared_file(ports, file) for file in found if not isinstance(file, Upload)]

    def test_a_file_that_moves_to_the_trash_and_back_keeps_its_bytes(
        self, ports: MemoryBackend
    ) -> None:
        file = store(ports)

        to_trash(ports, TENANT, file.id)
        assert self.cleared(ports) == [False]
        restore(ports, file.id)
        assert self.cleared(ports) == [False]

        assert ports.objects.stat(TENANT, file.id) is not None
        assert usage(ports).used == Amount(files=1, bytes=10)

    def test_a_purged_file_s_bytes_go_and_its_quota_is_given_back_once(
        self, ports: MemoryBackend
    ) -> None:
        file, _ = store(ports), store(ports)
        to_trash(ports, TENANT, file.id)
        ports.make(purge_one)(TENANT, file.id)

        # In the trash and then gone: told twice, in either order, as late as may be.
        assert self.cleared(ports) == [True, True]

        assert ports.objects.stat(TENANT, file.id) is None
        assert usage(ports).used == Amount(files=1, bytes=10)

    def test_what_ttl_takes_from_the_trash_is_given_back_once(self, ports: MemoryBackend) -> None:
        file = store(ports, VALID_LINE, purpose="batch")
        receive(ports, file.id)
        to_trash(ports, TENANT, file.id)
        ports.removed()
        ports.clock.advance(TRASH_LIFE + DAY)
        ports.collect_ttl()

        gone = ports.removed()
        for tenant, removed, gone_at in gone * 2:
            assert not isinstance(removed, Upload)
            assert ports.make(clear_file)(tenant, removed, gone_at)

        assert len(gone) == 1
        assert usage(ports).used == NOTHING
        assert ports.snapshot().objects == ports.snapshot().reports == set()
