"""Many operations in one request: each by itself, in order, while there is time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.errors import (
    ContentionError,
    InvalidParameterError,
    NotFoundError,
    NotReachedError,
)
from larder.services.space.change_files import ChangeFiles, FileOperation, Op
from larder.services.space.update_file import FileChanges
from tests.samples import OTHER, TENANT, a_file_id
from tests.unit.use_cases import forever, make_folder, store, times, trash

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import TenantId
    from larder.services.space.change_files import Outcome
    from tests.backends.memory import MemoryBackend

pytestmark = pytest.mark.usefixtures("tenant")


def change(
    ports: MemoryBackend,
    *operations: FileOperation,
    tenant: TenantId = TENANT,
    keep_going: Callable[[], bool] = forever,
) -> list[Outcome]:
    outcomes: list[Outcome] = ports.make(ChangeFiles)(tenant, operations, keep_going=keep_going)
    assert [outcome.operation for outcome in outcomes] == list(operations)
    return outcomes


def errors(outcomes: list[Outcome]) -> list[type | None]:
    return [None if outcome.error is None else type(outcome.error) for outcome in outcomes]


def test_every_operation_does_what_it_says(ports: MemoryBackend) -> None:
    moved, tagged, marked, gone, back = (store(ports, tags=("old",)) for _ in range(5))
    trash(ports, back.id)
    folder = make_folder(ports, "a").id

    outcomes = change(
        ports,
        FileOperation(Op.MOVE, moved.id, FileChanges(folder=folder)),
        FileOperation(Op.TAG, tagged.id, FileChanges(add_tags=("new",), remove_tags=("old",))),
        FileOperation(Op.FAVORITE, marked.id, FileChanges(favorite=True)),
        FileOperation(Op.TRASH, gone.id),
        FileOperation(Op.RESTORE, back.id),
    )

    assert errors(outcomes) == [None] * 5
    files = [outcome.file for outcome in outcomes]
    assert [file and ports.files.get(TENANT, file.id) for file in files] == files
    assert (files[0] and files[0].folder_id) == folder
    assert (files[1] and files[1].tags) == ("new",)
    assert files[2] is not None
    assert files[2].favorite
    assert files[3] is None
    assert ports.trash.get(TENANT, gone.id) is not None
    assert files[4] is not None


def test_an_operation_that_is_refused_does_not_hold_up_the_others(ports: MemoryBackend) -> None:
    file = store(ports)

    outcomes = change(
        ports,
        FileOperation(Op.TRASH, a_file_id(7)),
        FileOperation(Op.TAG, file.id, FileChanges(add_tags=("x" * 65,))),
        FileOperation(Op.MOVE, file.id, FileChanges(folder="folder-" + "0" * 24)),
        FileOperation(Op.RESTORE, file.id),
        FileOperation(Op.FAVORITE, file.id, FileChanges(favorite=True)),
    )

    assert errors(outcomes) == [
        NotFoundError,
        InvalidParameterError,
        NotFoundError,
        NotFoundError,
        None,
    ]


def test_operations_on_one_file_follow_one_another(ports: MemoryBackend) -> None:
    file = store(ports)
    tag = FileOperation(Op.TAG, file.id, FileChanges(add_tags=("a",)))

    outcomes = change(
        ports,
        tag,
        FileOperation(Op.TRASH, file.id),
        tag,
        FileOperation(Op.RESTORE, file.id),
        tag,
    )

    assert errors(outcomes) == [None, None, NotFoundError, None, None]


def test_what_the_time_was_too_short_for_has_changed_nothing(ports: MemoryBackend) -> None:
    files = [store(ports) for _ in range(4)]

    outcomes = change(
        ports,
        *(FileOperation(Op.TRASH, file.id) for file in files),
        keep_going=times(2),
    )

    assert errors(outcomes) == [None, None, NotReachedError, NotReachedError]
    assert [ports.files.get(TENANT, file.id) for file in files] == [None, None, *files[2:]]


def test_a_failure_of_the_store_is_the_outcome_of_its_operation_alone(
    ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = store(ports), store(ports)
    put, failures = ports.trash.put, iter([TimeoutError()])

    def fail_once(*arguments: Any) -> bool:
        for failure in failures:
            raise failure
        return put(*arguments)

    monkeypatch.setattr(ports.trash, "put", fail_once)

    outcomes = change(ports, FileOperation(Op.TRASH, first.id), FileOperation(Op.TRASH, second.id))

    assert errors(outcomes) == [TimeoutError, None]


def test_contention_is_an_outcome_too(ports: MemoryBackend) -> None:
    file = store(ports)
    ports.contend()

    assert errors(change(ports, FileOperation(Op.TRASH, file.id))) == [ContentionError]


def test_files_of_another_project_do_not_exist(ports: MemoryBackend) -> None:
    file = store(ports)

    outcomes = change(ports, *(FileOperation(op, file.id) for op in Op), tenant=OTHER)

    assert errors(outcomes) == [NotFoundError] * len(Op)
    assert ports.files.get(TENANT, file.id) == file
