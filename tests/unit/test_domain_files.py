"""Purposes, and when files with each of them expire."""

from __future__ import annotations

import pytest

from larder.domain.errors import InvalidParameterError
from larder.domain.files import (
    DAY,
    MAX_LIFETIME,
    MIN_LIFETIME,
    Purpose,
    client_purpose,
    expiry_of,
)
from larder.domain.quota import Amount
from tests.samples import a_file, a_file_id

BORN = 1_750_000_000


@pytest.mark.parametrize(
    "raw", ["assistants", "batch", "evals", "fine-tune", "user_data", "vision"]
)
def test_clients_may_use_openais_purposes(raw: str) -> None:
    assert client_purpose(raw) == raw


@pytest.mark.parametrize("raw", ["", "batch_output", "BATCH", "fine_tune", "x" * 1_000])
def test_any_other_purpose_is_refused_with_the_accepted_ones(raw: str) -> None:
    with pytest.raises(InvalidParameterError) as refused:
        client_purpose(raw)

    assert refused.value.param == "purpose"
    assert "assistants, batch, evals, fine-tune, user_data, vision" in refused.value.message
    assert len(refused.value.message) < 300


@pytest.mark.parametrize(
    ("purpose", "life"),
    [
        (Purpose.BATCH, 30 * DAY),
        (Purpose.BATCH_OUTPUT, DAY),
        (Purpose.ASSISTANTS, None),
        (Purpose.EVALS, None),
        (Purpose.FINE_TUNE, None),
        (Purpose.USER_DATA, None),
        (Purpose.VISION, None),
    ],
)
def test_a_purpose_has_its_own_default_expiry(purpose: Purpose, life: int | None) -> None:
    assert expiry_of(purpose, BORN, None) == (None if life is None else BORN + life)


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("seconds", [MIN_LIFETIME, 86_399, MAX_LIFETIME])
def test_the_clients_expiry_overrides_it(purpose: Purpose, seconds: int) -> None:
    assert expiry_of(purpose, BORN, seconds) == BORN + seconds


@pytest.mark.parametrize("seconds", [-1, 0, 3_599, 2_592_001])
def test_an_expiry_outside_openais_bounds_is_refused(seconds: int) -> None:
    with pytest.raises(InvalidParameterError, match=r"between 3600 and 2592000") as refused:
        expiry_of(Purpose.BATCH, BORN, seconds)

    assert refused.value.param == "expires_after[seconds]"


def test_a_file_is_expired_from_its_second_on() -> None:
    file = a_file(expires_at=BORN)

    assert not file.expired(BORN - 0.001)
    assert file.expired(BORN)
    assert not a_file(expires_at=None).expired(10**12)


def test_a_file_uses_one_file_and_its_bytes_of_the_quota() -> None:
    assert a_file(123).amount == Amount(files=1, bytes=123)
    assert a_file(0).amount == Amount(files=1, bytes=0)


def test_a_file_was_created_when_its_id_was_made() -> None:
    assert a_file(id=a_file_id(BORN + 0.999)).created_at == BORN
