"""Structured logs and metrics: one JSON line per request or record, never with a client's data.

Ids, sizes, states and times are logged; keys, signed URLs, filenames and contents never are.
"""

from __future__ import annotations

from pathlib import Path

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

_STATUS = Path("/proc/self/status")

logger = Logger(serialize_stacktrace=False)


def count(metric: str, value: float = 1, unit: MetricUnit = MetricUnit.Count) -> None:
    """Emit one value of a metric in CloudWatch's embedded format (EMF)."""
    with single_metric(name=metric, unit=unit, value=value):
        pass


def peak_memory_mib() -> int:
    """Return the most memory that this process has held so far, in MiB.

    From the kernel's high-water mark of this program: `getrusage` would count what the process
    held before it became this program as well. 0 where there is no /proc.
    """
    if not _STATUS.exists():
        return 0
    lines = _STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) // 1024
