"""What a request carries: the project of its key, and its body."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pybase64
from pydantic import BaseModel, ValidationError

from larder.domain.errors import BodyTooLargeError, EncodedBodyError, InvalidParameterError
from larder.domain.ids import TenantId

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
    from aws_lambda_powertools.utilities.typing import LambdaContext

MAX_BODY_BYTES = 2 * 2**20

_INSTEAD = {
    "/v1/files": (
        "Create an upload of the file with POST /v1/uploads, and PUT its bytes to S3. OpenAI's "
        "Python SDK does that with http_client=larder_client.openai.transport()."
    ),
    "/v1/storage/files": (
        "Create an upload of the file with POST /v1/uploads, and PUT its bytes to S3: `folder_id` "
        "puts it into a folder."
    ),
    "/v2/artifacts": (
        "Content may have 1 MiB. Upload a longer one as a file, and give its `file_id`."
    ),
    "/v1/uploads/{upload_id}/parts": (
        "Send smaller parts: with OpenAI's Python SDK upload_file_chunked(..., "
        "part_size=1_900_000). Or PUT the bytes to the `transfer` of the upload."
    ),
}
"""What to do on a route about a body that is too large."""

WORK_MS = 8_000
"""Milliseconds that a request spends on a long task; the rest runs in the background."""


def tenant_of(event: APIGatewayProxyEvent) -> TenantId:
    """Return the project of the request's key, as the authorizer found it."""
    return TenantId(event["requestContext"]["authorizer"]["tenant"])


def raw_body(event: APIGatewayProxyEvent) -> bytes:
    """Return the request's body, byte for byte.

    Raises:
        BodyTooLargeError: it is larger than 2 MiB.
        EncodedBodyError: it has a Content-Encoding.
    """
    encoding = event.headers.get("content-encoding") or "identity"
    if encoding.strip().lower() != "identity":
        raise EncodedBodyError(encoding)
    body = event.body or ""
    data = pybase64.b64decode(body, validate=True) if event.is_base64_encoded else body.encode()
    if len(data) > MAX_BODY_BYTES:
        instead = _INSTEAD.get(event.resource, "Send fewer or shorter values.")
        raise BodyTooLargeError(len(data), MAX_BODY_BYTES, instead=instead)
    return data


def json_body[Model: BaseModel](event: APIGatewayProxyEvent, model: type[Model]) -> Model:
    """Return the request's JSON body, checked; an empty body counts as an empty object.

    Raises:
        BodyTooLargeError: it is larger than 2 MiB.
        EncodedBodyError: it has a Content-Encoding.
        InvalidParameterError: it is not a JSON object, or a field is missing or wrong.
    """
    try:
        return model.model_validate_json(raw_body(event) or b"{}")
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        raise invalid_parameter(first["loc"], first["msg"]) from invalid


def running_time(context: LambdaContext) -> Callable[[], bool]:
    """Return a function that tells whether the request has time for more work.

    A client waits for the response, and API Gateway waits for 29 seconds at most.
    """
    ends = context.get_remaining_time_in_millis() - WORK_MS
    return lambda: context.get_remaining_time_in_millis() > ends


def invalid_parameter(location: Sequence[int | str], problem: str) -> InvalidParameterError:
    """Return the error for an invalid value; its `param` is a path: `expires_after.seconds`."""
    if not location:
        return InvalidParameterError(f"The request body must be a JSON object. {problem}.")
    param = ".".join(str(step) for step in location)
    return InvalidParameterError(f"{param}: {problem}.", param=param)
