"""`larder log`: who has changed projects and keys, and when."""

from typing import Annotated

import typer

from larder.api.admin.models import LogEntryObject
from larder.services.projects.admin_log import DEFAULT_PAGE, MAX_PAGE, list_entries
from larder_cli.shared.output import minute, note, print_json
from larder_cli.shared.tables import columns, print_table
from larder_operator.deployment import find_deployment
from larder_operator.options import AsJson, Profile, Region, Stack


def log(
    limit: Annotated[
        int, typer.Option(min=1, max=MAX_PAGE, help="How many entries to show.")
    ] = DEFAULT_PAGE,
    after: Annotated[
        str | None, typer.Option(metavar="LOG_ID", help="Show what happened before this entry.")
    ] = None,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
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
