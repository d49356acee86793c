"""What people do with files, folders and the trash, in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from larder.domain.errors import NotFoundError
from larder.domain.files import DAY
from larder.domain.quota import Amount
from larder.domain.same_names import IfExists
from larder.services.space.update_file import FileChanges
from larder.services.space.update_folder import FolderChanges
from tests.property.invariants import check_settling
from tests.property.machine import Machine, Pace, lives, numbers, purposes
from tests.property.operations import Interruption
from tests.property.reads import check_folders, check_get, check_lists
from tests.property.world import PLENTY
from tests.samples import OTHER, TENANT

if TYPE_CHECKING:
    from larder.domain.ids import FileId, FolderId, TenantId

sizes = st.sampled_from([10, 0, 60])
names = st.sampled_from(["a", "A", "b", "\u00e9", "e\u0301"])
patiences = st.sampled_from([PLENTY, 0, 1, 2])
tags = st.sampled_from([("a",), ("b",), ("a", "b")])
maybe = st.none() | numbers
# As often paused or interrupted as left alone: what people do takes few calls.
few = st.integers(0, 3) | st.integers(0, 12)
paces = (
    st.none() | st.tuples(few, st.none()) | st.tuples(few, st.sampled_from([None, *Interruption]))
)


class SpaceLifecycle(Machine):
    """The Space's operations on one project."""

    @initialize()
    def a_folder_in_a_folder_and_files_in_both(self) -> None:
        finish = self.world.finish
        finish(self.world.set_limit(TENANT, Amount(files=7, bytes=300)))
        parent = None
        for name in ("a", "b"):
            finish(self.world.create_folder(TENANT, name, parent))
            parent = list(self.watched.stored.folders)[-1][1]
            for _ in range(2):
                finish(self.world.create_file(TENANT, 10, "user_data", folder=parent))
            finish(self.world.trash(*list(self.watched.stored.files)[-1]))

    @rule(size=sizes, purpose=purposes, life=lives, folder=numbers, pace=paces)
    def create_file(
        self, size: int, purpose: str, life: int | None, folder: int, pace: Pace
    ) -> None:
        place = self.place(folder)
        self.go(self.world.create_file(TENANT, size, purpose, life, folder=place), pace)

    @rule(if_exists=st.sampled_from(IfExists), folder=numbers, pace=paces)
    def create_named(self, if_exists: IfExists, folder: int, pace: Pace) -> None:
        self.go(self.world.create_named(TENANT, if_exists, folder=self.place(folder)), pace)

    @rule(
        size=sizes,
        life=lives,
        folder=numbers,
        arrives=st.booleans(),
        if_exists=st.sampled_from([None, *IfExists]),
    )
    def create_upload(
        self,
        size: int,
        life: int | None,
        folder: int,
        arrives: bool,  # noqa: FBT001
        if_exists: IfExists | None,
    ) -> None:
        self.world.finish(
            self.world.create_upload(
                TENANT,
                size,
                "user_data",
                life,
                folder=self.place(folder),
                if_exists=if_exists,
            )
        )
        if arrives and self.watched.stored.uploads:
            *_, upload = self.watched.stored.uploads.values()
            if self.world.clock.now < upload.expires_at:
                self.world.put(TENANT, upload)

    @precondition(lambda self: self.watched.stored.uploads)
    @rule(number=numbers, pace=paces)
    def complete(self, number: int, pace: Pace) -> None:
        uploads = list(self.watched.stored.uploads.values())
        self.go(self.world.complete(TENANT, uploads[number % len(uploads)]), pace)

    @precondition(lambda self: self.watched.stored.files)
    @rule(number=numbers, name=st.none() | names, folder=maybe, favorite=st.booleans(), pace=paces)
    def update(
        self,
        number: int,
        name: str | None,
        folder: int | None,
        favorite: bool,  # noqa: FBT001
        pace: Pace,
    ) -> None:
        place = None if folder is None else self.place(folder) or "root"
        changes = FileChanges(name=name, folder=place, favorite=favorite)
        self.go(self.world.update(*self.one_file(number), changes), pace)

    @precondition(lambda self: self.watched.stored.files)
    @rule(number=numbers, added=tags, removed=tags, pace=paces)
    def tag(
        self, number: int, added: tuple[str, ...], removed: tuple[str, ...], pace: Pace
    ) -> None:
        changes = FileChanges(add_tags=added, remove_tags=removed)
        self.go(self.world.update(*self.one_file(number), changes), pace)

    @precondition(lambda self: self.watched.stored.files)
    @rule(number=numbers, pace=paces)
    def trash(self, number: int, pace: Pace) -> None:
        files = list(self.watched.stored.files)
        self.go(self.world.trash(*files[number % len(files)]), pace)

    @precondition(lambda self: self.watched.stored.trash)
    @rule(number=numbers, pace=paces)
    def restore(self, number: int, pace: Pace) -> None:
        trashed = list(self.watched.stored.trash)
        self.go(self.world.restore(*trashed[number % len(trashed)]), pace)

    @precondition(lambda self: self.watched.stored.trash)
    @rule(number=numbers, pace=paces)
    def purge(self, number: int, pace: Pace) -> None:
        trashed = list(self.watched.stored.trash)
        self.go(self.world.purge(*trashed[number % len(trashed)]), pace)

    @precondition(lambda self: self.watched.stored.trash)
    @rule(patience=patiences, pace=paces)
    def empty_trash(self, patience: int, pace: Pace) -> None:
        self.go(self.world.empty_trash(TENANT, patience=patience), pace)

    @rule(name=names, parent=numbers, pace=paces)
    def create_folder(self, name: str, parent: int, pace: Pace) -> None:
        self.go(self.world.create_folder(TENANT, name, self.place(parent)), pace)

    @precondition(lambda self: self.watched.stored.folders)
    @rule(number=numbers, name=st.none() | names, parent=maybe, pace=paces)
    def update_folder(self, number: int, name: str | None, parent: int | None, pace: Pace) -> None:
        place = None if parent is None else self.place(parent) or "root"
        changes = FolderChanges(name=name, parent=place, favorite=name is None)
        self.go(self.world.update_folder(*self.one_folder(number), changes), pace)

    @precondition(lambda self: self.watched.stored.folders)
    @rule(number=numbers, recursive=st.booleans(), patience=patiences, pace=paces)
    def delete_folder(
        self,
        number: int,
        recursive: bool,  # noqa: FBT001
        patience: int,
        pace: Pace,
    ) -> None:
        deletion = self.world.delete_folder(
            *self.one_folder(number), recursive=recursive, patience=patience
        )
        self.go(deletion, pace)

    @precondition(lambda self: self.watched.stored.trashed_folders)
    @rule(number=numbers, patience=patiences, pace=paces)
    def restore_folder(self, number: int, patience: int, pace: Pace) -> None:
        self.go(self.world.restore_folder(*self.gone_folder(number), patience=patience), pace)

    @precondition(lambda self: self.watched.stored.trashed_folders)
    @rule(number=numbers, patience=patiences, pace=paces)
    def purge_folder(self, number: int, patience: int, pace: Pace) -> None:
        self.go(self.world.purge_folder(*self.gone_folder(number), patience=patience), pace)

    @precondition(lambda self: self.world.cleanups)
    @rule(number=numbers, again=st.booleans(), patience=patiences, pace=paces)
    def clean(self, number: int, again: bool, patience: int, pace: Pace) -> None:  # noqa: FBT001
        messages = self.world.cleanups
        message = messages[number % len(messages)]
        self.go(self.world.clean(message, again=again, patience=patience), pace)

    @precondition(lambda self: self.world.cleanups)
    @rule(number=numbers)
    def lose_a_cleanup(self, number: int) -> None:
        del self.world.cleanups[number % len(self.world.cleanups)]

    @precondition(lambda self: self.watched.stored.trash)
    @rule(number=numbers, late=st.sampled_from([-1, 0, 1]))
    def a_month_later(self, number: int, late: int) -> None:
        trashed = list(self.watched.stored.trash.values())
        self.rest_until(trashed[number % len(trashed)].purge_at + late)

    @precondition(lambda self: self.watched.stored.trash)
    @rule()
    def ttl_purges(self) -> None:
        first = min(trashed.purge_at for trashed in self.watched.stored.trash.values())
        self.rest_until(first + DAY)
        self.world.collect_ttl()

    @precondition(lambda self: self.watched.seen)
    @rule(number=numbers)
    def reach_into_another_space(self, number: int) -> None:
        _, file_id = self.one_file(number)
        for operation in (
            self.world.update(OTHER, file_id, FileChanges(name="mine")),
            self.world.trash(OTHER, file_id),
            self.world.restore(OTHER, file_id),
            self.world.purge(OTHER, file_id),
        ):
            assert isinstance(self.world.finish(operation).error, NotFoundError)

    @rule(number=numbers)
    def look_around(self, number: int) -> None:
        check_lists(self.world, TENANT)
        check_folders(self.world, TENANT)
        if self.watched.seen:
            check_get(self.world, self.one_file(number))

    def rest_until(self, then: float) -> None:
        """Let a month pass: no request and no message lasts that long, nor does the ledger."""
        while self.paused:
            self.world.finish(self.paused.pop())
        self.world.drain()
        self.world.clock.now = max(self.world.clock(), then)

    def check_the_end(self) -> None:
        check_settling(self.world)
        check_lists(self.world, TENANT)

    def place(self, number: int) -> FolderId | None:
        """A folder of the project that is there, or was, or None: the root."""
        places = [None, *(folder_id for _, folder_id in self.watched.seen_folders)]
        return places[number % len(places)]

    def one_folder(self, number: int) -> tuple[TenantId, FolderId]:
        """A folder that is there."""
        folders = list(self.watched.stored.folders)
        return folders[number % len(folders)]

    def gone_folder(self, number: int) -> tuple[TenantId, FolderId]:
        """A folder in the trash."""
        folders = list(self.watched.stored.trashed_folders)
        return folders[number % len(folders)]

    def one_file(self, number: int) -> tuple[TenantId, FileId]:
        """A file that is there, live or in the trash; one that was, when none is."""
        files = [*self.watched.stored.files, *self.watched.stored.trash] or self.watched.seen
        return files[number % len(files)]
