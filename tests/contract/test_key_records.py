"""API keys: found by digest, listed by project, revoked for good."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from larder.adapters.dynamodb.transactions import ConditionsFailedError
from larder.domain.admin_log import Actor, LogEntry
from larder.domain.api_keys import KeyRecord
from larder.domain.projects import Project
from larder.domain.quota import Amount
from tests.samples import OTHER, TENANT

if TYPE_CHECKING:
    from larder.domain.admin_log import Action
    from larder.domain.ids import TenantId
    from tests.backends.backend import Backend


def key(number: int, tenant: TenantId = TENANT) -> KeyRecord:
    return KeyRecord(
        id=f"key_{number:016x}",
        tenant=tenant,
        digest=f"{number:064x}",
        hint=f"{number:04d}",
        created_at=1_750_000_000 + number,
    )


def test_a_key_is_found_by_its_digest(backend: Backend) -> None:
    backend.keys.add(key(1))

    assert backend.keys.find(key(1).digest) == key(1)


def test_a_key_whose_answer_was_lost_is_put_again(backend: Backend) -> None:
    backend.keys.add(key(1))

    backend.keys.add(key(1))

    assert list(backend.keys.of_project(TENANT)) == [key(1)]


def test_another_key_does_not_take_the_place_of_one(backend: Backend) -> None:
    backend.keys.add(key(1))

    with pytest.raises((AssertionError, ClientError)):
        backend.keys.add(replace(key(1), id=key(2).id))

    assert backend.keys.find(key(1).digest) == key(1)


def test_an_unknown_digest_is_not_found(backend: Backend) -> None:
    backend.keys.add(key(1))

    assert backend.keys.find(key(2).digest) is None


def test_a_project_s_keys_are_listed_oldest_first(backend: Backend) -> None:
    for number in (3, 1, 2):
        backend.keys.add(key(number))
    backend.keys.add(key(4, OTHER))

    assert list(backend.keys.of_project(TENANT)) == [key(1), key(2), key(3)]


def test_a_project_without_keys_has_an_empty_list(backend: Backend) -> None:
    assert list(backend.keys.of_project(TENANT)) == []


def test_a_revoked_key_is_still_found_and_listed_as_revoked(backend: Backend) -> None:
    backend.keys.add(key(1))

    backend.keys.revoke(key(1).digest, 1_750_000_500)

    revoked = replace(key(1), revoked_at=1_750_000_500)
    assert backend.keys.find(key(1).digest) == revoked
    assert list(backend.keys.of_project(TENANT)) == [revoked]


def test_a_second_revocation_changes_nothing(backend: Backend) -> None:
    backend.keys.add(key(1))
    backend.keys.revoke(key(1).digest, 1_750_000_500)

    backend.keys.revoke(key(1).digest, 1_750_000_900)

    assert backend.keys.find(key(1).digest) == replace(key(1), revoked_at=1_750_000_500)


def test_revoking_one_key_leaves_the_others(backend: Backend) -> None:
    backend.keys.add(key(1))
    backend.keys.add(key(2))

    backend.keys.revoke(key(1).digest, 1_750_000_500)

    assert backend.keys.find(key(2).digest) == key(2)


def test_a_key_keeps_when_it_expires_and_what_it_was_traded_for(backend: Backend) -> None:
    session = replace(key(1), expires_at=1_750_003_600, parent=key(2).digest)
    backend.keys.add(session)

    assert backend.keys.find(session.digest) == session


def test_a_key_is_taken_by_one_caller(backend: Backend) -> None:
    backend.keys.add(key(1))
    backend.keys.add(key(2))

    assert backend.keys.take(key(1).digest) == key(1)

    assert backend.keys.take(key(1).digest) is None
    assert backend.keys.take(key(2).digest) == key(2)
    assert backend.keys.take(key(3).digest) is None


def test_a_removed_key_is_gone(backend: Backend) -> None:
    backend.keys.add(key(1))
    backend.keys.add(key(2))

    backend.keys.remove(key(1).digest)
    backend.keys.remove(key(1).digest)

    assert backend.keys.find(key(1).digest) is None
    assert list(backend.keys.of_project(TENANT)) == [key(2)]


def test_a_key_keeps_its_name_its_scopes_and_its_expiry(backend: Backend) -> None:
    named = replace(
        key(1),
        name="a job",
        scopes=frozenset({"read", "admin"}),
        expires_at=1_750_009_000,
    )
    backend.keys.add(named)

    assert backend.keys.find(named.digest) == named
    assert list(backend.keys.of_project(TENANT)) == [named]


def test_the_last_use_of_a_key_is_kept_and_never_moves_back(backend: Backend) -> None:
    backend.keys.add(key(1))

    for day in ("2026-01-31", "2026-02-01", "2026-02-01", "2026-01-15"):
        backend.uses.keep(key(1).digest, day)

    assert backend.keys.find(key(1).digest) == replace(key(1), last_used_on="2026-02-01")


def test_the_use_of_a_key_that_is_gone_makes_no_key(backend: Backend) -> None:
    backend.uses.keep(key(1).digest, "2026-01-31")

    assert backend.keys.find(key(1).digest) is None


def test_a_key_is_found_by_its_id(backend: Backend) -> None:
    backend.register.create(key(1))

    assert backend.register.find_by_id(key(1).id) == key(1)
    assert backend.register.find_by_id(key(2).id) is None


def entry(number: int, action: Action = "key.create") -> LogEntry:
    return LogEntry(
        id=f"log_{number:024x}",
        at=1_750_000_000 + number,
        action=action,
        actor=Actor("key_1", "request-1"),
        target="key_2",
        project=TENANT,
        details={"name": "a job"},
    )


def logged(backend: Backend) -> list[LogEntry]:
    return list(backend.log.page(limit=100, after=None).entries)


def test_a_change_of_a_key_and_its_entry_are_written_together(backend: Backend) -> None:
    backend.register.create(key(1), entry(1))
    backend.register.revoke(key(1).digest, 1_750_000_500, entry(2, "key.revoke"))

    assert logged(backend) == [entry(2, "key.revoke"), entry(1)]


def test_a_change_that_changes_nothing_leaves_no_entry(backend: Backend) -> None:
    backend.register.create(key(1))
    backend.register.revoke(key(1).digest, 1_750_000_500)
    with pytest.raises((AssertionError, ConditionsFailedError)):
        backend.register.create(key(1), entry(1))
    backend.register.revoke(key(1).digest, 1_750_000_600, entry(2))
    assert not backend.register.replace(key(1), key(2), ends_at=1_750_000_700, entry=entry(3))

    assert logged(backend) == []
    assert backend.keys.find(key(2).digest) is None


def test_a_replaced_key_expires_and_is_replaced_once(backend: Backend) -> None:
    backend.register.create(key(1))

    assert backend.register.replace(key(1), key(2), ends_at=1_750_000_700, entry=entry(1))
    assert not backend.register.replace(key(1), key(3), ends_at=1_750_000_900, entry=entry(2))

    assert backend.keys.find(key(1).digest) == replace(
        key(1), expires_at=1_750_000_700, replaced_by=key(2).id
    )
    assert backend.keys.find(key(2).digest) == key(2)
    assert backend.keys.find(key(3).digest) is None
    assert logged(backend) == [entry(1)]


def test_the_log_is_read_page_by_page_the_newest_first(backend: Backend) -> None:
    for number in range(5):
        backend.register.create(key(number), entry(number))

    first = backend.log.page(limit=2, after=None)
    second = backend.log.page(limit=3, after=first.entries[-1].id)

    assert [*first.entries, *second.entries] == [entry(number) for number in (4, 3, 2, 1, 0)]
    assert (first.has_more, second.has_more) == (True, False)


def test_changes_of_a_project_and_their_entries_are_written_together(backend: Backend) -> None:
    project = Project(TENANT, "demo", 1_750_000_000)
    assert backend.projects.create(project, Amount(1, 1), 1_750_086_400, entry(1))
    assert not backend.projects.create(project, Amount(1, 1), 1_750_086_400, entry(2))
    backend.projects.set_limit(TENANT, Amount(2, 2), entry(3))
    backend.batch_limits.set(TENANT, batches=1, requests=None, entry=entry(4))

    assert logged(backend) == [entry(4), entry(3), entry(1)]
