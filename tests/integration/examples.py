"""What was asked and answered, as an example that is the same on every run.

Ids, times, secrets and signatures are replaced by others of their shape, and nothing else is.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

A_TIME = 1768469500
"""2026-01-15 09:31:40 UTC: when the first thing in an example happened."""

_IDS = re.compile(r"(?<=[-_])[0-9a-f]{24}\b|(?<=key_|ion_|ode_)[0-9a-f]{16}\b")
_SECRETS = re.compile(r"\b(zk_live_|zs_|whsec_)[\w+/=-]+")
_HINTS = re.compile(r"(?<=zk_live_…)[\w-]{4}\b")
_DATES = re.compile(r"\b20\d\d-\d\d-\d\d\b")
_TIMES = re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_SIGNED = re.compile(r"\?\S*(AWSAccessKeyId|X-Amz-Signature)=\S*")
_RANDOM = {"cursor": "eyJsYXN0…", "duration_ms": 1}


def example_of(event: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON of a request, where it has some, and of its answer."""
    found = {}
    headers = {name.lower(): value for name, value in event["headers"].items()}
    if event["body"] and headers.get("content-type") == "application/json":
        found["request"] = _decoded(event)
    [content_type] = answer["multiValueHeaders"]["Content-Type"]
    if content_type == "application/json":
        found["response"] = _decoded(answer)
    masked: dict[str, Any] = _Mask(found).value(found)
    return masked


def _decoded(message: Mapping[str, Any]) -> Any:
    body = message["body"]
    return json.loads(b64decode(body) if message["isBase64Encoded"] else body)


def _seconds(value: object) -> int | None:
    """Return the time that a value is, if it is one."""
    match value:
        case int() if 1_600_000_000 < value < 5_000_000_000:
            return value
        case str() if _TIMES.fullmatch(value):
            return int(datetime.fromisoformat(value).timestamp())
    return None


def _all_seconds(value: Any) -> list[int]:
    if isinstance(value, dict):
        return [each for part in value.values() for each in _all_seconds(part)]
    if isinstance(value, list):
        return [each for part in value for each in _all_seconds(part)]
    seconds = _seconds(value)
    return [] if seconds is None else [seconds]


class _Mask:
    """Replaces ids by others, the same one by the same one, in the order in which they come.

    Times keep their distance from the first one, to the minute: a slow machine takes seconds.
    """

    def __init__(self, whole: Any) -> None:
        self._ids: dict[str, str] = {}
        self._first = min(_all_seconds(whole), default=0)

    def value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: _RANDOM[key] if key in _RANDOM and part is not None else self.value(part)
                for key, part in value.items()
            }
        if isinstance(value, list):
            return [self.value(part) for part in value]
        if (seconds := _seconds(value)) is not None:
            moved = A_TIME + round((seconds - self._first) / 60) * 60
            return (
                moved if isinstance(value, int) else f"{datetime.fromtimestamp(moved, UTC):%FT%TZ}"
            )
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        text = _SIGNED.sub("?X-Amz-Signature=…", text)
        text = _SECRETS.sub(r"\1...", text)
        text = _HINTS.sub("a1b2", text)
        text = _DATES.sub("2026-01-15", text)
        return _IDS.sub(self._id, text)

    def _id(self, found: re.Match[str]) -> str:
        number = len(self._ids)
        first = 0x019BBBD72D62A1B2C3D4E5F6 if len(found[0]) == 24 else 0x9F2C4E61A07B3D58
        return self._ids.setdefault(found[0], f"{first + number:0{len(found[0])}x}")
