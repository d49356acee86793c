"""The table of what became of every fault, and its summary."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.faults.matrix import Result


def write(path: Path, results: Sequence[Result]) -> None:
    """Write operation, position of the call, call, fault, outcome and violations, tabs between."""
    path.parent.mkdir(exist_ok=True)
    rows = ["operation\tposition\tcall\tfault\toutcome\tproject\tviolations"]
    rows += [
        "\t".join(
            (
                result.operation.name,
                str(result.plan.at),
                result.call,
                result.plan.fault or "none",
                result.outcome,
                result.case.project.id,
                "; ".join(result.violations),
            )
        )
        for result in results
    ]
    path.write_text("\n".join(rows) + "\n")


def summary(clean: Sequence[Result], results: Sequence[Result], seconds: float) -> str:
    """Return outcomes by fault, every violation, and the line that ends the run."""
    lines = []
    faults = list(dict.fromkeys(result.plan.fault for result in results))
    for fault in faults:
        outcomes = Counter(r.outcome for r in results if r.plan.fault == fault)
        told = ", ".join(f"{times} x {outcome}" for outcome, times in sorted(outcomes.items()))
        lines.append(f"{fault!s:24}{told}")
    for result in [*clean, *results]:
        lines += [
            f"VIOLATION {result.operation.name}, call {result.plan.at} {result.call}, "
            f"{result.plan.fault or 'no fault'}, {result.case.project.id}: {violation}"
            for violation in result.violations
        ]
    for result in clean:
        lines.append(f"{result.operation.name:36}{' '.join(map(_short, result.plan.calls))}")
    calls = sum(len(result.plan.calls) for result in clean)
    faults_done = sum(bool(result.plan.fired) for result in results)
    violations = sum(len(result.violations) for result in [*clean, *results])
    lines.append(f"{seconds:.0f} s, {len(results) - faults_done} faults not reached")
    lines.append(
        f"{len(clean)} operations, {calls} calls, {faults_done} faults, {violations} violations"
    )
    return "\n".join(lines)


def _short(call: str) -> str:
    return call.partition(".")[2]
