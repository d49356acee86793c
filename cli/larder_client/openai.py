"""The official OpenAI SDK for Python, with files of any size.

    from larder_client.openai import transport
    from openai import OpenAI

    client = OpenAI(base_url=..., api_key=..., http_client=transport())

The API takes requests of up to 2 MiB. With this `http_client`, larger files of
`client.files.create` and larger parts of `client.uploads.upload_file_chunked` go straight to S3,
in parts, several at a time. All other requests are sent as they are. It needs the package `openai`,
version 2 or 3.
"""

from __future__ import annotations

from http import HTTPStatus
from importlib import import_module
from typing import Any

from openai import DefaultAsyncHttpxClient, DefaultHttpxClient

from larder_client._async.large_bodies import AsyncLargeBodies
from larder_client._sync.large_bodies import LargeBodies
from larder_client.errors import ApiError, ConnectionFailedError, LarderClientError
from larder_client.flow.retries import MAX_RETRIES
from larder_client.transfer import PARALLEL

# The SDK's requests and responses, and the options of its client, are those of httpx in version 2,
# and of httpx2 in version 3.
Request = Any
Response = Any
Option = Any

# What a connection to S3 needs to be made as one to the API is.
_CONNECTION = ("cert", "proxy", "trust_env", "verify")


class LargeFilesClient(DefaultHttpxClient):
    """The SDK's HTTP client, which sends large bodies straight to S3."""

    def __init__(self, *, parallel: int, max_retries: int, **options: Option) -> None:
        super().__init__(**options)
        self._large = LargeBodies(parallel, max_retries, **_connection(options))

    def send(self, request: Request, **options: Option) -> Response:
        """Send a request and return its response; raises as the SDK's own client does."""
        try:
            answer = self._large.answer(request)
        except LarderClientError as error:
            return _refusal(request, error)
        return super().send(request, **options) if answer is None else _response(request, answer)

    def close(self) -> None:
        """Close the connections."""
        self._large.close()
        super().close()


class AsyncLargeFilesClient(DefaultAsyncHttpxClient):
    """The SDK's HTTP client for asyncio, which sends large bodies straight to S3."""

    def __init__(self, *, parallel: int, max_retries: int, **options: Option) -> None:
        super().__init__(**options)
        self._large = AsyncLargeBodies(parallel, max_retries, **_connection(options))

    async def send(self, request: Request, **options: Option) -> Response:
        """Send a request and return its response; raises as the SDK's own client does."""
        try:
            answer = await self._large.answer(request)
        except LarderClientError as error:
            return _refusal(request, error)
        if answer is None:
            return await super().send(request, **options)
        return _response(request, answer)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._large.close()
        await super().aclose()


def transport(
    *, parallel: int = PARALLEL, max_retries: int = MAX_RETRIES, **options: Option
) -> LargeFilesClient:
    """Return an `http_client` for `OpenAI`; `options` are those of httpx's `Client`.

    `parallel` is the number of connections to S3 that one file may use. Parts on their way to S3
    are in memory: 256 MiB of them, or one part where that is larger.
    """
    return LargeFilesClient(parallel=parallel, max_retries=max_retries, **options)


def async_transport(
    *, parallel: int = PARALLEL, max_retries: int = MAX_RETRIES, **options: Option
) -> AsyncLargeFilesClient:
    """Return an `http_client` for `AsyncOpenAI`; as `transport`."""
    return AsyncLargeFilesClient(parallel=parallel, max_retries=max_retries, **options)


def _connection(options: dict[str, Option]) -> dict[str, Option]:
    return {name: options[name] for name in _CONNECTION if name in options}


def _refusal(request: Request, error: LarderClientError) -> Response:
    """Return what the API would have answered, in its envelope; raise if nothing answered."""
    if isinstance(error, ConnectionFailedError):
        raise _library(request).ConnectError(str(error), request=request) from error
    details = {"message": str(error), "type": "invalid_request_error", "param": None, "code": None}
    if not isinstance(error, ApiError):
        return _response(request, {"error": details}, HTTPStatus.BAD_REQUEST)
    details |= {"type": error.type, "param": error.param, "code": error.code}
    # Retries are over: the SDK would begin the whole file again.
    headers = {"x-should-retry": "false", "x-request-id": error.request_id or ""}
    return _response(request, {"error": details}, error.status, headers)


def _response(
    request: Request,
    answer: dict[str, Any],
    status: int = HTTPStatus.OK,
    headers: dict[str, str] | None = None,
) -> Response:
    return _library(request).Response(status, headers=headers, json=answer, request=request)


def _library(request: Request) -> Any:  # noqa: ANN401 - a module
    """Return the HTTP library that the SDK uses."""
    return import_module(type(request).__module__.partition(".")[0])
