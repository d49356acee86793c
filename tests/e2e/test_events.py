"""Events, as a rule of the deployment's owner and a webhook of the project get them."""

from __future__ import annotations

import json
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openai import OpenAI

from larder.services.webhooks.manage import send_test
from tests.e2e.api import batch_lines, eventually
from tests.e2e.models import models_for_clients, request_line
from tests.e2e.receiver import Server
from tests.support.template import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.e2e.api import Api, Json
    from tests.e2e.projects import NewProject, Operator, Project
    from tests.e2e.stack import Stack

SCHEMA = Draft202012Validator(json.loads((ROOT / "docs/schemas/event.json").read_text()))


@pytest.fixture(scope="module")
def received(stack: Stack, project: Project) -> Iterator[Callable[[], list[Json]]]:
    """What a rule for the project's events has sent to a queue so far."""
    events, sqs = stack.client("events"), stack.client("sqs")
    url = sqs.create_queue(QueueName="events-of-larder")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    pattern = {"source": ["larder"], "detail": {"project": [project.id]}}
    events.put_rule(Name="of-larder", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="of-larder", Targets=[{"Id": "queue", "Arn": arn["QueueArn"]}])
    so_far: list[Json] = []

    def receive() -> list[Json]:
        answer: dict[str, Any] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            so_far.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return so_far

    yield receive
    events.remove_targets(Rule="of-larder", Ids=["queue"])
    events.delete_rule(Name="of-larder")
    sqs.delete_queue(QueueUrl=url)


def wait_for(received: Callable[[], list[Json]], *wanted: tuple[str, str]) -> dict[str, Json]:
    """Return the details by type once each event has come for its file or batch."""

    def details() -> list[Json]:
        return [event["detail"] for event in received()]

    def complete(found: list[Json]) -> bool:
        return set(wanted) <= {(each["type"], each["data"]["id"]) for each in found}

    found = eventually(details, complete, 60)
    for event in received():
        SCHEMA.validate(event["detail"])
        assert event["source"] == "larder"
        assert event["detail-type"] == event["detail"]["type"]
    return {each["type"]: each for each in found}


def test_files_that_are_processed_and_files_that_failed(
    api: Api, received: Callable[[], list[Json]]
) -> None:
    good = api.create_file(batch_lines(1), "a.jsonl", "batch")["id"]
    bad = api.create_file(b"{}\n", "b.jsonl", "batch")["id"]
    other = api.create_file(b"some text")["id"]

    wait_for(received, ("file.processed", good), ("file.failed", bad), ("file.processed", other))


def test_a_file_that_expires(
    api: Api, project: Project, stack: Stack, received: Callable[[], list[Json]]
) -> None:
    file_id = api.create_file(b"some text")["id"]
    api.settled(file_id)

    values = {":at": {"N": str(int(time.time()) - 1)}, ":shard": {"S": "due#00"}}
    stack.dynamodb.update_item(
        TableName=stack.env["LARDER_STORE_TABLE"],
        Key={"pk": {"S": f"P#{project.id}"}, "sk": {"S": file_id}},
        UpdateExpression="SET expires_at = :at, due_at = :at, due_shard = :shard",
        ExpressionAttributeValues=values,
    )
    stack.client("lambda").invoke(FunctionName=f"{stack.env['LARDER_STACK']}-sweep:live")

    wait_for(received, ("file.expired", file_id))


def test_a_batch_that_completes(
    api: Api, operator: Operator, received: Callable[[], list[Json]]
) -> None:
    with models_for_clients(operator):
        batch_id = run_batch(api)

        events = wait_for(received, ("batch.completed", batch_id))

    data = events["batch.completed"]["data"]
    assert data["request_counts"] == {"total": 1, "completed": 1, "failed": 0}
    assert api.content(data["output_file_id"]).status_code == 200


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server
        server.shutdown()


def run_batch(api: Api) -> str:
    file_id = api.create_file(request_line("one"), "a.jsonl", "batch")["id"]
    sent = {
        "input_file_id": file_id,
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
    }
    batch_id: str = api.json("POST", "/batches", json=sent)["id"]
    return batch_id


def test_a_batch_tells_a_webhook_which_the_sdk_verifies(
    new_project: NewProject, operator: Operator, server: Server
) -> None:
    project = new_project()
    secret, webhook = operator.add_webhook(project.id, server.url, "batch.completed")

    with models_for_clients(operator), project.api() as api:
        batch_id = run_batch(api)
        # The first attempt gets a 500, the second comes some seconds later.
        eventually(lambda: len(server.got), lambda count: count == 2, 120)
        listed = eventually(
            lambda: api.json("GET", f"/webhooks/{webhook.id}/deliveries")["data"],
            lambda deliveries: deliveries[0]["status"] == "delivered",
            30,
        )
        [shown] = api.json("GET", "/webhooks")["data"]

    (first, body), (second, again) = server.got
    client = OpenAI(api_key="none", webhook_secret=secret)
    event: Any = client.webhooks.unwrap(again, second)
    assert (event.type, event.data.id) == ("batch.completed", batch_id)
    assert body == again
    assert first["webhook-id"] == second["webhook-id"] == listed[0]["id"]
    assert (listed[0]["attempts"], listed[0]["event_id"]) == (2, event.id)
    assert shown["last_delivery"]["status"] == "delivered"
    assert secret not in str(shown)


def test_the_sdk_for_node_verifies_a_test_event(
    new_project: NewProject, operator: Operator, server: Server, node_packages: Path
) -> None:
    project = new_project()
    secret, webhook = operator.add_webhook(project.id, server.url)
    operator.ports.make(send_test)(project.id, webhook.id)
    eventually(lambda: server.got, bool, 60)
    headers, body = server.got[0]

    done = subprocess.run(
        ["node", "webhook.mjs"],  # noqa: S607
        cwd=node_packages,
        input=json.dumps({"body": body, "headers": headers, "secret": secret}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == json.loads(body)
    assert json.loads(body)["type"] == "webhook.test"


def test_a_stranger_sees_no_webhook(
    new_project: NewProject, operator: Operator, server: Server
) -> None:
    _, webhook = operator.add_webhook(new_project().id, server.url)

    with new_project().api() as stranger:
        assert stranger.json("GET", "/webhooks")["data"] == []
        answer = stranger.send("GET", f"/webhooks/{webhook.id}/deliveries")

    assert answer.status_code == 404
