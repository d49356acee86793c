"""The matrix: every operation, every call that it makes, every fault of that call."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

import httpx

from larder.api.http.routes import ROUTES
from tests.e2e.api import ERROR_TYPES, Api
from tests.faults.auditor import Auditor
from tests.faults.case import Case
from tests.faults.kinds import Fault, faults_of
from tests.faults.proxy import Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.faults.case import Operation
    from tests.faults.deployment import Deployment

    type Run = tuple[Operation, int, Fault | None]

SIDE_BY_SIDE = 4
AFTER_VALIDATION = 16 * 60
AFTER_UPLOADS = 2 * 3_600

WORKER_DIED = '"errorMessage\\": \\"Worker process died'
"""Gap: the emulator answers so for a function that died, where API Gateway has DEFAULT_5XX."""


@dataclass
class Result:
    """What became of one fault; without one it is a clean run, which says what calls there are."""

    operation: Operation
    plan: Plan
    case: Case
    outcome: str = "recovered"
    violations: list[str] = field(default_factory=list)

    @property
    def call(self) -> str:
        return self.plan.calls[self.plan.at] if self.plan.fired else "-"


class Matrix:
    """Runs operations on a deployment, each time in a project of its own."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._auditor = Auditor(
            deployment.stack.s3, deployment.stack.dynamodb, deployment.table, deployment.bucket
        )
        # One for all: a client of its own for every case would spend its time on certificates.
        self._client = httpx.Client(timeout=600)
        self._done = count(1)

    def clean(self, operations: Sequence[Operation]) -> list[Result]:
        """Run each operation once without a fault."""
        runs: list[Run] = [(operation, -1, None) for operation in operations]
        results = self._run(runs)
        for result in results:
            if not (result.case.response is None or result.case.acknowledged):
                result.violations.append(f"fails without a fault: {result.case.response.text}")
        return results

    def late(self, operations: Sequence[Operation]) -> list[Result]:
        """Run each operation while the workers are off for hours, without another fault.

        The sweeper comes back first, hours later, and then the events and the stream.
        """
        with self._deployment.workers_off():
            results = [
                self._one((operation, -1, None), len(operations)) for operation in operations
            ]
            self._deployment.sweep(AFTER_UPLOADS)
        self._settle(results)
        return results

    def faulted(self, clean: Sequence[Result], chosen: Sequence[Fault]) -> list[Result]:
        """Run what was clean once for every call and every fault of it."""
        runs: list[Run] = [
            (result.operation, at, fault)
            for result in clean
            for at, call in enumerate(result.plan.calls)
            for fault in faults_of(call, chosen)
        ]
        statuses = {
            result.operation.name: result.case.response.status_code
            for result in clean
            if result.case.response is not None
        }
        results = self._run(runs) if runs else []
        for result in results:
            _judge_answer(result, statuses.get(result.operation.name))
        return results

    def _run(self, runs: list[Run]) -> list[Result]:
        together = [run for run in runs if not run[0].alone]
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            results = list(pool.map(lambda run: self._one(run, len(runs)), together))
        results += [self._one(run, len(runs)) for run in runs if run[0].alone]
        for result in results:
            if result.operation.function != "sweep":
                self._finish(result)
        self._settle(results)
        return results

    def _one(self, run: Run, total: int) -> Result:
        operation, at, fault = run
        deployment = self._deployment
        project = deployment.operator.new_project()
        case = Case(deployment, project, Api(project.base_url, project.key, self._client))
        marker = b"" if operation.alone else project.id.encode()
        plan = Plan(operation.function, marker, at=at, fault=fault)
        result = Result(operation, plan, case)
        try:
            operation.prepare(case)
            deployment.proxy.arm(plan)
            case.response = operation.act(case)
        except Exception as failure:  # noqa: BLE001 - it is reported, and the others go on
            result.violations.append(f"raised {failure!r}"[:1_000])
        if case.response is not None:
            deployment.proxy.disarm(plan)
        done = next(self._done)
        if done % 50 == 0:
            print(f"{done} runs, {total} in this round", flush=True)  # noqa: T201
        return result

    def _finish(self, result: Result) -> None:
        for deliver in result.plan.late:
            with suppress(OSError):
                deliver()
        result.plan.late.clear()

    def _settle(self, results: list[Result]) -> None:
        """Let queues and stream retry, then the sweeper, then look at everything."""
        deployment = self._deployment
        deployment.settle()
        for result in results:
            self._finish(result)
        deployment.settle()
        for ahead in (0, AFTER_VALIDATION):
            deployment.sweep(ahead)
            deployment.settle()
        for result in results:
            self._finish(result)
            if result.case.response is None:
                deployment.proxy.disarm(result.plan)
        deployment.settle()
        self._audit(results, pending_allowed=True)
        for ahead in (AFTER_UPLOADS, AFTER_UPLOADS + 60):
            deployment.sweep(ahead)
            deployment.settle()
        self._audit(results, pending_allowed=False)
        broken = sum(bool(result.violations) for result in results)
        print(f"settled and audited {len(results)} runs, {broken} with violations", flush=True)  # noqa: T201
        for name, letters in deployment.dead_letters().items():
            results[-1].violations.append(f"{letters} dead letters in {name}")

    def _audit(self, results: list[Result], *, pending_allowed: bool) -> None:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda result: self._audit_one(result, pending_allowed), results))

    def _audit_one(self, result: Result, pending_allowed: bool) -> None:  # noqa: FBT001
        stock = self._auditor.stock(result.case.project.id)
        found = self._auditor.audit(stock, pending_allowed=pending_allowed)
        if pending_allowed:
            found += result.case.broken_promises(stock, self._auditor.digest)
        result.violations += [each for each in found if each not in result.violations]


def unreached(clean: Sequence[Result]) -> list[str]:
    """Return the routes of the table that none of the operations took."""
    taken = {
        (request.method, request.url.path)
        for result in clean
        if result.case.response is not None
        for request in [result.case.response.request]
    }
    return [
        f"{route.method} {route.path}"
        for route in ROUTES
        if not any(
            method == route.method and re.search(_pattern(route.path), path)
            for method, path in taken
        )
    ]


def _pattern(path: str) -> str:
    return re.sub(r"\{\w+\}", "[^/]+", path) + "$"


def _judge_answer(result: Result, clean: int | None) -> None:
    """Check what the client was told: the same as ever, or an error in the envelope."""
    response, fault = result.case.response, result.plan.fault
    if result.plan.error is not None:
        result.violations.append(result.plan.error)
    if fault is None or response is None:
        result.outcome = "recovered" if result.plan.fired else "not reached"
        return
    result.outcome = f"{response.status_code}" if result.plan.fired else "not reached"
    if response.is_success:
        return
    if fault.survived and response.status_code != clean:
        result.violations.append(f"answered {response.status_code} instead of {clean}")
    elif response.status_code >= 500 and not result.plan.fired:
        result.violations.append(f"answered {response.status_code} without a fault")
    if response.request.method != "HEAD" and not _enveloped(response):
        result.violations.append(f"no error envelope: {response.text[:200]}")


def _enveloped(response: httpx.Response) -> bool:
    if response.status_code == 502 and WORKER_DIED in response.text:
        return True
    try:
        error = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        return False
    return (
        set(error) == {"message", "type", "param", "code"}
        and error["type"] in ERROR_TYPES
        and bool(error["message"])
        and "x-request-id" in response.headers
    )
