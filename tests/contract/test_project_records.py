"""The register of projects, and their limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import QuotaExceededError
from larder.domain.projects import Project
from larder.domain.quota import NOTHING, Amount
from tests.samples import OTHER, ROOM, TENANT, a_file, an_upload

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.domain.quota import Usage
    from tests.backends.backend import Backend


def project(name: str, tenant: TenantId = TENANT) -> Project:
    return Project(id=tenant, name=name, created_at=1_750_000_000)


def usage_of(backend: Backend, tenant: TenantId = TENANT) -> Usage:
    usage = backend.usage.get(tenant)
    assert usage is not None
    return usage


def test_a_project_is_recorded_with_its_limits(backend: Backend) -> None:
    assert backend.projects.create(project("demo"), Amount(files=3, bytes=7), 1_750_086_400)

    assert list(backend.projects.list()) == [project("demo")]
    assert usage_of(backend).limit == Amount(files=3, bytes=7)


def test_a_name_can_be_used_once(backend: Backend) -> None:
    backend.projects.create(project("demo"), ROOM, 1_750_086_400)

    assert not backend.projects.create(project("demo", OTHER), ROOM, 1_750_086_400)

    assert list(backend.projects.list()) == [project("demo")]
    assert backend.usage.get(OTHER) is None


def test_projects_are_listed_by_name(backend: Backend) -> None:
    backend.projects.create(project("zoo"), ROOM, 1_750_086_400)
    backend.projects.create(project("ant", OTHER), ROOM, 1_750_086_400)

    assert [found.name for found in backend.projects.list()] == ["ant", "zoo"]


def test_no_projects_are_an_empty_list(backend: Backend) -> None:
    assert list(backend.projects.list()) == []


def test_a_raised_limit_leaves_more_room(backend: Backend, tenant: TenantId) -> None:
    backend.files.admit(tenant, a_file(900))

    backend.projects.set_limit(tenant, Amount(files=20, bytes=5_000))

    assert usage_of(backend).limit == Amount(files=20, bytes=5_000)
    assert usage_of(backend).left == Amount(files=19, bytes=4_100)
    assert usage_of(backend).used == Amount(files=1, bytes=900)


def test_one_limit_may_rise_while_the_other_falls(backend: Backend, tenant: TenantId) -> None:
    backend.files.admit(tenant, a_file(100))

    backend.projects.set_limit(tenant, Amount(files=2, bytes=9_000))

    assert usage_of(backend).left == Amount(files=1, bytes=8_900)


def test_a_limit_below_the_usage_keeps_files_and_admits_no_more(
    backend: Backend, tenant: TenantId
) -> None:
    file = a_file(900)
    backend.files.admit(tenant, file)

    backend.projects.set_limit(tenant, Amount(files=20, bytes=100))

    assert usage_of(backend).used == Amount(files=1, bytes=900)
    assert usage_of(backend).left == Amount(files=19, bytes=-800)
    with pytest.raises(QuotaExceededError):
        backend.files.admit(tenant, a_file(0))
    assert backend.files.get(tenant, file.id) == file


def test_usage_above_a_lowered_limit_is_released_in_full(
    backend: Backend, tenant: TenantId
) -> None:
    file = a_file(900)
    backend.files.admit(tenant, file)
    backend.projects.set_limit(tenant, Amount(files=5, bytes=100))

    backend.files.release(tenant, file)

    assert usage_of(backend).left == Amount(files=5, bytes=100)
    assert usage_of(backend).used == NOTHING


def test_reservations_stay_when_limits_change(backend: Backend, tenant: TenantId) -> None:
    backend.uploads.reserve(tenant, an_upload(400))

    backend.projects.set_limit(tenant, Amount(files=1, bytes=500))

    assert usage_of(backend).reserved == Amount(files=1, bytes=400)
    assert usage_of(backend).left == Amount(files=0, bytes=100)


def test_the_same_limits_again_change_no_room(backend: Backend, tenant: TenantId) -> None:
    backend.projects.set_limit(tenant, ROOM)

    assert usage_of(backend).left == ROOM


def test_a_projects_limits_do_not_affect_another(
    backend: Backend, tenant: TenantId, other: TenantId
) -> None:
    backend.projects.set_limit(tenant, Amount(files=1, bytes=1))

    assert usage_of(backend, other).limit == ROOM
