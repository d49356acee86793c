"""`larder usage`: what a project stores, and its limits.

Without a project, the command is the client's: it shows the project of the API key.
"""

from typing import Annotated

import msgspec
import typer

import larder_client as client
from larder.api.projects.usage import UsageDayList, UsageDayObject, UsageObject
from larder.domain.batches import BatchLoad
from larder.domain.ids import TenantId
from larder.domain.quota import Usage
from larder.runtime.composition import Composition
from larder.services.projects.ports import UsageDay
from larder.services.projects.usage import GetUsage
from larder.services.projects.usage_history import read_usage_history
from larder_cli.commands import usage as own
from larder_cli.commands.usage import Days
from larder_cli.shared.connection import CURRENT, ApiKey, BaseUrl
from larder_cli.shared.output import print_json, size
from larder_cli.shared.tables import columns, print_rows, print_table
from larder_cli.shared.usage_table import usage_rows
from larder_operator.deployment import find_deployment
from larder_operator.options import AsJson, Region, Stack


def usage(
    project: Annotated[
        str | None,
        typer.Argument(
            metavar="[PROJECT]",
            help="The project's name or its wks-… id, which needs AWS credentials. "
            "Without it, the project of the API key.",
        ),
    ] = None,
    stack: Stack = None,
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="With PROJECT, the AWS profile to use with --stack; without, the profile of "
            "'larder login'.",
        ),
    ] = None,
    region: Region = None,
    days: Days = None,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Show what a project stores and reserves, what its batches run, and its limits."""
    if project is None:
        if stack or region:
            message = "--stack and --region need a PROJECT."
            raise typer.BadParameter(message)
        CURRENT.profile, CURRENT.found = profile, None
        own.usage(days, base_url, api_key, as_json)
        return
    if base_url or api_key:
        message = "--base-url and --api-key are for the key's own project: leave out PROJECT."
        raise typer.BadParameter(message)
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
