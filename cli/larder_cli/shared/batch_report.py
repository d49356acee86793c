"""How a batch ended, for people and for the exit status."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from larder_cli.shared.batch_bar import open_batch_bar
from larder_cli.shared.each import FAILED, INCOMPLETE, report
from larder_cli.shared.output import counted, note

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larder_cli.shared.each import Failures
    from larder_client import Batch, Client

MAX_SHOWN = 100


def wait_for_end(client: Client, batch: Batch, failures: Failures, hint: str = "") -> Batch:
    """Return the batch once it has ended, with a bar until then.

    `hint` says what to do after an interruption; by default, how to wait again.

    Raises:
        click.exceptions.Exit: Ctrl-C, no answer for minutes, or the batch is gone; stderr says
            which.
    """
    hint = hint or f"The batch goes on: 'larder batch show {batch.id} --wait' waits for it."
    with report(hint), failures.each(hint, id=batch.id), open_batch_bar() as show:
        show(batch)
        return client.batches.wait(batch.id, progress=show)
    raise click.exceptions.Exit(failures.status)


def exit_status(batch: Batch) -> int:
    """Return the exit status of a command that ends with this batch."""
    if batch.status == "failed":
        return FAILED
    good = batch.status == "completed" and not batch.request_counts.failed
    return 0 if good else INCOMPLETE


def print_end(batch: Batch) -> None:
    """Print how the batch ended and what it took, on stderr."""
    note(f"{batch.id}: {batch.status}, {counts_text(batch)}")
    if batch.usage.total_tokens:
        note(f"{batch.id}: {tokens_text(batch)}")
    print_errors(batch)


def counts_text(batch: Batch) -> str:
    """Return in a few words how many requests have an answer."""
    counts = batch.request_counts
    if not counts.total:
        return "no request was sent" if batch.ended else "not validated yet"
    failed = f", {counts.failed:,} failed" if counts.failed else ""
    return f"{counts.completed:,} of {counted(counts.total, 'request')} answered{failed}"


def tokens_text(batch: Batch) -> str:
    """Return what the batch took, in tokens."""
    usage = batch.usage
    cached = usage.input_tokens_details.cached_tokens
    reasoning = usage.output_tokens_details.reasoning_tokens
    return (
        f"{counted(usage.total_tokens, 'token')}: "
        f"{usage.input_tokens:,} in{f' ({cached:,} from a cache)' if cached else ''}, "
        f"{usage.output_tokens:,} out{f' ({reasoning:,} for reasoning)' if reasoning else ''}"
    )


def print_errors(batch: Batch, *, on_stderr: bool = True) -> None:
    """Print why the batch failed, if it did, as a table of the first hundred reasons."""
    errors = batch.errors.data if batch.errors else ()
    if not errors:
        return
    tables = import_module("larder_cli.shared.tables")
    table = tables.columns("line", "code", "param", "message", drop=("param",))
    for error in errors[:MAX_SHOWN]:
        line = "" if error.line is None else str(error.line)
        table.add_row(line, error.code, error.param or "", error.message)
    tables.print_table(table, on_stderr=on_stderr)
    if len(errors) > MAX_SHOWN:
        note(f"… and {counted(len(errors) - MAX_SHOWN, 'more error')}. --json shows them.")


def print_failures(batch: Batch, reasons: Mapping[str, int], where: str | None) -> None:
    """Print for each reason how many requests have no good answer, and what to do about it.

    `where` is the path of the file that has them, if it was saved.
    """
    if not reasons:
        return
    failed, total = batch.request_counts.failed, batch.request_counts.total
    saved = f": see {where}" if where else ""
    note(f"{failed:,} of {counted(total, 'request')} failed{saved}")
    for reason, count in sorted(reasons.items(), key=lambda each: -each[1]):
        note(f"{count:>10,}  {reason}")
    note(f"Run them again with: larder batch retry {batch.id} --wait")
