"""Sessions of the console: who gets one, and when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.api_keys import (
    CODE_SECONDS,
    SESSION_SECONDS,
    KeyKind,
    KeyRecord,
    new_secret,
)
from larder.domain.errors import ForbiddenError, InvalidParameterError, SignInError
from larder.services.projects.authorize import authenticate
from larder.services.projects.keys import create_key, revoke_key
from larder.services.projects.sessions import (
    close_session,
    console_link,
    create_code,
    open_session,
)
from tests.fakes.admin_log import InMemoryAdminLog
from tests.fakes.api_keys import InMemoryKeys
from tests.fakes.clock import ManualClock
from tests.samples import TENANT

if TYPE_CHECKING:
    from larder.domain.scopes import Scope


class Pepper(list[bytes]):
    """The peppers that are accepted; called, it returns the current one."""

    def __call__(self) -> bytes:
        return self[0]


PEPPER = Pepper([b"a pepper"])


class SignIns:
    """A register of keys, and what a console does with it."""

    def __init__(self) -> None:
        self.keys = InMemoryKeys(InMemoryAdminLog())
        self.clock = ManualClock()

    def key(
        self, *scopes: Scope, lifetime: int | None = None, name: str | None = None
    ) -> tuple[str, KeyRecord]:
        return create_key(
            TENANT,
            register=self.keys,
            pepper=PEPPER,
            clock=self.clock,
            scopes=frozenset(scopes or ("read", "console")),
            lifetime=lifetime,
            name=name,
        )

    def code(self, *, admin: bool = False) -> str:
        return create_code(
            TENANT,
            register=self.keys,
            pepper=PEPPER,
            clock=self.clock,
            admin=admin,
        )

    def open(self, secret: str) -> str:
        session, record = open_session(secret, keys=self.keys, pepper=PEPPER, clock=self.clock)
        assert record.tenant == TENANT
        assert record.kind is KeyKind.SESSION
        return session

    def found(self, secret: str) -> KeyRecord | None:
        return authenticate(secret, keys=self.keys, pepper=PEPPER, clock=self.clock)

    def opens_the_api(self, secret: str) -> bool:
        return self.found(secret) is not None

    def scopes(self, secret: str) -> frozenset[Scope]:
        found = self.found(secret)
        assert found is not None
        return found.scopes


@pytest.fixture
def console() -> SignIns:
    return SignIns()


def test_a_code_is_traded_for_a_session_that_opens_the_api(console: SignIns) -> None:
    session = console.open(console.code())

    assert console.opens_the_api(session)


def test_a_code_works_once(console: SignIns) -> None:
    code = console.code()
    console.open(code)

    with pytest.raises(SignInError):
        console.open(code)


def test_links_keys_and_sessions_work_across_a_rotation(console: SignIns) -> None:
    code, (key, _) = console.code(), console.key()
    session = console.open(key)

    PEPPER.insert(0, b"the next pepper")
    try:
        assert console.opens_the_api(console.open(code))
        assert console.opens_the_api(console.open(key))
        assert console.opens_the_api(session)
        close_session(session, keys=console.keys, pepper=PEPPER)
        assert not console.opens_the_api(session)
    finally:
        PEPPER.pop(0)


def test_a_code_works_for_five_minutes(console: SignIns) -> None:
    early, late = console.code(), console.code()

    console.clock.advance(CODE_SECONDS - 1)
    console.open(early)
    console.clock.advance(1)

    with pytest.raises(SignInError):
        console.open(late)


def test_a_code_does_not_open_the_api(console: SignIns) -> None:
    assert not console.opens_the_api(console.code())


def test_a_key_is_traded_for_a_session_as_often_as_one_likes(console: SignIns) -> None:
    key, _ = console.key()

    first, second = console.open(key), console.open(key)

    assert first != second
    assert console.opens_the_api(first)
    assert console.opens_the_api(second)


def test_a_session_ends_after_eight_hours(console: SignIns) -> None:
    session = console.open(console.code())

    console.clock.advance(SESSION_SECONDS - 1)
    assert console.opens_the_api(session)
    console.clock.advance(1)

    assert not console.opens_the_api(session)


def test_a_session_ends_with_the_key_that_it_was_traded_for(console: SignIns) -> None:
    key, record = console.key()
    other, _ = console.key()
    session, another = console.open(key), console.open(other)

    revoke_key(TENANT, record.id, register=console.keys, clock=console.clock)

    assert not console.opens_the_api(session)
    assert console.opens_the_api(another)


def test_a_session_has_the_scopes_of_its_key_but_never_manages_keys(console: SignIns) -> None:
    reader, _ = console.key("read", "console")
    manager, _ = console.key("read", "write", "console", "admin")

    assert console.scopes(console.open(reader)) == {"read", "console"}
    assert console.scopes(console.open(manager)) == {"read", "write", "console"}


def test_a_session_manages_keys_only_by_a_link_that_was_made_for_it(console: SignIns) -> None:
    plain, admin = console.open(console.code()), console.open(console.code(admin=True))

    assert console.scopes(plain) == {"read", "write", "batches"}
    assert console.scopes(admin) == {"read", "write", "batches", "admin"}


def test_a_key_that_may_not_sign_in_is_told_so(console: SignIns) -> None:
    key, _ = console.key("read", "admin")

    with pytest.raises(ForbiddenError, match=r"'console', and this key has read \+ admin"):
        console.open(key)

    assert console.opens_the_api(key)


def test_a_session_has_the_name_of_its_key_and_expires_with_it(console: SignIns) -> None:
    key, record = console.key("read", "console", lifetime=600, name="a kiosk")
    console.clock.advance(200)
    session = console.open(key)

    found = console.found(session)
    assert found is not None
    assert (found.name, found.expires_at) == ("a kiosk", record.expires_at)
    console.clock.advance(400)

    assert not console.opens_the_api(session)


def test_a_session_is_not_traded_for_another_one(console: SignIns) -> None:
    session = console.open(console.code())

    with pytest.raises(SignInError):
        console.open(session)


def test_an_operator_can_revoke_a_session(console: SignIns) -> None:
    session = console.open(console.code())
    [record] = [key for key in console.keys.of_project(TENANT) if key.kind is KeyKind.SESSION]

    revoke_key(TENANT, record.id, register=console.keys, clock=console.clock)

    assert not console.opens_the_api(session)


@pytest.mark.parametrize("kind", list(KeyKind))
def test_an_unknown_secret_opens_no_session(console: SignIns, kind: KeyKind) -> None:
    with pytest.raises(SignInError):
        console.open(new_secret(kind))


@pytest.mark.parametrize("junk", ["", " ", "zc_", "zk_live_", "zc_short", "x" * 200, "zc_é"])
def test_junk_opens_no_session(console: SignIns, junk: str) -> None:
    with pytest.raises(SignInError):
        console.open(junk)


def test_a_revoked_key_opens_no_session(console: SignIns) -> None:
    key, record = console.key()
    revoke_key(TENANT, record.id, register=console.keys, clock=console.clock)

    with pytest.raises(SignInError):
        console.open(key)


def test_signing_out_ends_the_session_and_no_other(console: SignIns) -> None:
    key, _ = console.key()
    session, other = console.open(key), console.open(key)

    close_session(session, keys=console.keys, pepper=PEPPER)
    close_session(session, keys=console.keys, pepper=PEPPER)

    assert not console.opens_the_api(session)
    assert console.opens_the_api(other)


def test_signing_out_does_not_end_an_api_key(console: SignIns) -> None:
    key, _ = console.key()

    with pytest.raises(InvalidParameterError):
        close_session(key, keys=console.keys, pepper=PEPPER)

    assert console.opens_the_api(key)


def test_a_link_carries_the_code_where_no_server_sees_it() -> None:
    link = console_link("https://api.example/prod/v1", "zc_abc", "R&D #1")

    assert link == "https://api.example/prod/console#code=zc_abc&project=R%26D%20%231"
