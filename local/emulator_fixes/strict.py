"""What S3 refuses and MiniStack does not: a layer in front of it.

Each rule has its witness in tests/witness/aws.toml. This file needs nothing but Python, because
the emulator's Python runs it.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from local.emulator_fixes.gateway import GATEWAY, as_the_gateway
from local.emulator_fixes.streaming import piecewise

if TYPE_CHECKING:
    from local.emulator_fixes.gateway import App, Message, Receive, Scope, Send

STREAMED_ROUTE = "/v1/chat"
SMALLEST_PART = 5 * 2**20
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""

_OF_S3 = re.compile(r"/s3/aws4_request")
_PART_NUMBER = re.compile(rb"<PartNumber>\s*(\d+)\s*</PartNumber>")
# A payload's hash is part of what is signed in any case.
_NEVER_UNSIGNED = {"x-amz-content-sha256"}


@dataclass(frozen=True)
class Refusal:
    """An error answer of S3."""

    status: int
    code: str
    message: str
    details: dict[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """Return S3's XML."""
        members = {"Code": self.code, "Message": self.message} | self.details
        inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in members.items())
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'.encode()


@dataclass
class _Upload:
    """What is known of a multipart upload; parts that came before this process are not."""

    sizes: dict[int, int] = field(default_factory=dict)
    completed: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Strict:
    """An ASGI application that holds requests to the rules, and passes them on to `app`."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._uploads: dict[str, _Upload] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value for name, value in scope["headers"]}
        if scope["path"].startswith(GATEWAY):
            if scope["method"] == "POST" and scope["path"].endswith(STREAMED_ROUTE):
                await piecewise(self._app, scope, receive, send)
            else:
                await self._app(scope, receive, as_the_gateway(scope["method"], headers, send))
            return
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        credential = headers.get("authorization", b"").decode("latin-1")
        if not _OF_S3.search(query.get("X-Amz-Credential", [credential])[0]):
            await self._app(scope, receive, send)
            return
        if refusal := _unsigned(headers, query):
            # A client that still sends its body would not read the answer.
            await _whole(receive)
            await _answer(refusal, send)
        else:
            await self._pass_to_s3(scope, headers, query, receive, send)

    async def _pass_to_s3(
        self,
        scope: Scope,
        headers: dict[str, bytes],
        query: dict[str, list[str]],
        receive: Receive,
        send: Send,
    ) -> None:
        if scope["method"] == "GET" and b"," in headers.get("range", b""):
            # RFC 9110 lets a server ignore a range; S3 answers no request for several.
            kept = [each for each in scope["headers"] if each[0].lower() != b"range"]
            scope = {**scope, "headers": kept}
        upload_id = query.get("uploadId", [""])[0]
        if scope["method"] == "PUT" and "partNumber" in query:
            upload = self._uploads.setdefault(upload_id, _Upload())
            sent = headers.get("x-amz-decoded-content-length", headers.get("content-length", b"0"))
            if await self._status(scope, receive, send) == 200:  # noqa: PLR2004
                upload.sizes[int(query["partNumber"][0])] = int(sent)
        elif scope["method"] == "POST" and upload_id:
            upload = self._uploads.setdefault(upload_id, _Upload())
            async with upload.lock:
                body = await _whole(receive)
                if refusal := _incomplete(upload, body):
                    await _answer(refusal, send)
                    return
                status = await self._status(scope, _replayed(body, receive), send)
                upload.completed = status == 200  # noqa: PLR2004
        else:
            await self._app(scope, receive, send)

    async def _status(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Pass the request on, and return the status of the answer."""
        seen = 0

        async def watch(message: Message) -> None:
            nonlocal seen
            seen = message.get("status", seen)
            await send(message)

        await self._app(scope, receive, watch)
        return seen


def _unsigned(headers: dict[str, bytes], query: dict[str, list[str]]) -> Refusal | None:
    """Hold a presigned request to one way of signing in, and to the headers that were signed."""
    if "X-Amz-Credential" not in query:
        return None
    if "X-Amz-Signature" not in query:
        return Refusal(
            400,
            "AuthorizationQueryParametersError",
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
            "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        )
    if "authorization" in headers:
        return Refusal(
            400,
            "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature "
            "query string parameter or the Authorization header should be specified",
            {
                "ArgumentName": "Authorization",
                "ArgumentValue": headers["authorization"].decode("latin-1"),
            },
        )
    signed = set(query.get("X-Amz-SignedHeaders", [""])[0].split(";"))
    amazons = {name for name in headers if name.startswith("x-amz-")}
    if unsigned := sorted(amazons - signed - _NEVER_UNSIGNED):
        message = "There were headers present in the request which were not signed"
        return Refusal(403, "AccessDenied", message, {"HeadersNotSigned": ", ".join(unsigned)})
    return None


def _incomplete(upload: _Upload, body: bytes) -> Refusal | None:
    """Hold the completion of an upload to one time, and to parts that are not too small."""
    if upload.completed:
        return Refusal(
            404,
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may "
            "have been aborted or completed.",
        )
    numbers = [int(number) for number in _PART_NUMBER.findall(body)]
    for number in numbers[:-1]:
        size = upload.sizes.get(number, SMALLEST_PART)
        if size < SMALLEST_PART:
            return Refusal(
                400,
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                {
                    "ProposedSize": str(size),
                    "MinSizeAllowed": str(SMALLEST_PART),
                    "PartNumber": str(number),
                },
            )
    return None


async def _answer(refusal: Refusal, send: Send) -> None:
    body = refusal.body()
    headers = [
        (b"content-type", b"application/xml"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _whole(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body.extend(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
