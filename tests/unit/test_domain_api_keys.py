"""API keys: random, recognisable, and stored only as a digest with the pepper."""

from __future__ import annotations

import hashlib
import hmac
import re

import pytest

from larder.domain.api_keys import digest_of, is_well_formed, new_key_id, new_secret


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
