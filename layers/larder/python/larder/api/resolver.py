"""The resolver that every function of the API has: routing, validation, errors, one log line."""

from __future__ import annotations

import json
import re
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from pydantic.alias_generators import to_camel

from larder.api.errors import internal_error, refusal
from larder.api.idempotency import answer_once, idempotency_key
from larder.api.requests import invalid_parameter
from larder.domain.errors import ContentionError, LarderError, NotFoundError, QuotaExceededError
from larder.runtime.observability import count, log_failure, logger, peak_memory_mib

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from larder.services.ports import Replays

# What is logged of a path or an answer: an id of ours, and nothing that only a client chose.
_ID = re.compile(r"(?:batch_|file-|folder-|part_|upload_)[0-9a-f]{24}")

type LambdaHandler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def resolver(*, camel_case: bool = False) -> APIGatewayRestResolver:
    """Return a resolver that answers every error in the envelope.

    With `camel_case` parameters are named as the Space surface names them.
    """
    app = APIGatewayRestResolver(
        enable_validation=True,
        # Names stay readable, and as short as the size of a page is reckoned with.
        serializer=partial(json.dumps, ensure_ascii=False, separators=(",", ":")),
    )

    def refused(error: LarderError) -> Response[dict[str, Any]]:
        if camel_case and error.param is not None:
            error.param = to_camel(error.param)
        return _refused(error)

    app.exception_handler(LarderError)(refused)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(Exception)(_failed)

    def unmatched(_: Exception) -> Response[dict[str, Any]]:
        # The gateway's path parameters match anything, Powertools' not every character.
        parameters = app.current_event.path_parameters
        name, value = next(iter(parameters.items()), ("file_id", ""))
        return refusal(NotFoundError(name.removesuffix("_id").title(), value))

    app.not_found(unmatched)
    return app


def _refused(error: LarderError) -> Response[dict[str, Any]]:
    if isinstance(error, QuotaExceededError | ContentionError):
        count(type(error).__name__.removesuffix("Error"))
    return refusal(error)


def _invalid(error: RequestValidationError) -> Response[dict[str, Any]]:
    first = error.errors()[0]
    # The location begins with where the value stood: ("query", "limit").
    return refusal(invalid_parameter(first["loc"][1:], first["msg"]))


def _failed(error: Exception) -> Response[dict[str, Any]]:
    log_failure("unhandled", error)
    count("InternalError")
    return internal_error()


def _built(response: Response[dict[str, Any]]) -> dict[str, Any]:
    """Return an answer that was made outside the resolver as the gateway wants it."""
    return {
        "statusCode": int(response.status_code),
        "multiValueHeaders": {name: [value] for name, value in response.headers.items()},
        "body": json.dumps(response.body),
        "isBase64Encoded": False,
    }


def _object_id(event: dict[str, Any], answer: dict[str, Any]) -> str | None:
    """Return the id that the request is about, by which its file is found in the workers' logs.

    The path's, or else the one that the answer begins with. S3's events carry nothing else of ours.
    """
    for named in (event.get("pathParameters") or {}).values():
        if _ID.fullmatch(named):
            return str(named)
    created = _ID.search(str(answer.get("body") or "")[:40])
    return None if created is None else created[0]


def entry(app: APIGatewayRestResolver, *, replays: Replays | None = None) -> LambdaHandler:
    """Return the Lambda handler of `app`: its answer with a request id, its request logged.

    With `replays`, a request that carries an idempotency key is carried out once.
    """

    def respond(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        try:
            key = None if replays is None else idempotency_key(event)
            if replays is None or key is None:
                return app.resolve(event, context)
            return answer_once(
                key, event, context, lambda: app.resolve(event, context), replays=replays
            )
        except LarderError as error:
            return _built(_refused(error))
        except Exception as error:  # noqa: BLE001 - answered and logged as the resolver does
            return _built(_failed(error))

    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        started = time.perf_counter()
        request = event["requestContext"]
        with logger.append_context_keys(
            correlation_id=request["requestId"], lambda_request_id=context.aws_request_id
        ):
            answer = respond(event, context)
            answer["multiValueHeaders"]["x-request-id"] = [request["requestId"]]
            logger.info(
                "request",
                extra={
                    "method": event["httpMethod"],
                    "route": event["resource"],
                    "status": answer["statusCode"],
                    "object_id": _object_id(event, answer),
                    "tenant": request.get("authorizer", {}).get("tenant"),
                    "key_id": request.get("authorizer", {}).get("keyId"),
                    "duration_ms": round((time.perf_counter() - started) * 1000, 1),
                    "peak_memory_mib": peak_memory_mib(),
                },
            )
        return answer

    return lambda_handler
