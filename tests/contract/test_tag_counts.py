"""Counting tags: those of every visible file, and of no other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.adapters.dynamodb import file_search
from larder.adapters.dynamodb.items import file_item
from larder.domain.quota import Amount
from tests.fakes.clock import START
from tests.samples import OTHER, TENANT, a_file, a_project, to_trash

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.backends.aws import AwsBackend
    from tests.backends.backend import Backend

NOW = int(START)


@pytest.fixture
def tenant(backend: Backend) -> TenantId:
    return a_project(backend, limit=Amount(files=10_000, bytes=10**12))


def counts(backend: Backend, tenant: TenantId, now: float = NOW) -> dict[str, int]:
    found = backend.search.tags(tenant, now)
    assert found.exact
    return dict(found.counts)


def test_each_tag_has_the_number_of_its_files(backend: Backend, tenant: TenantId) -> None:
    for tags in [("a", "b"), ("b",), (), ("B", "\u00e9")]:
        backend.files.admit(tenant, a_file(tags=tags))

    assert counts(backend, tenant) == {"a": 1, "b": 2, "B": 1, "\u00e9": 1}


def test_a_change_counts_at_once(backend: Backend, tenant: TenantId) -> None:
    file = a_file(tags=("a", "b"))
    backend.files.admit(tenant, file)

    backend.files.revise(tenant, file, replace(file, tags=("c",), revision=1))

    assert counts(backend, tenant) == {"c": 1}


def test_files_in_the_trash_and_expired_files_do_not_count(
    backend: Backend, tenant: TenantId
) -> None:
    trashed = a_file(tags=("a",))
    backend.files.admit(tenant, trashed)
    to_trash(backend, tenant, trashed.id)
    backend.files.admit(tenant, a_file(tags=("a",), expires_at=NOW + 60))

    assert counts(backend, tenant, NOW + 59) == {"a": 1}
    assert counts(backend, tenant, NOW + 60) == {}


def test_projects_have_tags_of_their_own(backend: Backend, tenant: TenantId) -> None:
    a_project(backend, OTHER)
    backend.files.admit(tenant, a_file(tags=("a",)))

    assert counts(backend, OTHER) == {}


def test_a_count_that_takes_too_many_queries_says_so(
    aws: AwsBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    tags = tuple(f"{number:064}" for number in range(50))
    for _ in range(300):
        # 3,400 bytes of tags each: more than a query reads.
        item = file_item(TENANT, a_file(tags=tags), NOW)
        aws.stack.dynamodb.put_item(TableName="Store", Item=item)

    whole = aws.search.tags(TENANT, NOW)
    monkeypatch.setattr(file_search, "MAX_QUERIES", 1)
    part = aws.search.tags(TENANT, NOW)

    assert (whole.exact, set(whole.counts.values())) == (True, {300})
    assert not part.exact
    assert 0 < part.counts[tags[0]] < 300
