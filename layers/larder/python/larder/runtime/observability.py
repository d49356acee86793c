"""Structured logs and metrics: one JSON line per request or record, never with a client's data.

Ids, sizes, states and times are logged; keys, signed URLs, filenames and contents never are.
"""

from __future__ import annotations

import resource

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

logger = Logger(serialize_stacktrace=False)


def count(metric: str, value: float = 1, unit: MetricUnit = MetricUnit.Count) -> None:
    """Emit one value of a metric in CloudWatch's embedded format (EMF)."""
    with single_metric(name=metric, unit=unit, value=value):
        pass


def peak_memory_mib() -> int:
    """Return the most memory that this process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
