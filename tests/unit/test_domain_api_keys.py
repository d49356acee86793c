"""API keys: random, recognisable, and stored only as a digest with the pepper."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import replace

import pytest

from larder.domain.api_keys import (
    MAX_KEY_SECONDS,
    KeyKind,
    digest_of,
    is_well_formed,
    key_lifetime,
    key_name,
    new_key,
    new_key_id,
    new_secret,
)
from larder.domain.errors import InvalidParameterError
from larder.domain.scopes import DEFAULT_SCOPES, SCOPES, ordered, parse_scopes
from tests.samples import TENANT


def test_a_secret_is_its_prefix_and_256_random_bits() -> None:
    assert re.fullmatch(r"zk_live_[A-Za-z0-9_-]{43}", new_secret())
    assert len({new_secret() for _ in range(100)}) == 100


def test_a_new_secret_is_well_formed() -> None:
    assert all(is_well_formed(new_secret()) for _ in range(100))


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "zk_live_",
        "zk_live_" + "a" * 42,
        "zk_live_" + "a" * 44,
        "zk_live_" + "a" * 42 + "é",
        "zk_live_" + "a" * 42 + "\n",
        "zk_live_" + "a" * 43 + "\n",
        "sk_live_" + "a" * 43,
        " zk_live_" + "a" * 43,
        "ZK_LIVE_" + "a" * 43,
    ],
)
def test_junk_is_not_well_formed(secret: str) -> None:
    assert not is_well_formed(secret)


def test_a_digest_is_the_hmac_sha256_of_the_secret() -> None:
    digest = digest_of("zk_live_secret", b"pepper")

    assert digest == hmac.new(b"pepper", b"zk_live_secret", hashlib.sha256).hexdigest()


def test_another_pepper_makes_another_digest() -> None:
    assert digest_of("zk_live_secret", b"one") != digest_of("zk_live_secret", b"two")


def test_key_ids_say_nothing_of_the_secret_and_differ() -> None:
    assert re.fullmatch(r"key_[0-9a-f]{16}", new_key_id())
    assert len({new_key_id() for _ in range(100)}) == 100


@pytest.mark.parametrize("raw", ["a", "x" * 64, "  the nightly job  ", "café ☕"])
def test_a_name_is_up_to_64_characters_without_space_around(raw: str) -> None:
    assert key_name(raw) == raw.strip()


@pytest.mark.parametrize("raw", ["", "   ", "x" * 65, "a\nb", "a\x1b[2J", "a\u202eb"])
def test_a_name_that_nobody_can_read_is_refused(raw: str) -> None:
    with pytest.raises(InvalidParameterError, match="1 to 64"):
        key_name(raw)


@pytest.mark.parametrize("seconds", [59, 0, -1, MAX_KEY_SECONDS + 1])
def test_a_lifetime_has_bounds(seconds: int) -> None:
    with pytest.raises(InvalidParameterError, match="60"):
        key_lifetime(seconds)


def test_a_key_has_the_default_scopes_unless_it_is_given_others() -> None:
    assert new_key(TENANT, b"pepper", 0)[1].scopes == DEFAULT_SCOPES == {"read", "write", "batches"}


@pytest.mark.parametrize("raw", [[], [""], ["READ"], ["read", "everything"]])
def test_what_is_no_scope_is_refused_with_those_there_are(raw: list[str]) -> None:
    with pytest.raises(InvalidParameterError, match="read, write, batches, console, admin"):
        parse_scopes(raw)


def test_scopes_are_read_in_one_order() -> None:
    assert ordered(parse_scopes(reversed(SCOPES))) == list(SCOPES)


def test_the_use_of_a_key_is_kept_once_a_day_and_that_of_a_session_never() -> None:
    _, key = new_key(TENANT, b"pepper", 0)
    _, session = new_key(TENANT, b"pepper", 0, KeyKind.SESSION)

    assert key.use_to_keep(86_399.9) == "1970-01-01"
    assert replace(key, last_used_on="1970-01-01").use_to_keep(86_399.9) is None
    assert replace(key, last_used_on="1970-01-01").use_to_keep(86_400) == "1970-01-02"
    assert session.use_to_keep(0) is None
