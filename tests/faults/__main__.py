"""`python -m tests.faults [--faults quick] [--only NAME]`, within `python -m local run`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from tests.faults.artifact_operations import ARTIFACTS
from tests.faults.batch_operations import BATCHES
from tests.faults.chat_operations import CHAT
from tests.faults.deployment import Deployment
from tests.faults.kinds import QUICK, Fault
from tests.faults.matrix import Matrix, Result, unreached
from tests.faults.report import summary, write
from tests.faults.space_operations import SPACE
from tests.faults.v1_operations import V1
from tests.faults.webhook_operations import WEBHOOKS
from tests.faults.worker_operations import LATE, SWEPT, WORKERS

GROUPS = (V1, ARTIFACTS, SPACE, CHAT, BATCHES, WEBHOOKS, WORKERS, SWEPT)


def main() -> int:
    """Run the matrix, write the table and return whether anything was violated."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--faults", choices=("none", "quick", "all"), default="all")
    parser.add_argument("--only", default="", help="operations whose name begins so")
    parser.add_argument("--table", type=Path, default=Path(".local/faults.tsv"))
    parser.add_argument("--summary", type=Path, default=Path(".local/faults.txt"))
    arguments = parser.parse_args()
    groups = [[each for each in g if each.name.startswith(arguments.only)] for g in GROUPS]
    chosen = {"none": (), "quick": QUICK, "all": tuple(Fault)}[arguments.faults]
    started = time.monotonic()
    deployment = Deployment(Path(os.environ["LARDER_ENV_FILE"]))
    with deployment.under_test():
        matrix = Matrix(deployment)
        clean = matrix.clean([operation for group in groups for operation in group])
        late = matrix.late([each for each in LATE if each.name.startswith(arguments.only)])
        results: list[Result] = []
        for group in groups:
            results += matrix.faulted([each for each in clean if each.operation in group], chosen)
            write(arguments.table, [*clean, *late, *results])
    missing = [] if arguments.only else unreached(clean)
    told = "\n".join(
        [
            *(f"no operation takes {route}" for route in missing),
            summary([*clean, *late], results, time.monotonic() - started),
        ]
    )
    arguments.summary.write_text(f"{told}\n")
    print(told)  # noqa: T201
    return bool(missing) or any(result.violations for result in [*clean, *late, *results])


if __name__ == "__main__":
    sys.exit(main())
