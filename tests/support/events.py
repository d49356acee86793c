"""The recorded events of `events/`, and events made from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

EVENTS = Path(__file__).parents[2] / "events"


def recorded(name: str) -> dict[str, Any]:
    """Return the recorded event of that name."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def arrival(*keys: str) -> dict[str, Any]:
    """Return the recorded arrival, of the objects `keys`, with one message each."""
    event = recorded("on_object_created")
    [record] = event["Records"]
    event["Records"] = []
    for position, key in enumerate(keys):
        body = json.loads(record["body"])
        body["Records"][0]["s3"]["object"]["key"] = quote_plus(key, safe="/")
        event["Records"].append(
            {**record, "messageId": f"message-{position}", "body": json.dumps(body)}
        )
    return event
