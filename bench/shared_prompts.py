"""50,000 requests with one long system prompt: written out in each, or sent once as an artifact.

    python -m bench.shared_prompts

Both files lead to the same requests to the model. Processor time of the code that the functions
run, without S3, the table and the model: validation, planning (cutting the input into chunks), and
what the worker does to a request before it sends it.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from bench.results import table, write_section
from larder.domain.batch_answers import body_to_send
from larder.domain.batch_kept import decode_kept
from larder.domain.batch_plan import plan_chunks
from larder.services.batches.open_chunks import open_chunk
from larder.services.batches.prompts import Prompts
from larder_jsonl import BatchValidator

REQUESTS = 50_000
PROMPT_BYTES = 20 * 1024
ROUNDS = 3
BLOCK = 64 * 1024
ARTIFACT = "art_019bc0f01b2e7a9c4d3f8e15"
PROMPT = ("You answer questions about the handbook, in one sentence.\n" * 400)[:PROMPT_BYTES]


def _write(path: Path, system: object) -> None:
    with path.open("w") as file:
        for number in range(REQUESTS):
            user = f"Question {number}: what does section {number % 97} say of rule {number}?"
            messages = [
                {"role": "system", "content": system},
                {"role": "user", "content": user},
            ]
            body = {"model": "gpt-5-mini", "messages": messages}
            request = {"custom_id": f"request-{number}", "method": "POST"}
            file.write(json.dumps(request | {"url": "/v1/chat/completions", "body": body}) + "\n")


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK):
            yield block


def _validate(path: Path) -> int:
    validator = BatchValidator()
    for block in _blocks(path):
        validator.feed(block)
    report = validator.finish()
    _expect(report.valid)
    return report.request_count


def _plan(path: Path) -> int:
    return plan_chunks(_blocks(path)).total


def _send(path: Path) -> int:
    """Make every body as a worker does, and return their bytes."""
    pinned = msgspec.msgpack.encode({ARTIFACT: msgspec.json.encode(PROMPT)})
    kept, size = decode_kept(b""), 0
    plan = plan_chunks(_blocks(path))
    started = time.process_time()
    with path.open("rb") as file:
        for number, span in enumerate(plan.chunks):
            # A worker reads what is pinned once for a shard.
            if number % 16 == 0:
                prompts = Prompts(lambda: pinned)
            chunk = open_chunk(number, file.read(span.length), kept)
            for request in chunk.requests:
                _expect(prompts.refusal(request) is None)
                prompts.added_bytes(request)
                size += len(body_to_send(prompts.completed(request), None))
    _send.seconds = time.process_time() - started  # type: ignore[attr-defined]
    return size


def _seconds(step: Callable[[Path], int], path: Path) -> tuple[float, int]:
    started = time.process_time()
    result = step(path)
    taken = time.process_time() - started
    return (_send.seconds if step is _send else taken), result  # type: ignore[attr-defined]


def _expect(right: object) -> None:
    if not right:
        sys.exit("the two files do not lead to the same requests")


def main() -> None:
    """Measure, and write the section."""
    with TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        out, once = Path(folder, "out.jsonl"), Path(folder, "once.jsonl")
        _write(out, PROMPT)
        _write(once, {"$artifact": ARTIFACT})
        sizes = [out.stat().st_size, once.stat().st_size + len(PROMPT)]
        rows = [["bytes uploaded", *(f"{size / 2**20:,.1f} MiB" for size in sizes), _ratio(*sizes)]]
        for name, step in (("validation", _validate), ("planning", _plan), ("worker", _send)):
            runs = [[_seconds(step, path) for path in (out, once)] for _ in range(ROUNDS)]
            _expect(len({result for run in runs for _, result in run}) == 1)
            best = [min(run[at][0] for run in runs) for at in (0, 1)]
            rows.append([name, *(f"{seconds:.2f} s" for seconds in best), _ratio(*best)])
    columns = (f"{REQUESTS:,} requests, {PROMPT_BYTES // 1024} KiB prompt", "in each", "once")
    text = (
        f"Processor time, the best of {ROUNDS} runs in turn. The worker's is for making the bodies "
        "that it sends, which are the same."
    )
    write_section("Shared prompts", f"{text}\n\n{table((*columns, 'ratio'), rows)}")


def _ratio(before: float, after: float) -> str:
    return f"{before / after:.1f}"


if __name__ == "__main__":
    main()
