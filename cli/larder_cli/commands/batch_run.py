"""`larder batch run`: from a file of requests to a file of answers, whatever interrupts it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from larder_cli.commands.batch_results import errors_option, force_option, print_saved
from larder_cli.failures import OperatorError
from larder_cli.shared.arguments import argument
from larder_cli.shared.batch_files import STDOUT, Places, save_results
from larder_cli.shared.batch_options import (
    checked_file,
    checked_options,
    endpoint_option,
    expires_after_option,
    metadata_option,
    upload,
    window_option,
)
from larder_cli.shared.batch_report import exit_status, print_end, wait_for_end
from larder_cli.shared.connection import (
    connection_options,
    json_option,
    open_client,
    parallel_option,
)
from larder_cli.shared.each import report
from larder_cli.shared.output import note, printable
from larder_cli.shared.run_state import open_run
from larder_client import ApiError

if TYPE_CHECKING:
    from larder_cli.shared.batch_files import Saved
    from larder_cli.shared.each import Failures
    from larder_cli.shared.run_state import RunLog, RunState
    from larder_client import Batch, Client

_AGAIN = "Run the same command again to go on."

_CLOCK_SKEW = 3_600
"""Seconds by which this machine's clock may be ahead of Larder's."""


@click.command()
@argument(
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A local file of requests (JSONL).",
)
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Where to write the answers.",
)
@errors_option
@force_option
@endpoint_option
@window_option
@metadata_option
@expires_after_option
@parallel_option
@connection_options
@json_option
def run(  # noqa: PLR0913, PLR0917 - one for each option
    file: Path,
    output: Path,
    errors: Path | None,
    force: bool,
    endpoint: str | None,
    window: str,
    metadata: tuple[str, ...],
    expires_after: int | None,
    parallel: int,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Check and upload a file of requests, run a batch of it, and save the answers.

    After any interruption, the same command goes on where it was. It never creates a second batch.
    Exits with 4 if requests failed, and prints how many for which reason.
    """
    if str(output) == STDOUT or output.is_dir():
        message = "The answers go to a file, beside which the run keeps its state."
        raise click.BadParameter(message, param_hint="--output")
    asked = checked_options(window, metadata, expires_after)
    with (
        report(_AGAIN, as_json=as_json) as failures,
        open_client(base_url, api_key, parallel) as client,
        failures.each(_AGAIN, path=printable(str(file))),
    ):
        checked = checked_file(file, endpoint)
        asked["endpoint"] = checked.endpoint
        with open_run(output) as log:
            places = Places.of(str(output), errors)
            state = _begin(log, checked.sha256 or "", asked, places, force=force)
            _Run(client, log, file, asked, places, failures, force, as_json).go_on(state)


def _begin(
    log: RunLog, sha256: str, asked: dict[str, Any], places: Places, *, force: bool
) -> RunState:
    """Return the state of a new run, or of the same run that was stopped."""
    options = json.dumps(asked, sort_keys=True)
    state = log.read()
    if state is None:
        if not force:
            places.refuse_existing()
        return log.begin(sha256, options)
    if (state.sha256, state.options) != (sha256, options):
        batch = f" Its batch {state.batch_id} goes on." if state.batch_id else ""
        message = (
            f"{log.path} belongs to a run of other requests, or with other options, that has not "
            f"ended. Repeat that command, or remove {log.path} to start anew.{batch}"
        )
        raise OperatorError(message)
    return state


@dataclass(frozen=True, slots=True)
class _Run:
    client: Client
    log: RunLog
    file: Path
    asked: dict[str, Any]
    places: Places
    failures: Failures
    force: bool
    as_json: bool

    def go_on(self, state: RunState) -> None:
        """Do what is left of the run."""
        batch, state = self._batch(state)
        batch = wait_for_end(self.client, batch, self.failures, _AGAIN)
        if batch.status == "failed" and batch.output_file_id is None:
            print_end(batch)
        else:
            print_saved(batch, self._save(batch, state), as_json=self.as_json)
        self.log.remove()
        self.failures.fail(exit_status(batch))

    def _batch(self, state: RunState) -> tuple[Batch, RunState]:
        """Return the run's batch, which is created at most once."""
        try:
            if state.batch_id is not None:
                batch = self.client.batches.retrieve(state.batch_id)
                note(f"{batch.id}: goes on, {batch.status}")
                return batch, state
            if state.file_id is None:
                state = self.log.write(replace(state, file_id=upload(self.client, self.file)))
                found = None
            else:
                found = self._find(state)
            batch = found or self._create(state)
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                if error.final and state.batch_id is None:
                    # Refused for good: the next try, with what was wrong put right, is a new run.
                    self.log.remove()
                raise
            message = (
                f"{state.batch_id or state.file_id} of this run is gone, or belongs to another "
                f"project: use the key with which the run began, or remove {self.log.path} to "
                "start anew."
            )
            raise OperatorError(message) from error
        note(f"{batch.id}: created")
        return batch, self.log.write(replace(state, batch_id=batch.id))

    def _create(self, state: RunState) -> Batch:
        assert state.file_id is not None  # noqa: S101 - for mypy
        return self.client.batches.create(
            state.file_id, **self.asked, idempotency_key=state.idempotency_key
        )

    def _find(self, state: RunState) -> Batch | None:
        """Return the batch that the run created before it was stopped, if any.

        Larder remembers an idempotency key for a day, and the run may go on later. No other batch
        has the file that this run uploaded.
        """
        for batch in self.client.batches.list():
            if batch.input_file_id == state.file_id:
                return batch
            if batch.created_at < state.began - _CLOCK_SKEW:
                break
        return None

    def _save(self, batch: Batch, state: RunState) -> Saved:
        overwrite = self.force or state.saving
        if not overwrite:
            self.places.refuse_existing()
        self.log.write(replace(state, saving=True))
        return save_results(self.client, batch, self.places, overwrite=overwrite)
