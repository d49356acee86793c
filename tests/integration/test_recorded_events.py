"""The recorded stream events hold the items that are written today."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from larder.adapters.dynamodb.items import file_item, removed_object, upload_item
from larder.domain.files import File

EVENTS = Path(__file__).parents[2] / "events"


@pytest.mark.parametrize("event", ["on_file_removed", "on_file_removed_by_ttl"])
def test_a_recorded_removal_shows_the_item_as_it_is_written(event: str) -> None:
    for record in json.loads((EVENTS / f"{event}.json").read_text())["Records"]:
        removed = removed_object(record["dynamodb"])

        assert removed is not None
        tenant, item, gone_at = removed
        assert gone_at <= record["dynamodb"]["ApproximateCreationDateTime"]
        written = (
            file_item(tenant, item, 0) if isinstance(item, File) else upload_item(tenant, item)
        )
        assert record["dynamodb"]["OldImage"] == written
