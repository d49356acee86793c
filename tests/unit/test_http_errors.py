"""The HTTP answer to each error of the domain, as clients rely on it."""

from __future__ import annotations

import pytest

from larder.api.http.errors import refusal
from larder.api.http.idempotency import HEADERS
from larder.domain.batches import BatchLoad
from larder.domain.errors import (
    BatchLimitError,
    BodyTooLargeError,
    ConflictError,
    ContentionError,
    EncodedBodyError,
    ExpiredBacklogError,
    ExpiredKeyError,
    ForbiddenError,
    IdempotencyConflictError,
    InvalidParameterError,
    LarderError,
    ModelFailedError,
    NotFoundError,
    NotReachedError,
    ProjectFullError,
    QuotaExceededError,
    RateLimitError,
    SignInError,
    ThrottledError,
)
from larder.domain.quota import NOTHING, Amount, Usage

LOAD = BatchLoad(batches=10, requests=0, batches_limit=10, requests_limit=200_000)
FULL = Usage(limit=NOTHING, left=NOTHING, reserved=NOTHING, version=0)

ANSWERS: list[tuple[LarderError, int, str, str | None]] = [
    (InvalidParameterError("wrong", param="limit"), 400, "invalid_request_error", None),
    (
        QuotaExceededError(FULL, Amount(1, 1)),
        400,
        "insufficient_quota",
        "storage_quota_exceeded",
    ),
    (ProjectFullError(), 400, "insufficient_quota", "project_full"),
    (SignInError(), 401, "invalid_request_error", "invalid_api_key"),
    (ExpiredKeyError(), 401, "invalid_request_error", "invalid_api_key"),
    (ForbiddenError("no"), 403, "invalid_request_error", "insufficient_permissions"),
    (NotFoundError("File", "file-1"), 404, "invalid_request_error", None),
    (ConflictError("no", code="ended", permanent=True), 409, "invalid_request_error", "ended"),
    (
        IdempotencyConflictError("used", permanent=True),
        409,
        "idempotency_conflict",
        "idempotency_conflict",
    ),
    (
        BodyTooLargeError(3, 2, instead="Send less."),
        413,
        "invalid_request_error",
        "request_too_large",
    ),
    (EncodedBodyError("gzip"), 415, "invalid_request_error", None),
    (BatchLimitError(LOAD), 429, "rate_limit_error", "rate_limit_exceeded"),
    (RateLimitError(50), 429, "rate_limit_error", "rate_limit_exceeded"),
    (ExpiredBacklogError(), 429, "rate_limit_error", "rate_limit_exceeded"),
    (ContentionError(), 429, "rate_limit_error", "rate_limit_exceeded"),
    (NotReachedError(), 429, "rate_limit_error", "not_reached"),
    (ModelFailedError("It is away."), 502, "api_error", "model_failed"),
    (ThrottledError("dynamodb.Query"), 429, "rate_limit_error", "rate_limit_exceeded"),
]

each_answer = pytest.mark.parametrize(
    ("error", "status", "kind", "code"), ANSWERS, ids=lambda value: type(value).__name__
)


def kinds(of: type[LarderError] = LarderError) -> set[type[LarderError]]:
    found = {of} - {LarderError}
    return found.union(*(kinds(each) for each in of.__subclasses__()))


@each_answer
def test_an_error_has_its_status_type_and_code(
    error: LarderError, status: int, kind: str, code: str | None
) -> None:
    answer = refusal(error)

    assert answer.status_code == status
    assert answer.body == {
        "error": {"message": error.message, "type": kind, "param": error.param, "code": code}
    }


def test_every_error_of_the_domain_has_an_answer() -> None:
    answered = tuple(type(error) for error, *_ in ANSWERS)

    assert {kind for kind in kinds() if not issubclass(kind, answered)} == set()


@each_answer
def test_whoever_is_to_come_back_is_told_when_and_whoever_is_not_is_told_so(
    error: LarderError, status: int, kind: str, code: str | None
) -> None:
    del kind, code
    headers = refusal(error).headers

    assert ("Retry-After" in headers) == (status == 429)
    assert 1 <= int(str(headers.get("Retry-After", "1"))) <= 120
    permanent = isinstance(error, ConflictError) and error.permanent
    assert headers.get("x-should-retry") == ("false" if permanent else None)


@pytest.mark.parametrize("error", [ConflictError("no", code="pending", permanent=False)])
def test_a_conflict_that_passes_may_be_tried_again(error: ConflictError) -> None:
    assert "x-should-retry" not in refusal(error).headers


def test_the_idempotency_key_has_two_names() -> None:
    assert HEADERS == ("idempotency-key", "agent-idempotency-key")
