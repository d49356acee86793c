"""The trash: in, listed, restored, purged, emptied; and never what was not meant."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.errors import ContentionError, InvalidParameterError, NotFoundError
from larder.domain.files import DAY, File, FileStatus
from larder.domain.quota import NOTHING, Amount
from larder.domain.trash import TRASH_LIFE, TrashedFile
from larder.services.budget import ATTEMPTS
from larder.services.files.delete import delete_file
from larder.services.files.get import get_file
from larder.services.files.ports import Settlement
from larder.services.space.list_trash import list_trash
from larder.services.space.ports import MAX_FILES_PER_TRANSACTION, FileQuery, Page, TrashCleanup
from larder.services.space.purge import empty_trash, purge_one, purge_until
from larder.services.space.trash_file import trash_all
from larder.services.space.update_file import FileChanges
from tests.fakes.clock import START
from tests.samples import OTHER, TENANT, a_file, a_file_id, a_project, to_trash
from tests.unit.use_cases import (
    announce,
    clean,
    complete,
    forever,
    make_folder,
    receive,
    restore,
    store,
    times,
    trash,
    trashed,
    update,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from larder.domain.ids import FileId, TenantId
    from tests.backends.memory import MemoryBackend

pytestmark = pytest.mark.usefixtures("tenant")

NOW = int(START)


@pytest.fixture
def tenant(ports: MemoryBackend) -> TenantId:
    """A project with room for a full trash."""
    return a_project(ports, limit=Amount(files=1_000, bytes=100_000))


def used(ports: MemoryBackend) -> Amount:
    return ports.snapshot().usage[TENANT].used


def listed(ports: MemoryBackend, limit: int = 100) -> list[FileId]:
    page = ports.make(list_trash)(TENANT, limit=limit, after=None)
    return [gone.file.id for gone in page.items if isinstance(gone, TrashedFile)]


def empty(ports: MemoryBackend, keep_going: Callable[[], bool] = forever) -> tuple[int, bool]:
    return ports.make(empty_trash)(TENANT, keep_going=keep_going)


def purge(ports: MemoryBackend, file_id: str) -> FileId:
    return ports.make(purge_one)(TENANT, file_id)


def a_full_trash(ports: MemoryBackend, count: int) -> list[File]:
    files = [a_file(1, id=a_file_id(number=number)) for number in range(count)]
    for file in files:
        ports.files.admit(TENANT, file)
        to_trash(ports, TENANT, file.id)
    return files


class TestTrash:
    def test_a_trashed_file_is_gone_from_every_read_and_still_counted(
        self, ports: MemoryBackend
    ) -> None:
        file = store(ports)
        before = used(ports)

        assert trash(ports, file.id) == file.id

        with pytest.raises(NotFoundError):
            ports.make(get_file)(TENANT, file.id)
        found = ports.search.search(TENANT, FileQuery(), limit=10, after=None, now=START)
        assert found.items == ()
        assert used(ports) == before
        assert ports.objects.stat(TENANT, file.id) is not None

    @pytest.mark.parametrize("fate", ["malformed", "random", "foreign", "expired", "trashed"])
    def test_a_file_that_is_not_there_is_not_found(
        self, ports: MemoryBackend, other: TenantId, fate: str
    ) -> None:
        file_id: str = a_file_id()
        match fate:
            case "malformed":
                file_id = "file-"
            case "foreign":
                file_id = store(ports, tenant=other).id
            case "expired":
                file_id = store(ports, expires_after=3_600).id
                ports.clock.advance(3_600)
            case "trashed":
                file_id = trash(ports, store(ports).id)
        before = ports.snapshot()

        with pytest.raises(NotFoundError, match=f"No such File object: {file_id}"):
            trash(ports, file_id)

        assert ports.snapshot() == before

    def test_a_change_that_comes_meanwhile_is_kept(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = store(ports)
        meanwhile(
            ports,
            monkeypatch,
            lambda: update(ports, file.id, FileChanges(name="b")),
            lambda: ports.files.settle(TENANT, file, Settlement(FileStatus.PROCESSED)),
        )

        trash(ports, file.id)

        gone = ports.trash.get(TENANT, file.id)
        assert gone is not None
        assert (gone.file.filename, gone.file.status) == ("b", FileStatus.PROCESSED)

    def test_a_file_that_is_deleted_meanwhile_is_not_found(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = store(ports)
        meanwhile(ports, monkeypatch, lambda: ports.files.release(TENANT, file))

        with pytest.raises(NotFoundError):
            trash(ports, file.id)

        assert listed(ports) == []

    def test_who_is_outrun_again_and_again_is_told_to_try_later(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = store(ports)
        changes = [FileChanges(name=f"{number}") for number in range(ATTEMPTS)]
        meanwhile(ports, monkeypatch, *((lambda c=c: update(ports, file.id, c)) for c in changes))

        with pytest.raises(ContentionError):
            trash(ports, file.id)

    def test_openai_s_delete_is_for_live_files_and_for_good(self, ports: MemoryBackend) -> None:
        in_trash, live = store(ports), store(ports)
        trash(ports, in_trash.id)

        with pytest.raises(NotFoundError):
            ports.make(delete_file)(TENANT, in_trash.id)
        ports.make(delete_file)(TENANT, live.id)

        assert listed(ports) == [in_trash.id]
        assert used(ports) == in_trash.amount


class TestTrashAll:
    def test_those_that_have_changed_stay_and_the_others_go(self, ports: MemoryBackend) -> None:
        files = [store(ports) for _ in range(4)]
        update(ports, files[1].id, FileChanges(favorite=True))
        ports.files.release(TENANT, files[2])

        ports.make(trash_all)(TENANT, files, now=START)

        assert set(listed(ports)) == {files[0].id, files[3].id}
        assert ports.files.get(TENANT, files[1].id) is not None


class TestList:
    def test_the_last_deleted_comes_first_until_its_time_is_over(
        self, ports: MemoryBackend
    ) -> None:
        files = [store(ports), store(ports, expires_after=7 * DAY), store(ports)]
        for number in (2, 0, 1):
            trash(ports, files[number].id)
            ports.clock.advance(60)

        assert listed(ports) == [files[n].id for n in (1, 0, 2)]
        ports.clock.advance(7 * DAY)
        assert listed(ports) == [files[n].id for n in (0, 2)]
        ports.clock.now = START + TRASH_LIFE
        assert listed(ports) == [files[0].id]

    @pytest.mark.parametrize("limit", [-1, 0, 1_001])
    def test_another_limit_is_refused(self, ports: MemoryBackend, limit: int) -> None:
        with pytest.raises(InvalidParameterError) as refused:
            listed(ports, limit)

        assert refused.value.param == "limit"


class TestRestore:
    def test_a_file_is_back_where_it_was_as_it_was(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "a").id
        file = store(ports, folder=folder, tags=("a",), expires_after=20 * DAY)
        receive(ports, file.id)
        settled = ports.files.get(TENANT, file.id)
        assert settled is not None
        trash(ports, file.id)

        restored = restore(ports, file.id)

        assert restored == replace(settled, revision=1)
        assert ports.make(get_file)(TENANT, file.id) == restored
        assert listed(ports) == []
        assert ports.announced() == []

    def test_a_file_whose_folder_is_gone_is_back_in_the_root(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "a").id
        file = store(ports, folder=folder)
        trash(ports, file.id)
        current = ports.folders.get(TENANT, folder)
        assert current is not None
        assert ports.folders.remove(TENANT, current)

        assert restore(ports, file.id).folder_id is None

        in_root = FileQuery(folder="root")
        found = ports.search.search(TENANT, in_root, limit=10, after=None, now=START)
        assert [f.id for f in found.items] == [file.id]

    def test_an_unvalidated_file_is_announced_again(self, ports: MemoryBackend) -> None:
        file = store(ports)
        trash(ports, file.id)
        # The news of its bytes comes while it is in the trash, where nothing changes.
        receive(ports, file.id)
        assert ports.objects.stat(TENANT, file.id) is not None

        restore(ports, file.id)

        assert ports.announced() == [(TENANT, file.id)]
        receive(ports, file.id)
        settled = ports.files.get(TENANT, file.id)
        assert settled is not None
        assert settled.status is FileStatus.PROCESSED

    @pytest.mark.parametrize(
        "fate", ["malformed", "random", "foreign", "live", "purged", "restored", "over", "expired"]
    )
    def test_what_is_not_in_the_trash_is_not_found(
        self, ports: MemoryBackend, other: TenantId, fate: str
    ) -> None:
        file_id: str = a_file_id()
        match fate:
            case "malformed":
                file_id = "trash#file-1"
            case "foreign":
                file_id = trash(ports, store(ports, tenant=other).id, tenant=other)
            case "live":
                file_id = store(ports).id
            case "purged":
                file_id = purge(ports, trash(ports, store(ports).id))
            case "restored":
                file_id = restore(ports, trash(ports, store(ports).id)).id
            case "over":
                file_id = trash(ports, store(ports).id)
                ports.clock.advance(TRASH_LIFE)
            case "expired":
                file_id = trash(ports, store(ports, expires_after=3_600).id)
                ports.clock.advance(3_600)
        before = ports.snapshot()

        with pytest.raises(NotFoundError, match=f"No such File object: {file_id}"):
            restore(ports, file_id)
        with pytest.raises(NotFoundError, match=f"No such File object: {file_id}"):
            purge(ports, file_id)

        assert ports.snapshot() == before

    def test_a_change_that_was_read_before_the_deletion_is_not_made_after_it(
        self, ports: MemoryBackend
    ) -> None:
        before = store(ports)
        trash(ports, before.id)
        restore(ports, before.id)

        assert not ports.files.revise(TENANT, before, replace(before, filename="b", revision=1))

    def test_of_two_restores_at_once_one_is_made(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = store(ports)
        trash(ports, file.id)
        put_back = ports.trash.restore

        def outrun(tenant: TenantId, gone: TrashedFile, back: File) -> bool:
            monkeypatch.setattr(ports.trash, "restore", put_back)
            restore(ports, file.id)
            return put_back(tenant, gone, back)

        monkeypatch.setattr(ports.trash, "restore", outrun)

        with pytest.raises(NotFoundError):
            restore(ports, file.id)

        restored = ports.files.get(TENANT, file.id)
        assert restored is not None
        assert restored.revision == 1


class TestPurge:
    def test_a_purged_file_is_gone_and_its_quota_free(self, ports: MemoryBackend) -> None:
        file = store(ports)
        trash(ports, file.id)

        assert purge(ports, file.id) == file.id

        assert not ports.files.exists(TENANT, file.id)
        assert used(ports) == NOTHING

    def test_of_two_purges_at_once_one_frees_the_quota(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file, _ = store(ports), store(ports)
        trash(ports, file.id)
        remove = ports.trash.purge

        def outrun(tenant: TenantId, gone: Sequence[TrashedFile]) -> bool:
            assert remove(tenant, gone)
            return remove(tenant, gone)

        monkeypatch.setattr(ports.trash, "purge", outrun)

        with pytest.raises(NotFoundError):
            purge(ports, file.id)

        assert used(ports) == Amount(files=1, bytes=10)


class TestEmpty:
    @pytest.mark.parametrize(
        "count",
        [
            0,
            1,
            MAX_FILES_PER_TRANSACTION,
            MAX_FILES_PER_TRANSACTION + 1,
            3 * MAX_FILES_PER_TRANSACTION,
        ],
    )
    def test_all_that_is_in_the_trash_is_purged(self, ports: MemoryBackend, count: int) -> None:
        live = store(ports)
        a_full_trash(ports, count)

        assert empty(ports) == (count, True)

        assert ports.snapshot().trash == {}
        assert used(ports) == live.amount
        assert ports.cleanups.queued == []

    def test_another_project_s_trash_stays(self, ports: MemoryBackend, other: TenantId) -> None:
        file = store(ports, tenant=other)
        trash(ports, file.id, tenant=other)

        assert empty(ports) == (0, True)

        assert ports.trash.get(OTHER, file.id) is not None

    @pytest.mark.parametrize("rounds", [0, 1, 2, 3])
    def test_what_there_is_no_time_for_is_done_in_the_background(
        self, ports: MemoryBackend, rounds: int
    ) -> None:
        a_full_trash(ports, 4 * MAX_FILES_PER_TRANSACTION)

        assert empty(ports, times(rounds)) == (rounds * MAX_FILES_PER_TRANSACTION, False)

        assert ports.cleanups.queued == [(TENANT, TrashCleanup(NOW))]
        assert len(ports.snapshot().trash) == (4 - rounds) * MAX_FILES_PER_TRANSACTION

    def test_the_background_finishes_it_however_often_it_runs_out_of_time(
        self, ports: MemoryBackend
    ) -> None:
        a_full_trash(ports, 4 * MAX_FILES_PER_TRANSACTION)
        empty(ports, times(0))
        runs = 0

        while ports.cleanups.queued:
            clean(ports, times(1))
            runs += 1

        assert ports.snapshot().trash == {}
        assert runs == 4
        assert used(ports) == NOTHING

    def test_what_is_trashed_after_the_request_stays(self, ports: MemoryBackend) -> None:
        old = a_full_trash(ports, 2 * MAX_FILES_PER_TRANSACTION)
        empty(ports, times(1))
        ports.clock.advance(1)
        later = store(ports)
        trash(ports, later.id)
        again = restore(ports, old[0].id)
        trash(ports, again.id)

        clean(ports)

        assert set(listed(ports)) == {later.id, again.id}

    def test_what_is_trashed_while_it_is_emptied_stays(self, ports: MemoryBackend) -> None:
        a_full_trash(ports, 2 * MAX_FILES_PER_TRANSACTION)
        later: list[FileId] = []

        def keep_going() -> bool:
            ports.clock.advance(1)
            later.append(trash(ports, store(ports).id))
            return True

        purged, done = empty(ports, keep_going)

        assert (purged, done) == (2 * MAX_FILES_PER_TRANSACTION, True)
        assert listed(ports) == later[::-1]

    def test_what_is_restored_or_purged_meanwhile_does_not_keep_up_the_rest(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = a_full_trash(ports, 5)
        page = ports.trash.page

        def outrun(
            tenant: TenantId, *, limit: int, after: None, now: float, **folder: Any
        ) -> Page[Any]:
            found = page(tenant, limit=limit, after=after, now=now, **folder)
            restore(ports, files[1].id)
            purge(ports, files[3].id)
            return found

        monkeypatch.setattr(ports.trash, "page", outrun)

        purged, done = ports.make(purge_until)(TENANT, NOW, keep_going=forever)

        assert (purged, done) == (3, True)
        assert ports.snapshot().trash == {}
        assert ports.files.get(TENANT, files[1].id) is not None
        assert used(ports) == files[1].amount

    def test_what_is_restored_changed_and_trashed_again_meanwhile_stays(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (file,) = a_full_trash(ports, 1)
        page = ports.trash.page

        def outrun(
            tenant: TenantId, *, limit: int, after: None, now: float, **folder: Any
        ) -> Page[Any]:
            found = page(tenant, limit=limit, after=after, now=now, **folder)
            restore(ports, file.id)
            ports.clock.advance(1)
            trash(ports, file.id)
            return found

        monkeypatch.setattr(ports.trash, "page", outrun)

        assert empty(ports) == (0, True)

        assert listed(ports) == [file.id]

    def test_what_has_expired_is_left_to_the_sweeper(self, ports: MemoryBackend) -> None:
        trash(ports, store(ports, expires_after=3_600).id)
        ports.clock.advance(3_600)

        assert empty(ports) == (0, True)


class TestBesideTheRest:
    def test_an_upload_whose_file_is_in_the_trash_is_completed_without_one(
        self, ports: MemoryBackend
    ) -> None:
        upload = announce(ports).upload
        ports.client_put(TENANT, upload, b"0123456789")
        complete(ports, upload.id)
        trash(ports, upload.file_id)

        assert complete(ports, upload.id).file is None
        receive(ports, upload.file_id)

        assert ports.objects.stat(TENANT, upload.file_id) is not None

    def test_a_file_that_is_trashed_while_it_is_validated_is_validated_when_it_is_back(
        self, ports: MemoryBackend
    ) -> None:
        file = store(ports)
        gone = trashed(ports, file)
        assert not ports.files.settle(TENANT, file, Settlement(FileStatus.PROCESSED))

        restore(ports, file.id)
        for tenant, file_id in ports.announced():
            receive(ports, file_id, tenant=tenant)

        assert gone.file.status is FileStatus.UPLOADED
        settled = ports.files.get(TENANT, file.id)
        assert settled is not None
        assert settled.status is FileStatus.PROCESSED

    def test_what_is_past_its_time_makes_room_for_a_new_file(self, ports: MemoryBackend) -> None:
        ports.projects.set_limit(TENANT, Amount(files=1, bytes=10))
        old = store(ports)
        trash(ports, old.id)
        ports.clock.advance(TRASH_LIFE)

        new = store(ports)

        assert ports.trash.get(TENANT, old.id) is None
        assert used(ports) == new.amount


def meanwhile(
    ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch, *changes: Callable[[], object]
) -> None:
    """Have another request's changes made between the next reads and the moves after."""
    put, planned = ports.trash.put, list(changes)

    def interrupted(tenant: TenantId, files: Sequence[File], now: float) -> bool:
        if planned:
            planned.pop(0)()
        return put(tenant, files, now)

    monkeypatch.setattr(ports.trash, "put", interrupted)
