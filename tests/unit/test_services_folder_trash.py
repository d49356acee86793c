"""Folders in the trash: listed as they were, restored in their place, purged with their files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from larder.domain import folders as folder_limits
from larder.domain.errors import ConflictError, NotFoundError
from larder.domain.filenames import folded
from larder.domain.files import DAY
from larder.domain.folders import CLEARING_GRACE, MAX_DEPTH
from larder.domain.quota import NOTHING, Amount
from larder.domain.trash import TRASH_LIFE, TrashedFile, TrashedFolder, TrashState
from larder.services.space import folder_trash as bounds
from larder.services.space.list_trash import list_trash
from larder.services.space.purge import empty_trash, purge_one
from larder.services.space.purge_folder import PurgeFolder
from larder.services.space.update_folder import FolderChanges
from larder.services.upkeep.sweep import SweepResult
from tests.fakes.clock import START
from tests.samples import TENANT, a_file, a_file_id, a_folder, a_project
from tests.unit.use_cases import (
    change_folder,
    clean,
    delete,
    forever,
    make_folder,
    restore,
    restore_folder,
    store,
    sweep,
    times,
    trash,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.folders import Folder
    from larder.domain.ids import FileId, FolderId, TenantId
    from tests.backends.memory import MemoryBackend

pytestmark = pytest.mark.usefixtures("tenant")

NOW = int(START)


@pytest.fixture
def tenant(ports: MemoryBackend) -> TenantId:
    """A project with room for large trees."""
    return a_project(ports, limit=Amount(files=20_000, bytes=10**6))


def a_tree(ports: MemoryBackend) -> tuple[FolderId, FolderId, FolderId]:
    """Store two files in `top`, one in `inner` and two in `deep`, each inside the other."""
    top = make_folder(ports, "top", make_folder(ports, "above").id).id
    inner = make_folder(ports, "inner", top).id
    deep = make_folder(ports, "deep", inner).id
    for folder, count in ((top, 2), (inner, 1), (deep, 2)):
        for number in range(count):
            store(ports, folder=folder, filename=f"{number}.txt", tags=("kept",))
    return top, inner, deep


def listed(
    ports: MemoryBackend, folder: FolderId | None = None
) -> tuple[TrashedFile | TrashedFolder, ...]:
    return ports.make(list_trash)(TENANT, folder, limit=1_000, after=None).items


def paths(ports: MemoryBackend) -> set[str]:
    """Return the paths of all files that people see."""
    tree = ports.folders.tree(TENANT)
    found = set()
    for row in ports.store.files.values():
        folder, name = row.file.folder_id, row.file.filename
        if folder is None:
            found.add(f"/{name}")
        else:
            found.add("/" + "/".join([*tree.path_to(folder), tree.folders[folder].name, name]))
    return found


def purge(ports: MemoryBackend, folder: FolderId, keep_going: Callable[[], bool] = forever) -> bool:
    return ports.make(PurgeFolder)(TENANT, folder, keep_going=keep_going)


def used(ports: MemoryBackend) -> Amount:
    return ports.snapshot().usage[TENANT].used


BEFORE = {
    "/above/top/0.txt",
    "/above/top/1.txt",
    "/above/top/inner/0.txt",
    "/above/top/inner/deep/0.txt",
    "/above/top/inner/deep/1.txt",
}


class TestList:
    def test_a_folder_is_one_row_with_its_path_and_counts(self, ports: MemoryBackend) -> None:
        top, _, _ = a_tree(ports)

        delete(ports, top)

        (row,) = listed(ports)
        assert isinstance(row, TrashedFolder)
        assert (row.folder.id, row.folder.name, row.path) == (top, "top", ("above",))
        assert (row.files, row.folder_count) == (Amount(5, 50), 2)
        assert (row.deleted_at, row.purge_at) == (NOW, NOW + TRASH_LIFE)

    def test_it_is_listed_and_unreadable_before_its_files_have_moved(
        self, ports: MemoryBackend
    ) -> None:
        top, inner, deep = a_tree(ports)

        assert not delete(ports, top, keep_going=times(0))

        (row,) = listed(ports)
        assert isinstance(row, TrashedFolder)
        assert (row.folder.id, row.files) == (top, NOTHING)
        for folder in (top, inner, deep):
            with pytest.raises(NotFoundError):
                change_folder(ports, folder, FolderChanges(name="b"))

    def test_what_lay_in_it_is_listed_by_its_id(self, ports: MemoryBackend) -> None:
        top, inner, deep = a_tree(ports)
        delete(ports, top)

        folders = [
            [each.folder.id for each in listed(ports, at) if isinstance(each, TrashedFolder)]
            for at in (top, inner, deep)
        ]
        files = [
            sum(isinstance(each, TrashedFile) for each in listed(ports, at))
            for at in (top, inner, deep)
        ]

        assert folders == [[inner], [deep], []]
        assert files == [2, 1, 2]

    @pytest.mark.parametrize("folder_id", ["", "root", "folder-1", "folder-" + "0" * 24])
    def test_a_folder_that_is_not_in_the_trash_has_no_list(
        self, ports: MemoryBackend, folder_id: str
    ) -> None:
        with pytest.raises(NotFoundError) as refused:
            ports.make(list_trash)(TENANT, folder_id, limit=10, after=None)

        assert refused.value.param == "folder_id"

    def test_a_file_that_was_trashed_before_its_folder_is_a_row_of_its_own(
        self, ports: MemoryBackend
    ) -> None:
        folder = make_folder(ports, "a").id
        file = store(ports, folder=folder)
        trash(ports, file.id)

        delete(ports, folder)

        kinds = {type(each).__name__ for each in listed(ports)}
        assert kinds == {"TrashedFile", "TrashedFolder"}


class TestRestore:
    def test_everything_is_back_where_and_as_it_was(self, ports: MemoryBackend) -> None:
        top, _, _ = a_tree(ports)
        change_folder(ports, top, FolderChanges(favorite=True))
        before = ports.snapshot()
        delete(ports, top)

        folder, done = restore_folder(ports, top)

        after = ports.snapshot()
        assert done
        assert (folder.id, folder.name, folder.favorite) == (top, "top", True)
        assert {key: replace(file, revision=0) for key, file in after.files.items()} == before.files
        assert {key: replace(each, additions=0) for key, each in after.folders.items()} == {
            key: replace(each, additions=0) for key, each in before.folders.items()
        }
        assert (after.trash, after.trashed_folders, listed(ports)) == ({}, {}, ())
        assert after.usage[TENANT].used == before.usage[TENANT].used

    def test_a_folder_whose_name_is_taken_again_gets_a_number(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "Notes").id
        delete(ports, folder)
        make_folder(ports, "NOTES")
        make_folder(ports, "notes (2)")

        restored, _ = restore_folder(ports, folder)

        assert restored.name == "Notes (3)"

    def test_a_name_of_the_longest_length_is_cut_for_its_number(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "é" * 127).id
        delete(ports, folder)
        make_folder(ports, "é" * 127)

        restored, _ = restore_folder(ports, folder)

        assert restored.name == "é" * 125 + " (2)"

    def test_it_follows_its_parent(self, ports: MemoryBackend) -> None:
        top, _, _ = a_tree(ports)
        above = ports.folders.tree(TENANT).folders[top].parent_id
        assert above is not None
        delete(ports, top)
        change_folder(ports, above, FolderChanges(name="elsewhere"))

        restore_folder(ports, top)

        assert paths(ports) == {path.replace("above", "elsewhere") for path in BEFORE}

    @pytest.mark.parametrize("fate", ["in the trash", "purged", "deleted when it was empty"])
    def test_a_parent_that_is_gone_is_made_anew_at_its_path(
        self, ports: MemoryBackend, fate: str
    ) -> None:
        top, _, _ = a_tree(ports)
        above = ports.folders.tree(TENANT).folders[top].parent_id
        assert above is not None
        delete(ports, top)
        delete(ports, above, recursive=fate != "deleted when it was empty")
        if fate == "purged":
            purge(ports, above)

        folder, _ = restore_folder(ports, top)

        assert paths(ports) == BEFORE
        assert folder.parent_id not in {None, above}

    def test_a_folder_of_that_path_is_used_if_there_is_one(self, ports: MemoryBackend) -> None:
        top, _, _ = a_tree(ports)
        above = ports.folders.tree(TENANT).folders[top].parent_id
        assert above is not None
        delete(ports, top)
        delete(ports, above)
        again = make_folder(ports, "ABOVE")

        assert restore_folder(ports, top)[0].parent_id == again.id

    def test_it_goes_to_the_root_if_its_parent_is_too_deep_by_now(
        self, ports: MemoryBackend
    ) -> None:
        top, _, _ = a_tree(ports)
        above = ports.folders.tree(TENANT).folders[top].parent_id
        assert above is not None
        delete(ports, top)
        below = make_folder(ports, "0").id
        for depth in range(1, MAX_DEPTH - 3):
            below = make_folder(ports, f"{depth}", below).id
        change_folder(ports, above, FolderChanges(parent=below))

        assert restore_folder(ports, top)[0].parent_id is None

        assert paths(ports) == {path.removeprefix("/above") for path in BEFORE}

    def test_the_deepest_tree_is_back(self, ports: MemoryBackend) -> None:
        chain = [make_folder(ports, "0").id]
        for depth in range(1, MAX_DEPTH):
            chain.append(make_folder(ports, f"{depth}", chain[-1]).id)
        store(ports, folder=chain[-1])
        before = paths(ports)
        delete(ports, chain[0])
        assert paths(ports) == set()

        restore_folder(ports, chain[0])

        assert paths(ports) == before

    @pytest.mark.parametrize("patience", [0, 1, 2, 3, 4, 5])
    def test_it_is_finished_in_as_many_goes_as_it_takes(
        self, ports: MemoryBackend, patience: int
    ) -> None:
        top, _, _ = a_tree(ports)
        delete(ports, top)

        _, done = restore_folder(ports, top, keep_going=times(patience))
        assert not done
        assert listed(ports) == ()
        while ports.cleanups.queued:
            clean(ports, times(patience + 2))

        assert paths(ports) == BEFORE
        assert ports.snapshot().trashed_folders == {}

    def test_restoring_it_again_gives_the_same_answer(self, ports: MemoryBackend) -> None:
        top, _, _ = a_tree(ports)
        delete(ports, top)
        once = restore_folder(ports, top)
        before = ports.snapshot()

        assert restore_folder(ports, top) == once

        assert ports.snapshot() == before

    def test_while_it_comes_back_it_cannot_be_deleted(self, ports: MemoryBackend) -> None:
        top, inner, _ = a_tree(ports)
        above = ports.folders.tree(TENANT).folders[top].parent_id
        assert above is not None
        delete(ports, top)
        restore_folder(ports, top, keep_going=times(2))

        for folder in (top, inner, above):
            with pytest.raises(ConflictError, match="is still being restored") as refused:
                delete(ports, folder)
            assert (refused.value.code, refused.value.permanent) == ("folder_busy", False)
        with pytest.raises(ConflictError):
            delete(ports, inner, recursive=False)
        clean(ports)
        assert delete(ports, above)

    def test_while_it_moves_to_the_trash_it_cannot_be_restored_or_purged_yet(
        self, ports: MemoryBackend
    ) -> None:
        top, _, _ = a_tree(ports)
        delete(ports, top, keep_going=times(0))

        with pytest.raises(ConflictError, match="is still moving to the trash") as refused:
            restore_folder(ports, top, keep_going=times(0))
        assert (refused.value.code, refused.value.permanent) == ("folder_busy", False)
        with pytest.raises(ConflictError, match="is still moving to the trash"):
            purge(ports, top, times(0))

        restore_folder(ports, top)
        assert paths(ports) == BEFORE

    def test_a_folder_that_lay_in_it_is_not_restored_alone(self, ports: MemoryBackend) -> None:
        top, inner, _ = a_tree(ports)
        delete(ports, top)

        with pytest.raises(ConflictError, match=top):
            restore_folder(ports, inner)
        with pytest.raises(ConflictError, match=top):
            purge(ports, inner)

    def test_a_folder_of_another_project_is_not_found(
        self, ports: MemoryBackend, other: TenantId
    ) -> None:
        foreign = make_folder(ports, "a", tenant=other).id
        delete(ports, foreign, tenant=other)

        with pytest.raises(NotFoundError):
            restore_folder(ports, foreign)
        with pytest.raises(NotFoundError):
            purge(ports, foreign)

    def test_more_folders_than_a_project_may_have_are_refused(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        top, _, _ = a_tree(ports)
        delete(ports, top)
        monkeypatch.setattr("larder.services.space.restore_folder.MAX_FOLDERS", 3)

        with pytest.raises(ConflictError, match="would have 4 folders") as refused:
            restore_folder(ports, top)

        assert refused.value.code == "too_many_folders"
        assert len(listed(ports)) == 1

    def test_a_folder_made_in_it_meanwhile_keeps_its_name(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bounds, "MAX_REOPENED", 1)
        top, inner, _ = a_tree(ports)
        delete(ports, top)
        reopen = ports.folder_trash.reopen
        made: list[Folder] = []

        def outrun(tenant: TenantId, root: Any, folders: Any, version: int) -> bool:
            if ports.folders.get(TENANT, top) is not None and not made:
                made.append(make_folder(ports, "inner", top))
            return reopen(tenant, root, folders, version)

        monkeypatch.setattr(ports.folder_trash, "reopen", outrun)

        restore_folder(ports, top)

        names = {each.id: each.name for each in ports.folders.tree(TENANT).folders.values()}
        assert names[inner] == "inner (2)"


class TestOneFile:
    def one(self, ports: MemoryBackend, folder: FolderId) -> FileId:
        return next(each.file.id for each in listed(ports, folder) if isinstance(each, TrashedFile))

    def test_a_file_goes_to_a_folder_of_its_old_path(self, ports: MemoryBackend) -> None:
        top, inner, deep = a_tree(ports)
        delete(ports, top)

        restored = [restore(ports, self.one(ports, at)) for at in (deep, deep, inner)]

        assert {"/".join(path.split("/")[:-1]) for path in paths(ports)} == {
            "/above/top/inner",
            "/above/top/inner/deep",
        }
        assert restored[0].folder_id == restored[1].folder_id != deep
        (row,) = listed(ports)
        assert isinstance(row, TrashedFolder)
        assert row.files == Amount(2, 20)

    def test_the_rest_of_the_folder_goes_beside_it(self, ports: MemoryBackend) -> None:
        top, _, deep = a_tree(ports)
        delete(ports, top)
        restore(ports, self.one(ports, deep))

        folder, _ = restore_folder(ports, top)

        assert folder.name == "top (2)"
        assert len(paths(ports)) == 5

    def test_a_file_goes_to_the_root_if_its_path_cannot_be_made(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        top, _, deep = a_tree(ports)
        delete(ports, top)
        monkeypatch.setattr(folder_limits, "MAX_FOLDERS", 1)

        assert restore(ports, self.one(ports, deep)).folder_id is None

    def test_a_file_is_purged_from_it(self, ports: MemoryBackend) -> None:
        top, _, deep = a_tree(ports)
        delete(ports, top)

        ports.make(purge_one)(TENANT, self.one(ports, deep))

        (row,) = listed(ports)
        assert isinstance(row, TrashedFolder)
        assert row.files == used(ports) == Amount(4, 40)

    def test_a_file_that_was_trashed_before_goes_to_the_old_path_as_well(
        self, ports: MemoryBackend
    ) -> None:
        top, _, deep = a_tree(ports)
        file = store(ports, folder=deep)
        trash(ports, file.id)
        delete(ports, top)

        restore(ports, file.id)

        assert paths(ports) == {"/above/top/inner/deep/notes.txt"}

    def test_a_file_that_comes_back_with_its_folder_is_not_restored_alone(
        self, ports: MemoryBackend
    ) -> None:
        top, _, deep = a_tree(ports)
        delete(ports, top)
        file_id = self.one(ports, deep)
        restore_folder(ports, top, keep_going=times(0))

        with pytest.raises(ConflictError, match="is still being restored"):
            restore(ports, file_id)
        with pytest.raises(NotFoundError):
            ports.make(purge_one)(TENANT, file_id)

    def test_a_file_that_expires_there_is_counted_no_longer(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "a").id
        store(ports, folder=folder, expires_after=3_600)
        store(ports, folder=folder)
        delete(ports, folder)
        ports.clock.advance(3_600)

        sweep(ports)

        (row,) = listed(ports)
        assert isinstance(row, TrashedFolder)
        assert row.files.files == used(ports).files == 1


class TestPurge:
    def test_all_that_it_holds_is_purged_and_its_quota_free(self, ports: MemoryBackend) -> None:
        top, _, _ = a_tree(ports)
        beside = store(ports)
        delete(ports, top)

        assert purge(ports, top)

        after = ports.snapshot()
        assert (after.trash, after.trashed_folders) == ({}, {})
        assert used(ports) == beside.amount
        with pytest.raises(NotFoundError):
            purge(ports, top)

    @pytest.mark.parametrize("patience", [0, 1, 2, 3])
    def test_it_is_finished_in_as_many_goes_as_it_takes(
        self, ports: MemoryBackend, patience: int
    ) -> None:
        top, _, _ = a_tree(ports)
        delete(ports, top)

        assert not purge(ports, top, times(patience))
        assert listed(ports) == ()
        with pytest.raises(NotFoundError):
            restore_folder(ports, top)
        while ports.cleanups.queued:
            clean(ports, times(patience + 2))

        assert ports.snapshot().trashed_folders == {}
        assert used(ports) == NOTHING

    def test_emptying_the_trash_covers_it(self, ports: MemoryBackend) -> None:
        top, _, _ = a_tree(ports)
        delete(ports, top)
        trash(ports, store(ports).id)

        assert ports.make(empty_trash)(TENANT, keep_going=forever) == (2, True)

        assert used(ports) == NOTHING

    def test_emptying_goes_on_with_a_folder_that_is_still_moving(
        self, ports: MemoryBackend
    ) -> None:
        top, _, _ = a_tree(ports)
        delete(ports, top, keep_going=times(0))

        assert ports.make(empty_trash)(TENANT, keep_going=times(1)) == (0, False)
        for _ in range(10):
            clean(ports)

        assert ports.cleanups.queued == []
        assert used(ports) == NOTHING
        assert ports.snapshot().trashed_folders == {}

    def test_it_is_purged_after_thirty_days_and_not_before(self, ports: MemoryBackend) -> None:
        top, _, _ = a_tree(ports)
        delete(ports, top)
        ports.clock.advance(TRASH_LIFE - 1)
        sweep(ports)
        assert len(listed(ports)) == 1
        ports.clock.advance(1)
        assert listed(ports) == ()
        with pytest.raises(NotFoundError):
            restore_folder(ports, top)

        sweep(ports)
        clean(ports)

        assert ports.snapshot().trashed_folders == {}
        assert used(ports) == NOTHING

    def test_what_is_being_restored_does_not_expire(self, ports: MemoryBackend) -> None:
        top, _, _ = a_tree(ports)
        delete(ports, top)
        ports.clock.advance(TRASH_LIFE - 1)
        restore_folder(ports, top, keep_going=times(1))
        ports.cleanups.queued.clear()
        ports.clock.advance(CLEARING_GRACE)

        assert sweep(ports)[0][SweepResult.FOLDER_TAKEN_UP] == 1
        clean(ports)

        assert paths(ports) == BEFORE

    @pytest.mark.parametrize("state", [TrashState.RESTORING, TrashState.PURGING])
    def test_the_sweeper_takes_it_up_when_the_message_is_lost(
        self, ports: MemoryBackend, state: TrashState
    ) -> None:
        top, _, _ = a_tree(ports)
        delete(ports, top)
        if state is TrashState.RESTORING:
            restore_folder(ports, top, keep_going=times(0))
        else:
            purge(ports, top, times(0))
        ports.cleanups.queued.clear()

        ports.clock.advance(CLEARING_GRACE)
        sweep(ports)
        assert sweep(ports)[0][SweepResult.FOLDER_TAKEN_UP] == 0
        clean(ports)

        assert ports.snapshot().trashed_folders == {}
        assert paths(ports) == (BEFORE if state is TrashState.RESTORING else set())

    def test_ttl_collects_what_no_sweep_has(self, ports: MemoryBackend) -> None:
        top, _, _ = a_tree(ports)
        delete(ports, top)

        ports.clock.advance(TRASH_LIFE + DAY)
        ports.collect_ttl()

        assert ports.snapshot().trashed_folders == {}
        assert ports.snapshot().trash == {}


class TestDeleteAgain:
    def test_deleting_it_again_gives_the_same_answer(self, ports: MemoryBackend) -> None:
        top, inner, _ = a_tree(ports)
        assert delete(ports, top)
        before = ports.snapshot()

        assert delete(ports, top)
        with pytest.raises(NotFoundError):
            delete(ports, inner)

        assert ports.snapshot() == before

    def test_deleting_it_again_goes_on_with_it(self, ports: MemoryBackend) -> None:
        top, _, _ = a_tree(ports)
        delete(ports, top, keep_going=times(0))

        assert delete(ports, top)

        assert paths(ports) == set()

    def test_its_name_is_free_at_once(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "a").id
        store(ports, folder=folder)
        delete(ports, folder, keep_going=times(0))

        assert folded(make_folder(ports, "A").name) == "a"

    def test_a_folder_around_one_that_is_still_moving_is_deleted_beside_it(
        self, ports: MemoryBackend
    ) -> None:
        top, inner, _ = a_tree(ports)
        delete(ports, inner, keep_going=times(0))

        assert delete(ports, top)
        clean(ports)

        rows = [each for each in listed(ports) if isinstance(each, TrashedFolder)]
        assert {each.folder.id: each.files.files for each in rows} == {top: 2, inner: 3}
        assert ports.snapshot().folders.keys() == {
            (TENANT, each.id)
            for each in ports.folders.tree(TENANT).folders.values()
            if each.name == "above"
        }

    def test_what_an_older_version_had_closed_goes_to_the_trash(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "a").id
        store(ports, folder=folder)
        row = ports.store.folders[TENANT, folder]
        row.folder, row.due_at = replace(row.folder, closed_for=folder), NOW

        sweep(ports)
        clean(ports)

        assert [type(each) for each in listed(ports)] == [TrashedFolder]
        assert ports.snapshot().folders == {}


def test_ten_thousand_files_and_more_folders_than_one_transaction_takes(
    ports: MemoryBackend,
) -> None:
    outer = make_folder(ports, "outer").id
    folders = [outer]
    for number in range(299):
        folders.append(a_folder(ports, TENANT, f"{number}", parent=folders[number // 3]).id)
    for number in range(10_000):
        folder = folders[number % 300]
        ports.files.admit(TENANT, a_file(1, id=a_file_id(number=number), folder=folder))
    before = ports.snapshot()

    delete(ports, outer, keep_going=times(50))
    while ports.cleanups.queued:
        clean(ports, times(200))
    (row,) = listed(ports)
    assert isinstance(row, TrashedFolder)
    assert (row.files, row.folder_count) == (Amount(10_000, 10_000), 299)
    restore_folder(ports, outer, keep_going=times(50))
    while ports.cleanups.queued:
        clean(ports, times(200))

    after = ports.snapshot()
    assert {key: file.folder_id for key, file in after.files.items()} == {
        key: file.folder_id for key, file in before.files.items()
    }
    assert {key: each.parent_id for key, each in after.folders.items()} == {
        key: each.parent_id for key, each in before.folders.items()
    }
    assert after.trashed_folders == {}
