"""The resolver that every function of the API has: routing, validation, errors, one log line."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from larder.api.http.errors import internal_error, refusal
from larder.api.http.params import with_parameters
from larder.domain.errors import ContentionError, LarderError, NotFoundError, QuotaExceededError
from larder.runtime.observability import count, log_failure, logger, peak_memory_mib

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from larder.services.idempotency import IdempotencyStore

# What is logged of a path or an answer: an id of ours, and nothing that only a client chose.
_ID = re.compile(r"(?:batch_|file-|folder-|part_|upload_)[0-9a-f]{24}")

type LambdaHandler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


class _Resolver(APIGatewayRestResolver):
    """Powertools' resolver without its validation, which costs more than all the rest of it.

    pydantic checks the query string, as validation would, and writes the answers as they are.
    """

    def route(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:  # noqa: ANN401
        """Register a function for a path and a method."""
        register = super().route(*args, **kwargs)
        return lambda function: register(with_parameters(function, lambda: self.current_event))


def _to_json(body: object) -> str:
    """Names stay readable, and as short as the size of a page is reckoned with."""
    if isinstance(body, BaseModel):
        return body.model_dump_json(by_alias=True)
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def resolver(*, camel_case: bool = False) -> APIGatewayRestResolver:
    """Return a resolver that answers every error in the envelope.

    With `camel_case` parameters are named as the Space surface names them.
    """
    app = _Resolver(serializer=_to_json)

    def refused(error: LarderError) -> Response[dict[str, Any]]:
        if camel_case and error.param is not None:
            error.param = to_camel(error.param)
        return _refused(error)

    app.exception_handler(LarderError)(refused)
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


def _answering_once(app: APIGatewayRestResolver, idempotency: IdempotencyStore) -> LambdaHandler:
    # Reading forms is for functions that a form may be sent to.
    from larder.api.http.idempotency import answer_once, idempotency_key  # noqa: PLC0415

    def respond(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        key = idempotency_key(event)
        if key is None:
            return app.resolve(event, context)
        return answer_once(
            key, event, context, lambda: app.resolve(event, context), idempotency=idempotency
        )

    return respond


def lambda_handler_for(
    app: APIGatewayRestResolver, *, idempotency: IdempotencyStore | None = None
) -> LambdaHandler:
    """Return the Lambda handler of `app`: its answer with a request id, its request logged.

    With `idempotency`, a request that carries an idempotency key is carried out once.
    """
    once = None if idempotency is None else _answering_once(app, idempotency)

    def respond(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        try:
            return app.resolve(event, context) if once is None else once(event, context)
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
