"""The loops of other batch executors, on the same file of requests and the same model server.

    python batch_peers.py PEER BASE_URL INPUT OUTPUT

It runs in the peer's own environment and imports nothing else. `peers.md` names the sources. It
prints the seconds and the processor time of the loop, without the imports, and the process's peak
memory in bytes, as JSON.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

IN_FLIGHT = 50
NO_KEY = "none"  # pragma: allowlist secret

Line = dict[str, Any]


def _lines(path: str) -> list[Line]:
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def _result(line: Line, body: object) -> str:
    response = {"status_code": 200, "request_id": line["custom_id"], "body": body}
    result = {"id": line["custom_id"], "custom_id": line["custom_id"], "response": response}
    return json.dumps({**result, "error": None}) + "\n"


async def _gathered(
    lines: list[Line], output: str, ask: Callable[[Line], Awaitable[object]]
) -> None:
    """LiteLLM's loop: a task for each line behind a semaphore, and all results at the end."""
    semaphore = asyncio.Semaphore(IN_FLIGHT)

    async def row(line: Line) -> object:
        async with semaphore:
            return await ask(line)

    bodies = await asyncio.gather(*(row(line) for line in lines))
    written = (_result(line, body) for line, body in zip(lines, bodies, strict=True))
    Path(output).write_text("".join(written))


async def httpx_loop(base_url: str, lines: list[Line], output: str) -> None:
    import httpx

    limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
    async with httpx.AsyncClient(limits=limits, timeout=600) as client:

        async def ask(line: Line) -> object:
            answer = await client.post(base_url + "/chat/completions", json=line["body"])
            return answer.json()

        await _gathered(lines, output, ask)


async def litellm_loop(base_url: str, lines: list[Line], output: str) -> None:
    import litellm

    litellm.suppress_debug_info = True
    upstream = {"model": "openai/bench-model", "api_base": base_url, "api_key": NO_KEY}
    router = litellm.Router(
        model_list=[{"model_name": "bench-model", "litellm_params": upstream}], num_retries=2
    )

    async def ask(line: Line) -> object:
        return (await router.acompletion(**line["body"])).model_dump()

    await _gathered(lines, output, ask)


async def ogx_loop(base_url: str, lines: list[Line], output: str) -> None:
    """OGX's loop: as many tasks as may be in flight, and the next ones when all have ended."""
    import openai

    results: list[str] = []
    async with openai.AsyncOpenAI(base_url=base_url, api_key=NO_KEY) as client:

        async def ask(line: Line) -> str:
            answer = await client.chat.completions.create(**line["body"])
            return _result(line, answer.model_dump_json())

        for some in itertools.batched(lines, IN_FLIGHT, strict=False):
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(ask(line)) for line in some]
            results.extend(task.result() for task in tasks)
    Path(output).write_text("".join(results))


async def aibrix_loop(base_url: str, lines: list[Line], output: str) -> None:
    """AIBrix's dispatch engine as it is."""
    import logging

    from aibrix.batch.client import DispatchEngine, InferenceRequest, StaticEndpointSource

    logging.disable(logging.INFO)

    async def requests() -> AsyncIterator[InferenceRequest]:
        for line in lines:
            yield InferenceRequest(line["url"], line["body"], ref=line)

    address = base_url.removesuffix("/v1")
    source = StaticEndpointSource(address, capacity=IN_FLIGHT, timeout=600)
    with Path(output).open("w") as file:

        def record(request: Any, response: object, error: object) -> None:
            if error is not None:
                raise SystemExit(str(error))
            file.write(_result(request.ref, response))

        await DispatchEngine(source).run(requests(), record, max_concurrency=IN_FLIGHT)
    await source.aclose()


async def vllm_loop(base_url: str, lines: list[Line], output: str) -> None:
    """The loop of vLLM: a task per line, once it may start, and results written in input order."""
    import aiohttp

    semaphore = asyncio.Semaphore(IN_FLIGHT)
    waiting: dict[int, str] = {}
    tasks: set[asyncio.Task[None]] = set()
    written = 0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:
        with Path(output).open("w") as file:

            async def run(number: int, line: Line) -> None:
                nonlocal written
                url = base_url + "/chat/completions"
                async with session.post(url, json=line["body"]) as answer:
                    waiting[number] = _result(line, await answer.json())
                while written in waiting:
                    file.write(waiting.pop(written))
                    written += 1

            for number, line in enumerate(lines):
                await semaphore.acquire()
                task = asyncio.create_task(run(number, line))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                task.add_done_callback(lambda _: semaphore.release())
            await asyncio.gather(*tasks)


PEERS = {
    "httpx": httpx_loop,
    "litellm": litellm_loop,
    "ogx": ogx_loop,
    "aibrix": aibrix_loop,
    "vllm": vllm_loop,
}


async def _main(peer: str, base_url: str, source: str, output: str) -> None:
    lines = _lines(source)
    # One request beforehand imports what the first request would, and opens a connection.
    await PEERS[peer](base_url, lines[:1], output)
    started, cpu = time.perf_counter(), time.process_time()
    lines = _lines(source)
    await PEERS[peer](base_url, lines, output)
    taken = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024
    print(json.dumps({**taken, "peak": peak}))


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
