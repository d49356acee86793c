"""`python -m tests.races [--seconds N] [--clients N]`, within `python -m local run`."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.e2e.api import Api
from tests.faults.auditor import Auditor
from tests.faults.deployment import Deployment
from tests.races.clients import Client, Ground
from tests.races.history import explained, final_states

FILES_LIMIT = 120
AT_ONCE = 64


def main() -> int:
    """Race, settle, audit, and return whether anything is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.races", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--clients", type=int, default=64)
    # The emulator starts a process for every invocation that is under way.
    parser.add_argument("--in-flight", type=int, default=12)
    arguments = parser.parse_args()
    deployment = Deployment(Path(os.environ["LARDER_ENV_FILE"]))
    wrong = race(deployment, arguments.clients, arguments.seconds, arguments.in_flight)
    wrong += fill(deployment, arguments.in_flight)
    for each in wrong:
        print(f"WRONG {each}")  # noqa: T201
    print(f"{len(wrong)} violations")  # noqa: T201
    return bool(wrong)


def race(deployment: Deployment, clients: int, seconds: float, in_flight: int) -> list[str]:
    """Let all of them loose on one project, and return what was wrong."""
    project = deployment.operator.new_project(files=FILES_LIMIT)
    with httpx.Client(timeout=120, limits=httpx.Limits(max_connections=clients)) as http:
        ground = Ground(deployment, project, http, threading.Semaphore(in_flight))
        until = time.monotonic() + seconds
        with ThreadPoolExecutor(clients) as pool:
            for running in [
                pool.submit(Client(ground, seed).run, until) for seed in range(clients)
            ]:
                running.result()
    deployment.settle()
    # What has expired and what an upload left in parts is collected; then all that is due is done.
    for _ in range(2):
        deployment.sweep(0)
        deployment.settle()
    auditor = _auditor(deployment)
    stock = auditor.stock(project.id)
    wrong = ground.wrong + auditor.audit(stock, pending_allowed=True)
    for file_id, history in ground.histories.items():
        if not explained(history):
            seen = ", ".join(f"{s.operation} {s.answer}" for s in history)
            wrong.append(f"no order explains {file_id}: {seen}")
            continue
        state = stock.state(file_id)
        allowed = {"gone" if each == "cancelled" else each for each in final_states(history)}
        if state not in {"gone" if each in {"pending", "arrived"} else each for each in allowed}:
            wrong.append(f"{file_id} is {state}, its history ends with {sorted(allowed)}")
    _tell(ground, clients, seconds)
    return wrong


def _tell(ground: Ground, clients: int, seconds: float) -> None:
    for (name, status), times in sorted(ground.statuses.items()):
        print(f"{name:10}{status:6}{times:8}")  # noqa: T201
    total = sum(ground.statuses.values())
    longest = max(map(len, ground.histories.values()), default=0)
    print(  # noqa: T201
        f"{clients} clients, {seconds:.0f} s, {total} requests, {len(ground.histories)} files, "
        f"the longest history has {longest} operations"
    )


def fill(deployment: Deployment, in_flight: int) -> list[str]:
    """Ask for more files at once than there is room for: as many as fit are admitted."""
    limit = AT_ONCE * 5 // 8
    project = deployment.operator.new_project(files=limit)
    turns = threading.Semaphore(in_flight)
    with httpx.Client(timeout=120) as http:
        api = Api(project.base_url, project.key, http)

        def post(_: int) -> int:
            while True:
                with turns:
                    status = api.post_file(b"one of many").status_code
                if status != 429:
                    return status

        with ThreadPoolExecutor(AT_ONCE) as pool:
            statuses = Counter(pool.map(post, range(AT_ONCE)))
    print(f"{AT_ONCE} files at once, room for {limit}: {dict(statuses)}")  # noqa: T201
    deployment.settle()
    auditor = _auditor(deployment)
    wrong = auditor.audit(auditor.stock(project.id), pending_allowed=False)
    if statuses != {200: limit, 400: AT_ONCE - limit}:
        wrong.append(f"admission is not exact: {statuses}")
    return wrong


def _auditor(deployment: Deployment) -> Auditor:
    stack = deployment.stack
    return Auditor(stack.s3, stack.dynamodb, deployment.table, deployment.bucket)


if __name__ == "__main__":
    sys.exit(main())
