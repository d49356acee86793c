"""What benchmarks of batches share: their command line, Larder's worker and the peers' loops."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from bench.batch_runs import PEERS, LarderBatch, Peer, Stack, model_server
from bench.processes import Measured, ProgramFailedError
from bench.results import write_section


def measure(title: str, about: str | None, report: Callable[[Stack, str, Path, int], str]) -> None:
    """Print the report and write it to the results' section of that title.

    `report` gets the running stack, the address of the server of models, a folder, and the scale:
    1 under `--quick`, which writes nothing, and otherwise 10.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="a tenth; write no results")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="larder-bench-"))
    try:
        with model_server() as base_url, closing(Stack(base_url)) as stack:
            text = report(stack, base_url, folder, 1 if options.quick else 10)
    except ProgramFailedError as failure:
        sys.exit(f"bench: {failure}")
    finally:
        shutil.rmtree(folder)
    print(text)
    if not options.quick:
        write_section(title, text)


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
