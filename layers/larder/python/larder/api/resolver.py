"""The resolver that every function of the API has: routing, validation, errors, one log line."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from larder.api.errors import internal_error, refusal
from larder.api.requests import invalid_parameter
from larder.domain.errors import ContentionError, LarderError, QuotaExceededError
from larder.runtime.observability import count, logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

type LambdaHandler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def resolver() -> APIGatewayRestResolver:
    """Return a resolver that answers every error in the envelope."""
    app = APIGatewayRestResolver(
        enable_validation=True,
        # Names stay readable, and as short as the size of a page is reckoned with.
        serializer=partial(json.dumps, ensure_ascii=False, separators=(",", ":")),
    )

    app.exception_handler(LarderError)(_refused)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(Exception)(_failed)
    return app


def _refused(error: LarderError) -> Response[dict[str, Any]]:
    if isinstance(error, QuotaExceededError | ContentionError):
        count(type(error).__name__.removesuffix("Error"))
    return refusal(error)


def _invalid(error: RequestValidationError) -> Response[dict[str, Any]]:
    first = error.errors()[0]
    # The location begins with where the value stood: ("query", "limit").
    return refusal(invalid_parameter(first["loc"][1:], first["msg"]))


def _failed(_: Exception) -> Response[dict[str, Any]]:
    logger.exception("unhandled")
    count("InternalError")
    return internal_error()


def entry(app: APIGatewayRestResolver) -> LambdaHandler:
    """Return the Lambda handler of `app`: its answer with a request id, its request logged."""

    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        started = time.perf_counter()
        request = event["requestContext"]
        with logger.append_context_keys(
            correlation_id=request["requestId"], lambda_request_id=context.aws_request_id
        ):
            answer = app.resolve(event, context)
            answer["multiValueHeaders"]["x-request-id"] = [request["requestId"]]
            logger.info(
                "request",
                extra={
                    "method": event["httpMethod"],
                    "route": event["resource"],
                    "status": answer["statusCode"],
                    "tenant": request.get("authorizer", {}).get("tenant"),
                    "key_id": request.get("authorizer", {}).get("keyId"),
                    "duration_ms": round((time.perf_counter() - started) * 1000, 1),
                },
            )
        return answer

    return lambda_handler
