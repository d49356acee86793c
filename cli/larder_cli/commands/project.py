"""`larder project …`: the tenants of a deployment, and what each may store."""

from dataclasses import asdict, replace
from typing import Annotated

import typer

from larder.domain.quota import NOTHING, Amount
from larder.services.projects.projects import create_project, get_project, set_limit
from larder_cli.commands.usage import current_usage, print_usage
from larder_cli.deployment import find_deployment
from larder_cli.shared.options import (
    AsJson,
    BytesLimit,
    FilesLimit,
    Profile,
    Project,
    Region,
    Stack,
)
from larder_cli.shared.output import moment, note, print_json, size
from larder_cli.shared.tables import columns, print_table

app = typer.Typer(help="Create projects and set their limits.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[
        str, typer.Argument(help="1 to 63 lowercase letters, digits, '-' and '_'; unique.")
    ],
    files: FilesLimit = None,
    size_limit: BytesLimit = None,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Create a project; limits that are not given are the deployment's defaults."""
    deployment = find_deployment(stack, profile, region)
    given = files is not None and size_limit is not None
    default = NOTHING if given else deployment.default_limit()
    limit = _changed(default, files, size_limit)
    ports = deployment.ports
    project = create_project(name, limit, projects=ports.projects, clock=ports.clock)
    if as_json:
        print_json(asdict(project) | {"limit": asdict(limit)})
        return
    typer.echo(project.id)
    note(
        f"Project {project.name} may store {limit.files} files and {size(limit.bytes)}. "
        f"Make it a key with: larder key create {project.name}"
    )


@app.command("list")
def list_(
    stack: Stack = None, profile: Profile = None, region: Region = None, as_json: AsJson = False
) -> None:
    """List the projects by name."""
    projects = list(find_deployment(stack, profile, region).ports.projects.list())
    if as_json:
        print_json([asdict(project) for project in projects])
        return
    table = columns("name", "id", "created")
    for project in projects:
        table.add_row(project.name, project.id, moment(project.created_at))
    print_table(table)


@app.command()
def set_limits(
    project: Project,
    files: FilesLimit = None,
    size_limit: BytesLimit = None,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Change what a project may store; files above a lowered limit stay."""
    if files is None and size_limit is None:
        message = "Give --files, --bytes or both."
        raise typer.BadParameter(message)
    ports = find_deployment(stack, profile, region).ports
    found = get_project(project, projects=ports.projects)
    before = current_usage(found.id, ports).limit
    set_limit(found.id, _changed(before, files, size_limit), projects=ports.projects)
    usage = current_usage(found.id, ports)
    print_usage(usage, as_json=as_json)
    if usage.left.files < 0 or usage.left.bytes < 0:
        note(
            f"{found.name} stores more than this. What is stored stays; "
            "nothing is added until there is room."
        )


def _changed(limit: Amount, files: int | None, size_limit: int | None) -> Amount:
    return replace(
        limit,
        files=limit.files if files is None else files,
        bytes=limit.bytes if size_limit is None else size_limit,
    )
