"""The state machine that runs batches, where the emulator enforces nothing."""

from __future__ import annotations

import json
import re
from typing import Any

from larder.domain.batch_plan import MAX_CHUNK_LINES, plan_chunks
from larder.domain.ids import new_batch_id, new_tenant_id
from tests.support.template import FUNCTIONS, RESOURCES, ROOT

MACHINE = RESOURCES["BatchesMachine"]["Properties"]
DEFINITION = (ROOT / "statemachines/batches.asl.json").read_text()
# A number has no quotation marks around it, so that the file is JSON once it is filled in.
STATES = json.loads(DEFINITION.replace("${MaxConcurrency}", "10"))["States"]
STEPS = [("next.$", "seconds.$"), ("more.$", "seconds.$")]
WORKERS = ["BatchPlan", "BatchRunShard", "BatchFinish"]


def states(machine: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = dict(machine)
    for state in machine.values():
        found |= states(state.get("ItemProcessor", {}).get("States", {}))
    return found


def test_the_machine_may_do_what_its_states_do_and_nothing_else() -> None:
    allowed = {
        action: statement["Resource"]
        for policy in MACHINE["Policies"]
        for statement in policy["Statement"]
        for action in (
            [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        )
    }
    machine = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}"

    assert allowed == {
        "lambda:InvokeFunction": [{"Ref": f"{worker}.Alias"} for worker in WORKERS],
        "s3:GetObject": {"Fn::Sub": "${FilesBucket.Arn}/batches/*/shards.json"},
        "states:StartExecution": {"Fn::Sub": f"{machine}:stateMachine:${{AWS::StackName}}-batches"},
        "states:DescribeExecution": {
            "Fn::Sub": f"{machine}:execution:${{AWS::StackName}}-batches/*"
        },
        "states:StopExecution": {"Fn::Sub": f"{machine}:execution:${{AWS::StackName}}-batches/*"},
    }


def test_every_placeholder_of_the_definition_is_filled_in() -> None:
    assert set(re.findall(r"\$\{(\w+)\}", DEFINITION)) == set(MACHINE["DefinitionSubstitutions"])


def test_every_task_is_tried_again_whatever_its_error_is_called() -> None:
    """The emulator and AWS name the errors of a function differently."""
    tasks = [state for state in states(STATES).values() if state["Type"] == "Task"]

    assert len(tasks) == 3
    for task in tasks:
        [retry] = task["Retry"]
        assert retry["ErrorEquals"] == ["States.ALL"]
        assert retry["MaxAttempts"] >= 5


def test_the_map_goes_on_when_a_shard_fails_and_passes_on_no_output() -> None:
    run = STATES["Run"]

    assert run["MaxConcurrency"] == 10
    assert run["ToleratedFailurePercentage"] == 100
    assert run["ResultPath"] is None
    assert run["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Finish"}]
    assert run["ItemProcessor"]["ProcessorConfig"] == {
        "Mode": "DISTRIBUTED",
        "ExecutionType": "STANDARD",
    }
    assert run["ItemProcessor"]["States"]["ShardEnded"]["Result"] == {}


def test_a_worker_has_the_longest_time_that_lambda_gives() -> None:
    assert FUNCTIONS["BatchRunShard"]["Timeout"] == FUNCTIONS["BatchFinish"]["Timeout"] == 900


def test_a_worker_joins_a_private_network_where_it_is_given_one() -> None:
    assert FUNCTIONS["BatchRunShard"]["VpcConfig"] == {
        "Fn::If": [
            "HasWorkerNetwork",
            {
                "SubnetIds": {"Ref": "BatchWorkerSubnetIds"},
                "SecurityGroupIds": {"Ref": "BatchWorkerSecurityGroupIds"},
            },
            {"Ref": "AWS::NoValue"},
        ]
    }
    assert [name for name, function in FUNCTIONS.items() if "VpcConfig" in function] == [
        "BatchRunShard"
    ]


def test_a_worker_alone_gets_the_policy_for_signed_upstreams() -> None:
    policy = {
        "Fn::If": ["HasWorkerPolicy", {"Ref": "BatchWorkerPolicyArn"}, {"Ref": "AWS::NoValue"}]
    }

    assert FUNCTIONS["BatchRunShard"]["Policies"][0] == policy
    assert [
        name for name, function in FUNCTIONS.items() if policy in function.get("Policies", [])
    ] == ["BatchRunShard"]


def test_concurrency_and_memory_are_parameters() -> None:
    assert MACHINE["DefinitionSubstitutions"]["MaxConcurrency"] == {"Ref": "BatchConcurrency"}
    assert FUNCTIONS["BatchRunShard"]["MemorySize"] == {"Ref": "BatchWorkerMemory"}
    assert "MaxConcurrency" in STATES["Run"]
    assert "MaxConcurrencyPath" not in STATES["Run"]


def test_the_state_of_an_execution_stays_small_whatever_its_batch_has() -> None:
    """AWS fails an execution above 256 KiB (States.DataLimitExceeded); the emulator does not.

    Only names and a step's answer are passed on: the list of shards is read from S3, and no child
    passes on anything.
    """
    every = states(STATES)
    started = len(
        json.dumps(
            {
                "tenant": new_tenant_id(0),
                "batch": new_batch_id(0),
                "bucket": "b" * 63,
                "shards": "k" * 128,
            }
        )
    )
    kept = {
        name: state["ResultSelector"]
        for name, state in every.items()
        if state["Type"] in {"Task", "Map"} and state["ResultPath"] is not None
    }

    assert {tuple(selected) for selected in kept.values()} <= {("next.$",), *STEPS}
    assert started + sum(len(json.dumps(selected)) + 20 for selected in kept.values()) < 1_024
    assert every["ShardEnded"]["Result"] == {}
    assert "ResultWriter" not in STATES["Run"]
    assert STATES["Run"]["ItemSelector"] == {
        "tenant.$": "$.tenant",
        "batch.$": "$.batch",
        "shard.$": "$$.Map.Item.Value.shard",
    }


def test_the_list_of_shards_of_the_largest_batch_is_small() -> None:
    lines = MAX_CHUNK_LINES * [b"{}\n"]
    plan = plan_chunks(b"".join(lines) for _ in range(50_000 // MAX_CHUNK_LINES))

    shards = json.dumps([{"shard": shard} for shard in plan.shards()])

    assert plan.total == 50_000
    assert len(plan.shards()) <= 10_000, "a Map Run has at most 10,000 children"
    assert len(shards) <= 32 * 1_024
