"""Idempotent requests: repeating a POST with the same `Idempotency-Key` repeats its response.

https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from larder.api.http.errors import refusal
from larder.api.http.requests import raw_body, tenant_of
from larder.domain.errors import IdempotencyConflictError, InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from larder.services.idempotency import IdempotencyStore

HEADERS = ("idempotency-key", "agent-idempotency-key")

_MAX_KEPT = 390_000

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def idempotency_key(event: dict[str, Any]) -> str | None:
    """Return the request's idempotency key, None if it has none.

    Raises:
        InvalidParameterError: it is not 1 to 255 visible ASCII characters.
    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    key = next((headers[name] for name in HEADERS if name in headers), None)
    if key is not None and not _KEY.fullmatch(key):
        raise InvalidParameterError(
            "Idempotency-Key must be 1 to 255 visible ASCII characters.", param="Idempotency-Key"
        )
    return key


def fingerprint(event: APIGatewayProxyEvent) -> str:
    """Return a text that is the same for two requests only if they ask for the same.

    Forms are the same if their parts are, in any order: a client that repeats a request may
    choose another boundary.
    """
    # Loaded when a request needs it: most have no key, and most have no form.
    from larder.api.http.multipart_parts import MalformedMultipartError, part_digests  # noqa: PLC0415

    body = raw_body(event)
    content_type = event.headers.get("content-type", "")
    try:
        parts = part_digests(content_type, body)
    except MalformedMultipartError:
        parts = [hashlib.sha256(body).hexdigest()]
    return json.dumps([event.http_method, event.path, sorted(parts)])


def answer_once(
    key: str,
    event: dict[str, Any],
    context: LambdaContext,
    respond: Callable[[], dict[str, Any]],
    *,
    idempotency: IdempotencyStore,
) -> dict[str, Any]:
    """Return the response of `respond`, or the first response to this key.

    A response that asks for a retry is not kept: a retry has to be a new attempt. A secret in a
    response is not kept either: the repeated response has null in its place. In place of a response
    that is too large to keep, a repeated request gets a 409.

    Raises:
        BodyTooLargeError: the body is larger than 2 MiB.
        IdempotencyConflictError: the key belongs to another request, or its first is still running.
    """
    request = APIGatewayProxyEvent(event)
    first: list[dict[str, Any]] = []

    def respond_for_keeping() -> dict[str, Any]:
        first.append(respond())
        return _small_enough(_without_secret(first[0]))

    answer, replayed = idempotency.run_once(
        tenant_of(request), key, fingerprint(request), context, respond_for_keeping, _is_final
    )
    if not replayed:
        return first[0]
    answer["multiValueHeaders"]["Larder-Idempotent-Replay"] = ["true"]
    return answer


def _without_secret(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer with null for the field `secret`, which new keys and webhooks have."""
    if '"secret"' not in (answer.get("body") or ""):
        return answer
    body = json.loads(answer["body"])
    if not isinstance(body, dict) or "secret" not in body:
        return answer
    return {**answer, "body": json.dumps(body | {"secret": None}, ensure_ascii=False)}


def _small_enough(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer, or one that says that it was too large to keep: nothing is done twice."""
    # In the form that Powertools stores, of which DynamoDB takes 400 KB with the item's other
    # attributes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
    if len(json.dumps(answer)) <= _MAX_KEPT:
        return answer
    refused = refusal(
        IdempotencyConflictError(
            "The first request with this idempotency key was answered. Its answer is too large to "
            "be repeated.",
            permanent=True,
        )
    )
    return {
        "statusCode": int(refused.status_code),
        "multiValueHeaders": {name: [value] for name, value in refused.headers.items()},
        "body": json.dumps(refused.body),
        "isBase64Encoded": False,
    }


def _is_final(answer: dict[str, Any]) -> bool:
    headers = answer["multiValueHeaders"]
    status = answer["statusCode"]
    retried = status == 409 and "x-should-retry" not in headers  # noqa: PLR2004
    return status < 500 and status != 429 and not retried  # noqa: PLR2004
