"""What operators do with projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.admin_log import Actor
from larder.domain.errors import ConflictError, InvalidParameterError, NotFoundError
from larder.domain.projects import AUDIT_INTERVAL, LimitChanges
from larder.domain.quota import DEFAULT_LIMIT, MAX_PROJECT_FILES, Amount
from larder.services.projects.admin_log import list_entries
from larder.services.projects.projects import create_project, get_project, list_projects
from larder.services.projects.set_limits import SetLimits
from larder.services.upkeep.ports import DueAudit
from tests.fakes.clock import START

if TYPE_CHECKING:
    from larder.domain.projects import Project
    from tests.backends.memory import MemoryBackend


def create(ports: MemoryBackend, name: str = "demo", limit: Amount = DEFAULT_LIMIT) -> Project:
    return ports.make(create_project)(name, limit)


def test_a_project_has_a_name_an_id_and_its_limits(ports: MemoryBackend) -> None:
    project = create(ports, limit=Amount(files=3, bytes=7))

    assert project.name == "demo"
    assert project.created_at == int(START)
    assert ports.snapshot().usage[project.id].limit == Amount(files=3, bytes=7)


def test_200_files_and_256_mib_are_the_default() -> None:
    assert Amount(files=200, bytes=256 * 2**20) == DEFAULT_LIMIT


def test_a_project_is_audited_from_its_first_day_on(ports: MemoryBackend) -> None:
    project = create(ports)

    assert list(ports.deadlines.due(START + AUDIT_INTERVAL)) == [DueAudit(project.id)]


def test_a_name_is_taken_once(ports: MemoryBackend) -> None:
    create(ports)

    with pytest.raises(ConflictError) as refused:
        create(ports)

    assert refused.value.code == "project_exists"
    assert refused.value.permanent


@pytest.mark.parametrize("name", ["", "Demo", "a b"])
def test_a_bad_name_is_refused(ports: MemoryBackend, name: str) -> None:
    with pytest.raises(InvalidParameterError):
        create(ports, name)

    assert list(ports.projects.list()) == []


@pytest.mark.parametrize("limit", [Amount(-1, 0), Amount(0, -1), Amount(MAX_PROJECT_FILES + 1, 0)])
def test_a_limit_is_neither_negative_nor_more_files_than_a_project_can_have(
    ports: MemoryBackend, limit: Amount
) -> None:
    with pytest.raises(InvalidParameterError):
        create(ports, limit=limit)
    project = create(ports)
    with pytest.raises(InvalidParameterError):
        ports.make(SetLimits)(project.id, LimitChanges(limit.files, limit.bytes))

    assert ports.snapshot().usage[project.id].limit == DEFAULT_LIMIT


def test_a_limit_of_nothing_admits_nothing(ports: MemoryBackend) -> None:
    project = create(ports)

    ports.make(SetLimits)(project.id, LimitChanges(files=0, bytes=0))

    assert ports.snapshot().usage[project.id].left == Amount(0, 0)


def test_a_project_is_found_by_name_and_by_id(ports: MemoryBackend) -> None:
    create(ports, "another")
    project = create(ports)

    assert ports.make(get_project)("demo") == project
    assert ports.make(get_project)(project.id) == project


def test_an_unknown_project_is_not_found(ports: MemoryBackend) -> None:
    create(ports)

    with pytest.raises(NotFoundError, match="No such Project object: nobody"):
        ports.make(get_project)("nobody")


def test_limits_that_are_not_given_stay(ports: MemoryBackend) -> None:
    project = create(ports, limit=Amount(files=3, bytes=7))

    ports.make(SetLimits)(project.id, LimitChanges(bytes=9, batches=1))

    assert ports.snapshot().usage[project.id].limit == Amount(files=3, bytes=9)
    assert ports.batch_limits.get(project.id).batches_limit == 1


def test_each_change_of_a_project_is_logged_with_who_made_it(ports: MemoryBackend) -> None:
    by = Actor("key_1", "request-1")
    project = ports.make(create_project)("demo", DEFAULT_LIMIT, by=by)
    ports.clock.advance(1)
    ports.make(SetLimits)(project.id, LimitChanges(files=3), by=by)
    ports.clock.advance(1)
    ports.make(SetLimits)(project.id, LimitChanges(batch_requests=5), by=by)

    entries = ports.make(list_entries)(limit=10, after=None).entries

    assert [(entry.action, entry.details) for entry in entries] == [
        ("project.update", {"batch_requests": "5"}),
        ("project.update", {"files": "3"}),
        (
            "project.create",
            {
                "name": "demo",
                "files": str(DEFAULT_LIMIT.files),
                "bytes": str(DEFAULT_LIMIT.bytes),
            },
        ),
    ]
    assert {(entry.actor, entry.target, entry.project) for entry in entries} == {
        (by, project.id, project.id)
    }


def test_a_refused_change_is_not_logged(ports: MemoryBackend) -> None:
    create(ports)
    with pytest.raises(ConflictError):
        create(ports)

    assert len(ports.make(list_entries)(limit=10, after=None).entries) == 1


def test_projects_are_listed_page_by_page_the_oldest_first(ports: MemoryBackend) -> None:
    made = []
    for name in ("c", "a", "b"):
        made.append(create(ports, name))
        ports.clock.advance(1)
    listed = ports.make(list_projects)

    first = listed(limit=2, after=None)
    second = listed(limit=2, after=first.projects[-1].id)

    assert [*first.projects, *second.projects] == made
    assert (first.has_more, second.has_more) == (True, False)
    with pytest.raises(InvalidParameterError):
        listed(limit=2, after="a")
    with pytest.raises(InvalidParameterError):
        listed(limit=1_001, after=None)
