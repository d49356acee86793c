"""`larder console`: a link that signs in to the web console."""

from __future__ import annotations

import click

from larder.services.projects.sessions import console_link, create_code
from larder_cli.shared.output import note, print_json
from larder_operator.deployment import find_deployment
from larder_operator.options import json_option, project_argument, stack_options


@click.command()
@project_argument
@click.option("--admin", is_flag=True, help="Let the session manage projects and keys, too.")
@stack_options
@json_option
def console(
    project: str,
    admin: bool,
    stack: str | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Print a link to the web console that signs in to a project.

    It works once, within five minutes. The session lasts eight hours.
    """
    deployment = find_deployment(stack, profile, region)
    found, ports = deployment.find_project(project), deployment.ports
    code = create_code(
        found.id,
        register=ports.register,
        pepper=ports.pepper,
        clock=ports.clock,
        admin=admin,
        by=deployment.operator(),
    )
    link = console_link(deployment.base_url, code, found.name)
    if as_json:
        print_json({"project": found.id, "link": link})
        return
    click.echo(link)
    note("Open it within five minutes. It signs in once, for eight hours.")
