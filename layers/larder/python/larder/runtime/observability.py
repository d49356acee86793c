"""Structured logs and metrics: one JSON line per request or record, without clients' data.

Ids, sizes, states and times are logged. Keys, signed URLs, filenames and contents never are.
"""

from __future__ import annotations

import os
import re
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aws_lambda_powertools.logging import Logger

if TYPE_CHECKING:
    from larder.domain.quota import Amount

_STATUS = "/proc/self/status"
_HIGH_WATER = re.compile(rb"^VmHWM:\s*(\d+) kB$", re.MULTILINE)

# Lambda takes a line for INFO, whatever its level, unless its time is in this format:
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
logger = Logger(serialize_stacktrace=False, use_rfc3339=True, utc=True)


def count(metric: str, value: float = 1, unit: str = "Count") -> None:
    """Emit one value of a metric in CloudWatch's embedded format (EMF); `unit` is CloudWatch's."""
    # Imported here, since most requests emit no metric.
    from aws_lambda_powertools.metrics import MetricUnit, single_metric  # noqa: PLC0415

    with single_metric(name=metric, unit=MetricUnit(unit), value=value) as emitted:
        # Without a level this is a line of INFO, which Lambda drops where LogLevel is higher.
        emitted.add_metadata("level", os.environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO"))
        emitted.add_metadata("timestamp", datetime.now(UTC).isoformat(timespec="milliseconds"))


def count_admission(amount: Amount) -> None:
    """Count an amount admitted to a project's quota: a file, or an upload's reservation."""
    count("Admitted", amount.files)
    count("AdmittedBytes", amount.bytes, "Bytes")


def log_failure(event: str, error: BaseException, **details: object) -> None:
    """Log the type and the traceback of an error and its causes, without the messages.

    A message may quote what a client sent: `int` does, and so does DynamoDB.
    """
    kinds: list[str] = []
    frames: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(kinds) < 5:  # noqa: PLR2004 - enough to find it
        kind = type(cause).__qualname__
        match getattr(cause, "response", None):
            case {"Error": {"Code": str(code)}}:
                kinds.append(f"{kind} {code}")
            case _:
                kinds.append(kind)
        frames += [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(cause.__traceback__)
        ]
        cause = cause.__cause__ or cause.__context__
    logger.error(event, extra={**details, "error": kinds, "frames": frames})


def peak_memory_mib() -> int:
    """Return the peak memory of this process in MiB; 0 if there is no /proc.

    From the kernel's high-water mark for this program. `getrusage` would include what the process
    held before it became this program.
    """
    try:
        with open(_STATUS, "rb", buffering=0) as status:  # noqa: PTH123 - on every request
            found = _HIGH_WATER.search(status.read())
    except FileNotFoundError:
        found = None
    return int(found[1]) // 1024 if found else 0
