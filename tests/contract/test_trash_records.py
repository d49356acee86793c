"""The trash: one transaction in, another out, and quota is released once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import ContentionError, NotFoundError
from larder.domain.files import DAY, VALIDATION_GRACE, File, FileStatus
from larder.domain.quota import NOTHING, Amount
from larder.domain.trash import TRASH_LIFE, TrashedFile, TrashedFolder
from larder.services.files.ports import Settlement
from larder.services.space.ports import MAX_FILES_PER_TRANSACTION, Page
from larder.services.upkeep.ports import DueFile
from tests.fakes.clock import START
from tests.samples import (
    OTHER,
    a_file,
    a_file_id,
    a_folder,
    a_project,
    close_folder,
    gone,
    to_trash,
)

if TYPE_CHECKING:
    from larder.domain.ids import FileId, TenantId
    from larder.services.space.ports import Position
    from tests.backends.backend import Backend

NOW = int(START)


@pytest.fixture
def tenant(backend: Backend) -> TenantId:
    """A project with room for as many files as are moved at once, and then some."""
    return a_project(backend, limit=Amount(files=200, bytes=10_000))


def admitted(backend: Backend, tenant: TenantId, count: int) -> list[File]:
    files = [a_file(number, id=a_file_id(number=number)) for number in range(count)]
    for file in files:
        backend.files.admit(tenant, file)
    return files


def in_trash(backend: Backend, tenant: TenantId, file: File) -> TrashedFile:
    """Admit the file and move it to the trash."""
    backend.files.admit(tenant, file)
    to_trash(backend, tenant, file.id)
    trashed = backend.trash.get(tenant, file.id)
    assert trashed is not None
    return trashed


def used(backend: Backend, tenant: TenantId) -> Amount:
    usage = backend.usage.get(tenant)
    assert usage is not None
    return usage.used


class TestPut:
    @pytest.mark.parametrize("count", [1, 2])
    def test_files_move_to_the_trash_together(
        self, backend: Backend, tenant: TenantId, count: int
    ) -> None:
        files = admitted(backend, tenant, count)

        assert backend.trash.put(tenant, files, START + 0.9)

        for file in files:
            assert backend.files.get(tenant, file.id) is None
            assert backend.trash.get(tenant, file.id) == TrashedFile(file, deleted_at=NOW)

    @pytest.mark.parametrize(
        ("change", "count"),
        [
            ("revised", 1),
            ("revised", 2),
            ("settled", 2),
            ("released", 2),
            ("trashed", 2),
        ],
    )
    def test_no_file_moves_when_one_has_changed(
        self, backend: Backend, tenant: TenantId, change: str, count: int
    ) -> None:
        files = admitted(backend, tenant, count)
        changed = files[-1]
        match change:
            case "revised":
                backend.files.revise(tenant, changed, replace(changed, favorite=True, revision=1))
            case "settled":
                backend.files.settle(tenant, changed, Settlement(FileStatus.PROCESSED))
            case "released":
                backend.files.release(tenant, changed)
            case "trashed":
                to_trash(backend, tenant, changed.id)
        before = backend.snapshot()

        assert not backend.trash.put(tenant, files, START)

        assert backend.snapshot() == before

    def test_another_project_s_file_does_not_move(self, backend: Backend, tenant: TenantId) -> None:
        (file,) = admitted(backend, a_project(backend, OTHER), 1)
        before = backend.snapshot()

        assert not backend.trash.put(tenant, [file], START)

        assert backend.snapshot() == before

    def test_rescheduling_a_file_does_not_change_it(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        (file,) = admitted(backend, tenant, 1)
        backend.files.reschedule_check(tenant, file.id, NOW + 5_000)

        assert backend.trash.put(tenant, [file], START)

    def test_the_record_is_kept_in_full(self, backend: Backend, tenant: TenantId) -> None:
        file = a_file(
            120,
            filename="naïve 😀.jsonl",
            expires_at=NOW + 60 * DAY,
            sha256="ab" * 32,
            folder=a_folder(backend, tenant).id,
            tags=("b", "a"),
            favorite=True,
        )
        backend.files.admit(tenant, file)
        revised = replace(file, revised_at=NOW + 3, revision=1)
        backend.files.revise(tenant, file, revised)
        backend.files.settle(tenant, file, Settlement(FileStatus.ERROR, "no line"))
        settled = replace(revised, status=FileStatus.ERROR, status_details="no line")

        backend.trash.put(tenant, [settled], START)

        assert backend.trash.get(tenant, file.id) == TrashedFile(settled, deleted_at=NOW)

    def test_trashed_files_are_still_counted(self, backend: Backend, tenant: TenantId) -> None:
        files = admitted(backend, tenant, 3)

        backend.trash.put(tenant, files, START)

        assert used(backend, tenant) == Amount(files=3, bytes=3)
        assert backend.usage.recount(tenant).used == Amount(files=3, bytes=3)

    def test_the_stream_reports_a_move_as_a_removal(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        files = admitted(backend, tenant, 2)
        backend.removed()

        backend.trash.put(tenant, files, START)

        assert gone(backend) == [(tenant, file) for file in files]
        assert all(backend.files.exists(tenant, file.id) for file in files)


class TestGet:
    def test_only_the_project_s_own_trash_is_read(self, backend: Backend, tenant: TenantId) -> None:
        other = a_project(backend, OTHER)
        live, foreign = a_file(), a_file()
        backend.files.admit(tenant, live)
        in_trash(backend, other, foreign)

        for file_id in (live.id, foreign.id, a_file_id()):
            assert backend.trash.get(tenant, file_id) is None

    def test_a_file_past_its_time_is_still_returned(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        trashed = in_trash(backend, tenant, a_file())
        backend.clock.advance(TRASH_LIFE + 1)

        assert backend.trash.get(tenant, trashed.file.id) == trashed


class TestPage:
    def files(self, page: Page[TrashedFile | TrashedFolder]) -> list[TrashedFile]:
        return [trashed for trashed in page.items if isinstance(trashed, TrashedFile)]

    def ids(self, page: Page[TrashedFile | TrashedFolder]) -> list[FileId]:
        return [trashed.file.id for trashed in self.files(page)]

    def filled(self, backend: Backend, tenant: TenantId) -> list[FileId]:
        """Trash seven files in another order than that of their creation, some at one time."""
        files = admitted(backend, tenant, 7)
        for numbers, at in (((3, 1), 0), ((6,), 10), ((0, 5, 2), 3_000_000_000), ((4,), 1)):
            backend.trash.put(tenant, [files[n] for n in numbers], START + at)
        return [files[n].id for n in (5, 2, 0, 6, 4, 3, 1)]

    def test_an_empty_trash_has_an_empty_page(self, backend: Backend, tenant: TenantId) -> None:
        backend.files.admit(tenant, a_file())

        assert backend.trash.page(tenant, limit=10, after=None, now=START) == Page((), None)

    def test_the_last_deleted_comes_first(self, backend: Backend, tenant: TenantId) -> None:
        expected = self.filled(backend, tenant)

        page = backend.trash.page(tenant, limit=10, after=None, now=START)

        assert self.ids(page) == expected
        assert page.next is None

    def test_pages_have_every_file_once_and_know_when_they_end(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        expected = self.filled(backend, tenant)

        for limit in range(1, 9):
            seen: list[FileId] = []
            after: Position | None = None
            for _ in range(-(-7 // limit)):
                page = backend.trash.page(tenant, limit=limit, after=after, now=START)
                seen += self.ids(page)
                assert (page.next is None) == (len(seen) == 7)
                after = page.next
            assert seen == expected

    def test_the_next_page_begins_where_a_file_was(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        expected = self.filled(backend, tenant)
        first = backend.trash.page(tenant, limit=3, after=None, now=START)

        backend.trash.purge(tenant, self.files(first))
        second = backend.trash.page(tenant, limit=10, after=first.next, now=START)

        assert self.ids(second) == expected[3:]

    def test_files_that_can_no_longer_be_restored_are_missing(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        lasting, expiring = a_file(), a_file(expires_at=NOW + 3_600)
        for file in (lasting, expiring):
            in_trash(backend, tenant, file)

        def at(now: float) -> set[FileId]:
            return set(self.ids(backend.trash.page(tenant, limit=9, after=None, now=now)))

        assert at(NOW + 3_599.999) == {lasting.id, expiring.id}
        assert at(NOW + 3_600) == {lasting.id}
        assert at(NOW + TRASH_LIFE - 1) == {lasting.id}
        assert at(NOW + TRASH_LIFE) == set()

    def test_files_past_their_time_cause_no_further_page(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        for expires_at in (NOW + 5, None, NOW + 5):
            in_trash(backend, tenant, a_file(expires_at=expires_at))
            backend.clock.advance(1)

        page = backend.trash.page(tenant, limit=1, after=None, now=NOW + 10)

        assert len(page.items) == 1
        assert page.next is None

    def test_another_projects_trash_is_missing(self, backend: Backend, tenant: TenantId) -> None:
        in_trash(backend, a_project(backend, OTHER), a_file())

        assert backend.trash.page(tenant, limit=9, after=None, now=START) == Page((), None)


class TestRestore:
    def test_a_restored_file_is_live_again(self, backend: Backend, tenant: TenantId) -> None:
        folder = a_folder(backend, tenant).id
        trashed = in_trash(
            backend, tenant, a_file(5, expires_at=NOW + 40 * DAY, folder=folder, tags=("a",))
        )
        restored = replace(trashed.file, revision=1)

        assert backend.trash.restore(tenant, trashed, restored)

        assert backend.files.get(tenant, restored.id) == restored
        assert backend.trash.get(tenant, restored.id) is None
        assert used(backend, tenant) == Amount(files=1, bytes=5)

    def test_a_second_time_there_is_nothing_to_restore(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        trashed = in_trash(backend, tenant, a_file())
        backend.trash.restore(tenant, trashed, replace(trashed.file, revision=1))
        before = backend.snapshot()

        assert not backend.trash.restore(tenant, trashed, replace(trashed.file, revision=1))

        assert backend.snapshot() == before

    def test_what_was_purged_is_not_restored(self, backend: Backend, tenant: TenantId) -> None:
        trashed = in_trash(backend, tenant, a_file())
        backend.trash.purge(tenant, [trashed])

        assert not backend.trash.restore(tenant, trashed, replace(trashed.file, revision=1))

        assert not backend.files.exists(tenant, trashed.file.id)

    def test_another_project_s_trash_is_not_restored(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        trashed = in_trash(backend, a_project(backend, OTHER), a_file())
        before = backend.snapshot()

        assert not backend.trash.restore(tenant, trashed, replace(trashed.file, revision=1))

        assert backend.snapshot() == before

    def test_a_purged_file_is_not_found_even_if_its_folder_is_gone(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        folder = a_folder(backend, tenant).id
        trashed = in_trash(backend, tenant, a_file(folder=folder))
        backend.trash.purge(tenant, [trashed])
        close_folder(backend, tenant, folder, NOW)

        assert not backend.trash.restore(tenant, trashed, trashed.file)

    def test_a_folder_that_is_gone_can_be_left_out(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        folder = a_folder(backend, tenant)
        trashed = in_trash(backend, tenant, a_file(folder=folder.id))
        now = backend.folders.get(tenant, folder.id)
        assert now is not None
        assert backend.folders.remove(tenant, now)

        with pytest.raises(NotFoundError):
            backend.trash.restore(tenant, trashed, trashed.file)
        assert backend.trash.restore(tenant, trashed, replace(trashed.file, folder_id=None))

    def test_a_file_restored_and_trashed_again_has_changed(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        stale = in_trash(backend, tenant, a_file())
        restored = replace(stale.file, revision=1)
        backend.trash.restore(tenant, stale, restored)
        renamed = replace(restored, filename="renamed", revision=2)
        backend.files.revise(tenant, restored, renamed)
        to_trash(backend, tenant, renamed.id)
        before = backend.snapshot()

        assert not backend.trash.restore(tenant, stale, restored)
        assert not backend.trash.purge(tenant, [stale])

        assert backend.snapshot() == before

    def test_an_unvalidated_file_is_due_after_the_grace_for_its_validation(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        trashed = in_trash(backend, tenant, a_file())
        backend.clock.advance(10 * DAY)
        backend.usage.schedule_audit(tenant, NOW + 90 * DAY)

        backend.trash.restore(tenant, trashed, trashed.file)

        then = NOW + 10 * DAY + VALIDATION_GRACE
        assert set(backend.deadlines.due(then - 1)) == set()
        assert set(backend.deadlines.due(then)) == {DueFile(tenant, trashed.file.id)}

    def test_a_restored_file_expires_as_it_did_before(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        trashed = in_trash(backend, tenant, a_file(expires_at=NOW + 40 * DAY))

        backend.trash.restore(tenant, trashed, trashed.file)

        assert list(backend.deadlines.expired(tenant, NOW + 40 * DAY - 1)) == []
        assert list(backend.deadlines.expired(tenant, NOW + 40 * DAY)) == [
            DueFile(tenant, trashed.file.id)
        ]

    def test_the_stream_reports_a_restored_file_as_a_removal(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        trashed = in_trash(backend, tenant, a_file(folder=a_folder(backend, tenant).id))
        backend.removed()

        backend.trash.restore(tenant, trashed, replace(trashed.file, folder_id=None))

        assert gone(backend) == [(tenant, trashed.file)]
        assert backend.files.exists(tenant, trashed.file.id)


class TestPurge:
    @pytest.mark.parametrize("count", [1, 2])
    def test_files_are_purged_together_and_their_quota_is_free(
        self, backend: Backend, tenant: TenantId, count: int
    ) -> None:
        files = admitted(backend, tenant, count)
        backend.files.admit(tenant, a_file(7))
        backend.trash.put(tenant, files, START)
        trashed = [TrashedFile(file, deleted_at=NOW) for file in files]

        assert backend.trash.purge(tenant, trashed)

        assert not any(backend.files.exists(tenant, file.id) for file in files)
        assert used(backend, tenant) == Amount(files=1, bytes=7)
        assert backend.usage.recount(tenant).used == Amount(files=1, bytes=7)
        assert backend.snapshot().released == {file.id for file in files}

    @pytest.mark.parametrize(
        ("fate", "count"),
        [("restored", 1), ("restored", 2), ("purged", 1), ("purged", 2)],
    )
    def test_no_file_is_purged_when_one_is_missing(
        self, backend: Backend, tenant: TenantId, fate: str, count: int
    ) -> None:
        files = admitted(backend, tenant, count)
        backend.trash.put(tenant, files, START)
        trashed = [TrashedFile(file, deleted_at=NOW) for file in files]
        if fate == "restored":
            backend.trash.restore(tenant, trashed[-1], replace(files[-1], revision=1))
        else:
            backend.trash.purge(tenant, [trashed[-1]])
        before = backend.snapshot()

        assert not backend.trash.purge(tenant, trashed)

        assert backend.snapshot() == before

    def test_another_project_s_trash_is_not_purged(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        trashed = in_trash(backend, a_project(backend, OTHER), a_file())
        before = backend.snapshot()

        assert not backend.trash.purge(tenant, [trashed])

        assert backend.snapshot() == before

    def test_a_live_file_is_not_purged(self, backend: Backend, tenant: TenantId) -> None:
        (file,) = admitted(backend, tenant, 1)

        assert not backend.trash.purge(tenant, [TrashedFile(file, deleted_at=NOW)])

        assert backend.files.get(tenant, file.id) == file

    def test_a_purge_frees_quota_only_once(self, backend: Backend, tenant: TenantId) -> None:
        trashed = in_trash(backend, tenant, a_file(5))
        backend.files.admit(tenant, a_file(7))
        backend.trash.purge(tenant, [trashed])

        assert not backend.files.release_quota(tenant, trashed.file, backend.clock())

        assert used(backend, tenant) == Amount(files=1, bytes=7)

    def test_the_stream_reports_purged_files(self, backend: Backend, tenant: TenantId) -> None:
        trashed = in_trash(backend, tenant, a_file(folder=a_folder(backend, tenant).id))
        backend.removed()

        backend.trash.purge(tenant, [trashed])

        assert gone(backend) == [(tenant, trashed.file)]
        assert not backend.files.exists(tenant, trashed.file.id)


class TestExpiry:
    @pytest.mark.parametrize("expires_at", [None, NOW + 40 * DAY, NOW + 3_600])
    def test_ttl_removes_a_file_a_day_after_its_time(
        self, backend: Backend, tenant: TenantId, expires_at: int | None
    ) -> None:
        trashed = in_trash(backend, tenant, a_file(5, expires_at=expires_at))
        backend.removed()

        backend.clock.now = trashed.purge_at + DAY - 1
        backend.collect_ttl()
        assert backend.trash.get(tenant, trashed.file.id) == trashed
        backend.clock.advance(1)
        backend.collect_ttl()

        assert not backend.files.exists(tenant, trashed.file.id)
        assert gone(backend) == [(tenant, trashed.file)]
        assert backend.files.release_quota(tenant, trashed.file, backend.clock())
        assert used(backend, tenant) == NOTHING


def test_endless_conflicts_change_nothing(backend: Backend, tenant: TenantId) -> None:
    (live,) = admitted(backend, tenant, 1)
    trashed = in_trash(backend, tenant, a_file())
    before = backend.snapshot()
    backend.contend()

    with pytest.raises(ContentionError):
        backend.trash.put(tenant, [live], START)
    with pytest.raises(ContentionError):
        backend.trash.restore(tenant, trashed, trashed.file)
    with pytest.raises(ContentionError):
        backend.trash.purge(tenant, [trashed])

    assert backend.snapshot() == before


def test_a_full_transaction_of_files_is_trashed_and_purged_together_or_not_at_all(
    backend: Backend, tenant: TenantId
) -> None:
    files = admitted(backend, tenant, MAX_FILES_PER_TRANSACTION)
    backend.files.admit(tenant, a_file(7))
    revised = replace(files[-1], favorite=True, revision=1)
    backend.files.revise(tenant, files[-1], revised)
    before = backend.snapshot()

    assert not backend.trash.put(tenant, files, START)
    assert backend.snapshot() == before
    files[-1] = revised
    assert backend.trash.put(tenant, files, START)

    trashed = [TrashedFile(file, deleted_at=NOW) for file in files]
    assert [backend.trash.get(tenant, file.id) for file in files] == trashed
    assert not any(backend.files.get(tenant, file.id) for file in files)
    restored = replace(revised, revision=2)
    backend.trash.restore(tenant, trashed[-1], restored)
    before = backend.snapshot()

    assert not backend.trash.purge(tenant, trashed)
    assert backend.snapshot() == before
    assert backend.trash.put(tenant, [restored], START)
    trashed[-1] = TrashedFile(restored, deleted_at=NOW)
    assert backend.trash.purge(tenant, trashed)

    assert not any(backend.files.exists(tenant, file.id) for file in files)
    assert used(backend, tenant) == Amount(files=1, bytes=7)
    assert backend.usage.recount(tenant).used == Amount(files=1, bytes=7)
    assert backend.snapshot().released == {file.id for file in files}
