"""Changing a file: all of what was asked or nothing, and nobody else's change lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import ContentionError, InvalidParameterError, NotFoundError
from larder.domain.files import FileStatus
from larder.domain.tags import MAX_TAGS
from larder.services.budget import ATTEMPTS
from larder.services.files.ports import Settlement
from larder.services.space.update_file import FileChanges
from tests.fakes.clock import START
from tests.samples import TENANT, a_file_id, close_folder, to_trash
from tests.unit.use_cases import make_folder, store, trash, update

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from tests.backends.memory import MemoryBackend

pytestmark = pytest.mark.usefixtures("tenant")

NOW = int(START)


def stored(ports: MemoryBackend, file: File) -> File | None:
    return ports.files.get(TENANT, file.id)


class TestChanges:
    def test_all_that_is_asked_for_is_changed_at_once(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "a").id
        file = store(ports, tags=("old",))
        ports.clock.advance(60)

        changed = update(
            ports,
            file.id,
            FileChanges(name="b.txt", folder=folder, tags=("new",), favorite=True),
        )

        assert changed == replace(
            file,
            filename="b.txt",
            folder_id=folder,
            tags=("new",),
            favorite=True,
            revised_at=NOW + 60,
            revision=1,
        )
        assert stored(ports, file) == changed
        assert changed.updated_at == NOW + 60

    @pytest.mark.parametrize(
        "changes",
        [
            FileChanges(),
            FileChanges(name="notes.txt"),
            FileChanges(folder="root"),
            FileChanges(tags=("a",), favorite=False),
            FileChanges(add_tags=("a",), remove_tags=("b",)),
        ],
    )
    def test_what_is_so_already_is_no_change(
        self, ports: MemoryBackend, changes: FileChanges
    ) -> None:
        file = store(ports, tags=("a",))
        ports.clock.advance(60)

        assert update(ports, file.id, changes) == file

        assert stored(ports, file) == file

    def test_a_file_can_be_moved_to_the_root(self, ports: MemoryBackend) -> None:
        file = store(ports, folder=make_folder(ports, "a").id)

        assert update(ports, file.id, FileChanges(folder="root")).folder_id is None

    def test_a_mark_can_be_taken_off(self, ports: MemoryBackend) -> None:
        file = store(ports)
        update(ports, file.id, FileChanges(favorite=True))

        assert not update(ports, file.id, FileChanges(favorite=False)).favorite

    def test_a_new_name_leaves_the_media_type(self, ports: MemoryBackend) -> None:
        file = store(ports, filename="a.csv", mime_type="text/csv")

        assert update(ports, file.id, FileChanges(name="a.png")).mime_type == "text/csv"

    def test_two_files_of_a_folder_may_have_one_name(self, ports: MemoryBackend) -> None:
        store(ports, filename="a")
        file = store(ports, filename="b")

        assert update(ports, file.id, FileChanges(name="a")).filename == "a"


class TestTags:
    def test_tags_are_added_at_the_end_and_removed_in_any_order(self, ports: MemoryBackend) -> None:
        file = store(ports, tags=("a", "b", "c"))

        changes = FileChanges(add_tags=("d", "a"), remove_tags=("x", "c", "b"))

        assert update(ports, file.id, changes).tags == ("a", "d")

    def test_new_tags_replace_the_old_before_others_are_added_and_removed(
        self, ports: MemoryBackend
    ) -> None:
        file = store(ports, tags=("old",))

        changes = FileChanges(tags=("a", "b"), add_tags=("c",), remove_tags=("b",))

        assert update(ports, file.id, changes).tags == ("a", "c")

    def test_all_tags_can_be_taken_off(self, ports: MemoryBackend) -> None:
        file = store(ports, tags=("a",))

        assert update(ports, file.id, FileChanges(tags=())).tags == ()

    def test_what_is_added_and_removed_is_removed(self, ports: MemoryBackend) -> None:
        file = store(ports)

        assert update(ports, file.id, FileChanges(add_tags=("a",), remove_tags=("a",))) == file

    def test_tags_are_removed_in_any_unicode_form(self, ports: MemoryBackend) -> None:
        file = store(ports, tags=("caf\u00e9",))

        assert update(ports, file.id, FileChanges(remove_tags=(" cafe\u0301 ",))).tags == ()

    def test_a_file_with_all_its_tags_can_have_one_for_another(self, ports: MemoryBackend) -> None:
        most = tuple(f"tag {number}" for number in range(MAX_TAGS))
        file = store(ports, tags=most)

        changes = FileChanges(add_tags=("new",), remove_tags=("tag 0",))

        assert update(ports, file.id, changes).tags == (*most[1:], "new")
        with pytest.raises(InvalidParameterError, match="this would make 51") as refused:
            update(ports, file.id, FileChanges(add_tags=("one more",)))
        assert refused.value.param == "add_tags"

    def test_more_can_be_removed_than_a_file_can_have(self, ports: MemoryBackend) -> None:
        file = store(ports, tags=("tag 0",))
        many = tuple(f"tag {number}" for number in range(MAX_TAGS + 1))

        assert update(ports, file.id, FileChanges(remove_tags=many)).tags == ()


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "param"),
        [
            (FileChanges(name=""), "name"),
            (FileChanges(name="a/b"), "name"),
            (FileChanges(name="a\\b"), "name"),
            (FileChanges(name="a\nb"), "name"),
            (FileChanges(name=".."), "name"),
            (FileChanges(name="é" * 128), "name"),
            (FileChanges(tags=("",)), "tags"),
            (FileChanges(tags=("x" * 65,)), "tags"),
            (FileChanges(tags=tuple(map(str, range(51)))), "tags"),
            (FileChanges(add_tags=("a,b",)), "add_tags"),
            (FileChanges(remove_tags=("a\nb",)), "remove_tags"),
        ],
    )
    def test_what_is_malformed_changes_nothing(
        self, ports: MemoryBackend, changes: FileChanges, param: str
    ) -> None:
        file = store(ports)

        with pytest.raises(InvalidParameterError) as refused:
            update(ports, file.id, replace(changes, favorite=True))

        assert refused.value.param == param
        assert stored(ports, file) == file

    @pytest.mark.parametrize("folder", ["", "folder-x", "folder-" + "0" * 24])
    def test_a_folder_that_does_not_exist_changes_nothing(
        self, ports: MemoryBackend, folder: str
    ) -> None:
        file = store(ports)

        with pytest.raises(NotFoundError, match="No such Folder") as refused:
            update(ports, file.id, FileChanges(folder=folder, favorite=True))

        assert refused.value.param == "folder_id"
        assert stored(ports, file) == file

    def test_another_project_s_folder_is_not_found(
        self, ports: MemoryBackend, other: TenantId
    ) -> None:
        file = store(ports)
        folder = make_folder(ports, "a", tenant=other).id

        with pytest.raises(NotFoundError):
            update(ports, file.id, FileChanges(folder=folder))

    @pytest.mark.parametrize(
        "fate", ["malformed", "random", "foreign", "deleted", "expired", "trashed"]
    )
    def test_a_file_that_is_not_there_is_not_found(
        self, ports: MemoryBackend, other: TenantId, fate: str
    ) -> None:
        file_id: str = a_file_id()
        match fate:
            case "malformed":
                file_id = "file-1"
            case "foreign":
                file_id = store(ports, tenant=other).id
            case "deleted":
                file = store(ports)
                file_id = file.id
                ports.files.release(TENANT, file)
            case "expired":
                file_id = store(ports, expires_after=3_600).id
                ports.clock.advance(3_600)
            case "trashed":
                file_id = trash(ports, store(ports).id)

        with pytest.raises(NotFoundError, match=f"No such File object: {file_id}"):
            update(ports, file_id, FileChanges(favorite=True))


class TestAtOnce:
    def meanwhile(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch, *changes: object
    ) -> None:
        """Have another request's changes made between the next reads and the writes after."""
        revise, planned = ports.files.revise, list(changes)

        def interrupted(tenant: TenantId, before: File, after: File) -> bool:
            if planned:
                change = planned.pop(0)
                assert callable(change)
                change()
            return revise(tenant, before, after)

        monkeypatch.setattr(ports.files, "revise", interrupted)

    def test_others_changes_are_kept(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = store(ports)
        self.meanwhile(
            ports,
            monkeypatch,
            lambda: update(ports, file.id, FileChanges(name="b", add_tags=("theirs",))),
        )

        changed = update(ports, file.id, FileChanges(add_tags=("mine",)))

        assert (changed.filename, changed.tags) == ("b", ("theirs", "mine"))
        assert stored(ports, file) == changed

    def test_a_verdict_that_comes_meanwhile_is_kept(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = store(ports)
        settlement = Settlement(FileStatus.ERROR, details="no line")
        self.meanwhile(ports, monkeypatch, lambda: ports.files.settle(TENANT, file, settlement))

        update(ports, file.id, FileChanges(name="b"))

        found = stored(ports, file)
        assert found is not None
        assert (found.filename, found.status, found.status_details) == (
            "b",
            FileStatus.ERROR,
            "no line",
        )

    @pytest.mark.parametrize("fate", ["trashed", "deleted"])
    def test_a_file_that_goes_meanwhile_is_not_brought_back(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch, fate: str
    ) -> None:
        file = store(ports)
        self.meanwhile(
            ports,
            monkeypatch,
            (lambda: to_trash(ports, TENANT, file.id))
            if fate == "trashed"
            else (lambda: ports.files.release(TENANT, file)),
        )

        with pytest.raises(NotFoundError, match="No such File"):
            update(ports, file.id, FileChanges(name="b"))

        assert stored(ports, file) is None

    def test_a_folder_that_goes_meanwhile_is_not_found(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file, folder = store(ports), make_folder(ports, "a")
        self.meanwhile(ports, monkeypatch, lambda: close_folder(ports, TENANT, folder.id, NOW))

        with pytest.raises(NotFoundError, match="No such Folder"):
            update(ports, file.id, FileChanges(folder=folder.id))

        assert stored(ports, file) == file

    def test_who_is_outrun_again_and_again_is_told_to_try_later(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = store(ports)

        def another(number: int) -> None:
            before = stored(ports, file)
            assert before is not None
            after = replace(before, filename=f"{number}", revision=before.revision + 1)
            row = ports.store.files[TENANT, file.id]
            row.file = after

        self.meanwhile(ports, monkeypatch, *((lambda n=n: another(n)) for n in range(ATTEMPTS)))

        with pytest.raises(ContentionError):
            update(ports, file.id, FileChanges(favorite=True))
