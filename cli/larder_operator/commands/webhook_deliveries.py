"""`larder webhook test|deliveries|redeliver`: what is sent to a webhook."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from larder.domain.deliveries import Delivery, DeliveryStatus
from larder.services.webhooks.list import MAX_PAGE, list_deliveries
from larder.services.webhooks.manage import Redeliver, send_test
from larder_cli.failures import OperatorError
from larder_cli.shared.arguments import argument
from larder_cli.shared.output import minute, note, print_json
from larder_cli.shared.tables import columns, print_table
from larder_operator.deployment import find_deployment
from larder_operator.options import json_option, project_argument, stack_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larder.services.webhooks.ports import DeliveryPage

TEST_SECONDS = 30
"""Seconds that `larder webhook test` waits for the answer."""

webhook_id_argument = argument(
    "webhook", metavar="WEBHOOK", help="The webhook's id, from 'larder webhook list'."
)


@click.command()
@project_argument
@webhook_id_argument
@stack_options
@json_option
def try_(
    project: str,
    webhook: str,
    stack: str | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Send an event `webhook.test` from the deployment, and say how the server answered."""
    deployment = find_deployment(stack, profile, region)
    found, ports = deployment.find_project(project), deployment.ports
    sent = ports.make(send_test)(found.id, webhook)
    deadline = time.monotonic() + TEST_SECONDS
    tried = sent
    while tried.attempts == 0 and time.monotonic() < deadline:
        time.sleep(0.5)
        tried = ports.deliveries.get(found.id, sent.webhook_id, sent.id) or sent
    if as_json:
        print_json(_delivery_json(tried))
    elif tried.status is DeliveryStatus.DELIVERED:
        note(f"Delivered: HTTP {tried.last_status_code}.")
        return
    if tried.status is not DeliveryStatus.DELIVERED:
        why = tried.last_error or f"no attempt within {TEST_SECONDS} seconds"
        message = f"Not delivered: {why} It is tried again; see 'larder webhook deliveries'."
        raise OperatorError(message)


@click.command()
@project_argument
@webhook_id_argument
@click.option(
    "--limit", default=20, type=click.IntRange(1, MAX_PAGE), metavar="N", help="How many."
)
@click.option("--after", metavar="DELIVERY", help="Continue after this one.")
@stack_options
@json_option
def deliveries(
    project: str,
    webhook: str,
    limit: int,
    after: str | None,
    stack: str | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> None:
    """List what was sent to a webhook in the last 30 days, newest first."""
    deployment = find_deployment(stack, profile, region)
    found = deployment.find_project(project)
    page = deployment.ports.make(list_deliveries)(found.id, webhook, limit=limit, after=after)
    if as_json:
        print_json([_delivery_json(each) for each in page.deliveries])
        return
    table = columns(
        "id",
        "event",
        "about",
        "created UTC",
        "status",
        "attempts",
        "last answer",
        "next UTC",
        drop=("next UTC", "created UTC", "attempts", "about", "event"),
    )
    for each in page.deliveries:
        table.add_row(
            each.id,
            each.event_type,
            each.object_id,
            minute(each.created_at),
            each.status,
            str(each.attempts),
            each.last_error
            or ("" if each.last_status_code is None else str(each.last_status_code)),
            "" if each.next_at is None else minute(each.next_at),
        )
    print_table(table)
    if page.has_more:
        note(f"There are more: --after {page.deliveries[-1].id}")


@click.command()
@project_argument
@webhook_id_argument
@argument("delivery", required=False, metavar="[DELIVERY]", help="The delivery's id.")
@click.option("--failed", is_flag=True, help="All of the last 30 days that were given up.")
@stack_options
@json_option
def redeliver(
    project: str,
    webhook: str,
    delivery: str | None,
    failed: bool,
    stack: str | None,
    profile: str | None,
    region: str | None,
    as_json: bool,
) -> None:
    """Send a delivery once more, or all that were given up. They keep their ids."""
    if (delivery is None) != failed:
        message = "Give a delivery's id, or --failed."
        raise click.UsageError(message)
    deployment = find_deployment(stack, profile, region)
    found, ports = deployment.find_project(project), deployment.ports
    ids = [delivery] if delivery is not None else []
    if failed:
        pages = partial(ports.make(list_deliveries), found.id, webhook, limit=MAX_PAGE)
        ids = [each.id for each in _all(pages) if each.status is DeliveryStatus.FAILED]
    again = ports.make(Redeliver)
    sent = [again(found.id, webhook, each) for each in ids]
    if as_json:
        print_json([_delivery_json(each) for each in sent])
    else:
        note(f"{len(sent)} queued again.")


def _all(read: Callable[..., DeliveryPage]) -> Iterator[Delivery]:
    after = None
    while True:
        page = read(after=after)
        yield from page.deliveries
        if not page.has_more:
            return
        after = page.deliveries[-1].id


def _delivery_json(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "event": delivery.event_type,
        "event_id": delivery.event_id,
        "object_id": delivery.object_id,
        "created_at": delivery.created_at,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "last_status_code": delivery.last_status_code,
        "last_error": delivery.last_error,
        "next_attempt_at": delivery.next_at,
    }
