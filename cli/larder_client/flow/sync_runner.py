"""Runs flows with blocking calls; those of a gather in threads."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from larder_client.flow.steps import Blocking, Flow, Gather, Reply, Request, Sleep, Step
from larder_client.flow.wire import url_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import httpx

T = TypeVar("T")

GRACE = 1.0
"""Seconds that threads get to save their progress when the caller is interrupted."""


class _StoppedError(Exception):
    """Another flow of the same gather failed."""


SyncSleep: TypeAlias = Callable[[float], None]


class SyncRunner:
    """Runs flows. `api` sends with the key, `store` without it."""

    def __init__(
        self,
        api: httpx.Client,
        store: httpx.Client,
        sleep: SyncSleep = time.sleep,
    ) -> None:
        self._api = api
        self._store = store
        self._sleep = sleep

    def run(self, flow: Flow[T], stop: Event | None = None) -> T:
        """Return the flow's result. Setting `stop` ends it at the next block of bytes."""
        resume: Callable[[], Step] = partial(next, flow)
        while True:
            try:
                step = resume()
            except StopIteration as end:
                result: T = end.value
                return result
            try:
                answer = self._perform(step, stop)
            except BaseException as error:  # noqa: BLE001 - the flow handles it
                resume = partial(flow.throw, error)
            else:
                resume = partial(flow.send, answer)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()
        self._store.close()

    def _perform(self, step: Step, stop: Event | None) -> Any:  # noqa: ANN401 - depends on the step
        match step:
            case Request():
                return self._send(step, stop)
            case Sleep(seconds):
                return self._sleep(seconds)
            case Blocking(call):
                return call()
            case Gather(flows, limit):
                return self._gather(flows, limit)

    def _send(self, step: Request, stop: Event | None) -> Reply:
        if stop is not None and stop.is_set():
            raise _StoppedError
        client, url = self._store, step.url
        if url.startswith("/"):
            client, url = self._api, url_of(url, self._api.base_url)
        headers, body = dict(step.headers), step.body
        content: bytes | Iterator[bytes]
        if isinstance(body, bytes):
            content = body
        else:
            content = _until(stop, body.blocks())
            headers["Content-Length"] = str(body.size)
        request = client.build_request(
            step.method, url, params=step.params or None, headers=headers, content=content
        )
        response = client.send(request, stream=True)
        try:
            if step.sink is None or not step.sink.accepts(response.status_code, response.headers):
                return Reply(response.status_code, response.headers, response.read())
            for block in _until(stop, response.iter_raw()):
                if not step.sink.write(block):
                    break
            return Reply(response.status_code, response.headers, b"")
        finally:
            response.close()

    def _gather(self, flows: Sequence[Flow[Any]], limit: int) -> list[Any]:
        results: list[Any] = [None] * len(flows)
        failures: list[BaseException] = []
        waiting = enumerate(flows)
        next_flow = Lock()
        stop = Event()

        def worker() -> None:
            while not stop.is_set():
                with next_flow:
                    index, flow = next(waiting, (-1, None))
                if flow is None:
                    return
                try:
                    results[index] = self.run(flow, stop)
                except BaseException as error:  # noqa: BLE001 - raised below
                    failures.append(error)
                    stop.set()

        # Daemons, so that one stuck in a dead connection does not keep the program alive.
        threads = [Thread(target=worker, daemon=True) for _ in range(min(limit, len(flows)))]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except BaseException:
            stop.set()
            _join(threads, within=GRACE)
            raise
        if failures:
            raise failures[0]
        return results


def _until(stop: Event | None, blocks: Iterable[bytes]) -> Iterator[bytes]:
    for block in blocks:
        if stop is not None and stop.is_set():
            raise _StoppedError
        yield block


def _join(threads: Iterable[Thread], *, within: float) -> None:
    deadline = time.monotonic() + within
    for thread in threads:
        if thread.ident is not None:
            thread.join(max(0, deadline - time.monotonic()))
