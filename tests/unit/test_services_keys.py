"""What operators do with keys: create, rotate and revoke them, each change with its log entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.admin_log import Actor
from larder.domain.api_keys import DEFAULT_GRACE, MAX_GRACE, MAX_KEYS
from larder.domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidParameterError,
    NotFoundError,
)
from larder.services.projects.admin_log import list_entries
from larder.services.projects.authorize import authenticate
from larder.services.projects.keys import create_key, list_keys, revoke_key, rotate_key
from larder.services.projects.sessions import create_code, open_session
from tests.samples import OTHER, TENANT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.api_keys import KeyRecord
    from larder.domain.scopes import Scope
    from tests.backends.memory import MemoryBackend

OVER_HTTP = Actor("key_0123456789abcdef", "request-1")


class Pepper:
    def __call__(self) -> bytes:
        return b"pepper"

    def __iter__(self) -> Iterator[bytes]:
        yield self()


def create(
    ports: MemoryBackend,
    *scopes: Scope,
    lifetime: int | None = None,
    by: Actor = OVER_HTTP,
) -> tuple[str, KeyRecord]:
    return ports.make(create_key)(
        TENANT,
        pepper=Pepper(),
        name="a job",
        scopes=frozenset(scopes or ("read",)),
        lifetime=lifetime,
        by=by,
    )


def rotate(
    ports: MemoryBackend, key: KeyRecord, grace: int = DEFAULT_GRACE, by: Actor = OVER_HTTP
) -> tuple[str, KeyRecord]:
    return ports.make(rotate_key)(TENANT, key.id, pepper=Pepper(), grace=grace, by=by)


def opens(ports: MemoryBackend, secret: str) -> bool:
    return ports.make(authenticate)(secret, pepper=Pepper()) is not None


def actions(ports: MemoryBackend) -> list[str]:
    return [entry.action for entry in ports.make(list_entries)(limit=100, after=None).entries]


def test_a_rotated_key_is_replaced_by_one_like_it_and_ends_after_its_grace(
    ports: MemoryBackend,
) -> None:
    secret, old = create(ports, "read", "batches")
    ports.clock.advance(100)

    new_secret, new = rotate(ports, old, grace=60)

    assert (new.name, new.scopes, new.expires_at) == (old.name, old.scopes, None)
    assert opens(ports, secret)
    assert opens(ports, new_secret)
    ports.clock.advance(60)
    assert not opens(ports, secret)
    assert opens(ports, new_secret)


def test_a_rotated_key_lives_no_longer_than_it_was_to_and_the_new_one_as_long(
    ports: MemoryBackend,
) -> None:
    secret, old = create(ports, lifetime=1_000)
    ports.clock.advance(900)

    _, new = rotate(ports, old)

    assert new.expires_at == new.created_at + 1_000
    ports.clock.advance(100)
    assert not opens(ports, secret)


def test_a_key_is_rotated_once(ports: MemoryBackend) -> None:
    _, old = create(ports)
    rotate(ports, old)

    with pytest.raises(ConflictError) as refused:
        rotate(ports, old)

    assert (refused.value.code, refused.value.permanent) == ("key_ended", True)
    assert len(ports.make(list_keys)(TENANT)) == 2


def test_a_key_that_has_ended_is_not_rotated(ports: MemoryBackend) -> None:
    _, revoked = create(ports)
    _, expired = create(ports, lifetime=60)
    ports.make(revoke_key)(TENANT, revoked.id)
    ports.clock.advance(60)

    for key in (revoked, expired):
        with pytest.raises(ConflictError):
            rotate(ports, key)


@pytest.mark.parametrize("grace", [-1, MAX_GRACE + 1])
def test_a_grace_has_bounds(ports: MemoryBackend, grace: int) -> None:
    _, key = create(ports)

    with pytest.raises(InvalidParameterError) as refused:
        rotate(ports, key, grace=grace)

    assert refused.value.param == "grace"


def test_a_key_is_found_in_its_project_alone_unless_any_will_do(ports: MemoryBackend) -> None:
    secret, key = create(ports)

    with pytest.raises(NotFoundError):
        ports.make(revoke_key)(OTHER, key.id)
    with pytest.raises(NotFoundError):
        ports.make(rotate_key)(OTHER, key.id, pepper=Pepper())
    assert opens(ports, secret)
    ports.make(revoke_key)(None, key.id)

    assert not opens(ports, secret)


def test_a_request_makes_no_admin_key_and_aws_credentials_do(ports: MemoryBackend) -> None:
    with pytest.raises(ForbiddenError, match="AWS credentials"):
        create(ports, "read", "admin")
    _, key = create(ports, "read", "admin", by=Actor("arn:aws:iam::1:user/ops"))
    with pytest.raises(ForbiddenError, match="AWS credentials"):
        rotate(ports, key)

    assert len(ports.make(list_keys)(TENANT)) == 1
    rotate(ports, key, by=Actor("arn:aws:iam::1:user/ops"))


def test_a_session_is_revoked_but_not_rotated(ports: MemoryBackend) -> None:
    code = ports.make(create_code)(TENANT, pepper=Pepper())
    secret, session = ports.make(open_session)(code, pepper=Pepper())

    with pytest.raises(NotFoundError):
        rotate(ports, session)
    ports.make(revoke_key)(TENANT, session.id)

    assert not opens(ports, secret)


def test_a_full_project_rotates_no_key(ports: MemoryBackend) -> None:
    _, key = create(ports)
    for _ in range(MAX_KEYS - 1):
        create(ports)

    with pytest.raises(ConflictError) as refused:
        rotate(ports, key)

    assert refused.value.code == "too_many_keys"


def test_every_change_of_a_key_is_logged_once(ports: MemoryBackend) -> None:
    _, key = create(ports)
    ports.clock.advance(1)
    _, new = rotate(ports, key, grace=60)
    ports.clock.advance(1)
    ports.make(revoke_key)(TENANT, key.id, by=OVER_HTTP)
    ports.make(revoke_key)(TENANT, key.id, by=OVER_HTTP)

    revoked, rotated, created = ports.make(list_entries)(limit=100, after=None).entries

    assert [created.action, rotated.action, revoked.action] == [
        "key.create",
        "key.rotate",
        "key.revoke",
    ]
    assert {each.target for each in (created, rotated, revoked)} == {key.id}
    assert {each.actor for each in (created, rotated, revoked)} == {OVER_HTTP}
    assert created.details == {"name": "a job", "scopes": "read"}
    assert rotated.details["replaced_by"] == new.id


def test_no_secret_is_in_the_log(ports: MemoryBackend) -> None:
    secret, key = create(ports)
    new_secret, _ = rotate(ports, key)

    said = repr(ports.make(list_entries)(limit=100, after=None).entries)

    for each in (secret, new_secret):
        assert each[-43:] not in said


def test_a_link_is_logged_and_its_session_has_its_digits(ports: MemoryBackend) -> None:
    code = ports.make(create_code)(TENANT, pepper=Pepper(), admin=True)
    [entry] = ports.make(list_entries)(limit=1, after=None).entries

    _, session = ports.make(open_session)(code, pepper=Pepper())

    assert (entry.action, entry.details["scopes"]) == ("console.link", "read write batches admin")
    assert entry.target.removeprefix("code_") == session.id.removeprefix("session_")
