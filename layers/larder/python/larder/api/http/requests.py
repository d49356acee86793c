"""Requests as the gateway passes them on: whose they are, and their bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pybase64
from pydantic import BaseModel, ValidationError

from larder.domain.errors import BodyTooLargeError, InvalidParameterError
from larder.domain.ids import TenantId

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
    from aws_lambda_powertools.utilities.typing import LambdaContext

MAX_BODY_BYTES = 2 * 2**20

WORK_MS = 8_000
"""Milliseconds that a request works on what may be too much for it; the rest is done later."""


def tenant_of(event: APIGatewayProxyEvent) -> TenantId:
    """Return the project whose key the authorizer found in the request."""
    return TenantId(event["requestContext"]["authorizer"]["tenant"])


def raw_body(event: APIGatewayProxyEvent) -> bytes:
    """Return the request's body, byte for byte.

    Raises:
        BodyTooLargeError: it is larger than 2 MiB.
    """
    body = event.body or ""
    data = pybase64.b64decode(body, validate=True) if event.is_base64_encoded else body.encode()
    if len(data) > MAX_BODY_BYTES:
        raise BodyTooLargeError(MAX_BODY_BYTES)
    return data


def json_body[Model: BaseModel](event: APIGatewayProxyEvent, model: type[Model]) -> Model:
    """Return the request's JSON body, checked; an empty body counts as an empty object.

    Raises:
        BodyTooLargeError: it is larger than 2 MiB.
        InvalidParameterError: it is not a JSON object, or a field is missing or wrong.
    """
    try:
        return model.model_validate_json(raw_body(event) or b"{}")
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        raise invalid_parameter(first["loc"], first["msg"]) from invalid


def running_time(context: LambdaContext) -> Callable[[], bool]:
    """Return what tells whether there is still time for more work in this request.

    Users wait for it, and the gateway no longer than 29 seconds.
    """
    ends = context.get_remaining_time_in_millis() - WORK_MS
    return lambda: context.get_remaining_time_in_millis() > ends


def invalid_parameter(location: Sequence[int | str], problem: str) -> InvalidParameterError:
    """Return the refusal of a value, named as clients write it: `expires_after.seconds`."""
    if not location:
        return InvalidParameterError(f"The request body must be a JSON object. {problem}.")
    param = ".".join(str(step) for step in location)
    return InvalidParameterError(f"{param}: {problem}.", param=param)
