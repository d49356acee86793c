"""Checks batch files in a pull request, for action.yml: an annotation for each problem.

Reads wildcards from LARDER_FILES, one a line; LARDER_STRICT=true fails on warnings as well. Needs
the package larder-jsonl. Workflow commands: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import os
import re
import sys
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

from larder_jsonl import BatchValidator, ValidationReport

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larder_jsonl.report import LineProblem

BLOCK = 1 << 20
_CELL = re.compile(r"[|`\\\s]")
"""What would end a cell of the table, or the code in it."""

SHOWN = 50
"""Annotations for each file; GitHub shows fewer, and the log has all of these."""


def main() -> int:
    """Check the files, and return the exit status: 1 if one is invalid, or a pattern has none."""
    strict = os.environ.get("LARDER_STRICT", "false").lower() == "true"
    patterns = os.environ.get("LARDER_FILES", "").split("\n")
    files, lost = chosen(pattern.strip() for pattern in patterns if pattern.strip())
    for pattern in lost:
        annotate("error", f"no file matches {pattern}", title="no batch file")
    reports = {path: check(path) for path in files}
    bad = [path for path, report in reports.items() if fails(report, strict=strict)]
    for path, report in reports.items():
        show(path, report, strict=strict)
    append("GITHUB_STEP_SUMMARY", *table(reports, bad))
    append("GITHUB_OUTPUT", f"invalid={len(bad)}")
    print(f"{len(files)} files checked, {len(bad)} invalid")
    return 1 if bad or lost or not files else 0


def chosen(patterns: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the files that match, each once, and the patterns without one."""
    files, lost = dict[str, None](), []
    for pattern in patterns:
        # Path.glob takes no absolute pattern.
        matches = sorted(glob(pattern, recursive=True))  # noqa: PTH207
        found = [path for path in matches if Path(path).is_file()]
        files |= dict.fromkeys(found)
        if not found:
            lost.append(pattern)
    return list(files), lost


def check(path: str) -> ValidationReport:
    """Return the report on a file, read in blocks."""
    validator = BatchValidator()
    with Path(path).open("rb") as file:
        while block := file.read(BLOCK):
            validator.feed(block)
    return validator.finish()


def fails(report: ValidationReport, *, strict: bool) -> bool:
    """Return whether the file is invalid, or with `strict` has a warning."""
    return not report.valid or (strict and report.warning_count > 0)


def show(path: str, report: ValidationReport, *, strict: bool) -> None:
    """Print annotations for the first problems of a file."""
    problems: list[LineProblem] = [*report.errors, *report.warnings]
    for problem in problems[:SHOWN]:
        level = "error" if strict or problem.severity == "error" else "warning"
        annotate(level, problem.message, title=problem.code, file=path, line=problem.line)
    if (rest := report.error_count + report.warning_count - SHOWN) > 0:
        print(f"{path}: {rest} more problems")


def annotate(level: str, message: str, **properties: str | int | None) -> None:
    """Print a workflow command. What a file contains must not become another one."""
    given = ",".join(
        f"{name}={escaped(str(value)).replace(':', '%3A').replace(',', '%2C')}"
        for name, value in properties.items()
        if value is not None
    )
    print(f"::{level} {given}::{escaped(message)}")


def escaped(text: str) -> str:
    """Return the text as a workflow command takes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def table(reports: dict[str, ValidationReport], bad: list[str]) -> list[str]:
    """Return the files as a table for the page of the run."""
    rows = [
        f"| {'❌' if path in bad else '✅'} | `{_CELL.sub('_', path)}` | {report.request_count:,} "
        f"| {report.error_count:,} | {report.warning_count:,} |"
        for path, report in reports.items()
    ]
    return ["| | file | requests | problems | warnings |", "|---|---|---:|---:|---:|", *rows]


def append(variable: str, *lines: str) -> None:
    """Append lines to the file that GitHub names in a variable; outside of a run there is none."""
    if path := os.environ.get(variable):
        with Path(path).open("a") as file:
            file.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
