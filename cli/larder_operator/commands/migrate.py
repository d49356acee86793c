"""`larder migrate`: bring the records of an earlier version up to this one."""

from __future__ import annotations

import click

from larder.domain.errors import LarderError
from larder_cli.shared.output import counted, note, print_json_line
from larder_operator.deployment import find_deployment
from larder_operator.options import json_option, stack_options
from larder_operator.storage.migration import Migration


@click.command()
@stack_options
@json_option
def migrate(stack: str | None, profile: str | None, region: str | None, as_json: bool) -> None:
    """Bring stored records up to this version, after its deployment. Clients may go on.

    Prints the projects that it migrates, and nothing if all are migrated. Repeat it if it was
    interrupted.
    """
    ports = find_deployment(stack, profile, region).ports
    migration = Migration(ports.settings.store_table)
    failed = False
    for project in ports.projects.list():
        if not migration.needed(project.id):
            continue
        try:
            files = migration.run(project.id)
        except LarderError as error:
            note(f"{project.name}: {error}")
            failed = True
            continue
        if as_json:
            print_json_line({"project": project.id, "name": project.name, "files": files})
        else:
            click.echo(f"{project.name}  {counted(files, 'file')}")
    if failed:
        raise click.exceptions.Exit(1)
