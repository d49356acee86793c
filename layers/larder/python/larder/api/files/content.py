"""A file's bytes as an HTTP response (RFC 9110: ranges, conditions, redirects)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pybase64
from aws_lambda_powertools.event_handler.api_gateway import Response

from larder.api.http.errors import envelope
from larder.domain.filenames import attachment
from larder.domain.media_types import UNKNOWN
from larder.services.files.content import Redirect
from larder.services.object_store import NotModified, RangeNotSatisfiable, StoredBytes

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse

    from larder.domain.files import File
    from larder.services.files.content import Inline


def content_responses(media_type: str = UNKNOWN) -> dict[int, OpenAPIResponse]:
    """Return how the OpenAPI document describes `content_response`, with any type for `*/*`."""
    data: Any = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {
        200: {"description": "The file's bytes", "content": data},
        206: {"description": "The bytes of the requested range", "content": data},
        302: {
            "description": "Where S3 has the bytes: above 4 MiB, or binary without an `Accept`",
            "content": {},
        },
        304: {"description": "The client's copy is current", "content": {}},
        416: {"description": "The range lies outside the file"},
    }


def content_response(
    content: Inline | Redirect, *, as_text: bool, media_type: str = UNKNOWN
) -> Response[Any]:
    """Return the bytes, the requested range, or a redirect to S3.

    API Gateway decodes the base64 of a response only for a request that says what it accepts:
    with `as_text` the bytes go out as the UTF-8 that they are.
    """
    if isinstance(content, Redirect):
        return Response(
            status_code=HTTPStatus.FOUND,
            body="",
            headers={"Location": content.request.url, "Cache-Control": "no-store"},
        )
    match content.result:
        case NotModified(etag):
            headers = {} if etag is None else {"ETag": etag}
            return Response(status_code=HTTPStatus.NOT_MODIFIED, body="", headers=headers)
        case RangeNotSatisfiable():
            return envelope(
                HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
                f"The range lies outside the file's {content.file.bytes} bytes.",
                param="Range",
                headers={"Content-Range": f"bytes */{content.file.bytes}"},
            )
        case StoredBytes(data, etag, content_range):
            headers = content_headers(content.file, len(data), etag)
            status = HTTPStatus.OK
            if content_range is not None:
                status = HTTPStatus.PARTIAL_CONTENT
                headers["Content-Range"] = content_range
            answer: Response[str] = Response(
                status_code=status,
                content_type=media_type,
                # Powertools would encode it too, and take ten times as long.
                body=data.decode() if as_text else pybase64.b64encode_as_string(data),
                headers=headers,
            )
            answer.base64_encoded = not as_text
            return answer


def content_headers(file: File, size: int, etag: str) -> dict[str, str]:
    """Return the headers of a response with `size` bytes of the file."""
    return {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": attachment(file.filename),
        "Content-Length": str(size),
        # API Gateway renames the other one in the answer to a HEAD.
        "Larder-Content-Length": str(size),
        "ETag": etag,
        **never_rendered(file),
    }


def never_rendered(file: File) -> dict[str, str]:
    """Return the headers that keep browsers from rendering a file's bytes."""
    return {
        "X-Content-Type-Options": "nosniff",
        **digest_header(file),
    }


def digest_header(file: File) -> dict[str, str]:
    """Return the header with the SHA-256, once it is known: OpenAI's File has no field for it."""
    return {} if file.sha256 is None else {"Larder-Sha256": file.sha256}
