"""How full a project is, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder_cli.shared.output import size

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder_client import Usage
    from larder_client.files.models import Measure, Running


def usage_rows(usage: Usage) -> dict[str, str]:
    """Return a row for each limit of the project, with how much of it is taken."""
    rows = {
        "files": _measure(usage.files, lambda count: f"{count:,}"),
        "bytes": _measure(usage.bytes, size),
    }
    if usage.batches:
        rows["batches"] = _running(usage.batches)
    if usage.batch_requests:
        rows["batch requests"] = _running(usage.batch_requests)
    return rows


def _measure(measure: Measure, shown: Callable[[int], str]) -> str:
    reserved = f", {shown(measure.reserved)} reserved by uploads" if measure.reserved else ""
    full = _share(measure.used + measure.reserved, measure.limit)
    return f"{shown(measure.used)} of {shown(measure.limit)}{full}{reserved}"


def _running(load: Running) -> str:
    return f"{load.running:,} of {load.limit:,} running{_share(load.running, load.limit)}"


def _share(part: int, whole: int) -> str:
    return f" ({part / whole:.0%})" if whole else ""
