"""`larder console`: a link that signs in to the web console."""

from typing import Annotated

import typer

from larder.services.projects.sessions import console_link, create_code
from larder_cli.shared.output import note, print_json
from larder_operator.deployment import find_deployment
from larder_operator.options import AsJson, Profile, Project, Region, Stack


def console(
    project: Project,
    admin: Annotated[
        bool, typer.Option("--admin", help="Let the session manage projects and keys, too.")
    ] = False,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
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
    typer.echo(link)
    note("Open it within five minutes. It signs in once, for eight hours.")
