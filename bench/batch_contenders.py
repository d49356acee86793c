"""The executors that the benchmarks of batches compare: Larder's worker and the peers' loops."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.batch_runs import PEERS, LarderBatch, Peer, Stack
from bench.processes import Measured, ProgramFailedError


def contenders(stack: Stack, base_url: str, source: Path) -> dict[str, Callable[[], Measured]]:
    """Return Larder's worker and the peers' loops; each run of Larder has a batch of its own."""

    def larder() -> Measured:
        batch = planned(stack, source)
        taken = batch.step("run")
        expect_all_answered(batch)
        return taken

    peers = {name: partial(Peer(name).run, base_url, source) for name in PEERS}
    return {"Larder": larder, **peers}


def planned(stack: Stack, source: Path) -> LarderBatch:
    """Return a batch on the file whose lines are ready to be sent."""
    batch = stack.batch(source)
    batch.step("plan")
    return batch


def expect_all_answered(batch: LarderBatch) -> None:
    """Fail unless every line of the batch has a good answer.

    Raises:
        ProgramFailedError: some have none.
    """
    now = batch.outcome()
    if now.progress.completed != now.total:
        message = f"only {now.progress.completed} of {now.total} lines have a good answer"
        raise ProgramFailedError(message)
