"""`larder webhook …`: where the events of a project are sent."""

from typing import Annotated, Any

import typer

from larder.domain.events import EventType
from larder.domain.webhooks import Webhook
from larder.services.webhooks.list import list_webhooks
from larder.services.webhooks.manage import (
    AddWebhook,
    enable_webhook,
    remove_webhook,
    rotate_webhook,
)
from larder_cli.shared.output import minute, note, print_json
from larder_cli.shared.tables import columns, print_table
from larder_operator.commands.webhook_deliveries import WebhookId, deliveries, redeliver, try_
from larder_operator.deployment import find_deployment
from larder_operator.options import AsJson, Profile, Project, Region, Stack

app = typer.Typer(help="Send the events of a project to your servers.", no_args_is_help=True)


@app.command()
def add(
    project: Project,
    url: Annotated[str, typer.Argument(metavar="URL", help="https://… of the server.")],
    events: Annotated[
        str,
        typer.Option(
            metavar="EVENTS",
            help=f"The events to send, separated by commas: {', '.join(EventType)}.",
            show_default="all",
        ),
    ] = ",".join(EventType),
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Add a webhook and print its secret, which signs what is sent.

    The secret is shown only once: SECRET=$(larder webhook add demo https://example.com/larder)
    """
    deployment = find_deployment(stack, profile, region)
    found = deployment.find_project(project)
    wanted = [each.strip() for each in events.split(",")]
    secret, webhook = deployment.ports.make(AddWebhook)(found.id, url, wanted)
    if as_json:
        print_json(_as_json(webhook) | {"secret": secret})
        return
    typer.echo(secret)
    note(f"This is the secret of {webhook.id}. It will not be shown again.")


@app.command("list")
def list_(
    project: Project,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """List a project's webhooks, oldest first."""
    deployment = find_deployment(stack, profile, region)
    found = deployment.find_project(project)
    webhooks = deployment.ports.make(list_webhooks)(found.id)
    if as_json:
        print_json([_as_json(webhook) for webhook in webhooks])
        return
    table = columns(
        "id", "URL", "events", "last delivery UTC", "state", drop=("events", "last delivery UTC")
    )
    for each in webhooks:
        last = "" if each.last_at is None else f"{each.last_status} {minute(each.last_at)}"
        state = "enabled" if each.enabled else f"disabled: {each.disabled_because}"
        events = "all" if len(each.events) == len(EventType) else ", ".join(each.events)
        table.add_row(each.id, each.url, events, last, state)
    print_table(table)


@app.command()
def remove(
    project: Project,
    webhook: WebhookId,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Remove a webhook. What has not been delivered to it is not sent any more."""
    deployment = find_deployment(stack, profile, region)
    found = deployment.find_project(project)
    removed = deployment.ports.make(remove_webhook)(found.id, webhook)
    if as_json:
        print_json({"id": removed, "removed": True})
    else:
        note(f"{removed} is removed.")


@app.command()
def enable(
    project: Project,
    webhook: WebhookId,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Enable a webhook that was disabled after it had failed for three days.

    New events are sent from now on. 'larder webhook redeliver --failed' sends the old ones.
    """
    deployment = find_deployment(stack, profile, region)
    found = deployment.find_project(project)
    enabled = deployment.ports.make(enable_webhook)(found.id, webhook)
    if as_json:
        print_json(_as_json(enabled))
    else:
        note(f"{enabled.id} is enabled.")


@app.command()
def rotate(
    project: Project,
    webhook: WebhookId,
    grace_hours: Annotated[
        int,
        typer.Option(
            min=0, max=720, metavar="HOURS", help="How long the old secret goes on to sign, too."
        ),
    ] = 24,
    stack: Stack = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Give a webhook a new secret and print it.

    Until the old one ends, everything is signed with both, so the server may know either.
    """
    deployment = find_deployment(stack, profile, region)
    found = deployment.find_project(project)
    rotate_it = deployment.ports.make(rotate_webhook)
    secret, rotated = rotate_it(found.id, webhook, grace=grace_hours * 3_600)
    if as_json:
        print_json(_as_json(rotated) | {"secret": secret})
        return
    typer.echo(secret)
    note(f"This is the new secret of {rotated.id}. The old one ends in {grace_hours} hours.")


app.command("test")(try_)
app.command()(deliveries)
app.command()(redeliver)


def _as_json(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "created_at": webhook.created_at,
        "enabled": webhook.enabled,
        "disabled_because": webhook.disabled_because,
    }
