"""`larder project …`: the projects of a deployment and their limits."""

from __future__ import annotations

from dataclasses import asdict, replace

import click

from larder.domain.projects import LimitChanges
from larder.domain.quota import NOTHING, Amount
from larder.services.projects.projects import create_project
from larder.services.projects.set_limits import SetLimits
from larder_cli.shared.arguments import argument
from larder_cli.shared.groups import Group
from larder_cli.shared.output import minute, note, print_json, size
from larder_cli.shared.tables import columns, print_table
from larder_operator.commands.usage import current_usage, print_usage
from larder_operator.deployment import find_deployment
from larder_operator.options import (
    batches_limit_option,
    bytes_limit_option,
    files_limit_option,
    json_option,
    project_argument,
    requests_limit_option,
    stack_options,
)


@click.group(cls=Group)
def project() -> None:
    """Create projects, list them, and set their limits."""


@project.command()
@argument(
    "name", metavar="NAME", help="A unique name: 1 to 63 lowercase letters, digits, '-' and '_'."
)
@files_limit_option
@bytes_limit_option
@click.option(
    "--id",
    "lost_id",
    metavar="ID",
    show_default="a new one",
    help="The wks-… id of a project that a restore lost, to bring it back.",
)
@stack_options
@json_option
def create(
    name: str,
    files: int | None,
    size_limit: int | None,
    lost_id: str | None,
    stack: str | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Create a project and print its id.

    Limits that are not given are the deployment's defaults.
    """
    deployment = find_deployment(stack, profile, region)
    complete = files is not None and size_limit is not None
    default = NOTHING if complete else deployment.default_limit()
    limit = _changed(default, files, size_limit)
    ports = deployment.ports
    project = create_project(
        name,
        limit,
        projects=ports.projects,
        clock=ports.clock,
        lost_id=lost_id,
        by=deployment.operator(),
    )
    if as_json:
        print_json(asdict(project) | {"limit": asdict(limit)})
        return
    click.echo(project.id)
    note(
        f"Project {project.name} may store {limit.files} files and {size(limit.bytes)}. "
        f"Create a key for it with: larder key create {project.name}"
    )


@project.command("list")
@stack_options
@json_option
def list_(stack: str | None, profile: str | None, region: str | None, as_json: bool) -> None:
    """List all projects by name."""
    projects = list(find_deployment(stack, profile, region).ports.projects.list())
    if as_json:
        print_json([asdict(project) for project in projects])
        return
    table = columns("name", "id", "created UTC", drop=("created UTC",))
    for project in projects:
        table.add_row(project.name, project.id, minute(project.created_at))
    print_table(table)


@project.command()
@project_argument
@files_limit_option
@bytes_limit_option
@batches_limit_option
@requests_limit_option
@stack_options
@json_option
def set_limits(
    project: str,
    files: int | None,
    size_limit: int | None,
    batches: int | None,
    batch_requests: int | None,
    stack: str | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Change a project's limits.

    Stored files stay and running batches run on, even if they exceed a lowered limit.
    """
    if {files, size_limit, batches, batch_requests} == {None}:
        message = "Give --files, --bytes, --batches or --batch-requests, or several of them."
        raise click.UsageError(message)
    deployment = find_deployment(stack, profile, region)
    found, ports = deployment.find_project(project), deployment.ports
    changes = LimitChanges(files, size_limit, batches, batch_requests)
    ports.make(SetLimits)(found.id, changes, by=deployment.operator())
    usage = current_usage(found.id, ports)
    print_usage(usage, ports.batch_limits.get(found.id), as_json=as_json)
    if usage.left.files < 0 or usage.left.bytes < 0:
        note(
            f"{found.name} stores more than the new limits allow. Stored files stay, "
            "but nothing can be added until there is room."
        )


def _changed(limit: Amount, files: int | None, size_limit: int | None) -> Amount:
    return replace(
        limit,
        files=limit.files if files is None else files,
        bytes=limit.bytes if size_limit is None else size_limit,
    )
