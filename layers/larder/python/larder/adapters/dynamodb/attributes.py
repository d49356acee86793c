"""Values as DynamoDB's attributes, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    type Item = dict[str, AttributeValueTypeDef]
    type ItemRead = Mapping[str, AttributeValueTypeDef]


def text(value: str) -> AttributeValueTypeDef:
    """Return a string attribute."""
    return {"S": value}


def number(value: int) -> AttributeValueTypeDef:
    """Return a number attribute."""
    return {"N": str(value)}


def optional_text(item: ItemRead, name: str) -> str | None:
    """Return a string attribute, None when the item does not have it."""
    return item[name]["S"] if name in item else None


def optional_number(item: ItemRead, name: str) -> int | None:
    """Return a number attribute, None when the item does not have it."""
    return int(item[name]["N"]) if name in item else None
