"""The state machine that runs batches, where the emulator enforces nothing."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.support.template import FUNCTIONS, RESOURCES, ROOT

MACHINE = RESOURCES["BatchesMachine"]["Properties"]
DEFINITION = (ROOT / "statemachines/batches.asl.json").read_text()
# A number has no quotation marks around it, so that the file is JSON once it is filled in.
STATES = json.loads(DEFINITION.replace("${MaxConcurrency}", "10"))["States"]
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
