"""The messages of errors."""

from __future__ import annotations

from larder.domain.errors import BodyTooLargeError, ContentionError, NotFoundError


def test_a_missing_object_is_named_by_kind_and_id() -> None:
    refusal = NotFoundError("File", "file-1")

    assert refusal.message == "No such File object: file-1 (not found)"
    assert refusal.code is None


def test_a_long_id_is_shortened() -> None:
    assert len(NotFoundError("File", "x" * 10_000).message) < 120


def test_the_error_for_a_large_body_names_its_size_the_limit_and_what_to_do() -> None:
    refusal = BodyTooLargeError(2_097_153, 2 * 2**20, instead="Use POST /v1/uploads.")

    assert "has 2097153 bytes, and this route takes 2097152 (2 MiB)" in refusal.message
    assert refusal.message.endswith("Use POST /v1/uploads.")
    assert refusal.code == "request_too_large"


def test_contention_is_a_rate_limit_and_not_a_full_quota() -> None:
    assert ContentionError().code == "rate_limit_exceeded"
