"""`larder destroy`: delete a deployment with everything that it stores."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, cast

import click

from larder_cli.failures import OperatorError
from larder_cli.shared.output import note
from larder_operator.deployment import operator_client, use_account
from larder_operator.options import account_options, named_stack_option, yes_option
from larder_operator.recovery import stacks
from larder_operator.recovery.tables import Tables
from larder_operator.storage.bucket import Bucket

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

SECRETS = ("PepperSecretId", "WebhookSecretId")
"""The outputs that name secrets which outlive the stack."""


@click.command()
@named_stack_option
@yes_option
@account_options
def destroy(stack: str, yes: bool, profile: str | None, region: str | None) -> None:
    """Delete a stack, and the data that it leaves behind: all files, projects and keys.

    Asks for the stack's name. If this stops half-way, give --stack the ARN that it printed.
    """
    use_account(profile, region)
    found = stacks.describe(stack)
    outputs = found.outputs
    note(f"Stack: {found.arn}")
    for name in ("FilesBucket", "StoreTable", "KeysTable", *SECRETS):
        note(f"{name}: {outputs[name]}")
    if not yes:
        typed = click.prompt("All of this will be gone for good. The stack's name", err=True)
        if typed != found.name:
            message = f"That is not '{found.name}'. Nothing was deleted."
            raise OperatorError(message)
    if not found.deleted:
        # First, so that nothing writes any more. The data is retained.
        stacks.delete(found)
    Bucket(outputs["FilesBucket"]).remove()
    tables = Tables()
    for name in ("StoreTable", "KeysTable"):
        tables.delete(outputs[name])
    client = cast("SecretsManagerClient", operator_client("secretsmanager"))
    for name in SECRETS:
        with suppress(client.exceptions.ResourceNotFoundException):
            client.delete_secret(SecretId=outputs[name], ForceDeleteWithoutRecovery=True)
    note(f"{found.name} and its data are deleted. DynamoDB keeps a last backup for 35 days.")
