"""Folders in the trash: each step of a move takes effect once, and only in the state it is for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import ContentionError, NotFoundError
from larder.domain.files import DAY
from larder.domain.folders import CLEARING_GRACE, Folder
from larder.domain.ids import new_folder_id
from larder.domain.quota import NOTHING, Amount
from larder.domain.trash import TRASH_LIFE, TrashedFile, TrashedFolder, TrashState
from larder.services.space.folder_trash import MAX_CLOSED, MAX_REOPENED, MAX_RESTORED
from larder.services.space.ports import MAX_FILES_PER_TRANSACTION
from larder.services.upkeep.ports import DueTrashedFolder
from tests.fakes.clock import START
from tests.samples import TENANT, a_file, a_file_id, a_folder, a_project, close_folder

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import FolderId, TenantId
    from tests.backends.backend import Backend

NOW = int(START)


def version(backend: Backend, tenant: TenantId) -> int:
    return backend.folders.tree(tenant).version


def begun(backend: Backend, tenant: TenantId, folder: FolderId, others: int = 99) -> TrashedFolder:
    root = close_folder(backend, tenant, folder, NOW + CLEARING_GRACE, others=others)
    assert root is not None
    return root


def now_of(backend: Backend, tenant: TenantId, root: TrashedFolder) -> TrashedFolder:
    found = backend.folder_trash.get(tenant, root.folder.id)
    assert found is not None
    return found


def files_in(backend: Backend, tenant: TenantId, folder: FolderId, count: int) -> list[File]:
    files = [a_file(1, id=a_file_id(number=number), folder=folder) for number in range(count)]
    for file in files:
        backend.files.admit(tenant, file)
    return files


def kept(
    backend: Backend, tenant: TenantId, count: int = 2
) -> tuple[TrashedFolder, Folder, list[TrashedFile]]:
    """Return a folder in the trash, one that lay in it, and the files of that one."""
    outer = a_folder(backend, tenant, "outer")
    inner = a_folder(backend, tenant, "inner", parent=outer.id)
    files = files_in(backend, tenant, inner.id, count)
    root = begun(backend, tenant, outer.id)
    if files:
        assert backend.trash.put(tenant, files, NOW + 5, within=root)
    assert backend.folder_trash.keep(tenant, root, inner)
    assert backend.folder_trash.finish(tenant, root)
    trashed = [backend.trash.get(tenant, file.id) for file in files]
    return now_of(backend, tenant, root), inner, [each for each in trashed if each is not None]


def turned(
    backend: Backend, tenant: TenantId, root: TrashedFolder, state: TrashState
) -> TrashedFolder:
    assert backend.folder_trash.turn(tenant, root, state, NOW + CLEARING_GRACE)
    return now_of(backend, tenant, root)


def rows(
    backend: Backend, tenant: TenantId, folder: FolderId | None = None, at: float = NOW
) -> list[TrashedFile | TrashedFolder]:
    page = backend.trash.page(tenant, limit=100, after=None, now=at, folder=folder)
    return list(page.items)


class TestBegin:
    def test_the_folders_are_closed_and_the_first_is_in_the_trash(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        outer = a_folder(backend, tenant, "outer")
        inner = a_folder(backend, tenant, "inner", parent=outer.id)

        root = begun(backend, tenant, outer.id)

        assert (root.folder, root.state, root.files) == (outer, TrashState.FILLING, NOTHING)
        tree = backend.folders.tree(tenant)
        assert {each.closed_for for each in tree.folders.values()} == {outer.id}
        assert rows(backend, tenant) == [root]
        assert backend.folder_trash.get(tenant, inner.id) is None

    def test_all_that_is_known_of_it_is_kept(self, backend: Backend, tenant: TenantId) -> None:
        outer = a_folder(backend, tenant, "outer")
        inner = a_folder(backend, tenant, "inner", parent=outer.id)
        root = TrashedFolder(
            inner, NOW, path=("outer",), folder_count=7, version=version(backend, tenant)
        )

        assert backend.folder_trash.begin(tenant, root, [], NOW)

        assert backend.folder_trash.get(tenant, inner.id) == root

    def test_as_many_folders_as_one_transaction_takes(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        outer = a_folder(backend, tenant, "outer")
        for number in range(MAX_CLOSED):
            a_folder(backend, tenant, f"{number}", parent=outer.id)

        begun(backend, tenant, outer.id)

        assert all(each.deleting for each in backend.folders.tree(tenant).folders.values())

    def test_nothing_happens_on_an_outdated_tree_or_a_second_time(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        outer = a_folder(backend, tenant, "outer")
        stale = TrashedFolder(outer, NOW, version=version(backend, tenant))
        a_folder(backend, tenant, "beside")
        before = backend.snapshot()
        assert not backend.folder_trash.begin(tenant, stale, [], NOW)
        assert backend.snapshot() == before
        begun(backend, tenant, outer.id)
        before = backend.snapshot()

        again = replace(stale, version=version(backend, tenant))
        assert not backend.folder_trash.begin(tenant, again, [], NOW)

        assert backend.snapshot() == before


class TestClose:
    def test_more_folders_are_closed(self, backend: Backend, tenant: TenantId) -> None:
        outer = a_folder(backend, tenant, "outer")
        inner = [
            a_folder(backend, tenant, f"{number}", parent=outer.id).id
            for number in range(MAX_CLOSED)
        ]
        root = begun(backend, tenant, outer.id, others=0)
        stale = version(backend, tenant)

        assert backend.folder_trash.close(tenant, root, inner)

        assert all(each.deleting for each in backend.folders.tree(tenant).folders.values())
        assert version(backend, tenant) != stale

    def test_not_if_one_is_gone_or_the_root_differs(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        outer, beside = (a_folder(backend, tenant, name) for name in ("outer", "beside"))
        root = begun(backend, tenant, outer.id)
        before = backend.snapshot()

        for other in (
            replace(root, version=root.version + 1),
            replace(root, state=TrashState.RESTORING),
        ):
            assert not backend.folder_trash.close(tenant, other, [beside.id])
        assert not backend.folder_trash.close(tenant, root, [beside.id, new_folder_id(START)])

        assert backend.snapshot() == before


class TestFill:
    def test_files_go_with_the_folder_and_are_counted(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        root, inner, files = kept(backend, tenant)

        assert root.files == Amount(2, 2)
        assert {(each.within, each.deleted_at) for each in files} == {(root.folder.id, NOW)}
        assert rows(backend, tenant) == [root]
        assert rows(backend, tenant, root.folder.id) == [
            TrashedFolder(inner, NOW, within=root.folder.id)
        ]
        assert rows(backend, tenant, inner.id) == files[::-1]
        assert backend.usage.recount(tenant).used == Amount(2, 2)

    def test_as_many_files_as_one_transaction_takes(self, backend: Backend) -> None:
        tenant = a_project(backend, limit=Amount(100, 100))
        outer = a_folder(backend, tenant)
        files = files_in(backend, tenant, outer.id, MAX_FILES_PER_TRANSACTION)
        root = begun(backend, tenant, outer.id)

        assert backend.trash.put(tenant, files, NOW, within=root)

        assert now_of(backend, tenant, root).files.files == MAX_FILES_PER_TRANSACTION

    @pytest.mark.parametrize("step", ["files", "keep", "finish"])
    def test_nothing_moves_when_it_is_no_longer_filling(
        self, backend: Backend, tenant: TenantId, step: str
    ) -> None:
        outer = a_folder(backend, tenant, "outer")
        inner = a_folder(backend, tenant, "inner", parent=outer.id)
        (file,) = files_in(backend, tenant, outer.id, 1)
        root = begun(backend, tenant, outer.id)
        late = replace(root, version=root.version + 1)
        before = backend.snapshot()

        match step:
            case "files":
                assert not backend.trash.put(tenant, [file], NOW, within=late)
            case "keep":
                assert not backend.folder_trash.keep(tenant, late, inner)
            case "finish":
                assert not backend.folder_trash.finish(tenant, late)

        assert backend.snapshot() == before

    def test_a_folder_moves_once(self, backend: Backend, tenant: TenantId) -> None:
        root, inner, _ = kept(backend, tenant)
        before = backend.snapshot()

        assert not backend.folder_trash.keep(tenant, replace(root, state=TrashState.FILLING), inner)
        assert not backend.folder_trash.finish(tenant, replace(root, state=TrashState.FILLING))

        assert backend.snapshot() == before
        assert before.folders == {}

    def test_a_folder_that_was_not_closed_for_it_stays(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        outer, beside = (a_folder(backend, tenant, name) for name in ("outer", "beside"))
        root = begun(backend, tenant, outer.id)

        assert not backend.folder_trash.keep(tenant, root, beside)

        assert backend.folders.get(tenant, beside.id) == beside


class TestTurn:
    @pytest.mark.parametrize("state", [TrashState.RESTORING, TrashState.PURGING])
    def test_it_leaves_the_list_and_expires_no_longer(
        self, backend: Backend, tenant: TenantId, state: TrashState
    ) -> None:
        root, _, _ = kept(backend, tenant, 0)

        turned(backend, tenant, root, state)

        assert rows(backend, tenant) == []
        assert set(backend.deadlines.expired(tenant, NOW + TRASH_LIFE)) == set()
        due = DueTrashedFolder(tenant, root.folder.id)
        assert due not in set(backend.deadlines.due(NOW + CLEARING_GRACE - 1))
        assert due in set(backend.deadlines.due(NOW + CLEARING_GRACE))
        backend.clock.now = NOW + TRASH_LIFE + DAY
        backend.collect_ttl()
        assert backend.folder_trash.get(tenant, root.folder.id) is not None

    def test_only_the_first_one_turns_it(self, backend: Backend, tenant: TenantId) -> None:
        root, _, _ = kept(backend, tenant, 0)
        turned(backend, tenant, root, TrashState.PURGING)

        assert not backend.folder_trash.turn(tenant, root, TrashState.RESTORING, NOW)

        assert now_of(backend, tenant, root).state is TrashState.PURGING

    def test_it_is_due_when_it_is_scheduled_again(self, backend: Backend, tenant: TenantId) -> None:
        root, _, _ = kept(backend, tenant, 0)
        root = turned(backend, tenant, root, TrashState.PURGING)

        backend.folder_trash.reschedule(tenant, root, NOW + 2 * CLEARING_GRACE)
        backend.folder_trash.reschedule(tenant, replace(root, version=0), NOW)

        due = DueTrashedFolder(tenant, root.folder.id)
        assert due not in set(backend.deadlines.due(NOW + 2 * CLEARING_GRACE - 1))
        assert due in set(backend.deadlines.due(NOW + 2 * CLEARING_GRACE))

    def test_ttl_collects_one_that_is_kept(self, backend: Backend, tenant: TenantId) -> None:
        kept(backend, tenant)
        assert rows(backend, tenant, at=NOW + TRASH_LIFE) == []

        backend.clock.now = NOW + TRASH_LIFE + DAY
        backend.collect_ttl()

        assert backend.snapshot().trashed_folders == {}
        assert backend.snapshot().trash == {}


class TestRestore:
    def test_folders_and_files_are_back(self, backend: Backend, tenant: TenantId) -> None:
        root, inner, files = kept(backend, tenant)
        root = turned(backend, tenant, root, TrashState.RESTORING)
        trash = backend.folder_trash
        assert [each.folder for each in trash.folders_in(tenant, root.folder.id)] == [inner]
        assert trash.files_in(tenant, inner.id, 1) == files[:1]

        stale = version(backend, tenant)
        assert trash.reopen(tenant, root, [root.folder, inner], stale)
        marked = backend.folders.tree(tenant).folders.values()
        assert {each.restored_with for each in marked} == {root.folder.id}
        back = [(each, replace(each.file, revision=1)) for each in files]
        assert trash.restore(tenant, root, back)
        assert now_of(backend, tenant, root).files == NOTHING
        assert trash.settle(tenant, root, inner.id)
        assert trash.settle(tenant, root, root.folder.id)

        after = backend.snapshot()
        assert (after.trash, after.trashed_folders) == ({}, {})
        assert [each.restored_with for each in after.folders.values()] == [None, None]
        assert after.files == {(tenant, file.id): file for _, file in back}
        assert version(backend, tenant) == stale + 1

    def test_as_many_as_one_transaction_takes(self, backend: Backend) -> None:
        tenant = a_project(backend, limit=Amount(100, 100))
        root, inner, files = kept(backend, tenant, MAX_RESTORED)
        root = turned(backend, tenant, root, TrashState.RESTORING)
        parent = a_folder(backend, tenant)
        more = [Folder(new_folder_id(START), f"{n}", parent.id) for n in range(MAX_REOPENED - 1)]
        back = [(each, replace(each.file, revision=1)) for each in files]

        inner = replace(inner, parent_id=parent.id)
        assert backend.folder_trash.reopen(tenant, root, [inner, *more], version(backend, tenant))
        assert backend.folder_trash.restore(tenant, root, back)

    def test_not_on_an_outdated_tree_nor_twice_nor_into_a_closed_parent(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        root, _, _ = kept(backend, tenant, 0)
        root = turned(backend, tenant, root, TrashState.RESTORING)
        closed = a_folder(backend, tenant, "closed")
        begun(backend, tenant, closed.id)
        before, seen = backend.snapshot(), version(backend, tenant)
        reopen = backend.folder_trash.reopen

        assert not reopen(tenant, root, [root.folder], seen - 1)
        assert not reopen(tenant, root, [replace(root.folder, parent_id=closed.id)], seen)
        assert not reopen(tenant, replace(root, version=0), [root.folder], seen)
        assert backend.snapshot() == before
        assert reopen(tenant, root, [root.folder], seen)
        assert not reopen(tenant, root, [root.folder], seen + 1)

    def test_a_file_is_restored_once_and_only_while_it_is_being_restored(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        root, inner, files = kept(backend, tenant)
        back = [(each, replace(each.file, revision=1)) for each in files]
        assert not backend.folder_trash.restore(tenant, root, back)
        root = turned(backend, tenant, root, TrashState.RESTORING)
        assert not backend.folder_trash.restore(tenant, root, back)
        trees = [root.folder, inner]
        backend.folder_trash.reopen(tenant, root, trees, version(backend, tenant))
        assert backend.folder_trash.restore(tenant, root, back[:1])
        before = backend.snapshot()

        assert not backend.folder_trash.restore(tenant, root, back)

        assert backend.snapshot() == before

    def test_a_single_file_is_taken_out_of_it(self, backend: Backend, tenant: TenantId) -> None:
        root, inner, (one, other) = kept(backend, tenant)
        with pytest.raises(NotFoundError):
            backend.trash.restore(tenant, one, replace(one.file, revision=1))
        out = replace(one.file, revision=1, folder_id=None)

        assert backend.trash.restore(tenant, one, out)

        assert now_of(backend, tenant, root).files == Amount(1, 1)
        assert rows(backend, tenant, inner.id) == [other]

    @pytest.mark.parametrize("state", [TrashState.RESTORING, TrashState.PURGING])
    def test_but_not_when_it_is_on_its_way(
        self, backend: Backend, tenant: TenantId, state: TrashState
    ) -> None:
        root, _, (one, _) = kept(backend, tenant)
        turned(backend, tenant, root, state)
        before = backend.snapshot()

        out = replace(one.file, revision=1, folder_id=None)
        assert not backend.trash.restore(tenant, one, out)

        assert backend.snapshot() == before


class TestPurge:
    def test_files_are_purged_out_of_it(self, backend: Backend, tenant: TenantId) -> None:
        root, _, files = kept(backend, tenant)

        assert backend.trash.purge(tenant, files[:1])
        assert now_of(backend, tenant, root).files == Amount(1, 1)
        turned(backend, tenant, root, TrashState.PURGING)
        assert backend.trash.purge(tenant, files[1:])

        assert backend.snapshot().usage[tenant].used == NOTHING

    def test_not_while_it_is_being_restored(self, backend: Backend, tenant: TenantId) -> None:
        root, _, files = kept(backend, tenant)
        turned(backend, tenant, root, TrashState.RESTORING)
        before = backend.snapshot()

        assert not backend.trash.purge(tenant, files)

        assert backend.snapshot() == before

    def test_also_when_the_folder_is_gone(self, backend: Backend, tenant: TenantId) -> None:
        root, inner, files = kept(backend, tenant)
        backend.folder_trash.drop(tenant, [root.folder.id, inner.id])

        assert backend.trash.purge(tenant, files)
        assert not backend.trash.purge(tenant, files)

        assert backend.snapshot().usage[tenant].used == NOTHING

    def test_as_many_files_as_one_transaction_takes(self, backend: Backend) -> None:
        tenant = a_project(backend, limit=Amount(100, 100))
        _, _, files = kept(backend, tenant, MAX_FILES_PER_TRANSACTION)

        assert backend.trash.purge(tenant, files)

    def test_folders_are_dropped_and_others_stay(self, backend: Backend, tenant: TenantId) -> None:
        root, inner, _ = kept(backend, tenant, 0)

        backend.folder_trash.drop(tenant, [inner.id, *(new_folder_id(START) for _ in range(99))])

        assert backend.folder_trash.folders_in(tenant, root.folder.id) == []
        assert now_of(backend, tenant, root) == root


def test_another_project_s_folders_are_not_seen(
    backend: Backend, tenant: TenantId, other: TenantId
) -> None:
    root, inner, _ = kept(backend, tenant)
    before = backend.snapshot()

    assert backend.folder_trash.get(other, root.folder.id) is None
    assert backend.folder_trash.folders_in(other, root.folder.id) == []
    assert backend.folder_trash.files_in(other, inner.id, 10) == []
    assert rows(backend, other) == []
    assert not backend.folder_trash.turn(other, root, TrashState.PURGING, NOW)
    backend.folder_trash.drop(other, [root.folder.id])

    assert backend.snapshot() == before


def test_endless_conflicts_change_nothing(backend: Backend) -> None:
    tenant = a_project(backend, TENANT)
    root, _, _ = kept(backend, tenant)
    before = backend.snapshot()
    backend.contend()

    with pytest.raises(ContentionError):
        backend.folder_trash.turn(tenant, root, TrashState.PURGING, NOW)
    with pytest.raises(ContentionError):
        backend.folder_trash.drop(tenant, [root.folder.id])

    assert backend.snapshot() == before
