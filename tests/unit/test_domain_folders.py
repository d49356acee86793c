"""The tree of folders: no cycles, a maximum depth, and unique names per parent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from larder.domain.errors import ConflictError, NotFoundError
from larder.domain.folders import MAX_DEPTH, MAX_FOLDERS, Folder, FolderTree
from larder.domain.ids import FolderId, new_folder_id
from tests.fakes.clock import START


def folder_id(number: int) -> FolderId:
    return FolderId(f"folder-{number:024x}")


def a_folder(number: int, name: str | None = None, *, parent: int | None = None) -> Folder:
    return Folder(
        id=folder_id(number),
        name=name or f"folder {number}",
        parent_id=None if parent is None else folder_id(parent),
    )


def tree_of(*folders: Folder) -> FolderTree:
    return FolderTree({folder.id: folder for folder in folders}, version=1)


def a_chain(length: int, first: int = 1) -> list[Folder]:
    """Return folders that lie one in another, the outermost in the root."""
    return [
        a_folder(number, parent=None if number == first else number - 1)
        for number in range(first, first + length)
    ]


def refusal(tree: FolderTree, changed: Folder) -> ConflictError:
    with pytest.raises(ConflictError) as refused:
        tree.check(changed)
    return refused.value


def test_a_folder_was_created_when_its_id_was_made() -> None:
    assert Folder(new_folder_id(START), "a", None).created_at == int(START)


class TestPlace:
    @pytest.mark.parametrize("parent", [None, 1])
    def test_a_new_folder_may_be_in_the_root_or_in_a_folder(self, parent: int | None) -> None:
        tree_of(a_folder(1)).check(a_folder(2, parent=parent))

    def test_a_parent_that_does_not_exist_is_not_found(self) -> None:
        with pytest.raises(NotFoundError, match=folder_id(9)) as refused:
            tree_of(a_folder(1)).check(a_folder(2, parent=9))

        assert refused.value.param == "parent_id"

    def test_a_parent_that_is_being_deleted_is_not_found(self) -> None:
        tree = tree_of(replace(a_folder(1), closed_for=folder_id(1)))

        with pytest.raises(NotFoundError, match=folder_id(1)):
            tree.check(a_folder(2, parent=1))

    def test_a_parent_inside_a_folder_that_is_being_deleted_is_not_found(self) -> None:
        outer, middle, inner = a_chain(3)
        tree = tree_of(replace(outer, closed_for=folder_id(1)), middle, inner)

        with pytest.raises(NotFoundError, match=inner.id):
            tree.check(a_folder(9, parent=3))

    def test_folders_inside_one_that_is_being_deleted_are_being_deleted(self) -> None:
        outer, middle, inner = a_chain(3)
        tree = tree_of(
            outer, replace(middle, closed_for=folder_id(1)), inner, a_folder(4, parent=1)
        )

        deleting = [tree.deleting(folder_id(number)) for number in (1, 2, 3, 4)]

        assert deleting == [False, True, True, False]


class TestCycles:
    def test_a_folder_cannot_be_in_itself(self) -> None:
        refused = refusal(tree_of(a_folder(1)), a_folder(1, parent=1))

        assert refused.code == "folder_cycle"
        assert refused.permanent

    @pytest.mark.parametrize("length", [2, 3, MAX_DEPTH])
    def test_a_folder_cannot_be_in_its_own_subfolder(self, length: int) -> None:
        chain = a_chain(length)

        refused = refusal(tree_of(*chain), replace(chain[0], parent_id=chain[-1].id))

        assert refused.code == "folder_cycle"

    def test_a_folder_may_move_up_or_to_a_sibling(self) -> None:
        outer, middle, inner = a_chain(3)
        tree = tree_of(outer, middle, inner, a_folder(4))

        tree.check(replace(inner, parent_id=outer.id))
        tree.check(replace(inner, parent_id=None))
        tree.check(replace(outer, parent_id=folder_id(4)))


class TestDepth:
    def test_folders_nest_up_to_the_maximum_depth(self) -> None:
        chain = a_chain(MAX_DEPTH - 1)
        deepest = a_folder(MAX_DEPTH, parent=MAX_DEPTH - 1)

        tree_of(*chain).check(deepest)
        refused = refusal(tree_of(*chain, deepest), a_folder(99, parent=MAX_DEPTH))

        assert refused.code == "folder_too_deep"
        assert refused.message == (
            "Folders nest at most 32 deep; this would make 33. Choose a parent further up."
        )

    @pytest.mark.parametrize(("above", "below"), [(31, 1), (30, 2), (16, 16), (1, 31)])
    def test_a_folder_moves_with_its_subfolders(self, above: int, below: int) -> None:
        target, moved = a_chain(above), a_chain(below, first=100)
        tree = tree_of(*target, *moved)
        into = replace(moved[0], parent_id=target[-1].id)

        tree.check(into)
        one_more = a_folder(100 + below, parent=100 + below - 1)
        refused = refusal(tree_of(*target, *moved, one_more), into)

        assert refused.code == "folder_too_deep"

    def test_the_deepest_subfolder_counts(self) -> None:
        target = a_chain(30)
        moved = [a_folder(100), *(a_folder(n, parent=100) for n in (101, 102))]
        deeper = a_folder(103, parent=102)
        into = replace(moved[0], parent_id=target[-1].id)

        tree_of(*target, *moved).check(into)
        refused = refusal(tree_of(*target, *moved, deeper), into)

        assert refused.code == "folder_too_deep"

    def test_a_folder_at_the_maximum_depth_can_be_renamed(self) -> None:
        chain = a_chain(MAX_DEPTH)

        for folder in chain:
            tree_of(*chain).check(replace(folder, name="renamed"))


class TestNames:
    @pytest.mark.parametrize(
        ("there", "wanted"),
        [
            ("Reports", "Reports"),
            ("Reports", "rEPORTS"),
            ("Straße", "STRASSE"),
            ("caf\u00e9", "CAFE\u0301"),
            ("\u1e9b\u0323", "\u1e9b\u0323"),
            ("\u212b", "\u00e5"),
            ("\uac00", "\u1100\u1161"),
            ("ΌΣΟΣ", "όσος"),
        ],
    )
    def test_a_name_is_unique_in_any_case_and_form(self, there: str, wanted: str) -> None:
        refused = refusal(tree_of(a_folder(1, there)), a_folder(2, wanted))

        assert refused.code == "folder_exists"
        assert there in refused.message
        assert folder_id(1) in refused.message

    @pytest.mark.parametrize("wanted", ["Report", "Reports ", "R\u00e9ports", "Ⓡeports"])
    def test_different_names_are_accepted(self, wanted: str) -> None:
        tree_of(a_folder(1, "Reports")).check(a_folder(2, wanted))

    def test_a_name_may_be_used_once_per_parent(self) -> None:
        tree = tree_of(a_folder(1, "a"), a_folder(2, "b"), a_folder(3, "a", parent=2))

        tree.check(a_folder(4, "a", parent=1))
        assert refusal(tree, a_folder(4, "A", parent=2)).code == "folder_exists"

    def test_a_folder_does_not_conflict_with_itself(self) -> None:
        tree = tree_of(a_folder(1, "reports"))

        tree.check(a_folder(1, "Reports"))

    def test_a_folder_moves_to_where_its_name_is_free(self) -> None:
        moved = a_folder(3, "a", parent=2)
        tree = tree_of(a_folder(1, "A"), a_folder(2, "b"), moved)

        assert refusal(tree, replace(moved, parent_id=None)).code == "folder_exists"
        tree.check(replace(moved, parent_id=folder_id(1)))


def test_a_project_has_a_maximum_number_of_folders() -> None:
    nearly_all = [a_folder(number) for number in range(MAX_FOLDERS - 1)]
    last = a_folder(MAX_FOLDERS)

    tree_of(*nearly_all).check(last)
    full = tree_of(*nearly_all, last)

    assert refusal(full, a_folder(MAX_FOLDERS + 1)).code == "too_many_folders"
    full.check(replace(last, name="renamed", parent_id=folder_id(1)))
