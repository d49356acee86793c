"""Folders and the trash when transactions are refused, or others come in between."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from larder.adapters.dynamodb.transactions import ATTEMPTS
from larder.domain.errors import ConflictError, NotFoundError
from larder.domain.folders import Folder
from larder.domain.ids import new_folder_id
from larder.domain.quota import Amount
from larder.services.space.create_folder import create_folder
from larder.services.space.delete_folder import DeleteFolder
from larder.services.space.restore_file import RestoreFile
from larder.services.space.trash_file import trash_file
from larder.services.space.update_file import FileChanges, update_file
from larder.services.space.update_folder import FolderChanges, update_folder
from tests.backends.aws import CONFLICT
from tests.fakes.clock import START
from tests.samples import TENANT, a_file, a_folder, a_project, an_upload, close_folder, to_trash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.backends.aws import AwsBackend

    type Change = Callable[[AwsBackend], object]

NONE = {"Code": "None"}


@pytest.fixture
def backend(aws: AwsBackend) -> AwsBackend:
    a_project(aws, limit=Amount(files=100, bytes=1_000))
    return aws


@contextmanager
def before_the_next_transaction(
    backend: AwsBackend, change: Callable[[], object]
) -> Iterator[None]:
    """Have another request's `change` made right before the next transaction is."""
    due = True

    def interfere(**_: Any) -> None:
        nonlocal due
        if due:
            due = False
            change()

    event = "before-call.dynamodb.TransactWriteItems"
    backend.dynamodb.meta.events.register(event, interfere, unique_id="interfere")
    try:
        yield
    finally:
        backend.dynamodb.meta.events.unregister(event, unique_id="interfere")
    assert not due


def _admit(backend: AwsBackend) -> Change:
    folder = a_folder(backend, TENANT).id
    return lambda b: b.files.admit(TENANT, a_file(folder=folder))


def _revise(backend: AwsBackend) -> Change:
    file = a_file()
    backend.files.admit(TENANT, file)
    folder = a_folder(backend, TENANT).id
    return lambda b: b.files.revise(TENANT, file, replace(file, folder_id=folder, revision=1))


def _complete(backend: AwsBackend) -> Change:
    upload = an_upload(folder=a_folder(backend, TENANT).id)
    backend.uploads.reserve(TENANT, upload)
    return lambda b: b.uploads.complete(TENANT, upload, upload.to_file())


def _trash(backend: AwsBackend) -> Change:
    files = [a_file(1), a_file(1)]
    for file in files:
        backend.files.admit(TENANT, file)
    return lambda b: b.trash.put(TENANT, files, START)


def _restore(backend: AwsBackend) -> Change:
    file = a_file(folder=a_folder(backend, TENANT).id)
    backend.files.admit(TENANT, file)
    to_trash(backend, TENANT, file.id)
    trashed = backend.trash.get(TENANT, file.id)
    assert trashed is not None
    return lambda b: b.trash.restore(TENANT, trashed, file)


def _purge(backend: AwsBackend) -> Change:
    files = [a_file(1), a_file(1)]
    for file in files:
        backend.files.admit(TENANT, file)
    backend.trash.put(TENANT, files, START)
    found = [backend.trash.get(TENANT, file.id) for file in files]
    trashed = [each for each in found if each is not None]
    return lambda b: b.trash.purge(TENANT, trashed)


def _create_folder(backend: AwsBackend) -> Change:
    parent = a_folder(backend, TENANT).id
    folder = Folder(new_folder_id(START), "inner", parent)
    version = backend.folders.tree(TENANT).version
    return lambda b: b.folders.create(TENANT, folder, version)


def _revise_folder(backend: AwsBackend) -> Change:
    folder = a_folder(backend, TENANT)
    version = backend.folders.tree(TENANT).version
    return lambda b: b.folders.revise(TENANT, folder, replace(folder, name="b"), version)


def _close(backend: AwsBackend) -> Change:
    folder = a_folder(backend, TENANT).id
    return lambda b: close_folder(b, TENANT, folder, int(START)) is not None


def _remove(backend: AwsBackend) -> Change:
    folder = a_folder(backend, TENANT)
    return lambda b: b.folders.remove(TENANT, folder)


