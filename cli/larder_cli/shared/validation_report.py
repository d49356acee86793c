"""A validation report for people: in a few words, and a line for each kind of problem."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from larder_cli.shared.output import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder_client import Problem, Validation

MAX_LINES = 5
"""How many line numbers are shown of one kind."""

strict_option = click.option(
    "--strict", is_flag=True, help="Exit with 1 if a file has warnings, too."
)


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
    """Print the kinds of problems and of warnings of a file, if it has any."""
    _print_kinds(report, report.errors, "problem", on_stderr=on_stderr)
    _print_kinds(report, report.warnings, "warning", on_stderr=on_stderr)
    kept = len(report.errors) + len(report.warnings)
    if kept > len({problem.code for problem in (*report.errors, *report.warnings)}):
        click.echo("--json shows each of them, up to 1,000 of a kind.", err=on_stderr)


def _print_kinds(
    report: Validation, problems: Sequence[Problem], noun: str, *, on_stderr: bool
) -> None:
    if not problems:
        return
    kinds: dict[str, list[Problem]] = {}
    for problem in problems:
        kinds.setdefault(problem.code, []).append(problem)
    tables = import_module("larder_cli.shared.tables")
    table = tables.columns(
        noun, "count", "lines", "param", "message", drop=("param", "count", "lines")
    )
    for code, alike in kinds.items():
        table.add_row(
            code,
            _count(report, code, alike),
            _lines(alike),
            alike[0].param or "",
            alike[0].message,
        )
    tables.print_table(table, on_stderr=on_stderr)


def _count(report: Validation, code: str, alike: Sequence[Problem]) -> str:
    """Return how many problems are like these, which are those that the report kept."""
    kept = len(alike)
    both = {problem.code for problem in report.errors} & {
        problem.code for problem in report.warnings
    }
    total = report.counts.get(code, kept)
    if code in both:
        # An error and a warning have the same code, and the report counts them together.
        known = sum(problem.code == code for problem in (*report.errors, *report.warnings))
        return f"{kept:,}" if total <= known else f"{kept:,} or more"
    return f"{max(total, kept):,}"


def _lines(alike: Sequence[Problem]) -> str:
    numbers = [f"{problem.line:,}" for problem in alike if problem.line is not None]
    more = ", …" if len(numbers) > MAX_LINES else ""
    return ", ".join(numbers[:MAX_LINES]) + more
