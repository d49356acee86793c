"""A validation report for people: in a few words, and as a table of its problems."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from larder_client import Validation

MAX_SHOWN = 100


def summary(report: Validation) -> str:
    """Return the report in a few words."""
    if report.valid:
        requests = (
            "1 request" if report.request_count == 1 else f"{report.request_count:,} requests"
        )
        return f"valid, {requests} to {report.model} at {report.endpoint}"
    noun = "problem" if report.error_count == 1 else "problems"
    return f"invalid, {report.error_count:,} {noun} in {report.total_lines:,} lines"


def print_problems(report: Validation, *, on_stderr: bool = False) -> None:
    """Print the problems of an invalid file as a table, the first hundred of them."""
    tables = import_module("larder_cli.shared.tables")
    table = tables.columns("line", "code", "param", "message")
    for problem in report.errors[:MAX_SHOWN]:
        line = "" if problem.line is None else str(problem.line)
        table.add_row(line, problem.code, problem.param or "", problem.message)
    tables.print_table(table, on_stderr=on_stderr)
    if report.error_count > MAX_SHOWN:
        more = f"{report.error_count - MAX_SHOWN:,} more problems"
        typer.echo(f"… and {more}. --json shows up to 1,000.", err=on_stderr)
