"""`larder key …`: the API keys of a project."""

from typing import Annotated

import typer

from larder.domain.api_keys import KeyKind, KeyRecord, prefix
from larder.services.projects.projects import create_key, revoke_key
from larder_cli.shared.output import moment, note, print_json
from larder_cli.shared.tables import columns, print_table
from larder_operator.deployment import find_deployment
from larder_operator.options import AsJson, Profile, Project, Region, Stack

app = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)


@app.command()
def create(
    project: Project,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Create a key and print its secret.

    The secret is shown only once: KEY=$(larder key create demo)
    """
    deployment = find_deployment(stack, profile, region)
    found, ports = deployment.find_project(project), deployment.ports
    secret, key = create_key(found.id, keys=ports.keys, pepper=ports.pepper, clock=ports.clock)
    if as_json:
        print_json(_as_json(key) | {"secret": secret})
        return
    typer.echo(secret)
    note(f"This is the secret of {key.id} for project {found.name}. It will not be shown again.")


@app.command("list")
def list_(
    project: Project,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """List a project's keys and console sessions, oldest first, including revoked ones."""
    deployment = find_deployment(stack, profile, region)
    found, ports = deployment.find_project(project), deployment.ports
    # A sign-in link is nothing to look after: it ends by itself after five minutes.
    keys = [key for key in ports.keys.of_project(found.id) if key.kind is not KeyKind.CODE]
    if as_json:
        print_json([_as_json(key) for key in keys])
        return
    table = columns("id", "secret", "created", "revoked")
    for key in keys:
        revoked = "" if key.revoked_at is None else moment(key.revoked_at)
        table.add_row(key.id, f"{prefix(key.kind)}…{key.hint}", moment(key.created_at), revoked)
    print_table(table)


@app.command()
def revoke(
    project: Project,
    key_id: Annotated[
        str, typer.Argument(metavar="KEY_ID", help="The key's id, from 'larder key list'.")
    ],
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a key. After at most a minute, requests with it are refused."""
    deployment = find_deployment(stack, profile, region)
    found, ports = deployment.find_project(project), deployment.ports
    before = revoke_key(found.id, key_id, keys=ports.keys, clock=ports.clock)
    if as_json:
        print_json({"id": before.id, "revoked": True})
    elif before.revoked_at is None:
        note(f"{before.id} is revoked. After at most a minute, requests with it are refused.")
    else:
        note(f"{before.id} was already revoked on {moment(before.revoked_at)}.")


def _as_json(key: KeyRecord) -> dict[str, str | int | None]:
    return {
        "id": key.id,
        "project": key.tenant,
        "hint": key.hint,
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    }
