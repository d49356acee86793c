"""What batches cost and how fast they are, beside other executors against the same model server.

    uv run python -m bench.batches [--quick]

Needs a running stack ('make run', or LARDER_ENV_FILE). Larder's steps run in processes of their
own, as Lambda would run them, on the stack's table and bucket. The peers run their loops in
environments of their own; they keep their results in memory and write one file. All contenders run
in turn against one scripted server of models in another process.
"""

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from bench.batch_contenders import contenders, expect_all_answered, measure, planned
from bench.batch_runs import MIB, Stack, requests_of, script
from bench.interleave import interleave
from bench.results import table

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CopySourceTypeDef

FAST = 0.02
"""Seconds of an answer in the rows about processor time."""


def main() -> None:
    """Measure, print and write the results."""
    measure("Batches", __doc__, _report)


def _report(stack: Stack, base_url: str, folder: Path, scale: int) -> str:
    load = os.getloadavg()[0]
    many = requests_of(500 * scale, folder / "many.jsonl")
    return "\n\n".join(
        (
            (
                f"The load average before was {load:.1f} on {os.cpu_count()} cores. `httpx` is "
                "a loop by hand. The answers come from one scripted server. Goals: 2 ms a line "
                "and ahead of every peer, 200 MiB at 64 KiB an answer and 512 MiB at 8 MiB, "
                "3 s for ten lines."
            ),
            _fast(stack, base_url, many, 500 * scale, rounds=1 if scale == 1 else 3),
            _memory(stack, base_url, folder, scale),
            _whole(stack, base_url, folder),
            _plan(stack, folder, 5_000 * scale),
            _finish(stack, base_url, folder, scale),
        )
    )


def _fast(stack: Stack, base_url: str, source: Path, lines: int, rounds: int) -> str:
    script(base_url, latency=FAST)
    compared = contenders(stack, base_url, source)
    taken = interleave(compared, rounds, lambda each: each.cpu or 0)
    own = taken["Larder"].cpu or 0
    batch = planned(stack, source)
    shares = batch.step("profile").shares
    everything = sum(shares.values()) or 1
    rows = [
        (
            name,
            f"{(each.cpu or 0) / lines * 1000:.2f}",
            f"{(each.cpu or 0) / own:.1f}",
            f"{lines / each.seconds:,.0f}",
        )
        for name, each in taken.items()
    ]
    head = (
        f"{lines:,} lines, answers of {FAST * 1000:.0f} ms: processor time",
        "ms a line",
        "/ Larder",
        "lines a second",
    )
    parts = [
        (part, f"{spent / everything:.0%}", f"{spent / everything * own / lines * 1000:.2f}")
        for part, spent in sorted(shares.items(), key=lambda item: -item[1])
    ]
    profile = table(("what Larder's time goes to", "share", "ms a line"), parts)
    return f"{table(head, rows)}\n\n{profile}"


def _memory(stack: Stack, base_url: str, folder: Path, scale: int) -> str:
    rows = []
    # The last batch has the largest chunks, as more than 400 lines have.
    sizes = [(100, 64 * 1024), (300, 64 * 1024), (10, 8 * MIB), (41, 8 * MIB)]
    for lines, size in ((count * scale, size) for count, size in sizes):
        # The rest of an answer around its text takes up to 1 KiB.
        script(base_url, size=size - 1024)
        batch = planned(stack, requests_of(lines, folder / f"{lines}.jsonl"))
        worker = batch.step("run")
        expect_all_answered(batch)
        finisher = batch.step("finish")
        rows.append(
            (
                f"{lines:,} answers of {size // 1024:,} KiB",
                *(f"{(each.peak or 0) / MIB:.0f}" for each in (worker, finisher)),
            )
        )
    return table(("peak memory in MiB", "worker", "finisher"), rows)


def _whole(stack: Stack, base_url: str, folder: Path) -> str:
    script(base_url)
    source = requests_of(10, folder / "ten.jsonl")
    stack.whole(source)
    seconds = sorted(stack.whole(source) for _ in range(5))
    rows = [("10 lines, a model that answers at once", f"{seconds[0]:.1f}", f"{seconds[2]:.1f}")]
    return table(("from creation to completed, warm", "best s", "median s"), rows)


def _plan(stack: Stack, folder: Path, lines: int) -> str:
    source = requests_of(lines, folder / "plan.jsonl")
    size = source.stat().st_size / MIB
    batch = stack.batch(source)
    taken = batch.step("plan")
    s3, bucket = boto3.client("s3"), stack.ports.settings.files_bucket
    key = f"files/{batch.project}/{batch.batch.input_file_id}"
    times = {
        f"plan of {lines:,} lines": taken.seconds,
        "S3's own copy, which is part of it": _seconds(partial(_copy, s3, bucket, key)),
        "download, which is part of it": _seconds(
            partial(s3.download_file, bucket, key, str(folder / "downloaded"))
        ),
    }
    s3.delete_object(Bucket=bucket, Key="bench/copy")
    return _throughput(f"plan, {size:.0f} MiB", times, size)


def _finish(stack: Stack, base_url: str, folder: Path, scale: int) -> str:
    # 64 KiB each: 1 GiB of answers, where the scale is ten.
    lines = 1_638 * scale
    script(base_url, size=64 * 1024)
    batch = planned(stack, requests_of(lines, folder / "finish.jsonl"))
    batch.step("run")
    expect_all_answered(batch)
    taken = batch.step("finish")
    size = batch.output_bytes() / MIB
    s3, bucket = boto3.client("s3"), stack.ports.settings.files_bucket
    key = f"files/{batch.project}/{batch.outcome().output_file_id}"
    path = folder / "output"

    def through_disk() -> None:
        s3.download_file(bucket, key, str(path))
        s3.upload_file(str(path), bucket, "bench/copy")

    times = {
        "finish": taken.seconds,
        "S3's own copy": _seconds(partial(_copy, s3, bucket, key)),
        "boto3's download and upload, ten parts at a time": _seconds(through_disk),
    }
    s3.delete_object(Bucket=bucket, Key="bench/copy")
    return _throughput(f"finish, {size:,.0f} MiB of answers", times, size)


def _copy(s3: "S3Client", bucket: str, key: str) -> None:
    # In one request, of up to 5 GiB: boto3's `copy` takes parts.
    source: CopySourceTypeDef = {"Bucket": bucket, "Key": key}
    s3.copy_object(CopySource=source, Bucket=bucket, Key="bench/copy")


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _throughput(title: str, times: dict[str, float], mib: float) -> str:
    first = next(iter(times.values()))
    rows = [
        (name, f"{seconds:.2f}", f"{mib / seconds:,.0f}", f"{seconds / first:.2f}")
        for name, seconds in times.items()
    ]
    return table((title, "seconds", "MiB/s", "/ first row"), rows)


if __name__ == "__main__":
    main()
