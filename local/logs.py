"""The functions' logs, as they come: one readable line for every structured one."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from collections.abc import Iterator

# Known to the reader, or of use to machines only.
_HIDDEN = frozenset(
    {
        "level", "location", "message", "timestamp", "service", "cold_start", "function_name",
        "function_memory_size", "function_arn", "function_request_id", "correlation_id",
        "xray_trace_id", "sampling_rate",
    }
)  # fmt: skip
_PLATFORM = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")


class FunctionLogs:
    """Every function's log from now on."""

    def __init__(self, stack: str) -> None:
        self._client = boto3.client("logs")
        self._prefix = f"/aws/lambda/{stack}-"
        self._since = int(time.time() * 1000)
        self._seen: set[str] = set()

    def new_lines(self) -> Iterator[str]:
        """Yield what was logged since the last call, in the order of time."""
        events = []
        groups = self._client.describe_log_groups(logGroupNamePrefix=self._prefix)["logGroups"]
        for group in groups:
            name = group["logGroupName"]
            found = self._client.filter_log_events(logGroupName=name, startTime=self._since)
            events += [
                (event["timestamp"], name.removeprefix(self._prefix), event)
                for event in found["events"]
                if event["eventId"] not in self._seen
            ]
        for timestamp, function, event in sorted(events, key=lambda each: each[0]):
            # Events of the same millisecond may still come: it is asked for again.
            if timestamp > self._since:
                self._since = timestamp
                self._seen.clear()
            self._seen.add(event["eventId"])
            line = readable(event["message"])
            if line is not None:
                clock = time.strftime("%H:%M:%S", time.localtime(timestamp / 1000))
                yield f"{clock} {function:17} {line}"


def readable(message: str) -> str | None:
    """Return one log line for people, or None when it is of no use to them."""
    message = message.rstrip()
    if not message or message.startswith(_PLATFORM):
        return None
    try:
        record = json.loads(message)
    except ValueError:
        return message
    if not isinstance(record, dict):
        return message
    if "_aws" in record:
        return _metric(record)
    rest = " ".join(f"{key}={value}" for key, value in record.items() if key not in _HIDDEN)
    return f"{record.get('level', ''):7} {record.get('message', '')} {rest}".rstrip()


def _metric(record: dict[str, object]) -> str:
    values = (f"{key}={value}" for key, value in record.items() if key not in {"_aws", "service"})
    return f"{'METRIC':7} {' '.join(values)}"
