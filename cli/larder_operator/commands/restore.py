"""`larder restore …`: bring a deployment back to a point in time, as in docs/operations.md."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from larder_cli.shared.arguments import argument
from larder_cli.shared.groups import Group
from larder_cli.shared.output import note
from larder_operator.deployment import use_account
from larder_operator.options import account_options, named_stack_option, yes_option
from larder_operator.recovery import stacks
from larder_operator.recovery.tables import Tables

STORE, KEYS = "Store", "Keys"


@click.group(cls=Group)
def restore() -> None:
    """Bring a deployment back to a point in time."""


restored_argument = argument("target", metavar="TABLE", help="The name of the restored table.")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"'{text}' is not a time. Write it as 2026-11-28T14:30:00Z."
        raise click.BadParameter(message) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@restore.command()
@restored_argument
@named_stack_option
@click.option(
    "--at",
    type=_moment,
    metavar="TIME",
    show_default="now",
    help="The point in time, in UTC, such as 2026-11-28T14:30:00Z.",
)
@click.option("--keys", is_flag=True, help="Restore the API keys, not the files.")
@account_options
def table(
    target: str,
    stack: str,
    at: datetime | None,
    keys: bool,
    profile: str | None,
    region: str | None,
) -> None:
    """Restore the stack's table into a new one, TABLE. The stack stays as it is.

    Of a TABLE that exists, only the settings that a restore leaves out are made.
    """
    use_account(profile, region)
    found = stacks.describe(stack)
    logical = KEYS if keys else STORE
    tables = Tables()
    properties = stacks.resources(found)[logical]["Properties"]
    if not tables.restore(found.outputs[f"{logical}Table"], target, at):
        note(f"{target} exists already.")
    note(f"Waiting for {target}. This may take hours.")
    tables.set_up(target, properties)
    click.echo(target)


@restore.command("stack")
@restored_argument
@named_stack_option
@click.option(
    "--keys",
    metavar="TABLE",
    show_default="the one that the stack has",
    help="The table of the API keys, if that was restored, too.",
)
@yes_option
@account_options
def stack_(
    target: str, stack: str, keys: str | None, yes: bool, profile: str | None, region: str | None
) -> None:
    """Delete the stack but not its data, and begin it again with TABLE and the same bucket.

    Deploy afterwards: until then nothing answers. If this stops half-way, give --stack the ARN
    that it printed.
    """
    use_account(profile, region)
    found = stacks.describe(stack)
    template = stacks.resources(found)
    data = {
        STORE: {"TableName": target},
        KEYS: {"TableName": keys or found.outputs["KeysTable"]},
        "FilesBucket": {"BucketName": found.outputs["FilesBucket"]},
        "Pepper": {"Id": found.outputs["PepperSecretId"]},
        "WebhookSecret": {"Id": found.outputs["WebhookSecretId"]},
    }
    note(f"Stack: {found.arn}")
    if not found.deleted:
        if not yes:
            question = f"Delete {found.name}, and begin it again with {target}?"
            click.confirm(question, abort=True, err=True)
        stacks.delete(found)
    stacks.begin_with(found.name, template, data)
    note(f"Now deploy {found.name}. The table until now, {found.outputs['StoreTable']}, stays.")
