"""DynamoDB's rules where moto is laxer: reserved words, arithmetic, values not used, long keys.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from larder.adapters.dynamodb.listings import LISTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_WORD = re.compile(r"[#:]?[A-Za-z_][A-Za-z0-9_]*")
_ARITHMETIC = re.compile(r"\s[+-]\s")
_ASSIGNMENT = re.compile(r"(\w+) = (:\w+)")

MAX_SORT_KEY = 1_024
"""In bytes; moto measures those of the table, and not those of its indexes."""

_SYNTAX = {
    "ADD", "AND", "BETWEEN", "DELETE", "IN", "NOT", "OR", "REMOVE", "SET",
    "ATTRIBUTE_EXISTS", "ATTRIBUTE_NOT_EXISTS", "BEGINS_WITH", "CONTAINS", "IF_NOT_EXISTS",
    "LIST_APPEND", "SIZE",
}  # fmt: skip


def check_expressions(params: Mapping[str, Any], **_: Any) -> None:
    """Refuse a request that DynamoDB would refuse; registered for `provide-client-params`.

    Raises:
        AssertionError: the request's expressions break a rule.
    """
    for request in _requests(params):
        expressions = {name: text for name, text in request.items() if name.endswith("Expression")}
        words = {word for text in expressions.values() for word in _WORD.findall(text)}
        for word in words:
            plain = word[0] not in "#:" and word.upper() not in _SYNTAX
            reserved = plain and word.upper() in ReservedKeywords.get_reserved_keywords()
            assert not reserved, f"{word} is a reserved word: {expressions}"
        for kind, sigil in (("ExpressionAttributeValues", ":"), ("ExpressionAttributeNames", "#")):
            given = set(request.get(kind, ()))
            used = {word for word in words if word[0] == sigil}
            assert given == used, f"{kind}: given {given}, used {used}"
        for action in _actions(expressions.get("UpdateExpression", "")):
            operators = _ARITHMETIC.findall(action)
            assert len(operators) <= 1, f"a value has at most one operator: {action}"
        for name, key in _listing_keys(request).items():
            size = len(key["S"].encode())
            assert size <= MAX_SORT_KEY, f"the key {name} takes {size} bytes"


def _requests(params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "TransactItems" in params:
        for item in params["TransactItems"]:
            yield from item.values()
    else:
        yield params


def _listing_keys(request: Mapping[str, Any]) -> dict[str, Any]:
    written = dict(request.get("Item", {}))
    for name, value in _ASSIGNMENT.findall(request.get("UpdateExpression", "")):
        written[name] = request["ExpressionAttributeValues"][value]
    return {name: written[name] for name in LISTINGS if name in written}


def _actions(update: str) -> list[str]:
    return re.split(r",(?![^(]*\))|\b(?:SET|REMOVE|ADD|DELETE)\b", update)
