"""The resolver of every API function: routing, errors, and one log line per request."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

# From the submodule: the layer has no exports of event_handler itself (layers/larder/trim.py).
from aws_lambda_powertools.event_handler.api_gateway import APIGatewayRestResolver, Response
from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from larder.api.http.access import check_access
from larder.api.http.errors import internal_error, refusal
from larder.api.http.params import with_parameters
from larder.domain.errors import (
    ContentionError,
    LarderError,
    NotFoundError,
    ProjectFullError,
    QuotaExceededError,
    RateLimitError,
    ThrottledError,
)
from larder.runtime.observability import count, log_failure, logger, peak_memory_mib

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from larder.services.idempotency import IdempotencyStore

# Of a path or a response only ids that Larder made are logged, nothing that a client chose.
_ID = re.compile(r"(?:art_|batch_|bnd_|file-|folder-|part_|upload_)[0-9a-f]{24}")

_COUNTED = (
    ContentionError,
    ProjectFullError,
    QuotaExceededError,
    RateLimitError,
    ThrottledError,
)
"""The refusals that have a metric."""

type LambdaHandler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


class _Resolver(APIGatewayRestResolver):
    """Powertools' resolver without its validation, which costs more than the rest of it.

    `params` checks query strings and bodies instead, and pydantic serializes the responses.
    """

    def route(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:  # noqa: ANN401
        """Register a function for a path and a method."""
        register = super().route(*args, **kwargs)
        return lambda function: register(with_parameters(function, lambda: self.current_event))


def _to_json(body: object) -> str:
    """Keep names unescaped: the limit of a page's size assumes their length in UTF-8."""
    if isinstance(body, BaseModel):
        return body.model_dump_json(by_alias=True)
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def resolver(*, camel_case: bool = False) -> APIGatewayRestResolver:
    """Return a resolver that puts every error into the envelope.

    With `camel_case`, errors name parameters as the Space surface does.
    """
    app = _Resolver(serializer=_to_json)

    def answer(error: Exception) -> Response[dict[str, Any]]:
        return answer_to(error, camel_case=camel_case)

    app.exception_handler(Exception)(answer)

    def unmatched(_: Exception) -> Response[dict[str, Any]]:
        # API Gateway's path parameters match any character, Powertools' do not.
        parameters = app.current_event.path_parameters
        name, value = next(iter(parameters.items()), ("file_id", ""))
        return refusal(NotFoundError(name.removesuffix("_id").title(), value))

    app.not_found(unmatched)
    return app


def answer_to(error: Exception, *, camel_case: bool = False) -> Response[dict[str, Any]]:
    """Return the response to what a use case raised, which is logged and counted here.

    With `camel_case`, it names the parameter as the Space surface does.
    """
    if not isinstance(error, LarderError):
        log_failure("unhandled", error)
        count("InternalError")
        return internal_error()
    if camel_case and error.param is not None:
        # A path, as in `operations.0.fileId`.
        error.param = ".".join(to_camel(step) for step in error.param.split("."))
    if isinstance(error, ThrottledError):
        logger.warning("throttled", extra={"call": error.call})
    if isinstance(error, _COUNTED):
        count(type(error).__name__.removesuffix("Error"))
    return refusal(error)


def _built(response: Response[dict[str, Any]]) -> dict[str, Any]:
    """Return a response that was made outside the resolver, in the form that API Gateway takes."""
    return {
        "statusCode": int(response.status_code),
        "multiValueHeaders": {name: [value] for name, value in response.headers.items()},
        "body": json.dumps(response.body),
        "isBase64Encoded": False,
    }


def _object_id(event: dict[str, Any], answer: dict[str, Any]) -> str | None:
    """Return the id of the request's object, which the workers' logs have as well.

    It is the id in the path, or the one at the beginning of the response.
    """
    for named in (event.get("pathParameters") or {}).values():
        if _ID.fullmatch(named):
            return str(named)
    created = _ID.search(str(answer.get("body") or "")[:40])
    return None if created is None else created[0]


def _answering_once(app: APIGatewayRestResolver, idempotency: IdempotencyStore) -> LambdaHandler:
    # Only functions that may get a form load what reads one.
    from larder.api.http.idempotency import answer_once, idempotency_key  # noqa: PLC0415

    def respond(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        key = idempotency_key(event)
        if key is None:
            return app.resolve(event, context)
        return answer_once(
            key, event, context, lambda: app.resolve(event, context), idempotency=idempotency
        )

    return respond


def _check_rate(limit_rate: Callable[[str], None], event: dict[str, Any]) -> None:
    """Refuse a request above its key's rate. A rate that cannot be counted refuses nobody.

    Raises:
        RateLimitError: the key makes too many requests.
    """
    key_id = event["requestContext"].get("authorizer", {}).get("keyId")
    if key_id is None:
        return
    try:
        limit_rate(key_id)
    except RateLimitError:
        raise
    except Exception as error:  # noqa: BLE001 - the limit protects the API and must not end it
        log_failure("rate_not_counted", error)
        count("RateNotCounted")


def lambda_handler_for(
    app: APIGatewayRestResolver,
    *,
    limit_rate: Callable[[str], None] | None = None,
    idempotency: IdempotencyStore | None = None,
) -> LambdaHandler:
    """Return the Lambda handler of `app`. It checks the key, adds the request id, and logs.

    With `limit_rate`, it is called with the id of the request's key. With `idempotency`,
    requests with the same idempotency key get the same response.
    """
    once = None if idempotency is None else _answering_once(app, idempotency)

    def respond(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        try:
            check_access(event)
            if limit_rate is not None:
                _check_rate(limit_rate, event)
            return app.resolve(event, context) if once is None else once(event, context)
        except Exception as error:  # noqa: BLE001 - answered and logged as the resolver does
            return _built(answer_to(error))

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
