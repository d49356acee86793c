"""`larder sync`: make a folder of the Space as a local one, or the other way round."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click
from platformdirs import user_state_path

from larder_cli.shared.arguments import argument
from larder_cli.shared.connection import (
    connection_options,
    json_option,
    open_client,
    parallel_option,
)
from larder_cli.shared.each import report
from larder_cli.shared.output import counted, note, print_json_line, printable, size
from larder_cli.shared.progress import open_spinner
from larder_cli.sync.carry_out import Worker
from larder_cli.sync.plan import Direction, Kind, plan
from larder_cli.sync.sides import read_local, read_remote, same_content
from larder_client import FileResumeStore

if TYPE_CHECKING:
    from larder_cli.sync.plan import Step

_AGAIN = "Run the same command again to go on."


@click.command()
@argument("local", type=click.Path(path_type=Path), metavar="LOCAL", help="A local folder.")
@argument("remote", metavar="REMOTE", help="The path of a folder of the Space.")
@click.option(
    "--to",
    default=Direction.UP.value,
    type=click.Choice([each.value for each in Direction]),
    help="up: the Space becomes as LOCAL. down: LOCAL becomes as the Space. both: each "
    "gets what only the other has.",
)
@click.option(
    "--delete",
    is_flag=True,
    help="Move what the other side does not have to the trash of this side.",
)
@click.option("--dry-run", "-n", is_flag=True, help="Show what would be done, and do nothing.")
@parallel_option
@connection_options
@json_option
def sync(
    local: Path,
    remote: str,
    to: str,
    delete: bool,
    dry_run: bool,
    parallel: int,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Send what is new or different in a local folder to the Space, or fetch it from there.

    Files are compared by size and SHA-256. Nothing is destroyed: what is replaced or deleted in the
    Space is in its trash for 30 days, and what is replaced or deleted in LOCAL is in
    LOCAL/.larder-sync/trash.
    """
    direction = Direction(to)
    if delete and direction is Direction.BOTH:
        message = "--delete needs to know which side is right: give --to up or --to down."
        raise click.UsageError(message)
    store = FileResumeStore(user_state_path("larder", appauthor=False) / "uploads")
    with (
        report(_AGAIN, as_json=as_json) as failures,
        open_client(base_url, api_key, parallel) as client,
    ):
        with open_spinner("comparing"):
            steps = plan(
                # A folder that is fetched may be new, even in a dry run.
                read_local(local) if direction is not Direction.DOWN or local.exists() else [],
                read_remote(client, remote, missing_ok=direction is not Direction.DOWN),
                direction,
                delete=delete,
                same=lambda ours, theirs: same_content(client, ours, theirs),
            )
        if direction is Direction.DOWN and not dry_run:
            local.mkdir(parents=True, exist_ok=True)
        worker = Worker(client, local, remote, store)
        done: Counter[Kind] = Counter()
        for step in steps:
            if step.kind in {Kind.TRASH, Kind.REMOVE} and failures.status:
                note("larder: Nothing is deleted, since not everything else could be done.")
                break
            with failures.each(_AGAIN, path=printable(str(step.below))):
                if step.kind is Kind.CONFLICT:
                    failures.fail()
                elif not dry_run:
                    worker.do(step)
                done[step.kind] += 1
                _print(step, as_json=as_json)
        worker.tidy()
        would = "would be done" if dry_run else "done"
        counts = [f"{kind.value} {counted(count, 'file')}" for kind, count in done.items()]
        note(f"{', '.join(counts)}: {would}" if counts else "nothing to do")


def _print(step: Step, *, as_json: bool) -> None:
    path = printable(str(step.below))
    if as_json:
        document = {"action": step.kind.value, "path": path, "bytes": step.size}
        print_json_line(document | ({"reason": step.reason} if step.reason else {}))
    else:
        why = f": {step.reason}" if step.reason else f" ({size(step.size)})"
        click.echo(f"{step.kind.value} {path}{why}")