@pytest.mark.parametrize(
    "prepare",
    [
        _admit,
        _revise,
        _complete,
        _trash,
        _restore,
        _purge,
        _create_folder,
        _revise_folder,
        _close,
        _remove,
    ],
)
def test_a_change_waits_for_concurrent_changes(
    backend: AwsBackend, prepare: Callable[[AwsBackend], Change]
) -> None:
    change = prepare(backend)
    before = backend.snapshot()
    refused = backend.refuse_transactions([CONFLICT, NONE], times=ATTEMPTS - 1)

    assert change(backend) in {True, None}

    assert refused() == ATTEMPTS - 1
    assert backend.snapshot() != before


class TestComeInBetween:
    def test_a_folder_of_the_same_name(self, backend: AwsBackend) -> None:
        def another() -> None:
            a_folder(backend, TENANT, "Reports")

        with before_the_next_transaction(backend, another), pytest.raises(ConflictError) as refused:
            backend.make(create_folder)(TENANT, "reports", None)

        assert refused.value.code == "folder_exists"
        assert len(backend.snapshot().folders) == 1

    def test_a_move_that_would_close_a_circle(self, backend: AwsBackend) -> None:
        one, two = (a_folder(backend, TENANT, name) for name in ("one", "two"))

        def another() -> None:
            changes = FolderChanges(parent=one.id)
            backend.make(update_folder)(TENANT, two.id, changes)

        with before_the_next_transaction(backend, another), pytest.raises(ConflictError) as refused:
            backend.make(update_folder)(TENANT, one.id, FolderChanges(parent=two.id))

        assert refused.value.code == "folder_cycle"
        folders = backend.snapshot().folders
        assert folders[TENANT, one.id].parent_id is None
        assert folders[TENANT, two.id].parent_id == one.id

    def test_the_end_of_the_parent(self, backend: AwsBackend) -> None:
        parent = a_folder(backend, TENANT)

        def another() -> None:
            assert backend.folders.remove(TENANT, parent)

        with before_the_next_transaction(backend, another), pytest.raises(NotFoundError):
            backend.make(create_folder)(TENANT, "inner", parent.id)

        assert backend.snapshot().folders == {}

    def test_a_file_into_a_folder_that_was_empty(self, backend: AwsBackend) -> None:
        folder = a_folder(backend, TENANT)
        file = a_file(folder=folder.id)

        def another() -> None:
            backend.files.admit(TENANT, file)

        with before_the_next_transaction(backend, another), pytest.raises(ConflictError) as refused:
            backend.make(DeleteFolder)(TENANT, folder.id, recursive=False, keep_going=lambda: True)

        assert refused.value.code == "folder_not_empty"
        assert backend.folders.get(TENANT, folder.id) is not None

    def test_another_change_of_the_same_file(self, backend: AwsBackend) -> None:
        file = a_file()
        backend.files.admit(TENANT, file)

        def change(changes: FileChanges) -> None:
            backend.make(update_file)(TENANT, file.id, changes)

        with before_the_next_transaction(backend, lambda: change(FileChanges(add_tags=("b",)))):
            change(FileChanges(add_tags=("a",)))

        changed = backend.files.get(TENANT, file.id)
        assert changed is not None
        assert (changed.tags, changed.revision) == (("b", "a"), 2)

    def test_a_change_of_a_file_that_is_being_trashed(self, backend: AwsBackend) -> None:
        file = a_file()
        backend.files.admit(TENANT, file)

        def rename() -> None:
            changes = FileChanges(name="renamed")
            backend.make(update_file)(TENANT, file.id, changes)

        with before_the_next_transaction(backend, rename):
            backend.make(trash_file)(TENANT, file.id)

        trashed = backend.trash.get(TENANT, file.id)
        assert trashed is not None
        assert trashed.file.filename == "renamed"

    def test_the_end_of_the_folder_that_a_file_is_restored_to(self, backend: AwsBackend) -> None:
        folder = a_folder(backend, TENANT).id
        file = a_file(folder=folder)
        backend.files.admit(TENANT, file)
        to_trash(backend, TENANT, file.id)

        def close() -> None:
            close_folder(backend, TENANT, folder, int(START))

        with before_the_next_transaction(backend, close):
            restored = backend.make(RestoreFile)(TENANT, file.id)

        assert restored.folder_id not in {None, folder}
        assert backend.files.get(TENANT, file.id) == restored
