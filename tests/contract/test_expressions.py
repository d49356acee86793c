"""The check of expressions finds what AWS refuses and moto accepts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.expressions import check_expressions

REFUSED: dict[str, dict[str, Any]] = {
    "two operators in one value": {
        "UpdateExpression": "SET a = a + :b - c",
        "ExpressionAttributeValues": {":b": {"N": "1"}},
    },
    "a reserved word": {
        "KeyConditionExpression": "project = :project",
        "ExpressionAttributeValues": {":project": {"S": "p"}},
    },
    "a value that no expression uses": {
        "UpdateExpression": "SET a = :b",
        "ExpressionAttributeValues": {":b": {"N": "1"}, ":c": {"N": "1"}},
    },
    "a value that is not given": {"UpdateExpression": "SET a = :b"},
    "a name that no expression uses": {
        "ConditionExpression": "attribute_exists(pk)",
        "ExpressionAttributeNames": {"#status": "status"},
    },
    "a key of an index that is too long": {"Item": {"by_name": {"S": "é" * 512 + "e"}}},
    "a key of an index that becomes too long": {
        "UpdateExpression": "SET a = :a, in_folder = :b",
        "ExpressionAttributeValues": {":a": {"N": "1"}, ":b": {"S": "é" * 513}},
    },
}


@pytest.mark.parametrize("params", REFUSED.values(), ids=REFUSED)
def test_an_expression_that_aws_refuses_is_refused(params: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        check_expressions(params)
    with pytest.raises(AssertionError):
        check_expressions({"TransactItems": [{"Update": params}]})


def test_an_expression_that_aws_accepts_is_accepted() -> None:
    check_expressions({"Item": {"by_name": {"S": "é" * 512}, "filename": {"S": "x" * 2_000}}})
    check_expressions(
        {
            "UpdateExpression": (
                "SET a = a + :b, c = if_not_exists(c, :b), #status = :b REMOVE d, e"
            ),
            "ConditionExpression": "attribute_not_exists(pk) AND a >= :b",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {":b": {"N": "1"}},
        }
    )
