"""The tree of folders stays a tree, whoever creates, renames, moves and deletes at once."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from types import NoneType
from typing import TYPE_CHECKING
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from larder.domain.errors import ConflictError, LarderError, NotFoundError
from larder.domain.folders import CLEARING_GRACE, Folder
from larder.domain.ids import FolderId
from larder.services.space.update_folder import FolderChanges
from tests.backends.memory import MemoryBackend
from tests.property.reads import check_folders
from tests.property.space import Space
from tests.property.space_invariants import SpaceInvariants, tree_problem
from tests.property.world import PLENTY, small_world
from tests.samples import TENANT

if TYPE_CHECKING:
    from tests.backends.backend import Snapshot
    from tests.property.operations import Operation

names = st.sampled_from(["a", "A", "b", "c", "\u00e9", "e\u0301"])
numbers = st.integers(0, 11)
# To the end, or so many port calls far.
paces = st.none() | st.integers(0, 3)

MAX_DEPTH = 4

_NEW = FolderId(f"folder-{'f' * 24}")


class FolderTree(RuleBasedStateMachine):
    """Changes of one project's tree, any number of them under way.

    A change that is made while no other is under way is refused exactly when it has to be.
    """

    def __init__(self) -> None:
        super().__init__()
        self.resources = ExitStack()
        self.resources.enter_context(small_world())
        self.resources.enter_context(patch("larder.domain.folders.MAX_DEPTH", MAX_DEPTH))
        self.world = Space(MemoryBackend())
        self.under_way: list[Operation] = []
        self.ever: list[FolderId] = []
        self.always = SpaceInvariants(self.world)
        self.stored: Snapshot = self.world.backend.snapshot()
        self.world.watch = self.look

    def look(self) -> None:
        before, self.stored = self.stored, self.world.backend.snapshot()
        self.ever += [folder_id for _, folder_id in self.stored.folders.keys() - before.folders]
        self.always.check(before, self.stored)

    def go(self, operation: Operation, pace: int | None) -> None:
        for _ in range(PLENTY if pace is None else pace):
            if operation.done:
                break
            self.world.step(operation)
        if not operation.done:
            self.under_way.append(operation)

    def change(self, operation: Operation, pace: int | None, after: Folder) -> None:
        """Make a change that would make a folder what it is `after`, under an id that is free."""
        alone = not self.under_way and pace is None
        refused = self.refusal(after) if alone else None
        self.go(operation, pace)
        if alone:
            assert type(operation.error) is (refused or NoneType)

    def refusal(self, after: Folder) -> type[LarderError] | None:
        """Return how a change has to be refused, by what the tree would be after it."""
        folders = {folder_id: folder for (_, folder_id), folder in self.stored.folders.items()}
        before = folders.get(after.id)
        if before is not None and _deleting(folders, before):
            return NotFoundError
        if before is None or (before.name, before.parent_id) != (after.name, after.parent_id):
            parent = None if after.parent_id is None else folders.get(after.parent_id)
            if after.parent_id is not None and (parent is None or _deleting(folders, parent)):
                return NotFoundError
        changed = {(TENANT, folder_id): folder for folder_id, folder in folders.items()}
        return (
            None if tree_problem({**changed, (TENANT, after.id): after}) is None else ConflictError
        )

    @initialize(chain=st.integers(0, MAX_DEPTH), beside=st.integers(0, 2))
    def some_folders(self, chain: int, beside: int) -> None:
        for length, names_of_it in ((chain, "abab"), (beside, "ba")):
            parent = None
            for name in names_of_it[:length]:
                created = self.world.finish(self.world.create_folder(TENANT, name, parent)).result
                assert isinstance(created, Folder)
                parent = created.id

    @rule(name=names, parent=numbers, pace=paces)
    def create(self, name: str, parent: int, pace: int | None) -> None:
        place = self.place(parent)
        new = Folder(id=_NEW, name=name, parent_id=place)
        self.change(self.world.create_folder(TENANT, name, place), pace, new)

    @precondition(lambda self: self.stored.folders)
    @rule(number=numbers, name=names, pace=paces)
    def rename(self, number: int, name: str, pace: int | None) -> None:
        folder = self.one(number)
        renaming = self.world.update_folder(TENANT, folder.id, FolderChanges(name=name))
        self.change(renaming, pace, replace(folder, name=name))

    @precondition(lambda self: self.stored.folders)
    @rule(number=numbers, parent=numbers, name=st.none() | names, pace=paces)
    def move(self, number: int, parent: int, name: str | None, pace: int | None) -> None:
        folder, place = self.one(number), self.place(parent)
        changes = FolderChanges(name=name, parent=place or "root")
        moving = self.world.update_folder(TENANT, folder.id, changes)
        self.change(moving, pace, replace(folder, name=name or folder.name, parent_id=place))

    @precondition(lambda self: self.stored.folders)
    @rule(number=numbers, pace=paces)
    def mark(self, number: int, pace: int | None) -> None:
        folder = self.one(number)
        marking = self.world.update_folder(TENANT, folder.id, FolderChanges(favorite=True))
        self.change(marking, pace, replace(folder, favorite=True))

    @precondition(lambda self: self.stored.folders)
    @rule(number=numbers, pace=paces)
    def delete(self, number: int, pace: int | None) -> None:
        folder = self.one(number)
        full = any(
            other.parent_id == folder.id and not other.deleting
            for other in self.stored.folders.values()
        )
        alone = not self.under_way and pace is None
        deletion = self.world.delete_folder(TENANT, folder.id)
        self.go(deletion, pace)
        if alone:
            wanted = ConflictError if full else NoneType
            assert type(deletion.error) is (NotFoundError if folder.deleting else wanted)

    @precondition(lambda self: self.stored.folders)
    @rule(number=numbers, patience=st.sampled_from([PLENTY, 0, 1, 2]), pace=paces)
    def delete_with_all_in_it(self, number: int, patience: int, pace: int | None) -> None:
        folder = self.one(number)
        self.go(
            self.world.delete_folder(TENANT, folder.id, recursive=True, patience=patience), pace
        )

    @precondition(lambda self: self.world.cleanups)
    @rule(again=st.booleans(), pace=paces)
    def clean(self, again: bool, pace: int | None) -> None:  # noqa: FBT001
        self.go(self.world.clean(self.world.cleanups[0], again=again), pace)

    @precondition(lambda self: self.under_way)
    @rule(number=numbers, pace=paces)
    def go_on(self, number: int, pace: int | None) -> None:
        self.go(self.under_way.pop(number % len(self.under_way)), pace)

    @precondition(lambda self: self.under_way)
    @rule(number=numbers)
    def kill(self, number: int) -> None:
        self.under_way.pop(number % len(self.under_way)).abandon()

    def teardown(self) -> None:
        with self.resources:
            for operation in self.under_way:
                self.world.finish(operation)
            check_folders(self.world, TENANT)
            self.world.cleanups.clear()
            self.world.clock.advance(CLEARING_GRACE)
            self.world.finish(self.world.sweep())
            self.world.drain()
            assert not any(folder.deleting for folder in self.stored.folders.values())
            check_folders(self.world, TENANT)

    def one(self, number: int) -> Folder:
        """A folder that is there."""
        folders = list(self.stored.folders.values())
        return folders[number % len(folders)]

    def place(self, number: int) -> FolderId | None:
        """A folder that is there, or the root; rarely one that was there."""
        there = [folder_id for _, folder_id in self.stored.folders]
        gone = [folder_id for folder_id in self.ever if folder_id not in there]
        places = [None, *there, *gone[-1:]]
        return places[number % len(places)]


def _deleting(folders: dict[FolderId, Folder], folder: Folder) -> bool:
    """Tell whether the folder, or one that it lies in, is being deleted."""
    above = None if folder.parent_id is None else folders.get(folder.parent_id)
    return folder.deleting or (above is not None and _deleting(folders, above))


TestFolderTree = FolderTree.TestCase
TestFolderTree.settings = settings(max_examples=3 * settings().max_examples, stateful_step_count=30)
