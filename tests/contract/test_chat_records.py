"""The file manager's log of actions, and who has read text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.edits import FileEdit, FilePlace, FolderEdit, FolderMade, NewText
from larder.domain.ids import new_action_id, new_file_id, new_folder_id
from larder.services.chat.ports import LOG_SECONDS, Action
from tests.fakes.clock import START
from tests.samples import OTHER, TENANT

if TYPE_CHECKING:
    from larder.domain.edits import Edit
    from tests.backends.backend import Backend

FILE = new_file_id(START)
FOLDER = new_folder_id(START)


def an_action(at: float = START, *undo: Edit) -> Action:
    edits = undo or (FilePlace(FILE, trashed=False),)
    return Action(new_action_id(at), "trash_files", "Move 'ü' to the trash.", int(at), edits)


def test_an_action_is_read_as_it_was_recorded(backend: Backend) -> None:
    action = an_action(
        START,
        FileEdit(
            FILE, name=("a", "ü"), folder=("root", FOLDER), favorite=(True, False), added=("x",)
        ),
        FilePlace(FILE, trashed=True),
        NewText(FILE, "a", "root", "text"),
        FolderEdit(FOLDER, parent=("root", FOLDER)),
        FolderMade(FOLDER, "a", "root", made=False),
    )

    assert backend.actions.add(TENANT, action)

    assert backend.actions.get(TENANT, action.id) == action


def test_an_action_is_added_once(backend: Backend) -> None:
    action = an_action()
    backend.actions.add(TENANT, action)

    assert not backend.actions.add(TENANT, action)


def test_an_amended_action_takes_the_place_of_the_first(backend: Backend) -> None:
    action = an_action()
    backend.actions.add(TENANT, action)
    amended = Action(action.id, action.tool, action.summary, action.at, ())

    backend.actions.amend(TENANT, amended)

    assert backend.actions.get(TENANT, action.id) == amended


def test_actions_are_of_their_project_alone(backend: Backend) -> None:
    action = an_action()
    backend.actions.add(TENANT, action)

    assert backend.actions.get(OTHER, action.id) is None
    assert backend.actions.page(OTHER, limit=1, after=None, now=START).items == ()


def test_actions_come_newest_first_page_by_page(backend: Backend) -> None:
    actions = [an_action(START + second) for second in range(5)]
    for action in actions:
        backend.actions.add(TENANT, action)
    backend.readings.note(TENANT, "key-1", int(START) + 60)

    first = backend.actions.page(TENANT, limit=3, after=None, now=START)
    rest = backend.actions.page(TENANT, limit=3, after=first.next, now=START)

    assert [*first.items, *rest.items] == actions[::-1]
    assert rest.next is None


def test_old_actions_are_not_listed(backend: Backend) -> None:
    old, new = an_action(START), an_action(START + 1)
    for action in (old, new):
        backend.actions.add(TENANT, action)

    page = backend.actions.page(TENANT, limit=3, after=None, now=START + LOG_SECONDS)

    assert (page.items, page.next) == ((new,), None)


def test_what_a_key_has_read_is_noted_until_then(backend: Backend) -> None:
    backend.readings.note(TENANT, "key-1", int(START) + 60)

    assert backend.readings.noted(TENANT, "key-1", START + 59)
    assert not backend.readings.noted(TENANT, "key-1", START + 60)
    assert not backend.readings.noted(TENANT, "key-2", START)
    assert not backend.readings.noted(OTHER, "key-1", START)
