"""`larder rotate …`: replace a secret of a deployment. The one before stays valid for a time."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, cast

import click

from larder.domain.api_keys import KeyKind, KeyRecord
from larder_cli.shared.groups import Group
from larder_cli.shared.output import counted, moment, note
from larder_operator.deployment import Deployment, find_deployment, operator_client
from larder_operator.options import stack_options, yes_option

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@click.group(cls=Group)
def rotate() -> None:
    """Replace a secret. The one before stays valid until the next rotation."""


@rotate.command()
@yes_option
@stack_options
def pepper(yes: bool, stack: str | None, profile: str | None, region: str | None) -> None:
    """Replace the pepper of the API keys' digests.

    Existing keys stay valid. Keys from before the last rotation stop working within five minutes:
    the command lists them first and asks.
    """
    deployment = find_deployment(stack, profile, region)
    secret_id = deployment.ports.settings.pepper_secret_id
    client = _secrets_manager()
    last = client.get_secret_value(SecretId=secret_id)["CreatedDate"].timestamp()
    ending = _active_keys(deployment, before=last)
    for name, key in ending:
        shown = f"zk_live_…{key.hint}, from {moment(key.created_at)}"
        note(f"{key.id} of {name} ({shown}) will stop working.")
    if ending and not yes:
        question = f"{counted(len(ending), 'key')} will stop working. Rotate?"
        click.confirm(question, abort=True, err=True)
    _rotate(secret_id)
    note(
        "The pepper is replaced. Keys that exist stay valid until the next rotation, which comes "
        "after their owners have new ones."
    )


@rotate.command()
@stack_options
def cursor_key(stack: str | None, profile: str | None, region: str | None) -> None:
    """Replace the key that signs the cursors of the Space's lists.

    A cursor that a client holds stays valid until the next rotation.
    """
    _rotate(find_deployment(stack, profile, region).ports.settings.cursor_secret_id)
    note("The key is replaced. Cursors that clients hold stay valid until the next rotation.")


def _active_keys(deployment: Deployment, *, before: float) -> list[tuple[str, KeyRecord]]:
    """Return the keys that open the API. Sessions of the console end by themselves."""
    ports, now = deployment.ports, deployment.ports.clock()
    return [
        (project.name, key)
        for project in ports.projects.list()
        for key in ports.register.of_project(project.id)
        if key.kind is KeyKind.KEY and key.opens(now) and key.created_at < before
    ]


def _secrets_manager() -> SecretsManagerClient:
    return cast("SecretsManagerClient", operator_client("secretsmanager"))


def _rotate(secret_id: str) -> None:
    # Secrets Manager calls the value until now AWSPREVIOUS, and forgets the one before that.
    _secrets_manager().put_secret_value(SecretId=secret_id, SecretString=secrets.token_urlsafe(48))
