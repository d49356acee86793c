"""The table's stream: what moto keeps of it, and which records Lambda would pass on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import dynamodb_backends

from tests.moto_stack import REGION
from tests.support.template import of_type

if TYPE_CHECKING:
    from tests.moto_stack import MotoStack

ACCOUNT = "123456789012"
FILTERS = [
    json.loads(each["Pattern"])
    for each in of_type("AWS::Lambda::EventSourceMapping")["ChangesToOnChange"]["FilterCriteria"][
        "Filters"
    ]
]


class Stream:
    """The changes of the table since this was made."""

    def __init__(self, stack: MotoStack) -> None:
        stack.dynamodb.update_table(
            TableName=stack.settings.store_table,
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self._table = dynamodb_backends[ACCOUNT][REGION].tables[stack.settings.store_table]

    def records(self) -> list[dict[str, Any]]:
        """Return every record, those too that Lambda would filter out."""
        shard = self._table.stream_shard
        assert shard is not None
        return [_as_lambda_has_it(record.to_json()) for record in shard.items]


def _as_lambda_has_it(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record with the time as Lambda's JSON has it: in seconds."""
    change = record["dynamodb"]
    at = change["ApproximateCreationDateTime"]
    return record | {
        "dynamodb": change | {"ApproximateCreationDateTime": float(int(at.timestamp()))}
    }


def passed_on(record: dict[str, Any]) -> bool:
    """Tell whether a filter of the template lets the record through.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    """
    return any(_matches(pattern, record) for pattern in FILTERS)


def _matches(pattern: Any, value: Any) -> bool:
    if isinstance(pattern, dict):
        return all(
            _matches(inner, value.get(key) if isinstance(value, dict) else None)
            for key, inner in pattern.items()
        )
    return any(_is(each, value) for each in pattern)


def _is(wanted: Any, value: Any) -> bool:
    match wanted:
        case {"prefix": prefix}:
            return isinstance(value, str) and value.startswith(prefix)
        case {"exists": exists}:
            return (value is not None) is exists
        case _:
            return bool(wanted == value)
