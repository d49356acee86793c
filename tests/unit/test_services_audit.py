"""Repairing counters, whatever was removed and is still to be given back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.files import DAY, File
from larder.domain.quota import NOTHING, Amount
from larder.services.projects.ports import Count
from larder.services.upkeep.audit import (
    CLOCK_ERROR,
    NO_DRIFT,
    Audit,
    audit_counters,
    repair_counters,
)
from larder.services.upkeep.clear_removed import clear_file
from tests.samples import OTHER, TENANT, a_file, an_upload

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.backends.memory import MemoryBackend


def audited(ports: MemoryBackend) -> Audit:
    found = ports.make(audit_counters)(TENANT)
    assert found is not None
    return found


def repair(ports: MemoryBackend) -> bool:
    return ports.make(repair_counters)(TENANT)


def drift(ports: MemoryBackend) -> None:
    """Let a file's and an upload's amounts be counted that are not there."""
    ports.files.admit(TENANT, a_file(10))
    ports.uploads.reserve(TENANT, an_upload(20))
    ports.store.count(TENANT, left=Amount(-2, -300), reserved=Amount(1, 100))
    assert audited(ports).drift == Count(used=Amount(1, 200), reserved=Amount(1, 100))


def test_a_repair_sets_the_counters_to_what_is_stored(
    ports: MemoryBackend, tenant: TenantId
) -> None:
    drift(ports)

    assert repair(ports)

    assert audited(ports).drift == NO_DRIFT
    usage = ports.usage.get(tenant)
    assert usage is not None
    assert (usage.used, usage.reserved) == (Amount(1, 10), Amount(1, 20))


@pytest.mark.parametrize("ttl_is_late_by", [0, 3 * DAY])
@pytest.mark.parametrize("stream_is_late_by", [0, 20 * DAY])
def test_what_ttl_took_before_a_repair_is_not_given_back_after_it(
    ports: MemoryBackend, tenant: TenantId, ttl_is_late_by: int, stream_is_late_by: int
) -> None:
    file = a_file(10, expires_at=int(ports.clock()) + 3_600)
    upload = an_upload(20)
    ports.files.admit(tenant, file)
    ports.uploads.reserve(tenant, upload)
    ports.files.admit(tenant, a_file(1))
    ports.clock.advance(3_600 + DAY + ttl_is_late_by)
    ports.collect_ttl()
    removed = {removal.item.id: removal for removal in ports.removed()}

    assert repair(ports)
    ports.clock.advance(stream_is_late_by)
    ports.make(clear_file)(tenant, file, removed[file.id].gone_at)

    assert audited(ports).drift == NO_DRIFT
    usage = ports.usage.get(tenant)
    assert usage is not None
    # The repair has ended the upload: TTL never takes a pending one.
    assert upload.id not in removed
    assert (usage.used, usage.reserved) == (Amount(1, 1), NOTHING)


def test_what_ttl_takes_after_a_repair_is_given_back(
    ports: MemoryBackend, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports.files.admit(tenant, a_file(10, expires_at=int(ports.clock()) + 3_600))
    ports.clock.advance(3_600 + DAY - CLOCK_ERROR - 1)
    # The index of what expires lags behind the table.
    monkeypatch.setattr(ports.deadlines, "expired", lambda *_: [])

    assert repair(ports)
    ports.clock.advance(CLOCK_ERROR + 1)
    ports.collect_ttl()
    ((owner, file, gone_at),) = ports.removed()
    assert isinstance(file, File)
    assert ports.make(clear_file)(owner, file, gone_at)

    assert audited(ports).drift == NO_DRIFT
    usage = ports.usage.get(tenant)
    assert usage is not None
    assert usage.used == NOTHING


@pytest.mark.usefixtures("tenant")
def test_counters_that_change_meanwhile_are_not_repaired(
    ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    drift(ports)
    recount = ports.usage.recount

    def recount_before_another_stores(owner: TenantId) -> Count:
        counted = recount(owner)
        ports.files.admit(owner, a_file(1))
        return counted

    monkeypatch.setattr(ports.usage, "recount", recount_before_another_stores)

    assert not repair(ports)


def test_counters_of_what_ttl_may_take_at_any_moment_are_not_repaired(
    ports: MemoryBackend, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports.files.admit(tenant, a_file(10, expires_at=int(ports.clock()) + 3_600))
    ports.clock.advance(3_600 + DAY)
    # The index of what expires lags behind the table.
    monkeypatch.setattr(ports.deadlines, "expired", lambda *_: [])

    assert not repair(ports)


def test_an_unknown_project_has_nothing_to_audit(ports: MemoryBackend) -> None:
    assert ports.make(audit_counters)(OTHER) is None
    assert not ports.make(repair_counters)(OTHER)
