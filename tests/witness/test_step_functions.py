"""statemachines/batches.asl.json on LocalStack's Step Functions, with workers that only answer.

`workers.json` has their answers. LocalStack is no witness of `ToleratedFailurePercentage`: an
execution with a failed child succeeds there, whatever it says.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from larder.adapters.step_functions import StepFunctionsExecutions
from larder.domain.ids import BatchId
from tests.samples import TENANT
from tests.support.template import ROOT
from tests.witness.definition import definition

if TYPE_CHECKING:
    from tests.witness.conftest import NewClient

SHARDS = [{"shard": 0}, {"shard": 1}]
BATCH = BatchId("batch_01977420dc00ee53e923764e")
SECONDS = 40


@pytest.fixture(scope="module")
def machine(client: NewClient) -> str:
    """The state machine, which retries at once."""
    s3 = client("s3")
    s3.create_bucket(Bucket="batches")
    s3.put_object(Bucket="batches", Key="shards.json", Body=json.dumps(SHARDS))
    return create(client, "Batches", definition())


def create(client: NewClient, name: str, text: str) -> str:
    """Create a state machine, and return its ARN."""
    values = {
        "Partition": "aws",
        "MaxConcurrency": "2",
        **{
            f"{each}Function": f"arn:aws:lambda:us-east-1:000000000000:function:{each}"
            for each in ("Plan", "RunShard", "Finish")
        },
    }
    for placeholder, value in values.items():
        text = text.replace("${" + placeholder + "}", value)
    text = text.replace('"IntervalSeconds": 2', '"IntervalSeconds": 1')
    role = client("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": []})
    )["Role"]["Arn"]
    made = client("stepfunctions").create_state_machine(name=name, definition=text, roleArn=role)
    arn: str = made["stateMachineArn"]
    return arn


def run(client: NewClient, machine: str, case: str) -> tuple[dict[str, Any], list[str]]:
    """Return the execution that ended, and the states that it entered."""
    stepfunctions = client("stepfunctions")
    started = stepfunctions.start_execution(
        stateMachineArn=f"{machine}#{case}",
        name=f"{BATCH}-{case}",
        input=json.dumps(
            {"tenant": TENANT, "batch": BATCH, "bucket": "batches", "shards": "shards.json"}
        ),
    )["executionArn"]
    deadline = time.monotonic() + SECONDS
    while True:
        execution = stepfunctions.describe_execution(executionArn=started)
        if execution["status"] != "RUNNING":
            break
        assert time.monotonic() < deadline, execution
        time.sleep(0.2)
    events = stepfunctions.get_execution_history(executionArn=started, maxResults=1000)["events"]
    entered = [
        each["stateEnteredEventDetails"]["name"]
        for each in events
        if "stateEnteredEventDetails" in each
    ]
    return execution, entered


@pytest.mark.parametrize(
    ("case", "states"),
    [
        ("runs", ["Plan", "Planned", "Run", "Finish", "Finished", "Ended"]),
        (
            "waits",
            ["Plan", "Planned", "WaitForInput", "Plan", "Planned", "Finish", "Finished", "Ended"],
        ),
        ("fails", ["Plan", "Planned", "Finish", "Finished", "Finish", "Finished", "Ended"]),
        ("ended", ["Plan", "Planned", "Ended"]),
    ],
)
def test_the_machine_goes_where_its_workers_send_it(
    client: NewClient, machine: str, case: str, states: list[str]
) -> None:
    execution, entered = run(client, machine, case)

    assert execution["status"] == "SUCCEEDED", execution
    assert entered == states
    # Nothing but the step is added to what every state is given.
    assert json.loads(execution["output"]).keys() == {
        "tenant", "batch", "bucket", "shards", "step"
    }  # fmt: skip


def test_the_map_runs_a_child_for_each_shard_of_the_list(client: NewClient, machine: str) -> None:
    stepfunctions = client("stepfunctions")
    runs = [
        each
        for execution in stepfunctions.list_executions(stateMachineArn=machine)["executions"]
        for each in stepfunctions.list_map_runs(executionArn=execution["executionArn"])["mapRuns"]
    ]

    [found] = runs
    counts = stepfunctions.describe_map_run(mapRunArn=found["mapRunArn"])
    assert counts["itemCounts"]["total"] == len(SHARDS)
    assert counts["itemCounts"]["succeeded"] == len(SHARDS)
    assert counts["maxConcurrency"] == 2


@pytest.mark.usefixtures("machine")
def test_one_state_decides_that_workers_are_fargate_tasks(client: NewClient) -> None:
    """The state is the one that docs/scale.md shows."""
    _, _, page = (ROOT / "docs/scale.md").read_text().partition("```json\n")
    swapped = json.loads(definition().replace("${MaxConcurrency}", "2"))
    shard = swapped["States"]["Run"]["ItemProcessor"]["States"]
    shard["RunShard"] = json.loads(page.partition("```")[0])
    tasks = create(client, "Tasks", json.dumps(swapped))

    execution, entered = run(client, tasks, "runs")

    assert execution["status"] == "SUCCEEDED", execution
    assert entered == ["Plan", "Planned", "Run", "Finish", "Finished", "Ended"]
    [step] = [json.loads(execution["output"])["step"]]
    assert step == {"next": "stop"}


def test_larders_adapter_starts_an_execution_once(client: NewClient, machine: str) -> None:
    ended = StepFunctionsExecutions(client("stepfunctions"), f"{machine}#ended", "batches")
    executions = StepFunctionsExecutions(client("stepfunctions"), machine, "batches")

    ended.start(TENANT, BATCH, 7)
    ended.start(TENANT, BATCH, 7)

    found = client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    assert [each["name"] for each in found].count(f"{BATCH}-7") == 1
    assert not executions.running(BATCH, 8)
