"""Follows the functions' logs and turns each structured line into a readable one."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from collections.abc import Iterator

# Fields that a reader knows already, or that only programs use.
_HIDDEN = frozenset(
    {
        "level", "location", "message", "timestamp", "service", "cold_start", "function_name",
        "function_memory_size", "function_arn", "function_request_id", "correlation_id",
        "xray_trace_id", "sampling_rate", "lambda_request_id", "key_id", "_aws",
    }
)  # fmt: skip
_PLATFORM = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")
# As on AWS, 2026/11/28/larder-local-sweep[3]4f6c..., or as the emulator writes it, with "/[".
_FUNCTION_OF_STREAM = re.compile(r"/\[?([\w-]+)\[")


def log_group(stack: str) -> str:
    """Return the name of the log group of a stack's functions."""
    return f"/larder/{stack}"


def function_of(stream: str, stack: str) -> str:
    """Return the folder of the function that writes to a log stream of the stack's group."""
    found = _FUNCTION_OF_STREAM.search(stream)
    return found[1].removeprefix(f"{stack}-") if found else stream


@dataclass(frozen=True, slots=True)
class _Line:
    timestamp: int
    function: str
    stream: str
    message: str


class FunctionLogs:
    """The logs of all functions, from the creation of this object on."""

    def __init__(self, stack: str) -> None:
        self._client = boto3.client("logs")
        self._stack = stack
        self._since = int(time.time() * 1000)
        self._shown: set[_Line] = set()

    def new_lines(self) -> Iterator[str]:
        """Yield the lines logged since the last call, ordered by time."""
        lines = [line for line in self._lines() if line not in self._shown]
        if lines:
            # The latest millisecond may get more lines, so the next call reads it again.
            self._since = max(line.timestamp for line in lines)
            self._shown = {
                line for line in self._shown.union(lines) if self._since <= line.timestamp
            }
        # The sort is stable: the lines of a traceback share a millisecond and keep their order.
        for line in sorted(lines, key=lambda line: line.timestamp):
            text = readable(line.message)
            if text is not None:
                clock = time.strftime("%H:%M:%S", time.localtime(line.timestamp / 1000))
                yield f"{clock} {line.function:17} {text}"

    def _lines(self) -> Iterator[_Line]:
        try:
            found = self._client.filter_log_events(
                logGroupName=log_group(self._stack), startTime=self._since
            )
        except self._client.exceptions.ResourceNotFoundException:
            # The stack was deleted. A restore deploys it again.
            return
        for event in found["events"]:
            yield _Line(
                timestamp=event["timestamp"],
                function=function_of(event["logStreamName"], self._stack),
                stream=event["logStreamName"],
                message=event["message"],
            )


def readable(message: str) -> str | None:
    """Return a log line in readable form, or None for one without use to people."""
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
    values = (f"{key}={value}" for key, value in record.items() if key not in _HIDDEN)
    return f"{'METRIC':7} {' '.join(values)}"
