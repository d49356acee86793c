"""The rendered template on LocalStack's CloudFormation, but for what LocalStack cannot create.

Of functions and tables it creates none: it would have to download their runtimes. What refers to
them is given names like theirs.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.rendered import Stack, translated
from tests.witness.definition import PATH, definition

if TYPE_CHECKING:
    from tests.witness.conftest import NewClient

LEFT_OUT = {
    "AWS::DynamoDB::Table": "needs DynamoDB Local, which is downloaded",
    "AWS::Lambda::Function": "needs a runtime, which is downloaded",
    "AWS::Lambda::LayerVersion": "belongs to the functions",
    "AWS::Lambda::Version": "belongs to the functions",
    "AWS::Lambda::Alias": "belongs to the functions",
    "AWS::Lambda::Permission": "belongs to the functions",
    "AWS::Lambda::EventSourceMapping": "belongs to the functions",
}
STACK = "larder-witness"
SECONDS = 90


def without_what_localstack_lacks() -> dict[str, Any]:
    template = deepcopy(translated())
    gone = {name for name, each in template["Resources"].items() if each["Type"] in LEFT_OUT}
    kept = {name: each for name, each in template["Resources"].items() if name not in gone}
    for each in kept.values():
        depends = each.pop("DependsOn", [])
        depends = [depends] if isinstance(depends, str) else depends
        each["DependsOn"] = [name for name in depends if name not in gone]
    # LocalStack puts only text into a definition. CloudFormation makes text of every parameter.
    template["Parameters"]["BatchConcurrency"] = {"Type": "String", "Default": "10"}
    # What depends on a parameter that is empty by default is created too.
    template["Parameters"]["AlarmEmail"]["Default"] = "operator@example.com"
    template["Resources"] = _standing_in(kept, gone)
    template["Outputs"] = _standing_in(template["Outputs"], gone)
    return template


def _arn(name: str) -> str:
    return f"arn:aws:lambda:us-east-1:000000000000:function:{name}"


def _standing_in(value: Any, gone: set[str]) -> Any:
    match value:
        case {"Ref": str(name)} if name in gone:
            return _arn(name) if "Alias" in name else name
        case {"Fn::GetAtt": [str(name), *_]} if name in gone:
            return _arn(name)
        case {"Fn::Sub": str(text)}:
            for name in gone:
                text = text.replace("${" + name + "}", name).replace(
                    "${" + name + ".Arn}", _arn(name)
                )
            return {"Fn::Sub": text}
        case dict():
            return {key: _standing_in(each, gone) for key, each in value.items()}
        case list():
            return [_standing_in(each, gone) for each in value]
    return value


@pytest.fixture(scope="module")
def resources(client: NewClient) -> list[dict[str, Any]]:
    s3, cloudformation = client("s3"), client("cloudformation")
    s3.create_bucket(Bucket="artifacts")
    s3.put_object(Bucket="artifacts", Key=PATH, Body=definition())
    body = json.dumps(without_what_localstack_lacks())
    s3.put_object(Bucket="artifacts", Key="template.json", Body=body)
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=f"{s3.meta.endpoint_url}/artifacts/template.json",
        Capabilities=["CAPABILITY_IAM"],
    )
    deadline = time.monotonic() + SECONDS
    while True:
        status = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        if not status.endswith("_IN_PROGRESS"):
            break
        assert time.monotonic() < deadline
        time.sleep(0.3)
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    found = [each for page in pages for each in page["StackResourceSummaries"]]
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    reasons = [each.get("ResourceStatusReason") for each in events]
    assert status == "CREATE_COMPLETE", [reason for reason in reasons if reason]
    return found


def test_everything_is_created_that_localstack_can_create(resources: list[dict[str, Any]]) -> None:
    wanted = Counter(
        each["Type"] for each in translated()["Resources"].values() if each["Type"] not in LEFT_OUT
    )

    assert Counter(each["ResourceType"] for each in resources) == wanted


def test_alarms_are_created_with_their_metrics(
    client: NewClient, resources: list[dict[str, Any]]
) -> None:
    alarms = client("cloudwatch").describe_alarms()["MetricAlarms"]

    wanted = Counter(each["ResourceType"] for each in resources)["AWS::CloudWatch::Alarm"]
    assert len(alarms) == wanted > 10
    assert all(each["AlarmDescription"].startswith("Larder: ") for each in alarms)
    by_math = [each["Metrics"] for each in alarms if each.get("Metrics")]
    assert len(by_math) == 2
    assert all(any("Expression" in metric for metric in metrics) for metrics in by_math)


def test_cloudwatch_takes_the_dashboard(client: NewClient) -> None:
    """LocalStack's CloudFormation says that it created one, and creates none."""
    [dashboard] = Stack().of_type("AWS::CloudWatch::Dashboard").values()
    cloudwatch = client("cloudwatch")

    answer = cloudwatch.put_dashboard(**dashboard)

    kept = cloudwatch.get_dashboard(DashboardName=dashboard["DashboardName"])
    assert not answer.get("DashboardValidationMessages")
    assert json.loads(kept["DashboardBody"]) == json.loads(dashboard["DashboardBody"])


def test_the_api_has_its_routes_and_authorizers(
    client: NewClient, resources: list[dict[str, Any]]
) -> None:
    [api] = [each for each in resources if each["ResourceType"] == "AWS::ApiGateway::RestApi"]
    gateway = client("apigateway")

    pages = gateway.get_paginator("get_resources").paginate(restApiId=api["PhysicalResourceId"])
    found = {
        (path["path"], method)
        for page in pages
        for path in page["items"]
        for method in path.get("resourceMethods", {})
    }
    authorizers = gateway.get_authorizers(restApiId=api["PhysicalResourceId"])["items"]

    paths = translated()["Resources"]["Api"]["Properties"]["Body"]["paths"]
    expected = {(path, method.upper()) for path, methods in paths.items() for method in methods}
    assert found == expected
    # By either header, and by both for requests that match no route.
    assert len(authorizers) == 3
    assert gateway.get_stage(restApiId=api["PhysicalResourceId"], stageName="prod")


def test_the_state_machines_role_is_what_it_assumes(
    client: NewClient, resources: list[dict[str, Any]]
) -> None:
    by_name = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    machine = client("stepfunctions").describe_state_machine(
        stateMachineArn=by_name["BatchesMachine"]
    )

    role = client("iam").get_role(RoleName=by_name["BatchesMachineRole"])["Role"]
    assert machine["roleArn"] == role["Arn"]
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": ["states.amazonaws.com"]}
    assert json.loads(machine["definition"])["States"]["Run"]["MaxConcurrency"] == 10
