"""`python -m tests.load [--seconds N] [--clients N]`, within `python -m local run`."""

from __future__ import annotations

import argparse
import csv
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import psutil

from tests.faults.auditor import Auditor
from tests.faults.deployment import Deployment

HERE = Path(__file__).parent
LOCUST = HERE.parents[1] / ".tools/load/bin/locust"
WARM_UP = 0.2
"""Share of the run after which every function is warm, and the memory is measured first."""

MIB = 2**20
STARTING = 10
"""Seconds in which a worker still imports what it needs."""

GROWTH = 16 * MIB
"""More than that is a leak: what a worker has in hand differs by less."""

COLUMNS = ("50%", "95%", "99%")


def main() -> int:
    """Run the load, report, audit the counters, and return whether anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--seconds", type=int, default=300)
    # The emulator starts a process for every invocation that is under way.
    parser.add_argument("--clients", type=int, default=8)
    arguments = parser.parse_args()
    deployment = Deployment(Path(os.environ["LARDER_ENV_FILE"]))
    project = deployment.operator.new_project(files=1_000_000, size=2**40)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "load"
        command = [
            str(LOCUST), "--headless", "--only-summary",
            "--locustfile", str(HERE / "locustfile.py"),
            "--users", str(arguments.clients), "--spawn-rate", str(arguments.clients),
            "--run-time", f"{arguments.seconds}s", "--csv", str(table),
        ]  # fmt: skip
        environment = os.environ | {
            "LARDER_BASE_URL": deployment.stack.base_url,
            "LARDER_LOAD_KEY": project.key,
        }
        with (Path(folder) / "log").open("wb") as log:
            running = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: S603
            time.sleep(arguments.seconds * WARM_UP)
            before = memory(deployment.emulator)
            running.wait()
        after = memory(deployment.emulator)
        with Path(f"{table}_stats.csv").open() as rows:
            stats = list(csv.DictReader(rows))
    wrong = _tell_requests(stats, arguments.clients) + _tell_memory(before, after)
    deployment.settle()
    stack = deployment.stack
    auditor = Auditor(stack.s3, stack.dynamodb, deployment.table, deployment.bucket)
    stock = auditor.stock(project.id)
    wrong += auditor.audit(stock, pending_allowed=False)
    print(f"{len(stock.files)} files stored at the end")  # noqa: T201
    for each in wrong:
        print(f"WRONG {each}")  # noqa: T201
    print(f"{len(wrong)} violations")  # noqa: T201
    return bool(wrong)


def memory(emulator: int) -> dict[tuple[str, int], int]:
    """Return the resident bytes of every worker that has started, by function and process."""
    found = {}
    started = time.time() - STARTING
    for worker in psutil.Process(emulator).children(recursive=True):
        try:
            name = re.search(r"ministack-lambda-(?:larder-local-)?(\w+)-", worker.cwd())
            if name is not None and worker.create_time() < started:
                found[name[1], worker.pid] = worker.memory_info().rss
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found


def _tell_requests(stats: list[dict[str, str]], clients: int) -> list[str]:
    print(f"{clients} clients\noperation  requests  per second  p50 ms  p95 ms  p99 ms  errors")  # noqa: T201
    for row in stats:
        times = "".join(f"{row[column]:>8}" for column in COLUMNS)
        print(  # noqa: T201
            f"{row['Name']:10}{row['Request Count']:>9}{float(row['Requests/s']):>12.1f}{times}"
            f"{row['Failure Count']:>8}"
        )
    failures = sum(int(row["Failure Count"]) for row in stats if row["Name"] != "Aggregated")
    return [f"{failures} requests failed"] if failures else []


def _tell_memory(
    before: dict[tuple[str, int], int], after: dict[tuple[str, int], int]
) -> list[str]:
    """Compare the same processes; what was started meanwhile has nothing to compare with."""
    workers: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for (name, pid), resident in before.items():
        if (name, pid) in after:
            workers[name].append((resident, after[name, pid]))
    wrong = []
    print("worker                processes  MiB each at start  MiB each at end")  # noqa: T201
    for name, pairs in sorted(workers.items()):
        start, end = (sum(column) / len(pairs) for column in zip(*pairs, strict=True))
        print(f"{name:20}{len(pairs):>11}{start / MIB:>19.1f}{end / MIB:>17.1f}")  # noqa: T201
        wrong += [
            f"a worker of {name} grew by {(last - first) / MIB:.1f} MiB"
            for first, last in pairs
            if last - first > GROWTH
        ]
    return wrong


if __name__ == "__main__":
    sys.exit(main())
