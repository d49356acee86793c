"""Folders: changes need the current tree, and nothing enters a folder that is being deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.adapters.dynamodb.keys import item_key
from larder.domain.errors import ContentionError
from larder.domain.folders import CLEARING_GRACE, Folder, FolderTree
from larder.domain.ids import new_folder_id
from larder.domain.quota import Amount
from larder.services.space.ports import Page
from larder.services.upkeep.ports import DueFolder
from tests.fakes.clock import START
from tests.samples import OTHER, TENANT, a_file, a_folder, a_project, close_folder

if TYPE_CHECKING:
    from larder.domain.ids import FolderId, TenantId
    from larder.services.space.ports import Position
    from tests.backends.aws import AwsBackend
    from tests.backends.backend import Backend

NOW = int(START)


def version(backend: Backend, tenant: TenantId) -> int:
    return backend.folders.tree(tenant).version


def read(backend: Backend, tenant: TenantId, folder: FolderId) -> Folder:
    found = backend.folders.get(tenant, folder)
    assert found is not None
    return found


def revise(backend: Backend, tenant: TenantId, before: Folder, after: Folder) -> bool:
    return backend.folders.revise(tenant, before, after, version(backend, tenant))


def children(
    backend: Backend, tenant: TenantId, parent: FolderId | None = None
) -> tuple[Folder, ...]:
    return backend.folders.children(tenant, parent, limit=100, after=None).items


class TestTree:
    def test_a_project_begins_without_folders(self, backend: Backend, tenant: TenantId) -> None:
        assert backend.folders.tree(tenant) == FolderTree({}, version=0)

    def test_it_has_every_folder_unchanged(self, backend: Backend, tenant: TenantId) -> None:
        outer = a_folder(backend, tenant, "outer 😀")
        inner = a_folder(backend, tenant, "inner", parent=outer.id)

        tree = backend.folders.tree(tenant)

        assert tree.folders == {outer.id: replace(outer, additions=1), inner.id: inner}

    def test_another_project_s_folders_are_not_in_it(
        self, backend: Backend, tenant: TenantId, other: TenantId
    ) -> None:
        a_folder(backend, other)

        assert backend.folders.tree(tenant) == FolderTree({}, version=0)

    def test_more_folders_than_dynamodb_reads_at_once_are_all_in_it(self, aws: AwsBackend) -> None:
        # A Query ends at 1 MB, here after the third of five items.
        for number in range(5):
            folder = a_folder(aws, TENANT, f"{number}")
            aws.stack.dynamodb.update_item(
                TableName="Store",
                Key=item_key(TENANT, folder.id),
                UpdateExpression="SET padding = :padding",
                ExpressionAttributeValues={":padding": {"S": "x" * 350_000}},
            )

        assert len(aws.folders.tree(TENANT).folders) == 5


class TestCreate:
    @pytest.mark.parametrize("favorite", [True, False])
    def test_a_folder_is_recorded_unchanged(
        self, backend: Backend, tenant: TenantId, *, favorite: bool
    ) -> None:
        folder = Folder(new_folder_id(START), "naïve 😀", None, favorite=favorite)

        assert backend.folders.create(tenant, folder, 0)

        assert backend.folders.get(tenant, folder.id) == folder

    def test_it_changes_the_tree_and_its_parents_count(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        outer = a_folder(backend, tenant)
        before = version(backend, tenant)

        a_folder(backend, tenant, parent=outer.id)

        assert version(backend, tenant) != before
        assert read(backend, tenant, outer.id).additions == 1

    def test_a_folder_is_not_added_to_an_outdated_tree(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        stale = version(backend, tenant)
        a_folder(backend, tenant, "first")
        before = backend.snapshot()

        folder = Folder(new_folder_id(START), "second", None)
        assert not backend.folders.create(tenant, folder, stale)
        assert not backend.folders.create(tenant, folder, version(backend, tenant) + 1)

        assert backend.snapshot() == before

    def test_another_project_s_changes_do_not_change_the_tree(
        self, backend: Backend, tenant: TenantId, other: TenantId
    ) -> None:
        stale = version(backend, tenant)
        a_folder(backend, other)

        assert backend.folders.create(tenant, Folder(new_folder_id(START), "a", None), stale)

    @pytest.mark.parametrize("parent", ["random", "another project's", "closed", "removed"])
    def test_a_folder_is_not_added_to_a_parent_that_is_not_open(
        self, backend: Backend, tenant: TenantId, other: TenantId, parent: str
    ) -> None:
        outer = a_folder(backend, other if parent == "another project's" else tenant)
        match parent:
            case "random":
                outer = replace(outer, id=new_folder_id(START))
            case "closed":
                close_folder(backend, tenant, outer.id, NOW)
            case "removed":
                backend.folders.remove(tenant, outer)
        folder = Folder(new_folder_id(START), "inner", outer.id)
        before = backend.snapshot()

        assert not backend.folders.create(tenant, folder, version(backend, tenant))

        assert backend.snapshot() == before

    def test_folders_are_created_in_each_other_together_or_not_at_all(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        outer = a_folder(backend, tenant)
        chain = [Folder(new_folder_id(START), "0", outer.id)]
        for depth in range(1, 31):
            chain.append(Folder(new_folder_id(START), f"{depth}", chain[-1].id))
        stale = version(backend, tenant)
        assert not backend.folders.create(tenant, chain[0], stale + 1, nested=chain[1:])
        assert backend.folders.tree(tenant).folders.keys() == {outer.id}

        assert backend.folders.create(tenant, chain[0], stale, nested=chain[1:])

        assert backend.folders.tree(tenant).folders.keys() == {outer.id, *(f.id for f in chain)}
        assert children(backend, tenant, parent=chain[-2].id) == (chain[-1],)
        assert version(backend, tenant) == stale + 1


class TestGet:
    def test_only_the_project_s_own_folders_are_read(
        self, backend: Backend, tenant: TenantId, other: TenantId
    ) -> None:
        foreign = a_folder(backend, other)

        assert backend.folders.get(tenant, foreign.id) is None
        assert backend.folders.get(tenant, new_folder_id(START)) is None


class TestRevise:
    def test_every_editable_field_can_be_changed(self, backend: Backend, tenant: TenantId) -> None:
        outer, folder = (a_folder(backend, tenant, name) for name in ("outer", "a"))
        revised = replace(folder, name="naïve 😀", parent_id=outer.id, favorite=True)

        assert revise(backend, tenant, folder, revised)

        assert backend.folders.get(tenant, folder.id) == revised
        assert children(backend, tenant, outer.id) == (revised,)
        assert [f.name for f in children(backend, tenant)] == ["outer"]

    def test_every_change_can_be_undone(self, backend: Backend, tenant: TenantId) -> None:
        outer = a_folder(backend, tenant, "outer")
        folder = a_folder(backend, tenant, "a", parent=outer.id)
        marked = replace(folder, favorite=True)
        revise(backend, tenant, folder, marked)
        plain = replace(marked, parent_id=None, favorite=False)

        assert revise(backend, tenant, marked, plain)

        assert backend.folders.get(tenant, folder.id) == plain
        assert children(backend, tenant, outer.id) == ()
        assert [f.name for f in children(backend, tenant)] == ["a", "outer"]

    def test_only_folders_that_move_in_are_counted(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        outer = a_folder(backend, tenant, "outer")
        folder = a_folder(backend, tenant, "a")
        moved = replace(folder, parent_id=outer.id)

        revise(backend, tenant, folder, moved)
        revise(backend, tenant, moved, replace(moved, name="b"))

        assert read(backend, tenant, outer.id).additions == 1

    def test_a_change_keeps_a_count_made_meanwhile(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        folder = a_folder(backend, tenant)
        backend.files.admit(tenant, a_file(folder=folder.id))

        assert revise(backend, tenant, folder, replace(folder, name="b"))

        assert read(backend, tenant, folder.id).additions == 1

    def test_a_folder_is_not_changed_on_an_outdated_tree(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        folder = a_folder(backend, tenant, "a")
        stale = version(backend, tenant)
        renamed = replace(folder, name="b")
        assert backend.folders.revise(tenant, folder, renamed, stale)

        assert not backend.folders.revise(tenant, folder, replace(folder, name="c"), stale)

        assert backend.folders.get(tenant, folder.id) == renamed

    @pytest.mark.parametrize("fate", ["random", "another project's", "closed", "removed"])
    def test_a_folder_that_is_not_open_is_not_changed(
        self, backend: Backend, tenant: TenantId, other: TenantId, fate: str
    ) -> None:
        folder = a_folder(backend, other if fate == "another project's" else tenant)
        match fate:
            case "random":
                folder = replace(folder, id=new_folder_id(START))
            case "closed":
                close_folder(backend, tenant, folder.id, NOW)
            case "removed":
                backend.folders.remove(tenant, folder)
        before = backend.snapshot()

        assert not revise(backend, tenant, folder, replace(folder, name="b"))

        assert backend.snapshot() == before

    def test_a_folder_is_not_moved_into_one_that_is_being_deleted(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        closed, folder = (a_folder(backend, tenant, name) for name in ("closed", "a"))
        close_folder(backend, tenant, closed.id, NOW)
        before = backend.snapshot()

        assert not revise(backend, tenant, folder, replace(folder, parent_id=closed.id))

        assert backend.snapshot() == before


class TestChildren:
    def test_only_direct_children_are_listed(
        self, backend: Backend, tenant: TenantId, other: TenantId
    ) -> None:
        outer = a_folder(backend, tenant, "outer")
        inner = a_folder(backend, tenant, "inner", parent=outer.id)
        innermost = a_folder(backend, tenant, "innermost", parent=inner.id)
        a_folder(backend, other, "foreign")
        for folder in (None, outer.id):
            backend.files.admit(tenant, a_file(folder=folder))

        assert [f.id for f in children(backend, tenant)] == [outer.id]
        assert [f.id for f in children(backend, tenant, outer.id)] == [inner.id]
        assert children(backend, tenant, inner.id) == (innermost,)
        assert children(backend, tenant, innermost.id) == ()
        assert children(backend, other, outer.id) == ()

    def test_they_are_sorted_by_name_in_any_case(self, backend: Backend, tenant: TenantId) -> None:
        for name in ("b", "A", "a b", "C", "é", "10", "😀", "日"):
            a_folder(backend, tenant, name)

        found = children(backend, tenant)

        assert [f.name for f in found] == ["10", "A", "a b", "b", "C", "é", "日", "😀"]

    @pytest.mark.parametrize("in_root", [True, False], ids=["root", "folder"])
    def test_pages_have_every_folder_once_and_know_when_they_end(
        self, backend: Backend, tenant: TenantId, *, in_root: bool
    ) -> None:
        outer = a_folder(backend, tenant, "a")
        parent = None if in_root else outer.id
        names = [f"n{number}" for number in range(7 - in_root)]
        for name in reversed(names):
            a_folder(backend, tenant, name, parent=parent)
        expected = ["a", *names] if in_root else names

        for limit in range(1, 9):
            seen: list[str] = []
            after: Position | None = None
            for _ in range(-(-7 // limit)):
                page = backend.folders.children(tenant, parent, limit=limit, after=after)
                seen += [folder.name for folder in page.items]
                assert (page.next is None) == (len(seen) == 7)
                after = page.next
            assert seen == expected

    def test_the_next_page_begins_where_a_folder_was(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        for name in "abcd":
            a_folder(backend, tenant, name)
        first = backend.folders.children(tenant, None, limit=2, after=None)
        renamed, removed = first.items
        revise(backend, tenant, renamed, replace(renamed, name="aa"))
        backend.folders.remove(tenant, removed)

        second = backend.folders.children(tenant, None, limit=2, after=first.next)

        assert [f.name for f in second.items] == ["c", "d"]
        assert second.next is None

    def test_an_empty_parent_has_an_empty_page(self, backend: Backend, tenant: TenantId) -> None:
        page = backend.folders.children(tenant, new_folder_id(START), limit=1, after=None)

        assert page == Page((), None)


class TestClose:
    def test_the_folder_is_known_and_listed_no_longer(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        folder = a_folder(backend, tenant)

        close_folder(backend, tenant, folder.id, NOW)

        closed = replace(folder, closed_for=folder.id)
        assert backend.folders.get(tenant, folder.id) == closed
        assert children(backend, tenant) == ()
        assert backend.folders.tree(tenant).folders == {folder.id: closed}

    def test_changes_based_on_an_older_tree_fail(self, backend: Backend, tenant: TenantId) -> None:
        outer = a_folder(backend, tenant, "outer")
        inner = a_folder(backend, tenant, "inner", parent=outer.id)
        stale = version(backend, tenant)

        close_folder(backend, tenant, outer.id, NOW)

        out = replace(inner, parent_id=None)
        assert not backend.folders.revise(tenant, inner, out, stale)
        assert backend.folders.get(tenant, inner.id) == inner

    def test_it_is_due_when_scheduled_and_when_scheduled_again(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        folder = a_folder(backend, tenant)
        assert set(backend.deadlines.due(NOW + CLEARING_GRACE)) == set()

        close_folder(backend, tenant, folder.id, NOW + 10)
        assert set(backend.deadlines.due(NOW + 9)) == set()
        assert set(backend.deadlines.due(NOW + 10)) == {DueFolder(tenant, folder.id)}
        backend.folders.reschedule(tenant, folder.id, NOW + 20)

        assert set(backend.deadlines.due(NOW + 19)) == set()
        assert set(backend.deadlines.due(NOW + 20)) == {DueFolder(tenant, folder.id)}

    @pytest.mark.parametrize("fate", ["random", "another project's", "removed"])
    def test_a_folder_that_is_gone_is_not_recreated(
        self, backend: Backend, tenant: TenantId, other: TenantId, fate: str
    ) -> None:
        a_folder(backend, tenant, "another")
        folder = a_folder(backend, other if fate == "another project's" else tenant)
        folder_id = new_folder_id(START) if fate == "random" else folder.id
        if fate == "removed":
            backend.folders.remove(tenant, folder)
        before, stale = backend.snapshot(), version(backend, tenant)

        close_folder(backend, tenant, folder_id, NOW)
        backend.folders.reschedule(tenant, folder_id, NOW)

        assert backend.snapshot() == before
        assert version(backend, tenant) == stale
        assert set(backend.deadlines.due(NOW)) == set()


class TestRemove:
    def test_a_folder_is_gone_for_every_reader(self, backend: Backend, tenant: TenantId) -> None:
        folder = a_folder(backend, tenant)
        stale = version(backend, tenant)

        assert backend.folders.remove(tenant, folder)

        assert backend.folders.get(tenant, folder.id) is None
        assert backend.folders.tree(tenant).folders == {}
        assert version(backend, tenant) != stale
        assert children(backend, tenant) == ()
        assert set(backend.deadlines.due(NOW)) == set()

    def test_a_closed_folder_stays(self, backend: Backend, tenant: TenantId) -> None:
        folder = a_folder(backend, tenant)
        close_folder(backend, tenant, folder.id, NOW)
        before = backend.snapshot()

        assert not backend.folders.remove(tenant, folder)

        assert backend.snapshot() == before

    @pytest.mark.parametrize("addition", ["file", "folder", "moved file", "moved folder"])
    def test_a_folder_stays_if_something_was_added_since_it_was_read(
        self, backend: Backend, tenant: TenantId, addition: str
    ) -> None:
        folder = a_folder(backend, tenant)
        file, beside = a_file(), a_folder(backend, tenant, "beside")
        backend.files.admit(tenant, file)
        match addition:
            case "file":
                backend.files.admit(tenant, a_file(folder=folder.id))
            case "folder":
                a_folder(backend, tenant, parent=folder.id)
            case "moved file":
                inside = replace(file, folder_id=folder.id, revision=1)
                backend.files.revise(tenant, file, inside)
            case "moved folder":
                revise(backend, tenant, beside, replace(beside, parent_id=folder.id))
        before = backend.snapshot()

        assert not backend.folders.remove(tenant, folder)

        assert backend.snapshot() == before

    def test_additions_before_it_was_read_do_not_matter(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        folder = a_folder(backend, tenant)
        file = a_file(folder=folder.id)
        backend.files.admit(tenant, file)
        backend.files.release(tenant, file)

        assert backend.folders.remove(tenant, read(backend, tenant, folder.id))

    def test_a_folder_is_removed_once(self, backend: Backend, tenant: TenantId) -> None:
        folder = a_folder(backend, tenant)
        backend.folders.remove(tenant, folder)
        before, stale = backend.snapshot(), version(backend, tenant)

        assert not backend.folders.remove(tenant, folder)

        assert backend.snapshot() == before
        assert version(backend, tenant) == stale

    def test_another_project_s_folder_is_not_removed(
        self, backend: Backend, tenant: TenantId, other: TenantId
    ) -> None:
        a_folder(backend, tenant)
        foreign = a_folder(backend, other)

        assert not backend.folders.remove(tenant, foreign)

        assert backend.folders.get(other, foreign.id) == foreign

    def test_its_name_is_free_again(self, backend: Backend, tenant: TenantId) -> None:
        folder = a_folder(backend, tenant)
        backend.folders.remove(tenant, folder)

        again = replace(folder, id=new_folder_id(START))
        backend.folders.tree(tenant).check(again)
        assert backend.folders.create(tenant, again, version(backend, tenant))


def test_folders_use_no_quota(backend: Backend) -> None:
    tenant = a_project(backend, OTHER, limit=Amount(files=0, bytes=0))

    a_folder(backend, tenant)

    assert backend.usage.recount(tenant).used == Amount(files=0, bytes=0)


def test_endless_conflicts_change_nothing(backend: Backend, tenant: TenantId) -> None:
    folder = a_folder(backend, tenant)
    stale = version(backend, tenant)
    before = backend.snapshot()
    backend.contend()

    with pytest.raises(ContentionError):
        backend.folders.create(tenant, Folder(new_folder_id(START), "b", None), stale)
    with pytest.raises(ContentionError):
        backend.folders.revise(tenant, folder, replace(folder, name="b"), stale)
    with pytest.raises(ContentionError):
        close_folder(backend, tenant, folder.id, NOW)
    with pytest.raises(ContentionError):
        backend.folders.remove(tenant, folder)

    assert backend.snapshot() == before
