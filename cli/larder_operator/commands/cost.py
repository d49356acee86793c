"""`larder cost`: what a month of use costs."""

from __future__ import annotations

import click

from larder_cli.shared.output import print_json
from larder_operator.costs import Figures, Use, lines
from larder_operator.options import json_option


@click.command()
@click.option(
    "--requests",
    default=0,
    type=click.IntRange(min=0),
    metavar="N",
    help="Requests a month that read something.",
)
@click.option(
    "--files",
    default=0,
    type=click.IntRange(min=0),
    metavar="N",
    help="Batch files a month, deleted in the end.",
)
@click.option(
    "--batch-requests",
    default=0,
    type=click.IntRange(min=0),
    metavar="N",
    help="Requests a month inside of batches.",
)
@click.option(
    "--gib", default=0, type=click.FloatRange(min=0), metavar="GIB", help="GiB that are stored."
)
@click.option(
    "--download-gib",
    default=0,
    type=click.FloatRange(min=0),
    metavar="GIB",
    help="GiB a month that leave the region.",
)
@click.option(
    "--alarms/--no-alarms",
    default=True,
    help="With the alarms and the dashboard, as with Alarms=true.",
)
@json_option
def cost(
    requests: int,
    files: int,
    batch_requests: int,
    gib: float,
    download_gib: float,
    alarms: bool,
    as_json: bool,
) -> None:
    """Calculate what a month costs on AWS, without what models cost.

    The figures are those of docs/costs.md: list prices of us-east-1, without free tiers.
    """
    use = Use(requests, files, batch_requests, gib, download_gib, alarms)
    found = lines(use, Figures.read())
    total = sum(dollars for _, dollars in found)
    if as_json:
        parts = {what: round(dollars, 2) for what, dollars in found}
        print_json({"dollars": round(total, 2), "parts": parts})
        return
    width = max(len(what) for what, _ in found)
    for what, dollars in [*found, ("together, per month", total)]:
        click.echo(f"{what:{width}}  ${dollars:>10,.2f}")
