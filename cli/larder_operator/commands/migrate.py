"""`larder migrate`: bring the records of an earlier version up to this one."""

import typer

from larder.domain.errors import LarderError
from larder_cli.shared.output import counted, note, print_json_line
from larder_operator.deployment import find_deployment
from larder_operator.options import AsJson, Profile, Region, Stack
from larder_operator.storage.migration import Migration


def migrate(
    stack: Stack = None, profile: Profile = None, region: Region = None, as_json: AsJson = False
) -> None:
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
            typer.echo(f"{project.name}  {counted(files, 'file')}")
    if failed:
        raise typer.Exit(1)
