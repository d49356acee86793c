"""`larder batch …`: files of requests that become files of answers."""

from __future__ import annotations

import click

from larder_cli.commands import batch_list, batch_results, batch_run, batch_start
from larder_cli.shared.groups import Group


@click.group(cls=Group)
def batch() -> None:
    """Run batches: files of requests that become files of answers.

    'larder batch run' does all at once. The other commands do it step by step.
    """


batch.add_command(batch_run.run)
batch.add_command(batch_start.create)
batch.add_command(batch_list.list_batches, "list")
batch.add_command(batch_list.show)
batch.add_command(batch_list.cancel)
batch.add_command(batch_start.retry)
batch.add_command(batch_results.results)
batch.add_command(batch_list.upstreams)
