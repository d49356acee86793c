"""A validation report for people: in a few words, and as a table of its problems."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer

from larder_cli.shared.output import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder_client import Problem, Validation

MAX_SHOWN = 100

Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 if a file has warnings, too.")]


def fails(report: Validation, *, strict: bool) -> bool:
    """Return whether the file is invalid, or with `strict` has a warning."""
    return not report.valid or (strict and report.warning_count > 0)


def summary(report: Validation) -> str:
    """Return the report in a few words."""
    warned = f", {counted(report.warning_count, 'warning')}" if report.warning_count else ""
    if report.valid:
        requests = counted(report.request_count, "request")
        return f"valid, {requests}{_models(report)} at {report.endpoint}{warned}"
    problems, lines = counted(report.error_count, "problem"), counted(report.total_lines, "line")
    return f"invalid, {problems} in {lines}{warned}"


def _models(report: Validation) -> str:
    if report.model is not None:
        return f" to {report.model}"
    return f" to {counted(len(report.models), 'model')}" if report.models else ""


def print_problems(report: Validation, *, on_stderr: bool = False) -> None:
    """Print the problems of a file as tables, if it has any: the first hundred of each severity."""
    _print_some(report.errors, report.error_count, "problem", on_stderr=on_stderr)
    _print_some(report.warnings, report.warning_count, "warning", on_stderr=on_stderr)


def _print_some(problems: Sequence[Problem], total: int, noun: str, *, on_stderr: bool) -> None:
    if not problems:
        return
    tables = import_module("larder_cli.shared.tables")
    table = tables.columns("line", noun, "param", "message")
    for problem in problems[:MAX_SHOWN]:
        line = "" if problem.line is None else str(problem.line)
        table.add_row(line, problem.code, problem.param or "", problem.message)
    tables.print_table(table, on_stderr=on_stderr)
    if total > MAX_SHOWN:
        more = counted(total - MAX_SHOWN, f"more {noun}")
        typer.echo(f"… and {more}. --json shows up to 1,000.", err=on_stderr)
