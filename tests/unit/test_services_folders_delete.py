"""Deleting folders: whole trees, in as many goes as it takes, without losing sight of a file."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.errors import ConflictError, ContentionError, NotFoundError
from larder.domain.files import FileStatus
from larder.domain.folders import CLEARING_GRACE, MAX_DEPTH
from larder.domain.quota import Amount
from larder.services.budget import SPACED_ATTEMPTS
from larder.services.files.ports import Settlement
from larder.services.space.delete_folder import DeleteFolder
from larder.services.space.ports import (
    MAX_FILES_PER_TRANSACTION,
    FileQuery,
    FolderCleanup,
    Page,
    Position,
)
from larder.services.space.update_file import FileChanges
from larder.services.upkeep.cleanup import run_cleanup
from larder.services.upkeep.sweep import SweepResult
from tests.fakes.clock import START
from tests.samples import TENANT, a_file, a_file_id, a_folder, a_project
from tests.unit.use_cases import (
    announce,
    clean,
    complete,
    delete,
    forever,
    make_folder,
    receive,
    restore,
    store,
    sweep,
    times,
    trash,
    update,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from larder.domain.files import File
    from larder.domain.ids import FileId, FolderId, TenantId
    from tests.backends.memory import MemoryBackend

pytestmark = pytest.mark.usefixtures("tenant")

NOW = int(START)


@pytest.fixture
def tenant(ports: MemoryBackend) -> TenantId:
    """A project with room for large trees."""
    return a_project(ports, limit=Amount(files=20_000, bytes=10**6))


def check_sound(ports: MemoryBackend) -> None:
    """Check that no file and no folder lies in a folder that is gone."""
    there = {folder_id for _, folder_id in ports.store.folders} | {None}
    lost = [row.file.id for row in ports.store.files.values() if row.file.folder_id not in there]
    orphans = [
        row.folder.id for row in ports.store.folders.values() if row.folder.parent_id not in there
    ]
    assert (lost, orphans) == ([], [])


def a_tree(ports: MemoryBackend) -> tuple[FolderId, set[FileId]]:
    """Store files in folders in a folder, and return it with all its files."""
    outer = make_folder(ports, "outer").id
    middle = make_folder(ports, "middle", outer).id
    inner = make_folder(ports, "inner", middle).id
    make_folder(ports, "empty", outer)
    files = {
        store(ports, folder=folder).id
        for folder, count in ((outer, 2), (middle, 1), (inner, 2))
        for _ in range(count)
    }
    return outer, files


def trash_ids(ports: MemoryBackend) -> set[FileId]:
    return {file_id for _, file_id in ports.store.trash}


class TestDelete:
    @pytest.mark.parametrize("recursive", [True, False])
    def test_an_empty_folder_is_gone_at_once(
        self, ports: MemoryBackend, *, recursive: bool
    ) -> None:
        folder = make_folder(ports, "a")

        assert delete(ports, folder.id, recursive=recursive)

        assert ports.snapshot().folders == {}
        assert ports.cleanups.queued == []

    @pytest.mark.parametrize("content", ["file", "folder"])
    def test_a_folder_that_is_not_empty_stays_as_it_is(
        self, ports: MemoryBackend, content: str
    ) -> None:
        folder = make_folder(ports, "Reports")
        if content == "file":
            store(ports, folder=folder.id)
        else:
            make_folder(ports, "inner", folder.id)
        before = ports.snapshot()

        with pytest.raises(ConflictError, match="'Reports' is not empty") as refused:
            delete(ports, folder.id, recursive=False)

        assert (refused.value.code, refused.value.permanent) == ("folder_not_empty", True)
        assert ports.snapshot() == before

    def test_what_was_taken_out_of_it_is_no_hindrance(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "a")
        trashed, moved = store(ports, folder=folder.id), store(ports, folder=folder.id)
        store(ports, folder=folder.id, expires_after=3_600)
        trash(ports, trashed.id)
        update(ports, moved.id, FileChanges(folder="root"))
        ports.clock.advance(3_600)

        assert delete(ports, folder.id, recursive=False)

        assert restore(ports, trashed.id).folder_id is None

    def test_what_is_put_in_at_the_last_moment_keeps_it(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = make_folder(ports, "a")
        remove = ports.folders.remove
        stored: list[File] = []

        def outrun(tenant: TenantId, found: Any) -> bool:
            if not stored:
                stored.append(store(ports, folder=folder.id))
            return remove(tenant, found)

        monkeypatch.setattr(ports.folders, "remove", outrun)

        with pytest.raises(ConflictError):
            delete(ports, folder.id, recursive=False)

        check_sound(ports)
        assert ports.folders.get(TENANT, folder.id) is not None

    def test_what_goes_in_and_out_again_and_again_is_contention(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = make_folder(ports, "a")
        remove, rounds = ports.folders.remove, []

        def outrun(tenant: TenantId, found: Any) -> bool:
            rounds.append(store(ports, folder=folder.id))
            ports.files.release(tenant, rounds[-1])
            return remove(tenant, found)

        monkeypatch.setattr(ports.folders, "remove", outrun)

        with pytest.raises(ContentionError):
            delete(ports, folder.id, recursive=False)

        assert len(rounds) == SPACED_ATTEMPTS

    def test_a_folder_is_empty_only_when_the_finder_has_seen_it_all(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = make_folder(ports, "a")
        store(ports, folder=folder.id)
        nowhere = Page[Any]((), Position("file-0", "file-0"))
        monkeypatch.setattr(ports.search, "search", lambda *_, **__: nowhere)

        with pytest.raises(ConflictError):
            delete(ports, folder.id, recursive=False)

    @pytest.mark.parametrize("recursive", [True, False])
    @pytest.mark.parametrize("folder_id", ["", "root", "folder-1", "folder-" + "0" * 24])
    def test_what_does_not_exist_is_not_found(
        self, ports: MemoryBackend, folder_id: str, *, recursive: bool
    ) -> None:
        with pytest.raises(NotFoundError, match="No such Folder"):
            delete(ports, folder_id, recursive=recursive)

    @pytest.mark.parametrize("recursive", [True, False])
    def test_another_project_s_folder_is_not_found(
        self, ports: MemoryBackend, other: TenantId, *, recursive: bool
    ) -> None:
        foreign = make_folder(ports, "a", tenant=other)

        with pytest.raises(NotFoundError):
            delete(ports, foreign.id, recursive=recursive)

        assert ports.folders.get(other, foreign.id) == foreign


class TestTree:
    def test_all_its_files_go_to_the_trash_and_all_its_folders_go(
        self, ports: MemoryBackend
    ) -> None:
        beside = store(ports, folder=make_folder(ports, "beside").id)
        outer, files = a_tree(ports)
        usage = ports.snapshot().usage[TENANT].used

        assert delete(ports, outer)

        assert trash_ids(ports) == files
        assert [file_id for _, file_id in ports.store.files] == [beside.id]
        assert [row.folder.name for row in ports.store.folders.values()] == ["beside"]
        assert ports.cleanups.queued == []
        assert ports.snapshot().usage[TENANT].used == usage

    def test_more_files_than_one_transaction_takes_go(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "a").id
        for number in range(2 * MAX_FILES_PER_TRANSACTION + 1):
            ports.files.admit(TENANT, a_file(1, id=a_file_id(number=number), folder=folder))

        assert delete(ports, folder)

        assert len(trash_ids(ports)) == 2 * MAX_FILES_PER_TRANSACTION + 1

    def test_more_folders_than_one_page_has_go(self, ports: MemoryBackend) -> None:
        outer = make_folder(ports, "outer").id
        for number in range(MAX_FILES_PER_TRANSACTION + 1):
            a_folder(ports, TENANT, f"{number}", parent=outer)

        assert delete(ports, outer)

        assert ports.snapshot().folders == {}

    def test_the_deepest_tree_goes(self, ports: MemoryBackend) -> None:
        chain = [make_folder(ports, "0").id]
        for depth in range(1, MAX_DEPTH):
            chain.append(make_folder(ports, f"{depth}", chain[-1]).id)
        file = store(ports, folder=chain[-1])

        assert delete(ports, chain[0])

        assert trash_ids(ports) == {file.id}
        assert ports.snapshot().folders == {}

    def test_a_subtree_goes_and_the_rest_stays(self, ports: MemoryBackend) -> None:
        outer, _ = a_tree(ports)
        middle = next(
            row.folder for row in ports.store.folders.values() if row.folder.name == "middle"
        )

        delete(ports, middle.id)

        left = {row.folder.name for row in ports.store.folders.values()}
        assert left == {"outer", "empty"}
        assert Counter(row.file.folder_id for row in ports.store.files.values()) == {outer: 2}
        assert len(trash_ids(ports)) == 3

    def test_files_past_more_expired_ones_than_are_read_at_once_go(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = make_folder(ports, "a").id
        files = {store(ports, folder=folder).id for _ in range(3)}
        find = ports.search.search

        def short_of_breath(tenant: TenantId, query: FileQuery, **page: Any) -> Page[File]:
            if page["after"] is None:
                return Page((), Position("file-g", "file-g"))
            return find(tenant, query, **page)

        monkeypatch.setattr(ports.search, "search", short_of_breath)

        assert delete(ports, folder)

        assert trash_ids(ports) == files

    def test_files_that_are_changed_meanwhile_go_as_they_are_then(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outer, files = a_tree(ports)
        put, changed = ports.trash.put, set[str]()

        def outrun(tenant: TenantId, found: Sequence[File], now: float, **within: Any) -> bool:
            for file in found:
                if file.id not in changed:
                    changed.add(file.id)
                    update(ports, file.id, FileChanges(name="renamed"))
            return put(tenant, found, now, **within)

        monkeypatch.setattr(ports.trash, "put", outrun)

        assert delete(ports, outer)

        assert trash_ids(ports) == files
        assert {gone.file.filename for gone in ports.store.trash.values()} == {"renamed"}

    def test_files_that_are_moved_out_meanwhile_stay(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outer, files = a_tree(ports)
        saved = min(files)
        put = ports.trash.put

        def outrun(tenant: TenantId, found: Sequence[File], now: float, **within: Any) -> bool:
            if any(file.id == saved and file.revision == 0 for file in found):
                update(ports, saved, FileChanges(folder="root"))
            return put(tenant, found, now, **within)

        monkeypatch.setattr(ports.trash, "put", outrun)

        assert delete(ports, outer)

        assert trash_ids(ports) == files - {saved}
        found = ports.files.get(TENANT, saved)
        assert found is not None
        assert found.folder_id is None


class TestInTheBackground:
    def test_without_time_the_folder_is_closed_and_the_rest_asked_for(
        self, ports: MemoryBackend
    ) -> None:
        outer, files = a_tree(ports)

        assert not delete(ports, outer, keep_going=times(0))

        assert ports.cleanups.queued == [(TENANT, FolderCleanup(outer))]
        assert trash_ids(ports) == set()
        folder = ports.folders.get(TENANT, outer)
        assert folder is not None
        assert folder.deleting
        with pytest.raises(NotFoundError):
            store(ports, folder=outer)
        assert {file_id for _, file_id in ports.store.files} == files

    @pytest.mark.parametrize("goes", [1, 2, 3])
    def test_it_is_finished_in_as_many_goes_as_it_takes(
        self, ports: MemoryBackend, goes: int
    ) -> None:
        outer, files = a_tree(ports)
        delete(ports, outer, keep_going=times(goes))

        for _ in range(100):
            check_sound(ports)
            clean(ports, times(goes + 4))

        assert ports.cleanups.queued == []
        assert trash_ids(ports) == files
        assert ports.snapshot().folders == {}

    def test_a_message_that_comes_twice_or_late_does_nothing(self, ports: MemoryBackend) -> None:
        outer, files = a_tree(ports)
        beside = store(ports)
        delete(ports, outer, keep_going=times(0))
        (message,) = ports.cleanups.queued
        clean(ports)
        restored = restore(ports, min(files))
        before = ports.snapshot()

        ports.make(run_cleanup)(*message, keep_going=forever)

        assert ports.snapshot() == before
        assert ports.cleanups.queued == []
        assert {file_id for _, file_id in ports.store.files} == {beside.id, restored.id}

    def test_two_who_clear_one_folder_at_once_are_both_done(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outer, files = a_tree(ports)
        keep = ports.folder_trash.keep

        def outrun(tenant: TenantId, root: Any, folder: Any) -> bool:
            monkeypatch.setattr(ports.folder_trash, "keep", keep)
            ports.finish_folder(TENANT, outer, keep_going=forever)
            return keep(tenant, root, folder)

        monkeypatch.setattr(ports.folder_trash, "keep", outrun)

        assert delete(ports, outer)

        assert trash_ids(ports) == files
        assert ports.snapshot().folders == {}

    def test_the_sweeper_has_it_taken_up_when_the_message_is_lost(
        self, ports: MemoryBackend
    ) -> None:
        outer, files = a_tree(ports)
        for file_id in files:
            receive(ports, file_id)
        delete(ports, outer, keep_going=times(0))
        ports.cleanups.queued.clear()

        ports.clock.advance(CLEARING_GRACE - 1)
        assert sweep(ports)[0] == {}
        ports.clock.advance(1)
        assert sweep(ports)[0] == {SweepResult.FOLDER_TAKEN_UP: 1}
        assert sweep(ports)[0] == {}
        clean(ports)

        assert trash_ids(ports) == files
        assert ports.snapshot().folders == {}


class CrashError(Exception):
    """The worker is killed."""


class _Fragile:
    """A port that breaks at one of its calls, and is watched at all of them."""

    def __init__(self, port: object, step: Callable[[], None]) -> None:
        self._port = port
        self._step = step

    def __getattr__(self, name: str) -> Callable[..., object]:
        method = getattr(self._port, name)

        def call(*args: Any, **kwargs: Any) -> object:
            self._step()
            return method(*args, **kwargs)

        return call


WIRED = ("trash_contents", "restore_contents", "purge_contents", "finish_folder", "old_place")


def fragile(ports: MemoryBackend, survives: int) -> MemoryBackend:
    """Return the ports such that whoever uses them is killed after `survives` calls."""
    left = iter(range(survives))

    def step() -> None:
        check_sound(ports)
        if next(left, None) is None:
            raise CrashError

    dying = copy(ports)
    for name in WIRED:
        dying.__dict__.pop(name, None)
    for name in ("folders", "search", "trash", "folder_trash"):
        setattr(dying, name, _Fragile(getattr(ports, name), step))
    return dying


def fragile_delete(ports: MemoryBackend, survives: int, folder_id: FolderId) -> None:
    """Delete the folder with everything in it, and be killed after `survives` port calls."""
    deletion = fragile(ports, survives).make(DeleteFolder)
    deletion(TENANT, folder_id, recursive=True, keep_going=forever)


class TestCrash:
    CALLS = 20
    """The port calls of a run that nothing happens to, on the tree below."""

    @pytest.mark.parametrize("survives", range(CALLS))
    def test_wherever_it_is_killed_the_sweeper_has_it_finished(
        self, ports: MemoryBackend, survives: int
    ) -> None:
        outer, files = a_tree(ports)
        for file_id in files:
            receive(ports, file_id)

        with pytest.raises(CrashError):
            fragile_delete(ports, survives, outer)
        ports.clock.advance(CLEARING_GRACE)
        sweep(ports)
        clean(ports)

        check_sound(ports)
        if survives < 3:
            # Killed before it was closed: the client was told of a failure, and nothing is begun.
            assert trash_ids(ports) == set()
        else:
            assert trash_ids(ports) == files
            assert ports.snapshot().folders == {}

    def test_those_are_all_its_calls(self, ports: MemoryBackend) -> None:
        outer, _ = a_tree(ports)

        fragile_delete(ports, self.CALLS, outer)

        assert ports.snapshot().folders == {}

    def test_killed_again_and_again_it_comes_to_an_end(self, ports: MemoryBackend) -> None:
        outer, files = a_tree(ports)

        for _ in range(20):
            with suppress(CrashError):
                fragile_delete(ports, 15, outer)

        assert trash_ids(ports) == files
        assert ports.snapshot().folders == {}


class TestTenThousandFiles:
    def test_the_tree_goes_in_many_goes_and_never_hides_a_file(self, ports: MemoryBackend) -> None:
        outer = make_folder(ports, "outer").id
        folders = [outer]
        for number in range(99):
            parent = folders[number // 3]
            folders.append(a_folder(ports, TENANT, f"{number}", parent=parent).id)
        for number in range(10_000):
            folder = folders[number % 100]
            ports.files.admit(TENANT, a_file(1, id=a_file_id(number=number), folder=folder))
        beside = store(ports)
        goes = 0

        delete(ports, outer, keep_going=times(5))
        while ports.cleanups.queued:
            goes += 1
            check_sound(ports)
            clean(ports, times(25))

        assert goes > 15
        assert len(trash_ids(ports)) == 10_000
        assert [file_id for _, file_id in ports.store.files] == [beside.id]
        assert ports.snapshot().folders == {}


class TestBesideTheRest:
    def test_an_upload_into_a_folder_that_is_gone_lies_in_the_root(
        self, ports: MemoryBackend
    ) -> None:
        folder = make_folder(ports, "a").id
        upload = replace(announce(ports).upload, folder_id=folder)
        ports.store.uploads[TENANT, upload.id].upload = upload
        ports.client_put(TENANT, upload, b"0123456789")
        delete(ports, folder)

        file = complete(ports, upload.id).file

        assert file is not None
        assert file.folder_id is None
        check_sound(ports)

    def test_a_file_may_be_settled_while_its_folder_is_deleted(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = make_folder(ports, "a").id
        file = store(ports, folder=folder)
        put = ports.trash.put

        def outrun(tenant: TenantId, found: Sequence[File], now: float, **within: Any) -> bool:
            ports.files.settle(tenant, file, Settlement(FileStatus.PROCESSED))
            return put(tenant, found, now, **within)

        monkeypatch.setattr(ports.trash, "put", outrun)

        assert delete(ports, folder)

        assert ports.store.trash[TENANT, file.id].file.status is FileStatus.PROCESSED
