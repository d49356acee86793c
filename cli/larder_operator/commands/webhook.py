"""`larder webhook …`: where the events of a project are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from larder.domain.events import EventType
from larder.services.webhooks.list import list_webhooks
from larder.services.webhooks.manage import (
    AddWebhook,
    enable_webhook,
    remove_webhook,
    rotate_webhook,
)
from larder_cli.shared.arguments import argument
from larder_cli.shared.groups import Group
from larder_cli.shared.output import minute, note, print_json
from larder_cli.shared.tables import columns, print_table
from larder_operator.commands.webhook_deliveries import (
    deliveries,
    redeliver,
    try_,
    webhook_id_argument,
)
from larder_operator.deployment import find_deployment
from larder_operator.options import json_option, project_argument, stack_options

if TYPE_CHECKING:
    from larder.domain.webhooks import Webhook


@click.group(cls=Group)
def webhook() -> None:
    """Send the events of a project to your servers."""


@webhook.command()
@project_argument
@argument("url", metavar="URL", help="https://… of the server.")
@click.option(
    "--events",
    default=",".join(EventType),
    metavar="EVENTS",
    show_default="all",
    help=f"The events to send, separated by commas: {', '.join(EventType)}.",
)
@stack_options
@json_option
def add(
    project: str,
    url: str,
    events: str,
    stack: str | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
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
    click.echo(secret)
    note(f"This is the secret of {webhook.id}. It will not be shown again.")


@webhook.command("list")
@project_argument
@stack_options
@json_option
def list_(
    project: str, stack: str | None, profile: str | None, region: str | None, as_json: bool
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


@webhook.command()
@project_argument
@webhook_id_argument
@stack_options
@json_option
def remove(
    project: str,
    webhook: str,
    stack: str | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Remove a webhook. What has not been delivered to it is not sent any more."""
    deployment = find_deployment(stack, profile, region)
    found = deployment.find_project(project)
    removed = deployment.ports.make(remove_webhook)(found.id, webhook)
    if as_json:
        print_json({"id": removed, "removed": True})
    else:
        note(f"{removed} is removed.")


@webhook.command()
@project_argument
@webhook_id_argument
@stack_options
@json_option
def enable(
    project: str,
    webhook: str,
    stack: str | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
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


@webhook.command()
@project_argument
@webhook_id_argument
@click.option(
    "--grace-hours",
    default=24,
    type=click.IntRange(0, 720),
    metavar="HOURS",
    help="How long the old secret goes on to sign, too.",
)
@stack_options
@json_option
def rotate(
    project: str,
    webhook: str,
    grace_hours: int,
    stack: str | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
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
    click.echo(secret)
    note(f"This is the new secret of {rotated.id}. The old one ends in {grace_hours} hours.")


webhook.add_command(try_, "test")
webhook.add_command(deliveries)
webhook.add_command(redeliver)


def _as_json(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "created_at": webhook.created_at,
        "enabled": webhook.enabled,
        "disabled_because": webhook.disabled_because,
    }
