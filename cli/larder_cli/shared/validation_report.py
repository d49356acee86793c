"""A validation report for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from larder_cli.shared.output import columns

if TYPE_CHECKING:
    from larder_client import Validation

SHOWN = 100


def print_problems(report: Validation, *, on_stderr: bool = False) -> None:
    """Print the problems of an invalid file as a table, the first hundred of them."""
    table = columns("line", "code", "param", "message")
    for problem in report.errors[:SHOWN]:
        line = "" if problem.line is None else str(problem.line)
        table.add_row(line, problem.code, problem.param or "", problem.message)
    console = Console(stderr=on_stderr, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = 200
    console.print(table)
    if report.error_count > SHOWN:
        further = f"{report.error_count - SHOWN:,} further problems"
        console.print(f"… and {further}; --json has the first 1,000.")
