"""`larder restore …`: bring a deployment back to a point in time, as in docs/operations.md."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from larder_cli.shared.output import note
from larder_operator.deployment import use_account
from larder_operator.options import NamedStack, Profile, Region, Yes
from larder_operator.recovery import stacks
from larder_operator.recovery.tables import Tables

STORE, KEYS = "Store", "Keys"

app = typer.Typer(
    help="Bring a deployment back to a point in time.",
    no_args_is_help=True,
)

Restored = Annotated[str, typer.Argument(metavar="TABLE", help="The name of the restored table.")]


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"'{text}' is not a time. Write it as 2026-11-28T14:30:00Z."
        raise typer.BadParameter(message) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@app.command()
def table(
    target: Restored,
    stack: NamedStack,
    at: Annotated[
        datetime | None,
        typer.Option(
            parser=_moment,
            metavar="TIME",
            help="The point in time, in UTC, such as 2026-11-28T14:30:00Z.",
            show_default="now",
        ),
    ] = None,
    keys: Annotated[
        bool, typer.Option("--keys", help="Restore the API keys, not the files.")
    ] = False,
    profile: Profile = None,
    region: Region = None,
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
    typer.echo(target)


@app.command("stack")
def stack_(
    store: Restored,
    stack: NamedStack,
    keys: Annotated[
        str | None,
        typer.Option(
            metavar="TABLE",
            help="The table of the API keys, if that was restored, too.",
            show_default="the one that the stack has",
        ),
    ] = None,
    yes: Yes = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Delete the stack but not its data, and begin it again with TABLE and the same bucket.

    Deploy afterwards: until then nothing answers. If this stops half-way, give --stack the ARN
    that it printed.
    """
    use_account(profile, region)
    found = stacks.describe(stack)
    template = stacks.resources(found)
    data = {
        STORE: {"TableName": store},
        KEYS: {"TableName": keys or found.outputs["KeysTable"]},
        "FilesBucket": {"BucketName": found.outputs["FilesBucket"]},
        "Pepper": {"Id": found.outputs["PepperSecretId"]},
        "WebhookSecret": {"Id": found.outputs["WebhookSecretId"]},
    }
    note(f"Stack: {found.arn}")
    if not found.deleted:
        if not yes:
            question = f"Delete {found.name}, and begin it again with {store}?"
            typer.confirm(question, abort=True, err=True)
        stacks.delete(found)
    stacks.begin_with(found.name, template, data)
    note(f"Now deploy {found.name}. The table until now, {found.outputs['StoreTable']}, stays.")
