"""Folders: made, found, listed, renamed, moved and marked, by many at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import (
    ConflictError,
    ContentionError,
    InvalidParameterError,
    NotFoundError,
)
from larder.domain.folders import MAX_DEPTH, Folder, folder_id_from
from larder.domain.ids import new_folder_id
from larder.services.budget import SPACED_ATTEMPTS, spaced_attempts
from larder.services.space.get_folder import get_folder
from larder.services.space.list_folders import list_folders
from larder.services.space.update_folder import FolderChanges
from tests.fakes.clock import START
from tests.samples import TENANT, close_folder
from tests.unit.use_cases import change_folder, make_folder, store

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.folders import FolderTree
    from larder.domain.ids import TenantId
    from tests.backends.memory import MemoryBackend

pytestmark = pytest.mark.usefixtures("tenant")

NOW = int(START)

NO_FOLDER = ["", "Root", "folder-", "folder-1", "file-" + "0" * 24, "folder-" + "G" * 24, "x" * 999]


def names(ports: MemoryBackend, parent: str | None = None) -> list[str]:
    found = ports.make(list_folders)(TENANT, parent, limit=100, after=None)
    return [folder.name for folder in found.items]


def stored(ports: MemoryBackend, folder: Folder) -> Folder | None:
    return ports.folders.get(TENANT, folder.id)


def meanwhile(
    ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch, *changes: Callable[[], object]
) -> None:
    """Have another request's changes made between the next reads of the tree and the writes."""
    tree, planned = ports.folders.tree, list(changes)

    def interrupted(tenant: TenantId) -> object:
        found = tree(tenant)
        if planned:
            planned.pop(0)()
        return found

    monkeypatch.setattr(ports.folders, "tree", interrupted)


