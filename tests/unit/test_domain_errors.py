"""What refusals say."""

from __future__ import annotations

from larder.domain.errors import BodyTooLargeError, ContentionError, NotFoundError


def test_what_is_not_found_is_named_by_kind_and_id() -> None:
    refusal = NotFoundError("File", "file-1")

    assert refusal.message == "No such File object: file-1 (not found)"
    assert refusal.code is None


def test_a_long_id_is_not_repeated_whole() -> None:
    assert len(NotFoundError("File", "x" * 10_000).message) < 120


def test_a_large_body_is_told_of_the_limit_and_the_other_way() -> None:
    refusal = BodyTooLargeError(2 * 2**20)

    assert "2 MiB" in refusal.message
    assert "POST /v1/uploads" in refusal.message
    assert refusal.code == "request_too_large"


def test_contention_is_a_rate_limit_and_not_a_quota() -> None:
    assert ContentionError().code == "rate_limit_exceeded"
