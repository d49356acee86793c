"""How many requests executors keep in flight, beside each other against the same model server.

    uv run python -m bench.batch_concurrency [--quick]

Needs a running stack, as `bench.batches`. The answers take so long that the processor has little to
do: what counts is that as many requests wait for their answers as the upstream takes.
"""

from pathlib import Path

from bench.batch_contenders import contenders, measure
from bench.batch_runs import IN_FLIGHT, Stack, requests_of, script
from bench.interleave import interleave
from bench.results import table

LATENCY = 2.0
"""Seconds of an answer."""


def main() -> None:
    """Measure, print and write the results."""
    measure("Batches: requests in flight", __doc__, _report)


def _report(stack: Stack, base_url: str, folder: Path, scale: int) -> str:
    lines = 500 * scale
    source = requests_of(lines, folder / "many.jsonl")
    script(base_url, latency=LATENCY)
    taken = interleave(contenders(stack, base_url, source), 1, lambda each: each.seconds)
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
