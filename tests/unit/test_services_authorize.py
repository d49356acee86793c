"""Whose key it is: anything but a known, live key is nobody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.api_keys import MAX_KEYS
from larder.domain.errors import ConflictError, NotFoundError
from larder.services.projects.authorize import authenticate
from larder.services.projects.keys import create_key, revoke_key
from tests.fakes.clock import START
from tests.samples import OTHER, TENANT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.api_keys import KeyRecord
    from tests.backends.memory import MemoryBackend

PEPPER = b"pepper"


def new_key(ports: MemoryBackend) -> tuple[str, KeyRecord]:
    return ports.make(create_key)(TENANT, pepper=lambda: PEPPER)


def authenticated(ports: MemoryBackend, secret: str | None, *pepper: bytes) -> KeyRecord | None:
    return ports.make(authenticate)(secret, pepper=pepper or [PEPPER])


def test_a_key_authenticates_its_project(ports: MemoryBackend) -> None:
    secret, key = new_key(ports)

    assert authenticated(ports, secret) == key
    assert key.tenant == TENANT


def test_one_of_several_keys_is_told_from_the_others(ports: MemoryBackend) -> None:
    new_key(ports)
    secret, key = new_key(ports)

    assert authenticated(ports, secret) == key


@pytest.mark.parametrize("secret", [None, "", "junk", "zk_live_" + "a" * 43])
def test_a_missing_malformed_or_unknown_key_is_nobody_s(
    ports: MemoryBackend, secret: str | None
) -> None:
    new_key(ports)

    assert authenticated(ports, secret) is None


def test_a_revoked_key_is_nobody_s(ports: MemoryBackend) -> None:
    secret, key = new_key(ports)

    ports.make(revoke_key)(TENANT, key.id)

    assert authenticated(ports, secret) is None


def test_a_key_is_worth_nothing_without_its_pepper(ports: MemoryBackend) -> None:
    secret, _ = new_key(ports)

    assert authenticated(ports, secret, b"another") is None


def test_a_key_from_before_a_rotation_works_as_long_as_its_pepper_is_known(
    ports: MemoryBackend,
) -> None:
    secret, key = new_key(ports)

    assert authenticated(ports, secret, b"new", PEPPER) == key
    assert authenticated(ports, secret, b"newest", b"new") is None


def test_a_key_from_before_a_rotation_can_be_revoked(ports: MemoryBackend) -> None:
    secret, key = new_key(ports)

    ports.make(revoke_key)(TENANT, key.id)

    assert authenticated(ports, secret, b"new", PEPPER) is None


def test_a_key_with_the_current_pepper_costs_no_look_up_of_another(ports: MemoryBackend) -> None:
    def peppers() -> Iterator[bytes]:
        yield PEPPER
        pytest.fail("the previous pepper was read")

    secret, key = new_key(ports)

    assert ports.make(authenticate)(secret, pepper=peppers()) == key


def test_junk_costs_no_look_up_of_the_pepper(ports: MemoryBackend) -> None:
    class Pepper:
        def __iter__(self) -> Iterator[bytes]:
            pytest.fail("the pepper was read")

    assert ports.make(authenticate)("junk", pepper=Pepper()) is None


def test_of_a_secret_only_its_digest_and_last_characters_are_kept(ports: MemoryBackend) -> None:
    secret, key = new_key(ports)

    assert secret not in repr(key)
    assert key.hint == secret[-4:]
    assert key.created_at == int(START)


def test_a_project_revokes_its_own_keys_alone(ports: MemoryBackend) -> None:
    secret, key = new_key(ports)

    with pytest.raises(NotFoundError, match="No such Key object"):
        ports.make(revoke_key)(OTHER, key.id)

    assert authenticated(ports, secret) == key


def test_an_unknown_key_is_not_revoked(ports: MemoryBackend) -> None:
    with pytest.raises(NotFoundError):
        ports.make(revoke_key)(TENANT, "key_0000000000000000")


def test_a_key_ends_with_its_expiry(ports: MemoryBackend) -> None:
    secret, key = ports.make(create_key)(TENANT, pepper=lambda: PEPPER, lifetime=3_600)

    ports.clock.advance(3_599)
    assert authenticated(ports, secret) == key
    ports.clock.advance(1)

    assert authenticated(ports, secret) is None


def test_a_project_has_a_hundred_keys_at_most(ports: MemoryBackend) -> None:
    made = [new_key(ports)[1] for _ in range(MAX_KEYS - 1)]
    ports.make(create_key)(TENANT, pepper=lambda: PEPPER, lifetime=3_600)

    with pytest.raises(ConflictError, match="100 keys"):
        new_key(ports)
    ports.make(create_key)(OTHER, pepper=lambda: PEPPER)
    ports.make(revoke_key)(TENANT, made[0].id)
    new_key(ports)
    ports.clock.advance(3_600)

    new_key(ports)
