"""Repairing counters: only a drift that stays is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.quota import NOTHING, Amount
from larder.services.projects.ports import Count
from larder.services.upkeep.audit import NO_DRIFT, Audit, audit_counters, repair_counters
from tests.samples import OTHER, TENANT, a_file, an_upload

if TYPE_CHECKING:
    import pytest

    from larder.domain.ids import TenantId
    from tests.backends.memory import MemoryBackend


def audited(ports: MemoryBackend) -> Audit:
    found = ports.make(audit_counters)(TENANT)
    assert found is not None
    return found


def drifted(ports: MemoryBackend) -> Audit:
    """Let a file's and an upload's amounts be counted that are not there."""
    ports.files.admit(TENANT, a_file(10))
    ports.uploads.reserve(TENANT, an_upload(20))
    ports.store.count(TENANT, left=Amount(-2, -300), reserved=Amount(1, 100))
    found = audited(ports)
    assert found.drift == Count(used=Amount(1, 200), reserved=Amount(1, 100))
    return found


def test_a_drift_that_stays_is_repaired(ports: MemoryBackend, tenant: TenantId) -> None:
    found = drifted(ports)

    assert ports.make(repair_counters)(tenant, found)

    assert audited(ports).drift == NO_DRIFT
    usage = ports.usage.get(tenant)
    assert usage is not None
    assert (usage.used, usage.reserved) == (Amount(1, 10), Amount(1, 20))


def test_a_drift_that_ends_by_itself_is_left_to_do_so(
    ports: MemoryBackend, tenant: TenantId
) -> None:
    file = a_file(10)
    ports.files.admit(tenant, file)
    del ports.store.files[tenant, file.id]
    found = audited(ports)
    ports.files.release_quota(tenant, file)

    assert not ports.make(repair_counters)(tenant, found)

    assert audited(ports).drift == NO_DRIFT


def test_counters_that_change_meanwhile_are_not_repaired(
    ports: MemoryBackend, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = drifted(ports)
    recount = ports.usage.recount

    def recount_before_another_stores(owner: TenantId) -> Count:
        counted = recount(owner)
        ports.files.admit(owner, a_file(1))
        return counted

    monkeypatch.setattr(ports.usage, "recount", recount_before_another_stores)

    assert not ports.make(repair_counters)(tenant, found)


def test_an_unknown_project_has_nothing_to_audit(ports: MemoryBackend) -> None:
    found = Audit(None, Count(NOTHING, NOTHING), disturbed=False)  # type: ignore[arg-type]

    assert ports.make(audit_counters)(OTHER) is None
    assert not ports.make(repair_counters)(OTHER, found)
