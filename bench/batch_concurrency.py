"""How many requests executors keep in flight, beside each other against the same model server.

    uv run python -m bench.batch_concurrency [--quick]

Needs a running stack, as `bench.batches`. The answers take so long that the processor has little to
do: what counts is that as many requests wait for their answers as the upstream takes.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from bench.batch_contenders import contenders
from bench.batch_runs import IN_FLIGHT, Stack, model_server, requests_of, script
from bench.interleave import interleave
from bench.processes import ProgramFailedError
from bench.results import table, write_section

LATENCY = 2.0
"""Seconds of an answer."""


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth; write no results")
    options = parser.parse_args()
    lines = 500 if options.quick else 5_000
    folder = Path(tempfile.mkdtemp(prefix="larder-bench-"))
    try:
        with model_server() as base_url:
            text = _report(base_url, requests_of(lines, folder / "many.jsonl"), lines)
    except ProgramFailedError as failure:
        sys.exit(f"bench: {failure}")
    finally:
        shutil.rmtree(folder)
    print(text)
    if not options.quick:
        write_section("Batches: requests in flight", text)


def _report(base_url: str, source: Path, lines: int) -> str:
    stack = Stack(base_url)
    try:
        script(base_url, latency=LATENCY)
        taken = interleave(contenders(stack, base_url, source), 1, lambda each: each.seconds)
    finally:
        stack.close()
    least = lines * LATENCY / IN_FLIGHT
    rows = [
        (name, f"{each.seconds:.1f}", f"{least / each.seconds:.1%}") for name, each in taken.items()
    ]
    head = (
        f"{lines:,} lines, answers of {LATENCY:g} s, {IN_FLIGHT} in flight",
        "seconds",
        "of concurrency / latency",
    )
    about = (
        "The contenders of the section *Batches*, in turns. Goal: 95 % of what concurrency and "
        "latency allow."
    )
    return f"{about}\n\n{table(head, rows)}"


if __name__ == "__main__":
    main()
