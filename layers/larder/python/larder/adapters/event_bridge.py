"""Events on EventBridge."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import batched
from typing import TYPE_CHECKING

from larder.domain.errors import ThrottledError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

    from larder.domain.events import Event

SOURCE = "larder"

_MOST_ENTRIES = 10
"""https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html"""


class EventBridgeBus:
    """`EventBus` on EventBridge. `deployment` tells the events of several deployments apart."""

    def __init__(self, client: EventBridgeClient, bus: str, deployment: str) -> None:
        self._client = client
        self._bus = bus
        self._deployment = deployment

    def put(self, events: Sequence[Event]) -> None:
        """Put the events, ten at a time."""
        for some in batched(events, _MOST_ENTRIES, strict=False):
            answer = self._client.put_events(Entries=[self._entry(event) for event in some])
            if answer["FailedEntryCount"]:
                codes = {entry.get("ErrorCode", "") for entry in answer["Entries"]} - {""}
                message = f"events.PutEvents {', '.join(sorted(codes))}"
                raise ThrottledError(message)

    def _entry(self, event: Event) -> PutEventsRequestEntryTypeDef:
        return {
            "EventBusName": self._bus,
            "Source": SOURCE,
            "DetailType": event.type,
            "Time": datetime.fromtimestamp(event.at, UTC),
            "Resources": [],
            "Detail": json.dumps(
                {
                    "id": event.id,
                    "object": "event",
                    "created_at": int(event.at),
                    "type": event.type,
                    "deployment": self._deployment,
                    "project": event.tenant,
                    "data": event.data,
                }
            ),
        }
