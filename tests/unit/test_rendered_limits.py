"""The rendered template against the quotas of CloudFormation and of what it creates.

Each limit is AWS's own and no account can raise it, unless its line says "default".
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from larder.domain.batch_plan import MAX_CHUNK_BYTES, MAX_CHUNK_LINES, SHARD_CHUNKS
from larder_jsonl.validator import MAX_REQUESTS
from larder_operator.doctor.preflight import LONGEST_STACK_NAME
from tests.support.rendered import Stack, translated
from tests.support.template import ROOT

LONGEST = Stack(
    "x" * LONGEST_STACK_NAME, AlarmTopicArn="arn:" + "x" * 256, AlarmEmail="me@example.com"
)
KIB = 1024

# https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html has a page for each.
NAMES = [
    ("AWS::ApiGateway::RestApi", "Name", 1024),
    ("AWS::CloudWatch::Alarm", "AlarmDescription", 1024),
    ("AWS::CloudWatch::Dashboard", "DashboardName", 255),
    ("AWS::Lambda::Function", "Description", 256),
    ("AWS::Lambda::Function", "FunctionName", 64),
    ("AWS::Lambda::Version", "Description", 256),
    ("AWS::Logs::LogGroup", "LogGroupName", 512),
    ("AWS::StepFunctions::StateMachine", "StateMachineName", 80),
]


def compact(document: Any) -> int:
    """The length that IAM counts: it leaves white space out."""
    return len(json.dumps(document, separators=(",", ":")))


@pytest.mark.parametrize(("kind", "name", "limit"), NAMES)
def test_no_name_is_too_long_with_the_longest_stack_name(kind: str, name: str, limit: int) -> None:
    lengths = [len(each[name]) for each in LONGEST.of_type(kind).values() if name in each]

    assert lengths
    assert max(lengths) <= limit


def test_a_longer_stack_name_would_be_too_long() -> None:
    """So that the preflight refuses no name that fits."""
    longer = Stack("x" * (LONGEST_STACK_NAME + 1)).of_type("AWS::Lambda::Function").values()

    assert max(len(each["FunctionName"]) for each in longer) == 65


def test_resources_and_template_fit_into_one_stack() -> None:
    assert len(translated()["Resources"]) < 500
    assert len(json.dumps(translated())) < 1_000_000
    assert len(translated()["Parameters"]) <= 200
    assert len(translated()["Outputs"]) <= 200


@pytest.mark.parametrize("role", LONGEST.of_type("AWS::IAM::Role").items(), ids=lambda it: it[0])
def test_a_roles_policies_fit(role: tuple[str, dict[str, Any]]) -> None:
    _, properties = role

    inline = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    assert sum(map(compact, inline)) <= 10_240
    assert compact(properties["AssumeRolePolicyDocument"]) <= 2_048  # default
    assert len(properties.get("ManagedPolicyArns", [])) <= 10  # default


@pytest.mark.parametrize("kind", ["AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"])
def test_policies_of_resources_fit(kind: str) -> None:
    for policy in LONGEST.of_type(kind).values():
        assert compact(policy["PolicyDocument"]) <= 20 * KIB


def test_who_may_call_a_function_fits_into_its_policy() -> None:
    """Each permission is a statement of about 400 bytes, on its alias."""
    permissions: dict[str, list[Any]] = {}
    for each in LONGEST.of_type("AWS::Lambda::Permission").values():
        permissions.setdefault(each["FunctionName"], []).append(each)

    assert permissions
    for statements in permissions.values():
        assert sum(400 + compact(each) for each in statements) <= 20 * KIB


def test_routes_and_authorizers_fit_into_one_api() -> None:
    [api] = LONGEST.of_type("AWS::ApiGateway::RestApi").values()
    paths = api["Body"]["paths"]

    nodes = {path[: slash.start()] for path in paths for slash in re.finditer(r"/|$", path)}
    assert len(paths) > 20
    assert len(nodes) <= 300  # default
    assert len(api["Body"]["components"]["securitySchemes"]) <= 10  # default
    assert compact(api["Body"]) <= 6 * KIB * KIB


def test_functions_environments_fit() -> None:
    functions = LONGEST.of_type("AWS::Lambda::Function").values()

    for function in functions:
        variables = function["Environment"]["Variables"]
        assert sum(len(name) + len(str(it)) for name, it in variables.items()) <= 4 * KIB
        assert len(function["Layers"]) <= 5
        assert function["Timeout"] <= 900
        assert 128 <= int(function["MemorySize"]) <= 10_240


def test_an_alarm_watches_as_many_metrics_as_it_may() -> None:
    alarms = LONGEST.of_type("AWS::CloudWatch::Alarm").values()

    assert alarms
    for alarm in alarms:
        metrics = alarm.get("Metrics", [])
        assert sum("MetricStat" in each for each in metrics) <= 10
        assert len(alarm["AlarmActions"]) <= 5
        if metrics:
            assert [each.get("ReturnData", True) for each in metrics].count(True) == 1


def test_the_dashboard_is_json_and_its_widgets_have_a_place() -> None:
    [dashboard] = LONGEST.of_type("AWS::CloudWatch::Dashboard").values()

    widgets = json.loads(dashboard["DashboardBody"])["widgets"]

    assert 0 < len(widgets) <= 500
    for widget in widgets:
        assert widget["x"] + widget["width"] <= 24
        assert len(widget["properties"]["metrics"]) <= 500
        assert "${" not in json.dumps(widget)


def test_the_state_machine_fits_and_passes_on_little() -> None:
    [machine] = LONGEST.of_type("AWS::StepFunctions::StateMachine").values()
    text = (ROOT / "statemachines/batches.asl.json").read_text()

    for name, value in machine["DefinitionSubstitutions"].items():
        text = text.replace("${" + name + "}", value)
    definition = json.loads(text)
    shards = (MAX_REQUESTS // MAX_CHUNK_LINES + 2 * 2**30 // MAX_CHUNK_BYTES) // SHARD_CHUNKS + 1

    assert len(text) <= 1024 * KIB
    # What the shards return is the output of the map, before ResultPath drops it.
    ended = definition["States"]["Run"]["ItemProcessor"]["States"]["ShardEnded"]
    assert shards * (compact(ended["Result"]) + 1) <= 256 * KIB
    assert definition["States"]["Run"]["MaxConcurrency"] <= 10_000
