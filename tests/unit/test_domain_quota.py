"""Amounts and counters."""

from __future__ import annotations

from larder.domain.errors import QuotaExceededError
from larder.domain.quota import NOTHING, Amount, Held, Usage, one_file


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


def refusal(usage: Usage, asked: Amount, held: Held | None = None) -> str:
    error = QuotaExceededError(usage, asked)
    return (error if held is None else error.explained(held)).message


def test_a_quota_that_files_alone_fill_speaks_of_nothing_else() -> None:
    usage = Usage(limit=Amount(10, 1_000), left=Amount(9, 0), reserved=NOTHING, version=7)

    message = refusal(usage, Amount(1, 5), Held(trashed=0, reserved_until=None, exact=True))

    assert "In use: 1 file with 1000 bytes. Delete files that are no longer needed," in message
    assert "trash" not in message
    assert "pending" not in message


def test_a_request_over_the_limit_is_not_told_to_delete_anything() -> None:
    usage = Usage(limit=Amount(10, 1_000), left=Amount(10, 1_000), reserved=NOTHING, version=7)

    message = refusal(usage, Amount(1, 1_001))

    assert message.endswith(
        "This alone is over the project's limits: have them raised, or send a smaller file."
    )


def test_pending_uploads_whose_end_is_not_known_end_within_the_hour() -> None:
    usage = Usage(limit=Amount(1, 10), left=Amount(0, 5), reserved=Amount(1, 5), version=7)

    message = refusal(usage, Amount(1, 5), Held(trashed=0, reserved_until=None, exact=True))

    assert "reserved: 5 bytes by pending uploads (1), for an hour at most." in message
