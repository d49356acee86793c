"""A validation report for people: in a few words, and as a table of its problems."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import typer

from larder_cli.shared.output import counted

if TYPE_CHECKING:
    from larder_client import Validation

MAX_SHOWN = 100


def summary(report: Validation) -> str:
    """Return the report in a few words."""
    if report.valid:
        requests = counted(report.request_count, "request")
        return f"valid, {requests} to {report.model} at {report.endpoint}"
    problems, lines = counted(report.error_count, "problem"), counted(report.total_lines, "line")
    return f"invalid, {problems} in {lines}"


def print_problems(report: Validation, *, on_stderr: bool = False) -> None:
    """Print the problems of an invalid file as a table, the first hundred of them."""
    tables = import_module("larder_cli.shared.tables")
    table = tables.columns("line", "code", "param", "message")
    for problem in report.errors[:MAX_SHOWN]:
        line = "" if problem.line is None else str(problem.line)
        table.add_row(line, problem.code, problem.param or "", problem.message)
    tables.print_table(table, on_stderr=on_stderr)
    if report.error_count > MAX_SHOWN:
        more = counted(report.error_count - MAX_SHOWN, "more problem")
        typer.echo(f"… and {more}. --json shows up to 1,000.", err=on_stderr)
