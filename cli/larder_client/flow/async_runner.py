"""Runs flows on asyncio's event loop; those of a gather in tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from larder_client.flow.steps import Blocking, Flow, Gather, Reply, Request, Sleep, Step
from larder_client.flow.wire import url_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    import httpx

T = TypeVar("T")


AsyncSleep: TypeAlias = Callable[[float], Awaitable[None]]


class AsyncRunner:
    """Runs flows. `api` sends with the key, `store` without it; blocking steps run in threads."""

    def __init__(
        self,
        api: httpx.AsyncClient,
        store: httpx.AsyncClient,
        sleep: AsyncSleep = asyncio.sleep,
    ) -> None:
        self._api = api
        self._store = store
        self._sleep = sleep

    async def run(self, flow: Flow[T], threads: ThreadPoolExecutor | None = None) -> T:
        """Return the flow's result. `threads` run its blocking steps, None: the loop's own."""
        resume: Callable[[], Step] = partial(next, flow)
        while True:
            try:
                step = resume()
            except StopIteration as end:
                result: T = end.value
                return result
            try:
                answer = await self._perform(step, threads)
            except BaseException as error:  # noqa: BLE001 - the flow handles it
                resume = partial(flow.throw, error)
            else:
                resume = partial(flow.send, answer)

    async def close(self) -> None:
        """Close the connections."""
        await self._api.aclose()
        await self._store.aclose()

    async def _perform(self, step: Step, threads: ThreadPoolExecutor | None) -> Any:  # noqa: ANN401
        match step:
            case Request():
                return await self._send(step)
            case Sleep(seconds):
                return await self._sleep(seconds)
            case Blocking(call):
                return await asyncio.get_running_loop().run_in_executor(threads, call)
            case Gather(flows, limit):
                return await self._gather(flows, limit)

    async def _send(self, step: Request) -> Reply:
        client, url = self._store, step.url
        if url.startswith("/"):
            client, url = self._api, url_of(url, self._api.base_url)
        headers, body = dict(step.headers), step.body
        content: bytes | AsyncIterator[bytes]
        if isinstance(body, bytes):
            content = body
        else:
            content = _in_threads(body.blocks())
            headers["Content-Length"] = str(body.size)
        request = client.build_request(
            step.method, url, params=step.params or None, headers=headers, content=content
        )
        response = await client.send(request, stream=True)
        try:
            if step.sink is None or not step.sink.accepts(response.status_code, response.headers):
                return Reply(response.status_code, response.headers, await response.aread())
            async for block in response.aiter_raw():
                if not await asyncio.to_thread(step.sink.write, block):
                    break
            return Reply(response.status_code, response.headers, b"")
        finally:
            await response.aclose()

    async def _gather(self, flows: Sequence[Flow[Any]], limit: int) -> list[Any]:
        results: list[Any] = [None] * len(flows)
        waiting = enumerate(flows)
        # One thread for each flow, because a blocking step may wait for another flow of the gather.
        # In the loop's own threads, such steps would keep everything else from running.
        threads = ThreadPoolExecutor(limit, thread_name_prefix="larder")

        async def worker() -> None:
            for index, flow in waiting:
                results[index] = await self.run(flow, threads)

        tasks = [asyncio.ensure_future(worker()) for _ in range(min(limit, len(flows)))]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        finally:
            threads.shutdown(wait=False)
        return results


async def _in_threads(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while block := await asyncio.to_thread(next, blocks, b""):
        yield block
