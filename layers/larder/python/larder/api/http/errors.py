"""The error envelope, and the HTTP response to each error of the domain."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import content_types
from aws_lambda_powertools.event_handler.api_gateway import Response

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

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_ANSWERS: dict[type[LarderError], tuple[HTTPStatus, str]] = {
    InvalidParameterError: (HTTPStatus.BAD_REQUEST, "invalid_request_error"),
    QuotaExceededError: (HTTPStatus.BAD_REQUEST, "insufficient_quota"),
    ProjectFullError: (HTTPStatus.BAD_REQUEST, "insufficient_quota"),
    SignInError: (HTTPStatus.UNAUTHORIZED, "invalid_request_error"),
    ExpiredKeyError: (HTTPStatus.UNAUTHORIZED, "invalid_request_error"),
    ForbiddenError: (HTTPStatus.FORBIDDEN, "invalid_request_error"),
    NotFoundError: (HTTPStatus.NOT_FOUND, "invalid_request_error"),
    IdempotencyConflictError: (HTTPStatus.CONFLICT, "idempotency_conflict"),
    ConflictError: (HTTPStatus.CONFLICT, "invalid_request_error"),
    BodyTooLargeError: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "invalid_request_error"),
    EncodedBodyError: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "invalid_request_error"),
    BatchLimitError: (HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_error"),
    RateLimitError: (HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_error"),
    ExpiredBacklogError: (HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_error"),
    ContentionError: (HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_error"),
    NotReachedError: (HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_error"),
    ModelFailedError: (HTTPStatus.BAD_GATEWAY, "api_error"),
    ThrottledError: (HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_error"),
}

_RETRY_AFTER: dict[type[LarderError], int] = {BatchLimitError: 30, ExpiredBacklogError: 60}
"""Seconds after which a refused request may work, where it is more than one."""


def envelope(
    status: HTTPStatus,
    message: str,
    *,
    kind: str = "invalid_request_error",
    param: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[dict[str, Any]]:
    """Return an error response; all four keys of the envelope are always present."""
    return Response(
        status_code=status,
        content_type=content_types.APPLICATION_JSON,
        body={"error": {"message": message, "type": kind, "param": param, "code": code}},
        headers=dict(headers or {}),
    )


def refusal(error: LarderError) -> Response[dict[str, Any]]:
    """Return the response to a refused request."""
    status, kind = next(
        answer for refused, answer in _ANSWERS.items() if isinstance(error, refused)
    )
    headers = {}
    if isinstance(error, ConflictError) and error.permanent:
        # OpenAI's SDKs retry a 409 unless this header says not to.
        headers["x-should-retry"] = "false"
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        headers["Retry-After"] = str(_RETRY_AFTER.get(type(error), 1))
    return envelope(
        status, error.message, kind=kind, param=error.param, code=error.code, headers=headers
    )


def internal_error() -> Response[dict[str, Any]]:
    """Return the response to an internal failure, without its cause."""
    return envelope(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong on our side. Please try again; "
        "if it keeps happening, report the x-request-id of this response.",
        kind="api_error",
        code="internal_error",
    )
