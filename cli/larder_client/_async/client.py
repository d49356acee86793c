"""The client: `AsyncClient`, and `Client` with blocking calls."""

from __future__ import annotations

import asyncio
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import httpx

from larder_client._async.files import AsyncFiles
from larder_client.files.api import Api
from larder_client.flow.async_runner import AsyncRunner, AsyncSleep
from larder_client.flow.lazy_tls import LazyTLSContext
from larder_client.flow.retries import MAX_RETRIES, RetryPolicy
from larder_client.options import API_TIMEOUT, STORE_TIMEOUT, Access
from larder_client.transfer import PARALLEL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from larder_client._async.artifacts import AsyncArtifacts
    from larder_client._async.batches import AsyncBatches
    from larder_client._async.space import AsyncSpace
    from larder_client._async.uploads import AsyncUploads
    from larder_client.chat.events import Tell
    from larder_client.chat.models import ChatAnswer, ChatOptions
    from larder_client.files.models import OwnKey, Usage, UsageDay

P = ParamSpec("P")
T = TypeVar("T")


def _short_for(
    method: Callable[Concatenate[AsyncFiles, P], T],
) -> Callable[Concatenate[AsyncClient, P], T]:
    """Return a method of the client that calls this one of its `files`."""

    @wraps(method)
    def call(client: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return method(client.files, *args, **kwargs)

    return call


class AsyncClient:
    """Larder with one API key; every call raises LarderClientError, and OSError for local files.

    `base_url` (it ends with /v1) and `api_key` default to LARDER_BASE_URL and LARDER_API_KEY.
    `parallel` is the number of connections to S3 that one transfer may use. Close the client, or
    use it in a `with` statement. A `Client` may be used from any number of threads, an
    `AsyncClient` in one event loop.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        max_retries: int = MAX_RETRIES,
        parallel: int = PARALLEL,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: AsyncSleep = asyncio.sleep,
    ) -> None:
        access = Access.of(base_url, api_key)
        self.base_url = access.base_url
        self._parallel = parallel
        self._api = Api(RetryPolicy(max_retries))
        tls = LazyTLSContext()
        self._runner = AsyncRunner(
            httpx.AsyncClient(
                base_url=access.base_url,
                headers=access.headers,
                timeout=API_TIMEOUT,
                verify=tls,
                transport=transport,
            ),
            httpx.AsyncClient(timeout=STORE_TIMEOUT, verify=tls, transport=transport),
            sleep,
        )
        self.files = AsyncFiles(self._runner, self._api, self.base_url, parallel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._runner.close()

    @cached_property
    def artifacts(self) -> AsyncArtifacts:
        """The project's artifacts and bundles: content that prompts share."""
        # Imported when they are used: most programs do without.
        from larder_client._async.artifacts import AsyncArtifacts  # noqa: PLC0415
        from larder_client.artifacts.api import ArtifactApi  # noqa: PLC0415

        return AsyncArtifacts(self._runner, ArtifactApi(self._api.policy))

    @cached_property
    def batches(self) -> AsyncBatches:
        """The project's batches: files of requests that become files of answers."""
        # Imported when it is used: most programs do without.
        from larder_client._async.batches import AsyncBatches  # noqa: PLC0415

        return AsyncBatches(self._runner, self._api.policy, self.files)

    @cached_property
    def space(self) -> AsyncSpace:
        """The project's files in folders, with tags and a trash."""
        # Imported when it is used: most programs do without.
        from larder_client._async.space import AsyncSpace  # noqa: PLC0415

        return AsyncSpace(self._runner, self._api.policy, self._parallel)

    @cached_property
    def uploads(self) -> AsyncUploads:
        """The project's pending uploads, which reserve quota."""
        # Imported when it is used: most programs do without.
        from larder_client._async.uploads import AsyncUploads  # noqa: PLC0415

        return AsyncUploads(self._runner, self._api)

    async def chat(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        tell: Tell | None = None,
        **options: Unpack[ChatOptions],
    ) -> ChatAnswer:
        """Have a model work with the project's files. A message has a `role` and a `content`.

        `tell` is called with each piece of text (str) and each `ChatAction` as it comes. The text
        after the last action is the answer's `response`.
        """
        from larder_client.chat.api import send_chat  # noqa: PLC0415

        body = {"messages": list(messages), **options}
        return await self._runner.run(send_chat(self._api.policy, body, tell))

    async def confirm(self, plan: str, *, tell: Tell | None = None) -> ChatAnswer:
        """Carry out a plan of the chat, which a person has agreed to, without the model."""
        from larder_client.chat.api import send_chat  # noqa: PLC0415

        return await self._runner.run(send_chat(self._api.policy, {"confirm": plan}, tell))

    async def key(self) -> OwnKey:
        """Return what the client's API key is: its project, scopes and expiry."""
        return await self._runner.run(self._api.key())

    async def usage(self) -> Usage:
        """Return the project's usage and limits."""
        return await self._runner.run(self._api.usage())

    async def usage_history(self, days: int = 30) -> tuple[UsageDay, ...]:
        """Return what the project stored on the last `days` (1..90), today as it is now.

        Days that nothing was recorded on are left out.
        """
        return (await self._runner.run(self._api.usage_history(days))).data

    put = _short_for(AsyncFiles.upload)
    get = _short_for(AsyncFiles.download)
    get_to = _short_for(AsyncFiles.download_to)
    read = _short_for(AsyncFiles.content)
    file = _short_for(AsyncFiles.retrieve)
    page = _short_for(AsyncFiles.page)
    delete = _short_for(AsyncFiles.delete)
    wait = _short_for(AsyncFiles.wait_for_processing)
    validation = _short_for(AsyncFiles.validation)
