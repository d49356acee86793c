"""A file's bytes as an HTTP answer (RFC 9110: ranges, conditions, redirects)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import Response

from larder.api.errors import envelope
from larder.domain.filenames import attachment
from larder.services.files_content import Redirect
from larder.services.ports import NotModified, RangeNotSatisfiable, StoredBytes

if TYPE_CHECKING:
    from larder.services.files_content import Inline


def content_response(content: Inline | Redirect) -> Response[Any]:
    """Return the bytes, the part asked for, or where they are; never to be rendered."""
    if isinstance(content, Redirect):
        return Response(
            status_code=HTTPStatus.FOUND,
            body="",
            headers={"Location": content.request.url, "Cache-Control": "no-store"},
        )
    match content.result:
        case NotModified(etag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, body="", headers={"ETag": etag})
        case RangeNotSatisfiable():
            return envelope(
                HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
                f"The range lies outside the file's {content.file.bytes} bytes.",
                param="Range",
                headers={"Content-Range": f"bytes */{content.file.bytes}"},
            )
        case StoredBytes(data, etag, content_range):
            headers = {
                "Accept-Ranges": "bytes",
                "Cache-Control": "private, no-cache",
                "Content-Disposition": attachment(content.file.filename),
                "Content-Length": str(len(data)),
                "ETag": etag,
                "X-Content-Type-Options": "nosniff",
            }
            status = HTTPStatus.OK
            if content_range is not None:
                status = HTTPStatus.PARTIAL_CONTENT
                headers["Content-Range"] = content_range
            return Response(
                status_code=status,
                content_type="application/octet-stream",
                body=data,
                headers=headers,
            )
