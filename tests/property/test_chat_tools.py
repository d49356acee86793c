"""Whatever a model calls: nothing is purged, nothing leaves the project, all can be undone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from larder.domain.errors import LarderError
from larder.domain.quota import Amount
from larder.services.chat.carry_out import CarryOut
from larder.services.chat.plans import new_plan, signed_plan
from larder.services.chat.toolbox import MAX_UNCONFIRMED, Toolbox
from larder.services.chat.tools import TOOLS
from tests.backends.memory import MemoryBackend
from tests.samples import OTHER, TENANT, a_project
from tests.support.chat import a_session, call
from tests.unit.use_cases import make_folder, store, trash

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.services.chat.session import Session

FILES = 13
FOLDERS = 3

NAMES = st.sampled_from(["a.txt", "b.txt", "folder", "../x", "", "ü\n"])
TAGS = st.lists(st.sampled_from(["red", "blue", "", "a,b"]), max_size=2)


def calls(files: list[str], folders: list[str], actions: list[str]) -> st.SearchStrategy[Any]:
    """Calls as a model makes them: mostly of what is there, now and then of anything."""
    file = st.sampled_from([*files, "file-" + "0" * 24, "file-1"])
    some = st.lists(file, max_size=FILES)
    folder = st.sampled_from([*folders, "root", "folder-" + "0" * 24])
    action = st.sampled_from([*actions, "act_" + "0" * 24])
    one: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "create_folder": {"name": NAMES, "parent_id": folder},
        "create_text_file": {"name": NAMES, "content": st.text(max_size=3), "folder_id": folder},
        "empty_trash": {},
        "get_file": {"file_id": file},
        "list_actions": {},
        "list_folder": {"folder_id": folder},
        "list_trash": {},
        "move_files": {"file_ids": some, "folder_id": folder},
        "purge_files": {"file_ids": some},
        "read_file": {"file_id": file},
        "rename_file": {"file_id": file, "name": NAMES},
        "restore_files": {"file_ids": some},
        "restore_folder": {"folder_id": folder},
        "search_files": {},
        "set_favorite": {"file_ids": some, "favorite": st.booleans()},
        "tag_files": {"file_ids": some, "add": TAGS, "remove": TAGS},
        "trash_files": {"file_ids": some},
        "trash_folder": {"folder_id": folder},
        "undo": {"action_id": action},
        "update_folder": {"folder_id": folder, "name": NAMES, "parent_id": folder},
    }
    return st.one_of(
        *(
            st.tuples(st.just(name), st.fixed_dictionaries(arguments))
            for name, arguments in one.items()
        )
    )


def state(ports: MemoryBackend, tenant: TenantId) -> tuple[dict[Any, Any], ...]:
    """What people see: files, the trash and folders, without what only counts changes."""
    found = ports.snapshot()
    return (
        {
            file.id: replace(file, revision=0, revised_at=None, tags=tuple(sorted(file.tags)))
            for (owner, _), file in found.files.items()
            if owner == tenant
        },
        {
            each.file.id: replace(
                each.file, revision=0, revised_at=None, tags=tuple(sorted(each.file.tags))
            )
            for (owner, _), each in found.trash.items()
            if owner == tenant
        },
        {
            folder.id: replace(folder, additions=0)
            for (owner, _), folder in found.folders.items()
            if owner == tenant
        },
    )


def confirmed(ports: MemoryBackend, session: Session) -> None:
    plan = signed_plan(new_plan(session.held, ports.clock()), TENANT, ports.cursor_key())
    person = a_session()
    ports.make(CarryOut).plan(person, plan)
    session.actions += person.actions
    session.held.clear()
    session.coming.clear()


@given(st.data())
def test_no_sequence_of_calls_purges_leaves_the_project_or_cannot_be_undone(
    data: st.DataObject,
) -> None:
    ports = MemoryBackend()
    for tenant in (TENANT, OTHER):
        a_project(ports, tenant, Amount(files=FILES + 5, bytes=1_000))
    folders = [str(make_folder(ports, f"f{number}").id) for number in range(FOLDERS)]
    files = [str(store(ports, filename=f"{n}.txt").id) for n in range(FILES)]
    trash(ports, files[-1])
    foreign = [str(store(ports, tenant=OTHER).id)]
    before, elsewhere = state(ports, TENANT), state(ports, OTHER)
    session = a_session(any_id=data.draw(st.booleans()))

    for _ in range(data.draw(st.integers(1, 12))):
        ports.clock.advance(1)
        known = [action.id for action in session.actions]
        name, arguments = data.draw(calls(files + foreign, folders, known))
        unconfirmed = state(ports, TENANT)
        read, held = session.read_text, bool(session.held)
        try:
            ports.make(Toolbox)(session, name, arguments)
        except LarderError:
            assert state(ports, TENANT) == unconfirmed
        if read or held or name not in TOOLS:
            assert state(ports, TENANT) == unconfirmed
        assert len(session.changed) <= MAX_UNCONFIRMED
        if data.draw(st.booleans()) and session.held:
            confirmed(ports, session)
            session.changed.clear()

    there = ports.snapshot()
    assert there.released == set()
    assert {file_id for _, file_id in [*there.files, *there.trash]} >= {*files, *foreign}
    assert there.objects == {*there.files, *there.trash}
    assert state(ports, OTHER) == elsewhere

    actions = [action.id for action in session.actions]
    for action_id in reversed(actions):
        undoing = a_session(action_id)
        call(ports, undoing, "undo", action_id=action_id)
        if undoing.held:
            confirmed(ports, undoing)
    live, trashed, kept = state(ports, TENANT)
    made = trashed.keys() - before[0].keys() - before[1].keys()
    assert (live, {k: v for k, v in trashed.items() if k not in made}, kept) == before
