"""Amounts and counters."""

from __future__ import annotations

from larder.domain.errors import QuotaExceededError
from larder.domain.quota import NOTHING, Amount, Usage, one_file


def test_amounts_add_and_subtract_files_and_bytes_separately() -> None:
    assert Amount(3, 40) + Amount(1, 2) == Amount(4, 42)
    assert Amount(3, 40) - Amount(1, 2) == Amount(2, 38)
    assert Amount(3, 40) - Amount(3, 40) == NOTHING


def test_an_empty_file_uses_one_file() -> None:
    assert one_file(0) == Amount(files=1, bytes=0)


def test_used_is_neither_left_nor_reserved() -> None:
    usage = Usage(limit=Amount(10, 1_000), left=Amount(6, 500), reserved=Amount(1, 200), version=7)

    assert usage.used == Amount(3, 300)


def test_less_than_nothing_is_left_under_a_lowered_limit() -> None:
    usage = Usage(limit=Amount(1, 100), left=Amount(-2, -200), reserved=NOTHING, version=7)

    assert usage.used == Amount(3, 300)


def test_a_full_quota_names_usage_limits_and_the_request() -> None:
    usage = Usage(limit=Amount(10, 1_000), left=Amount(6, 500), reserved=Amount(1, 200), version=7)

    refusal = QuotaExceededError(usage, Amount(1, 501))

    assert refusal.code == "storage_quota_exceeded"
    assert "4 of 10 files and 500 of 1000 bytes are in use" in refusal.message
    assert "501 bytes" in refusal.message
