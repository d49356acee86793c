"""Artifacts and bundles: records of their own, that count, expire and go as files do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.domain.artifacts import ArtifactType, Member
from larder.domain.errors import ContentionError, ProjectFullError, QuotaExceededError
from larder.domain.files import DAY, VALIDATION_GRACE, FileStatus
from larder.domain.ids import new_artifact_id
from larder.domain.quota import Amount
from larder.services.files.ports import PageQuery, Settlement
from larder.services.space.ports import FileQuery
from larder.services.upkeep.ports import DueFile, Removal
from tests.fakes.clock import START
from tests.samples import a_bundle, a_file, an_artifact

if TYPE_CHECKING:
    from larder.domain.artifacts import Artifact
    from larder.domain.ids import TenantId
    from tests.backends.backend import Backend


def used(backend: Backend, tenant: TenantId) -> Amount:
    usage = backend.usage.get(tenant)
    assert usage is not None
    return usage.used


def test_an_artifact_is_recorded_and_counted_at_once(backend: Backend, tenant: TenantId) -> None:
    artifact = an_artifact(30, metadata='{"team":"é","n":1.50}')

    backend.artifacts.admit(tenant, artifact)

    assert backend.artifacts.get(tenant, artifact.id) == artifact
    assert used(backend, tenant) == Amount(files=1, bytes=30)


def test_a_bundle_keeps_its_order_and_counts_as_a_file(backend: Backend, tenant: TenantId) -> None:
    ids = [new_artifact_id(START + second) for second in (3, 1, 2)]
    bundle = a_bundle(*(Member(each, role) for each, role in zip(ids, "cab", strict=True)))

    backend.artifacts.admit(tenant, bundle)

    assert backend.artifacts.get_bundle(tenant, bundle.id) == bundle
    assert used(backend, tenant) == Amount(files=1, bytes=bundle.file.bytes)


@pytest.mark.parametrize("full", ["files", "bytes"])
def test_there_has_to_be_room_for_it(backend: Backend, tenant: TenantId, full: str) -> None:
    limit = {"files": Amount(files=0, bytes=100), "bytes": Amount(files=1, bytes=29)}[full]
    backend.projects.set_limit(tenant, limit)
    artifact = an_artifact(30)

    with pytest.raises(QuotaExceededError):
        backend.artifacts.admit(tenant, artifact)

    assert backend.artifacts.get(tenant, artifact.id) is None


def test_a_full_partition_takes_none(backend: Backend, tenant: TenantId) -> None:
    backend.fill_partition(tenant)

    with pytest.raises(ProjectFullError):
        backend.artifacts.admit(tenant, an_artifact())


def test_one_that_meets_too_many_others_is_told_so(backend: Backend, tenant: TenantId) -> None:
    backend.contend()

    with pytest.raises(ContentionError):
        backend.artifacts.admit(tenant, an_artifact())


def test_another_project_has_none_of_it(
    backend: Backend, tenant: TenantId, other: TenantId
) -> None:
    artifact, bundle = an_artifact(), a_bundle()
    for each in (artifact, bundle):
        backend.artifacts.admit(tenant, each)

    assert backend.artifacts.get(other, artifact.id) is None
    assert backend.artifacts.get_all(other, [artifact.id]) == {}
    assert backend.artifacts.get_bundle(other, bundle.id) is None
    assert backend.artifacts.get_bundles(other, [bundle.id]) == {}
    listed = backend.artifacts.page(other, limit=9, after=None, only=None, now=START)
    assert listed.items == ()
    assert backend.artifacts.page_of_bundles(other, limit=9, after=None).items == ()
    assert backend.files.count_artifacts(other, 9) == 0


def test_many_are_read_at_once(backend: Backend, tenant: TenantId) -> None:
    backend.projects.set_limit(tenant, Amount(files=300, bytes=300))
    made = [an_artifact(1, at=START + second) for second in range(150)]
    for artifact in made:
        backend.artifacts.admit(tenant, artifact)
    gone = new_artifact_id(START)

    found = backend.artifacts.get_all(tenant, [gone, *(artifact.id for artifact in made)])

    assert found == {artifact.id: artifact for artifact in made}


def test_many_bundles_are_read_at_once(backend: Backend, tenant: TenantId) -> None:
    bundle = a_bundle()
    backend.artifacts.admit(tenant, bundle)

    assert backend.artifacts.get_bundles(tenant, [bundle.id]) == {bundle.id: bundle}


def test_pages_follow_each_other_from_the_newest_on(backend: Backend, tenant: TenantId) -> None:
    made = [an_artifact(1, at=START + second) for second in range(5)]
    for artifact in made:
        backend.artifacts.admit(tenant, artifact)
    seen: list[Artifact] = []
    after, more = None, True

    while more:
        page = backend.artifacts.page(tenant, limit=2, after=after, only=None, now=START)
        seen += page.items
        after, more = seen[-1].id, page.has_more

    assert seen == made[::-1]


def test_a_page_has_one_type_alone(backend: Backend, tenant: TenantId) -> None:
    policy = an_artifact(1, type=ArtifactType.POLICY)
    for artifact in (an_artifact(1), policy, an_artifact(1, at=START + 9)):
        backend.artifacts.admit(tenant, artifact)

    page = backend.artifacts.page(tenant, limit=1, after=None, only=ArtifactType.POLICY, now=START)

    assert (page.items, page.has_more) == ((policy,), False)


def test_an_expired_one_is_on_no_page(backend: Backend, tenant: TenantId) -> None:
    artifact = an_artifact(1, expires_at=int(START) + DAY)
    backend.artifacts.admit(tenant, artifact)

    def listed(now: float) -> int:
        page = backend.artifacts.page(tenant, limit=9, after=None, only=None, now=now)
        return len(page.items)

    assert (listed(START + DAY - 1), listed(START + DAY)) == (1, 0)


def test_bundles_are_listed_apart(backend: Backend, tenant: TenantId) -> None:
    bundles = [a_bundle(at=START + second) for second in range(3)]
    backend.artifacts.admit(tenant, an_artifact(1))
    for each in bundles:
        backend.artifacts.admit(tenant, each)

    first = backend.artifacts.page_of_bundles(tenant, limit=2, after=None)
    last = backend.artifacts.page_of_bundles(tenant, limit=2, after=first.items[-1].id)

    assert (first.items, first.has_more) == ((bundles[2], bundles[1]), True)
    assert (last.items, last.has_more) == ((bundles[0],), False)


def test_neither_is_in_a_list_of_files(backend: Backend, tenant: TenantId) -> None:
    file = a_file(1)
    backend.files.admit(tenant, file)
    for each in (an_artifact(1), a_bundle()):
        backend.artifacts.admit(tenant, each)

    page = backend.files.page(tenant, PageQuery(limit=9), START)
    found = backend.search.search(tenant, FileQuery(), limit=9, after=None, now=START)

    assert page.files == found.items == (file,)


def test_artifacts_are_counted_up_to_a_bound(backend: Backend, tenant: TenantId) -> None:
    for each in (a_file(1), a_file(1)):
        backend.files.admit(tenant, each)
    for second in range(3):
        backend.artifacts.admit(tenant, an_artifact(1, at=START + second))
    backend.artifacts.admit(tenant, a_bundle())

    assert backend.files.count_artifacts(tenant, 9) == 3
    assert backend.files.count_artifacts(tenant, 2) == 2


def test_what_is_released_is_gone_and_its_quota_free(backend: Backend, tenant: TenantId) -> None:
    artifact, bundle = an_artifact(30), a_bundle()
    for each in (artifact, bundle):
        backend.artifacts.admit(tenant, each)

    assert [backend.files.release(tenant, each.file) for each in (artifact, bundle)] == [True] * 2

    assert backend.artifacts.get(tenant, artifact.id) is None
    assert backend.artifacts.get_bundle(tenant, bundle.id) is None
    assert used(backend, tenant) == Amount(files=0, bytes=0)
    assert not backend.files.release(tenant, artifact.file)
    assert {gone.item.id for gone in backend.removed()} == {artifact.id, bundle.id}


def test_one_that_ttl_takes_is_known_by_its_file(backend: Backend, tenant: TenantId) -> None:
    artifact = an_artifact(30, expires_at=int(START) + DAY)
    backend.artifacts.admit(tenant, artifact)
    backend.clock.advance(2 * DAY)

    backend.collect_ttl()

    [gone] = backend.removed()
    assert gone == Removal(tenant, artifact.file, START + 2 * DAY)
    assert backend.files.release_quota(tenant, artifact.file, gone.gone_at)
    assert used(backend, tenant) == Amount(files=0, bytes=0)


def test_it_is_due_until_its_bytes_have_come_and_when_it_expires(
    backend: Backend, tenant: TenantId
) -> None:
    expires_at = int(START) + DAY
    artifact = an_artifact(1, expires_at=expires_at)
    backend.artifacts.admit(tenant, artifact)

    def due(now: float) -> bool:
        return DueFile(tenant, artifact.id) in list(backend.deadlines.due(now))

    assert (due(START + VALIDATION_GRACE - 1), due(START + VALIDATION_GRACE)) == (False, True)
    assert backend.files.settle(tenant, artifact.file, Settlement(FileStatus.PROCESSED))
    assert (due(expires_at - 1), due(expires_at)) == (False, True)
    assert list(backend.deadlines.expired(tenant, expires_at)) == [DueFile(tenant, artifact.id)]
    settled = replace(artifact, file=replace(artifact.file, status=FileStatus.PROCESSED))
    assert backend.artifacts.get(tenant, artifact.id) == settled


def test_a_recount_counts_both(backend: Backend, tenant: TenantId) -> None:
    artifact, bundle = an_artifact(30), a_bundle()
    backend.files.admit(tenant, a_file(5))
    for each in (artifact, bundle):
        backend.artifacts.admit(tenant, each)

    counted = backend.usage.recount(tenant).used

    assert counted == used(backend, tenant) == Amount(files=3, bytes=35 + bundle.file.bytes)
