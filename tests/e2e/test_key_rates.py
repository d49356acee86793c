"""A key above its rate is refused in the deployed stack, and other keys are not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.e2e.api import assert_refused

if TYPE_CHECKING:
    from tests.e2e.projects import NewProject, Operator
    from tests.e2e.stack import Stack

FAR_ABOVE = 10**6


def test_a_key_above_its_rate_waits_while_another_is_served(
    stack: Stack, operator: Operator, new_project: NewProject
) -> None:
    project = new_project()
    secret, key_id = operator.create_key(project.id)
    [rates] = [name for name in stack.dynamodb.list_tables()["TableNames"] if "Rates" in name]
    now = int(time.time())
    for second in range(now, now + 30):
        stack.dynamodb.put_item(
            TableName=rates,
            Item={"pk": {"S": f"{key_id}#{second}"}, "requests": {"N": str(FAR_ABOVE)}},
        )

    with type(project.api())(project.base_url, secret) as busy, project.api() as other:
        refused = busy.send("GET", "/usage")
        assert_refused(
            refused,
            429,
            kind="rate_limit_error",
            code="rate_limit_exceeded",
            says="requests per second",
        )
        assert refused.headers["Retry-After"] == "1"
        assert busy.send("GET", "/files").status_code == 429
        assert other.send("GET", "/usage").status_code == 200


def test_a_request_is_counted_in_its_second(
    stack: Stack, operator: Operator, new_project: NewProject
) -> None:
    project = new_project()
    secret, key_id = operator.create_key(project.id)
    [rates] = [name for name in stack.dynamodb.list_tables()["TableNames"] if "Rates" in name]

    with type(project.api())(project.base_url, secret) as api:
        api.json("GET", "/usage")

    counted = stack.dynamodb.scan(TableName=rates)["Items"]
    [item] = [item for item in counted if item["pk"]["S"].startswith(key_id)]
    assert item["requests"] == {"N": "1"}
    assert int(item["ttl"]["N"]) > time.time()
