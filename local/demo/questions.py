"""The demo's last steps: a batch of questions, run from the file to the answers."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from larder_operator.deployment import find_deployment
from local.demo.batch import ENDPOINT
from local.demo.checks import UnexpectedError, expect
from local.state import ROOT

if TYPE_CHECKING:
    from openai.types import Batch

    from local.demo.__main__ import Tour

QUESTIONS = ROOT / "examples/requests.jsonl"
WAIT_SECONDS = 900
"""Seconds for 20 answers; the embedded model takes a minute, and more on a busy machine."""

ENDED = ("completed", "failed", "expired", "cancelled")
SHOWN = 160
"""Characters of an answer that are shown."""


def run_questions(tour: Tour) -> None:
    """Have the questions of `examples/` answered, and print the answers.

    Raises:
        UnexpectedError: the batch did not complete in time.
    """
    openai = tour.openai
    tour.step("Run a batch of questions (openai.batches.create)")
    if not find_deployment().ports.upstreams.list():
        tour.console.print("    Skipped: there is no upstream. 'larder upstream add' names one.")
        return
    file = openai.files.create(file=QUESTIONS, purpose="batch")
    created = openai.batches.create(
        input_file_id=file.id, endpoint=ENDPOINT, completion_window="24h"
    )
    tour.show(f"{created.id}, status {created.status}")

    tour.step("Wait until it has ended (openai.batches.retrieve)")
    batch = _wait_for_end(tour, created.id)
    expect(batch.status, "completed", "The batch's status")
    counts = batch.request_counts
    if counts is None or batch.output_file_id is None:
        message = f"{batch.id} is completed, but no question was answered."
        raise UnexpectedError(message)
    tokens = batch.usage.total_tokens if batch.usage else 0
    took = (batch.completed_at or 0) - batch.created_at
    tour.show(
        f"{counts.completed} of {counts.total} answered, {counts.failed} failed, "
        f"{tokens:,} tokens, {took} s"
    )

    tour.step("Read the answers (openai.files.content)")
    lines = openai.files.content(batch.output_file_id).text.splitlines()
    expect(len(lines), counts.completed, "The number of answers")
    tour.console.print(_table(lines))
    for file_id in filter(None, (file.id, batch.output_file_id, batch.error_file_id)):
        tour.delete(file_id)


def _table(lines: list[str]) -> Table:
    """Return the questions with their answers, in the order of the output file."""
    requests = map(json.loads, QUESTIONS.read_text().splitlines())
    asked = {each["custom_id"]: each["body"]["messages"][-1]["content"] for each in requests}
    table = Table("question", "answer", box=box.SIMPLE_HEAD)
    for line in map(json.loads, lines):
        content = line["response"]["body"]["choices"][0]["message"]["content"] or ""
        answer = " ".join(content.split())
        cut = "…" if len(answer) > SHOWN else ""
        table.add_row(Text(asked[line["custom_id"]]), Text(answer[:SHOWN] + cut))
    return table


def _wait_for_end(tour: Tour, batch_id: str) -> Batch:
    """Show how far the batch is until it has ended, and return it."""
    deadline = time.monotonic() + WAIT_SECONDS
    with tour.console.status("") as shown:
        while (batch := tour.openai.batches.retrieve(batch_id)).status not in ENDED:
            if time.monotonic() > deadline:
                message = f"{batch_id} is still {batch.status} after {WAIT_SECONDS} s."
                raise UnexpectedError(message)
            if counts := batch.request_counts:
                done = counts.completed + counts.failed
                shown.update(f"{batch.status}: {done} of {counts.total} questions")
            time.sleep(1)
    return batch
