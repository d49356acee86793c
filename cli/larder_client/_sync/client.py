# Generated from _async/client.py: edit that one and run 'make sync-client'.
"""The client: `AsyncClient`, and `Client` with blocking calls."""

from __future__ import annotations

import time
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import httpx

from larder_client._sync.files import Files
from larder_client.files.api import Api
from larder_client.flow.lazy_tls import LazyTLSContext
from larder_client.flow.retries import MAX_RETRIES, RetryPolicy
from larder_client.flow.sync_runner import SyncRunner, SyncSleep
from larder_client.options import API_TIMEOUT, STORE_TIMEOUT, Access
from larder_client.transfer import PARALLEL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from larder_client._sync.artifacts import Artifacts
    from larder_client._sync.batches import Batches
    from larder_client._sync.space import Space
    from larder_client._sync.uploads import Uploads
    from larder_client.chat.events import Tell
    from larder_client.chat.models import ChatAnswer, ChatOptions
    from larder_client.files.models import OwnKey, Usage, UsageDay

P = ParamSpec("P")
T = TypeVar("T")


def _short_for(
    method: Callable[Concatenate[Files, P], T],
) -> Callable[Concatenate[Client, P], T]:
    """Return a method of the client that calls this one of its `files`."""

    @wraps(method)
    def call(client: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return method(client.files, *args, **kwargs)

    return call


class Client:
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
        transport: httpx.BaseTransport | None = None,
        sleep: SyncSleep = time.sleep,
    ) -> None:
        access = Access.of(base_url, api_key)
        self.base_url = access.base_url
        self._parallel = parallel
        self._api = Api(RetryPolicy(max_retries))
        tls = LazyTLSContext()
        self._runner = SyncRunner(
            httpx.Client(
                base_url=access.base_url,
                headers=access.headers,
                timeout=API_TIMEOUT,
                verify=tls,
                transport=transport,
            ),
            httpx.Client(timeout=STORE_TIMEOUT, verify=tls, transport=transport),
            sleep,
        )
        self.files = Files(self._runner, self._api, self.base_url, parallel)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._runner.close()

    @cached_property
    def artifacts(self) -> Artifacts:
        """The project's artifacts and bundles: content that prompts share."""
        # Imported when they are used: most programs do without.
        from larder_client._sync.artifacts import Artifacts  # noqa: PLC0415
        from larder_client.artifacts.api import ArtifactApi  # noqa: PLC0415

        return Artifacts(self._runner, ArtifactApi(self._api.policy))

    @cached_property
    def batches(self) -> Batches:
        """The project's batches: files of requests that become files of answers."""
        # Imported when it is used: most programs do without.
        from larder_client._sync.batches import Batches  # noqa: PLC0415

        return Batches(self._runner, self._api.policy, self.files)

    @cached_property
    def space(self) -> Space:
        """The project's files in folders, with tags and a trash."""
        # Imported when it is used: most programs do without.
        from larder_client._sync.space import Space  # noqa: PLC0415

        return Space(self._runner, self._api.policy, self._parallel)

    @cached_property
    def uploads(self) -> Uploads:
        """The project's pending uploads, which reserve quota."""
        # Imported when it is used: most programs do without.
        from larder_client._sync.uploads import Uploads  # noqa: PLC0415

        return Uploads(self._runner, self._api)

    def chat(
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
        return self._runner.run(send_chat(self._api.policy, body, tell))

    def confirm(self, plan: str, *, tell: Tell | None = None) -> ChatAnswer:
        """Carry out a plan of the chat, which a person has agreed to, without the model."""
        from larder_client.chat.api import send_chat  # noqa: PLC0415

        return self._runner.run(send_chat(self._api.policy, {"confirm": plan}, tell))

    def key(self) -> OwnKey:
        """Return what the client's API key is: its project, scopes and expiry."""
        return self._runner.run(self._api.key())

    def usage(self) -> Usage:
        """Return the project's usage and limits."""
        return self._runner.run(self._api.usage())

    def usage_history(self, days: int = 30) -> tuple[UsageDay, ...]:
        """Return what the project stored on the last `days` (1..90), today as it is now.

        Days that nothing was recorded on are left out.
        """
        return (self._runner.run(self._api.usage_history(days))).data

    put = _short_for(Files.upload)
    get = _short_for(Files.download)
    get_to = _short_for(Files.download_to)
    read = _short_for(Files.content)
    file = _short_for(Files.retrieve)
    page = _short_for(Files.page)
    delete = _short_for(Files.delete)
    wait = _short_for(Files.wait_for_processing)
    validation = _short_for(Files.validation)
