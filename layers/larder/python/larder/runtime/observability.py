"""Structured logs and metrics: one JSON line per request or record, never with a client's data.

Ids, sizes, states and times are logged; keys, signed URLs, filenames and contents never are.
"""

from __future__ import annotations

import re

from aws_lambda_powertools.logging import Logger

_STATUS = "/proc/self/status"
_HIGH_WATER = re.compile(rb"^VmHWM:\s*(\d+) kB$", re.MULTILINE)

logger = Logger(serialize_stacktrace=False)


def count(metric: str, value: float = 1) -> None:
    """Emit a count in CloudWatch's embedded format (EMF)."""
    # Most requests count nothing.
    from aws_lambda_powertools.metrics import MetricUnit, single_metric  # noqa: PLC0415

    with single_metric(name=metric, unit=MetricUnit.Count, value=value):
        pass


def peak_memory_mib() -> int:
    """Return the most memory that this process has held so far, in MiB.

    From the kernel's high-water mark of this program: `getrusage` would count what the process
    held before it became this program as well. 0 where there is no /proc.
    """
    try:
        with open(_STATUS, "rb", buffering=0) as status:  # noqa: PTH123 - on every request
            found = _HIGH_WATER.search(status.read())
    except FileNotFoundError:
        found = None
    return int(found[1]) // 1024 if found else 0