class TestCreate:
    def test_a_folder_is_made_in_the_root_or_in_another(self, ports: MemoryBackend) -> None:
        outer = make_folder(ports, "outer 😀")
        also_root = make_folder(ports, "b", "root")
        inner = make_folder(ports, "inner", outer.id)

        assert (outer.name, outer.parent_id, outer.created_at) == ("outer 😀", None, NOW)
        assert also_root.parent_id is None
        assert inner.parent_id == outer.id
        assert stored(ports, inner) == inner

    @pytest.mark.parametrize("name", ["", " ", "..", "a/b", "a\\b", "a\nb", "é" * 128])
    def test_a_malformed_name_is_refused(self, ports: MemoryBackend, name: str) -> None:
        with pytest.raises(InvalidParameterError) as refused:
            make_folder(ports, name)

        assert refused.value.param == "name"
        assert ports.snapshot().folders == {}

    @pytest.mark.parametrize("parent", [*NO_FOLDER, "folder-" + "0" * 24])
    def test_a_parent_that_does_not_exist_is_not_found(
        self, ports: MemoryBackend, parent: str
    ) -> None:
        with pytest.raises(NotFoundError, match="No such Folder") as refused:
            make_folder(ports, "a", parent)

        assert refused.value.param == "parent_id"

    def test_another_project_s_folder_is_no_parent(
        self, ports: MemoryBackend, other: TenantId
    ) -> None:
        foreign = make_folder(ports, "a", tenant=other)

        with pytest.raises(NotFoundError):
            make_folder(ports, "b", foreign.id)

    def test_each_project_has_names_of_its_own(self, ports: MemoryBackend, other: TenantId) -> None:
        make_folder(ports, "a", tenant=other)

        assert make_folder(ports, "a").name == "a"

    def test_a_name_is_there_once_in_any_case(self, ports: MemoryBackend) -> None:
        make_folder(ports, "Reports")

        with pytest.raises(ConflictError, match="'Reports'") as refused:
            make_folder(ports, "REPORTS")

        assert (refused.value.code, refused.value.permanent) == ("folder_exists", True)

    def test_folders_nest_as_deep_as_the_deepest(self, ports: MemoryBackend) -> None:
        parent = None
        for depth in range(MAX_DEPTH):
            parent = make_folder(ports, f"{depth}", parent).id

        with pytest.raises(ConflictError) as refused:
            make_folder(ports, "one more", parent)

        assert refused.value.code == "folder_too_deep"

    def test_of_two_of_one_name_at_once_one_is_made(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        meanwhile(ports, monkeypatch, lambda: make_folder(ports, "A"))

        with pytest.raises(ConflictError):
            make_folder(ports, "a")

        assert names(ports) == ["A"]

    def test_two_of_other_names_at_once_are_both_made(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        meanwhile(ports, monkeypatch, lambda: make_folder(ports, "b"))

        make_folder(ports, "a")

        assert names(ports) == ["a", "b"]

    def test_a_parent_that_is_deleted_meanwhile_is_not_found(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outer = make_folder(ports, "outer")
        inner = make_folder(ports, "inner", outer.id)
        meanwhile(ports, monkeypatch, lambda: close_folder(ports, TENANT, outer.id, NOW))

        with pytest.raises(NotFoundError):
            make_folder(ports, "a", inner.id)

        assert names(ports, inner.id) == []

    def test_who_is_outrun_again_and_again_is_told_to_try_later(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def another(number: int) -> None:
            folder = Folder(new_folder_id(START), f"{number}", None)
            assert ports.folders.create(TENANT, folder, number)

        meanwhile(ports, monkeypatch, *((lambda n=n: another(n)) for n in range(SPACED_ATTEMPTS)))

        with pytest.raises(ContentionError):
            make_folder(ports, "a")


class TestFind:
    def test_a_folder_is_found_by_its_id_until_it_is_deleted(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "a")
        assert ports.make(get_folder)(TENANT, folder.id) == folder

        close_folder(ports, TENANT, folder.id, NOW)

        with pytest.raises(NotFoundError, match=f"{folder.id} "):
            ports.make(get_folder)(TENANT, folder.id)

    @pytest.mark.parametrize("folder_id", [*NO_FOLDER, "root", "folder-" + "0" * 24])
    def test_what_does_not_exist_is_not_found(self, ports: MemoryBackend, folder_id: str) -> None:
        with pytest.raises(NotFoundError) as refused:
            ports.make(get_folder)(TENANT, folder_id, param="folder_id")

        assert refused.value.message == f"No such Folder object: {folder_id[:64]} (not found)"
        assert refused.value.param == "folder_id"

    def test_another_project_s_folder_is_not_found(
        self, ports: MemoryBackend, other: TenantId
    ) -> None:
        foreign = make_folder(ports, "a", tenant=other)

        with pytest.raises(NotFoundError):
            ports.make(get_folder)(TENANT, foreign.id)

    @pytest.mark.parametrize("raw", [None, "root"])
    def test_the_root_is_no_folder(self, raw: str | None) -> None:
        assert folder_id_from(raw, param="folder_id") is None


class TestList:
    def test_folders_are_listed_by_name(self, ports: MemoryBackend) -> None:
        outer = make_folder(ports, "b")
        for name in ("C", "a"):
            make_folder(ports, name)
        make_folder(ports, "inner", outer.id)
        store(ports, folder=outer.id)

        assert names(ports) == names(ports, "root") == ["a", "b", "C"]
        assert names(ports, outer.id) == ["inner"]

    @pytest.mark.parametrize("parent", [*NO_FOLDER, "folder-" + "0" * 24])
    def test_a_parent_that_does_not_exist_is_not_found(
        self, ports: MemoryBackend, parent: str
    ) -> None:
        with pytest.raises(NotFoundError) as refused:
            names(ports, parent)

        assert refused.value.param == "parent_id"

    @pytest.mark.parametrize("limit", [-1, 0, 1_001])
    def test_another_limit_is_refused(self, ports: MemoryBackend, limit: int) -> None:
        with pytest.raises(InvalidParameterError) as refused:
            ports.make(list_folders)(TENANT, None, limit=limit, after=None)

        assert refused.value.param == "limit"


class TestUpdate:
    def test_all_that_is_asked_for_is_changed_at_once(self, ports: MemoryBackend) -> None:
        outer, folder = make_folder(ports, "outer"), make_folder(ports, "a")

        changed = change_folder(
            ports, folder.id, FolderChanges(name="b", parent=outer.id, favorite=True)
        )

        assert changed == replace(folder, name="b", parent_id=outer.id, favorite=True)
        assert stored(ports, folder) == changed

    @pytest.mark.parametrize(
        "changes",
        [FolderChanges(), FolderChanges(name="a", parent="root", favorite=False)],
    )
    def test_what_is_so_already_is_no_change(
        self, ports: MemoryBackend, changes: FolderChanges
    ) -> None:
        folder = make_folder(ports, "a")
        version = ports.folders.tree(TENANT).version

        assert change_folder(ports, folder.id, changes) == folder

        assert ports.folders.tree(TENANT).version == version

    def test_a_folder_is_moved_with_all_that_lies_in_it(self, ports: MemoryBackend) -> None:
        outer, folder = make_folder(ports, "outer"), make_folder(ports, "a")
        inner = make_folder(ports, "inner", folder.id)
        file = store(ports, folder=folder.id)

        change_folder(ports, folder.id, FolderChanges(parent=outer.id))

        assert names(ports) == ["outer"]
        assert names(ports, outer.id) == ["a"]
        assert stored(ports, inner) == inner
        assert ports.files.get(TENANT, file.id) == file

    def test_a_folder_is_moved_to_the_root(self, ports: MemoryBackend) -> None:
        inner = make_folder(ports, "inner", make_folder(ports, "outer").id)

        assert change_folder(ports, inner.id, FolderChanges(parent="root")).parent_id is None

    def test_the_case_of_a_name_can_be_changed(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "reports")

        assert change_folder(ports, folder.id, FolderChanges(name="Reports")).name == "Reports"

    def test_a_mark_can_be_taken_off(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "a")
        change_folder(ports, folder.id, FolderChanges(favorite=True))

        assert not change_folder(ports, folder.id, FolderChanges(favorite=False)).favorite

    @pytest.mark.parametrize("name", ["", "a/b", "a\nb", "."])
    def test_a_malformed_name_changes_nothing(self, ports: MemoryBackend, name: str) -> None:
        folder = make_folder(ports, "a")

        with pytest.raises(InvalidParameterError) as refused:
            change_folder(ports, folder.id, FolderChanges(name=name, favorite=True))

        assert refused.value.param == "name"
        assert stored(ports, folder) == folder

    @pytest.mark.parametrize("folder_id", [*NO_FOLDER, "root", "folder-" + "0" * 24])
    def test_what_does_not_exist_is_not_found(self, ports: MemoryBackend, folder_id: str) -> None:
        with pytest.raises(NotFoundError) as refused:
            change_folder(ports, folder_id, FolderChanges(name="b"))

        assert refused.value.param == "id"

    def test_another_project_s_folder_is_not_found(
        self, ports: MemoryBackend, other: TenantId
    ) -> None:
        foreign, mine = make_folder(ports, "a", tenant=other), make_folder(ports, "b")

        with pytest.raises(NotFoundError) as as_folder:
            change_folder(ports, foreign.id, FolderChanges(name="b"))
        with pytest.raises(NotFoundError) as as_parent:
            change_folder(ports, mine.id, FolderChanges(parent=foreign.id))

        assert (as_folder.value.param, as_parent.value.param) == ("id", "parent_id")

    def test_a_name_that_is_taken_where_it_goes_changes_nothing(self, ports: MemoryBackend) -> None:
        outer = make_folder(ports, "outer")
        make_folder(ports, "A", outer.id)
        folder = make_folder(ports, "a")

        with pytest.raises(ConflictError) as refused:
            change_folder(ports, folder.id, FolderChanges(parent=outer.id))

        assert refused.value.code == "folder_exists"
        assert names(ports) == ["a", "outer"]

    def test_of_two_moves_that_would_make_a_circle_one_is_made(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, two = make_folder(ports, "one"), make_folder(ports, "two")
        meanwhile(
            ports,
            monkeypatch,
            lambda: change_folder(ports, two.id, FolderChanges(parent=one.id)),
        )

        with pytest.raises(ConflictError) as refused:
            change_folder(ports, one.id, FolderChanges(parent=two.id))

        assert (refused.value.code, refused.value.permanent) == ("folder_cycle", True)
        assert names(ports) == ["one"]

    def test_of_two_that_take_one_name_at_once_one_has_it(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, two = make_folder(ports, "one"), make_folder(ports, "two")
        meanwhile(ports, monkeypatch, lambda: change_folder(ports, two.id, FolderChanges(name="X")))

        with pytest.raises(ConflictError):
            change_folder(ports, one.id, FolderChanges(name="x"))

        assert names(ports) == ["one", "X"]

    def test_two_moves_that_together_are_too_deep_are_not_both_made(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        parent = None
        chain = []
        for depth in range(MAX_DEPTH - 1):
            parent = make_folder(ports, f"{depth}", parent).id
            chain.append(parent)
        one, two = make_folder(ports, "one"), make_folder(ports, "two")
        meanwhile(
            ports,
            monkeypatch,
            lambda: change_folder(ports, two.id, FolderChanges(parent=one.id)),
        )

        with pytest.raises(ConflictError) as refused:
            change_folder(ports, one.id, FolderChanges(parent=chain[-1]))

        assert refused.value.code == "folder_too_deep"

    def test_changes_of_others_are_kept(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = make_folder(ports, "a")
        meanwhile(
            ports, monkeypatch, lambda: change_folder(ports, folder.id, FolderChanges(name="b"))
        )

        changed = change_folder(ports, folder.id, FolderChanges(favorite=True))

        assert (changed.name, changed.favorite) == ("b", True)
        assert stored(ports, folder) == changed

    def test_who_is_outrun_again_and_again_is_told_to_try_later(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = make_folder(ports, "a")

        def another(number: int) -> None:
            new = Folder(new_folder_id(START), f"{number}", None)
            assert ports.folders.create(TENANT, new, number + 1)

        meanwhile(ports, monkeypatch, *((lambda n=n: another(n)) for n in range(SPACED_ATTEMPTS)))

        with pytest.raises(ContentionError):
            change_folder(ports, folder.id, FolderChanges(name="b"))


class TestBeingDeleted:
    """What lies in a folder that is being deleted is, from that moment on."""

    CHANGES = (
        FolderChanges(name="b"),
        FolderChanges(favorite=True),
        FolderChanges(parent="root"),
    )

    @pytest.mark.parametrize("changes", CHANGES)
    @pytest.mark.parametrize("depth", [0, 1, 2])
    def test_it_cannot_be_changed_or_moved_out(
        self, ports: MemoryBackend, changes: FolderChanges, depth: int
    ) -> None:
        chain = [make_folder(ports, "outer")]
        chain += [make_folder(ports, "middle", chain[0].id)]
        chain += [make_folder(ports, "inner", chain[1].id)]
        close_folder(ports, TENANT, chain[0].id, NOW)
        before = ports.snapshot()

        with pytest.raises(NotFoundError, match=f"{chain[depth].id} "):
            change_folder(ports, chain[depth].id, changes)

        assert ports.snapshot() == before

    @pytest.mark.parametrize("depth", [0, 1, 2])
    def test_nothing_can_be_moved_in(self, ports: MemoryBackend, depth: int) -> None:
        chain = [make_folder(ports, "outer")]
        chain += [make_folder(ports, "middle", chain[0].id)]
        chain += [make_folder(ports, "inner", chain[1].id)]
        beside = make_folder(ports, "beside")
        close_folder(ports, TENANT, chain[0].id, NOW)

        with pytest.raises(NotFoundError, match=chain[depth].id):
            change_folder(ports, beside.id, FolderChanges(parent=chain[depth].id))

        assert stored(ports, beside) == beside

    def test_who_moves_out_at_the_same_time_is_told(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outer = make_folder(ports, "outer")
        inner = make_folder(ports, "inner", outer.id)
        meanwhile(ports, monkeypatch, lambda: close_folder(ports, TENANT, outer.id, NOW))

        with pytest.raises(NotFoundError):
            change_folder(ports, inner.id, FolderChanges(parent="root"))

        assert stored(ports, inner) == inner


def test_between_attempts_it_waits_longer_each_time_and_never_as_long_as_another() -> None:
    waits: list[list[float]] = []
    for _ in range(2):
        pauses: list[float] = []
        assert len(list(spaced_attempts(pauses.append))) == SPACED_ATTEMPTS
        waits.append(pauses)

    longest = [min(0.5, 0.02 * 2**attempt) for attempt in range(1, SPACED_ATTEMPTS)]
    for one, other, most in zip(*waits, longest, strict=True):
        assert most / 4 <= one <= most
        assert one != other
    assert sum(longest) < 3


def test_a_change_that_is_outrun_reads_the_folders_a_bounded_number_of_times(
    ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, reads = ports.folders.tree, []

    def counted(tenant: TenantId) -> FolderTree:
        reads.append(tenant)
        return read(tenant)

    monkeypatch.setattr(ports.folders, "tree", counted)
    monkeypatch.setattr(ports.folders, "create", lambda *_: False)

    with pytest.raises(ContentionError):
        make_folder(ports, "a")

    assert len(reads) == SPACED_ATTEMPTS == 8
