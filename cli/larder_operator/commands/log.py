"""`larder log`: who has changed projects and keys, and when."""

from __future__ import annotations

import click

from larder.api.admin.models import LogEntryObject
from larder.services.projects.admin_log import DEFAULT_PAGE, MAX_PAGE, list_entries
from larder_cli.shared.output import minute, note, print_json
from larder_cli.shared.tables import columns, print_table
from larder_operator.deployment import find_deployment
from larder_operator.options import json_option, stack_options


@click.command()
@click.option(
    "--limit",
    default=DEFAULT_PAGE,
    type=click.IntRange(1, MAX_PAGE),
    metavar="N",
    help="How many entries to show.",
)
@click.option("--after", metavar="LOG_ID", help="Show what happened before this entry.")
@stack_options
@json_option
def log(
    limit: int,
    after: str | None,
    stack: str | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Show who has changed projects and keys, the newest change first.

    Changes on the command line and over HTTP are kept for a year.
    """
    ports = find_deployment(stack, profile, region).ports
    page = list_entries(limit=limit, after=after, log=ports.log)
    if as_json:
        print_json([LogEntryObject.of(entry).model_dump() for entry in page.entries])
        return
    table = columns("when UTC", "what", "id", "project", "by", "how", drop=("how", "project", "id"))
    for entry in page.entries:
        how = " ".join(f"{name}={value}" for name, value in entry.details.items())
        when = minute(entry.at)
        table.add_row(when, entry.action, entry.target, entry.project, entry.actor.id, how)
    print_table(table)
    if page.has_more:
        note(f"There are more entries: larder log --after {page.entries[-1].id}")
