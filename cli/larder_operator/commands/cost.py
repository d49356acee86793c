"""`larder cost`: what a month of use costs."""

from typing import Annotated

import typer

from larder_cli.shared.output import print_json
from larder_operator.costs import Figures, Use, lines
from larder_operator.options import AsJson


def cost(
    requests: Annotated[
        int, typer.Option(min=0, metavar="N", help="Requests a month that read something.")
    ] = 0,
    files: Annotated[
        int, typer.Option(min=0, metavar="N", help="Batch files a month, deleted in the end.")
    ] = 0,
    batch_requests: Annotated[
        int, typer.Option(min=0, metavar="N", help="Requests a month inside of batches.")
    ] = 0,
    gib: Annotated[float, typer.Option(min=0, metavar="GIB", help="GiB that are stored.")] = 0,
    download_gib: Annotated[
        float, typer.Option(min=0, metavar="GIB", help="GiB a month that leave the region.")
    ] = 0,
    alarms: Annotated[
        bool, typer.Option(help="With the alarms and the dashboard, as with Alarms=true.")
    ] = True,
    as_json: AsJson = False,
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
        typer.echo(f"{what:{width}}  ${dollars:>10,.2f}")
