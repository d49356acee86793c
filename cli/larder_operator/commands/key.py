"""`larder key …`: the API keys of a project."""

from __future__ import annotations

import click

from larder.domain.api_keys import DEFAULT_GRACE, KeyRecord, prefix
from larder.domain.scopes import DEFAULT_SCOPES, SCOPES, ordered, parse_scopes
from larder.services.projects.keys import create_key, list_keys, revoke_key, rotate_key
from larder_cli.shared.arguments import argument
from larder_cli.shared.durations import parse_duration
from larder_cli.shared.groups import Group
from larder_cli.shared.output import minute, moment, note, print_json
from larder_cli.shared.tables import columns, print_table
from larder_operator.deployment import find_deployment
from larder_operator.options import json_option, project_argument, stack_options


@click.group(cls=Group)
def key() -> None:
    """Create, list, rotate and revoke API keys."""


@key.command()
@project_argument
@click.option(
    "--scope",
    multiple=True,
    metavar="SCOPE",
    show_default=" ".join(ordered(DEFAULT_SCOPES)),
    help=f"What the key may do: {', '.join(SCOPES)}. May be repeated.",
)
@click.option(
    "--expires",
    type=parse_duration,
    metavar="DURATION",
    show_default="never",
    help="Let the key expire, such as after 90d.",
)
@click.option("--name", metavar="NAME", help="A name for people, such as that of the program.")
@stack_options
@json_option
def create(
    project: str,
    scope: tuple[str, ...],
    expires: int | None,
    name: str | None,
    stack: str | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Create a key and print its secret.

    The secret is shown only once: KEY=$(larder key create demo)
    """
    deployment = find_deployment(stack, profile, region)
    found, ports = deployment.find_project(project), deployment.ports
    secret, key = create_key(
        found.id,
        register=ports.register,
        pepper=ports.pepper,
        clock=ports.clock,
        name=name,
        scopes=parse_scopes(scope) if scope else DEFAULT_SCOPES,
        lifetime=expires,
        by=deployment.operator(),
    )
    if as_json:
        print_json(_as_json(key) | {"secret": secret})
        return
    click.echo(secret)
    until = "" if key.expires_at is None else f" It expires on {moment(key.expires_at)}."
    note(
        f"This is the secret of {key.id} for project {found.name}, with the scopes "
        f"{', '.join(ordered(key.scopes))}. It will not be shown again.{until}"
    )


@key.command("list")
@project_argument
@stack_options
@json_option
def list_(
    project: str, stack: str | None, profile: str | None, region: str | None, as_json: bool
) -> None:
    """List a project's keys and console sessions, oldest first, including revoked ones."""
    deployment = find_deployment(stack, profile, region)
    found, ports = deployment.find_project(project), deployment.ports
    keys = list_keys(found.id, register=ports.register)
    if as_json:
        print_json([_as_json(key) for key in keys])
        return
    table = columns(
        "id",
        "name",
        "secret",
        "scopes",
        "created UTC",
        "last used",
        "ends UTC",
        drop=("secret", "created UTC", "last used", "scopes"),
    )
    for key in keys:
        table.add_row(
            key.id,
            key.name or "",
            f"{prefix(key.kind)}…{key.hint}",
            " ".join(ordered(key.scopes)),
            minute(key.created_at),
            key.last_used_on or "",
            _end(key),
        )
    print_table(table)


def _end(key: KeyRecord) -> str:
    if key.revoked_at is not None:
        return f"revoked {minute(key.revoked_at)}"
    return "never" if key.expires_at is None else minute(key.expires_at)


key_id_argument = argument("key_id", metavar="KEY_ID", help="The key's id, from 'larder key list'.")


@key.command()
@project_argument
@key_id_argument
@click.option(
    "--grace",
    type=parse_duration,
    metavar="DURATION",
    show_default="7d",
    help="How long the old key still works, up to 90d.",
)
@stack_options
@json_option
def rotate(
    project: str,
    key_id: str,
    grace: int | None,
    stack: str | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Create a second key like the first, print its secret, and let the first expire.

    The new key has the name, the scopes and the lifetime of the old one.
    """
    deployment = find_deployment(stack, profile, region)
    found, ports = deployment.find_project(project), deployment.ports
    # Click calls the parser for a default, too.
    grace = DEFAULT_GRACE if grace is None else grace
    secret, key = rotate_key(
        found.id,
        key_id,
        register=ports.register,
        pepper=ports.pepper,
        clock=ports.clock,
        grace=grace,
        by=deployment.operator(),
    )
    if as_json:
        print_json(_as_json(key) | {"secret": secret})
        return
    click.echo(secret)
    note(
        f"This is the secret of {key.id}, which replaces {key_id}. It will not be shown again. "
        f"{key_id} works until {moment(int(ports.clock()) + grace)} at the latest."
    )


@key.command()
@project_argument
@key_id_argument
@stack_options
@json_option
def revoke(
    project: str,
    key_id: str,
    stack: str | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Revoke a key. After at most a minute, requests with it are refused."""
    deployment = find_deployment(stack, profile, region)
    found, ports = deployment.find_project(project), deployment.ports
    by = deployment.operator()
    before = revoke_key(found.id, key_id, register=ports.register, clock=ports.clock, by=by)
    if as_json:
        print_json({"id": before.id, "revoked": True})
    elif before.revoked_at is None:
        note(f"{before.id} is revoked. After at most a minute, requests with it are refused.")
    else:
        note(f"{before.id} was already revoked on {moment(before.revoked_at)}.")


def _as_json(key: KeyRecord) -> dict[str, str | int | list[str] | None]:
    return {
        "id": key.id,
        "project": key.tenant,
        "name": key.name,
        "hint": key.hint,
        "scopes": list(ordered(key.scopes)),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_on": key.last_used_on,
        "revoked_at": key.revoked_at,
        "replaced_by": key.replaced_by,
    }
