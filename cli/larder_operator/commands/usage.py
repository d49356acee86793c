"""`larder usage`: what a project stores, and its limits.

Without a project, the command is the client's: it shows the project of the API key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

import larder_client as client
from larder.api.projects.usage import UsageDayList, UsageDayObject, UsageObject
from larder.services.projects.usage import GetUsage
from larder.services.projects.usage_history import read_usage_history
from larder_cli.commands import usage as own
from larder_cli.commands.usage import days_option
from larder_cli.shared.arguments import argument
from larder_cli.shared.connection import CURRENT, api_key_option, base_url_option
from larder_cli.shared.output import print_json, size
from larder_cli.shared.tables import columns, print_rows, print_table
from larder_cli.shared.usage_table import usage_rows
from larder_operator.deployment import find_deployment
from larder_operator.options import json_option, region_option, stack_option

if TYPE_CHECKING:
    from larder.domain.batches import BatchLoad
    from larder.domain.ids import TenantId
    from larder.domain.quota import Usage
    from larder.runtime.composition import Composition
    from larder.services.projects.ports import UsageDay


@click.command()
@argument(
    "project",
    required=False,
    metavar="[PROJECT]",
    help="The project's name or its wks-… id, which needs AWS credentials. "
    "Without it, the project of the API key.",
)
@stack_option
@click.option(
    "--profile",
    metavar="NAME",
    help="With PROJECT, the AWS profile to use with --stack; without, the profile of "
    "'larder login'.",
)
@region_option
@days_option
@base_url_option
@api_key_option
@json_option
def usage(
    project: str | None,
    stack: str | None,
    profile: str | None,
    region: str | None,
    days: int | None,
    base_url: str | None,
    api_key: str | None,
    as_json: bool,
) -> None:
    """Show what a project stores and reserves, what its batches run, and its limits."""
    if project is None:
        if stack or region:
            message = "--stack and --region need a PROJECT."
            raise click.UsageError(message)
        CURRENT.use(profile)
        own.show_usage(days, base_url, api_key, as_json=as_json)
        return
    if base_url or api_key:
        message = "--base-url and --api-key are for the key's own project: leave out PROJECT."
        raise click.UsageError(message)
    deployment = find_deployment(stack, profile, region)
    found, ports = deployment.find_project(project), deployment.ports
    if days is not None:
        history = read_usage_history(found.id, days, usage=ports.usage, clock=ports.clock)
        print_days(history, as_json=as_json)
        return
    current = current_usage(found.id, ports)
    print_usage(current, ports.batch_limits.get(found.id), as_json=as_json)


def current_usage(tenant: TenantId, ports: Composition) -> Usage:
    """Return the project's counters, as `GET /v1/usage` returns them."""
    return ports.make(GetUsage)(tenant)


def print_usage(current: Usage, load: BatchLoad, *, as_json: bool) -> None:
    """Print the counters, as JSON in the shape of `GET /v1/usage`."""
    shown = UsageObject.of(current, load).model_dump()
    if as_json:
        print_json(shown)
    else:
        print_rows(usage_rows(msgspec.convert(shown, client.Usage)))


def print_days(days: list[UsageDay], *, as_json: bool) -> None:
    """Print the days, as JSON in the shape of `GET /v1/usage/history`."""
    if as_json:
        shown = UsageDayList(data=[UsageDayObject.of(day) for day in days])
        print_json(shown.model_dump())
        return
    table = columns("day", "files", "bytes")
    for day in days:
        table.add_row(day.date, f"{day.used.files:,}", size(day.used.bytes))
    print_table(table)
