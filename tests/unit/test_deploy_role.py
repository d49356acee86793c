"""docs/deploy-role.yaml: what CloudFormation needs for the template's resources, and no data.

What a resource type needs is what its handlers list in CloudFormation's registry, which cfn-lint
carries: https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest
import yaml

from tests.support.rendered import Stack
from tests.support.template import ROOT

ROLE = ROOT / "docs/deploy-role.yaml"
TYPES = ROOT / ".tools/sam/lib/python3.13/site-packages/cfnlint/data/schemas/resources"

STACK = Stack("larder", AlarmEmail="me@example.com")
KINDS = sorted({each["Type"] for each in STACK.resources.values()})

# What a type can do and the template does not, by the beginning of the action.
UNUSED = (
    *("codedeploy:", "ec2:", "elasticfilesystem:", "firehose:", "kinesis:", "kms:", "s3files:"),
    *("s3tables:", "s3:REST.", "iam:CreateServiceLinkedRole", "iam:PutRolePermissionsBoundary"),
    # Of objects, and of replicas and table buckets.
    *("s3:DeleteObject", "s3:PutObject", "s3:GetObjectMetadata", "s3:PutReplication"),
    *("s3:CreateBucketMetadata", "s3:DeleteBucketMetadata", "s3:UpdateBucketMetadata"),
    # Removes a setting that the template always has.
    *("s3:DeleteBucketAnalytics", "s3:DeleteBucketCors", "s3:DeleteBucketEncryption"),
    *("s3:DeleteBucketLifecycle", "s3:DeleteBucketMetrics", "s3:DeleteBucketReplication"),
    "s3:DeleteBucketWebsite",
    # Imports, exports, replicas, streams to Kinesis, and the items that global tables copy.
    *("dynamodb:AssociateTableReplica", "dynamodb:CreateTableReplica", "dynamodb:ImportTable"),
    *("dynamodb:EnableKinesis", "dynamodb:DisableKinesis", "dynamodb:UpdateKinesis"),
    *("dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"),
    *("dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem"),
    *("dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy"),
    # Features of functions, logs, topics and secrets.
    *("lambda:AssociateRuntimeAlias", "lambda:PassCapacityProvider", "apigateway:UpdateRestApi"),
    *("logs:AssociateKmsKey", "logs:DisassociateKmsKey", "logs:CreateLogDelivery"),
    *("logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams", "logs:PutBearer"),
    *("logs:DeleteDataProtection", "logs:DeleteIndexPolicy", "logs:DeleteResourcePolicy"),
    *("logs:DescribeIndexPolicies", "logs:DescribeResourcePolicies", "logs:GetDataProtection"),
    *("logs:PutDataProtection", "logs:PutIndexPolicy", "logs:PutLogGroupDeletionProtection"),
    *("logs:PutResourcePolicy", "sns:PutDataProtectionPolicy"),
    *("secretsmanager:ReplicateSecret", "secretsmanager:RemoveRegions"),
    # Only read to change a secret, which nothing does: nobody who deploys needs the pepper.
    "secretsmanager:GetSecretValue",
)

# What the stack's data can be read, changed or lost with.
DATA = (
    *("dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:PutItem"),
    *("dynamodb:DeleteItem", "dynamodb:UpdateItem", "dynamodb:PartiQLSelect"),
    *("secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"),
    *("sqs:ReceiveMessage", "sqs:SendMessage", "lambda:InvokeFunction", "states:StartExecution"),
)


class Loader(yaml.SafeLoader):
    """Reads `!Sub text` as the text."""


Loader.add_multi_constructor("!", lambda loader, _, node: loader.construct_scalar(node))


@cache
def statements() -> list[dict[str, Any]]:
    template = yaml.load(ROLE.read_text(), Loader)  # noqa: S506 - a SafeLoader
    policies = template["Resources"]["Deployer"]["Properties"]["Policies"]
    return [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]


def listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def allowed(action: str, resource: str = "") -> bool:
    """Return whether the role may do it, to a resource whose ARN ends so."""
    return any(
        any(fnmatchcase(action, pattern) for pattern in listed(each["Action"]))
        and (not resource or any(fits(it, resource) for it in listed(each["Resource"])))
        for each in statements()
        if each["Effect"] == "Allow"
    )


def fits(pattern: str, resource: str) -> bool:
    name = pattern.replace("${StackName}", "larder").rsplit("}:", 1)[-1]
    return pattern == "*" or fnmatchcase(resource, name.removeprefix("arn:aws:s3:::"))


@cache
def needs() -> dict[str, set[str]]:
    """Return which actions CloudFormation takes to create, read, change and delete each type."""
    found: dict[str, set[str]] = {}
    for path in TYPES.glob("*.json"):
        schema = json.loads(path.read_text())
        if schema["typeName"] in KINDS:
            found.setdefault(schema["typeName"], set()).update(
                action
                for name, handler in schema.get("handlers", {}).items()
                if name != "list"
                for action in handler.get("permissions", [])
            )
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_it_may_do_what_each_type_of_resource_needs(kind: str) -> None:
    needed = needs()[kind]
    assert needed

    assert not {
        action for action in needed if not action.startswith(UNUSED) and not allowed(action)
    }


@pytest.mark.parametrize("action", UNUSED)
def test_an_exception_is_needed_by_a_type_and_not_allowed(action: str) -> None:
    found = {each for needed in needs().values() for each in needed if each.startswith(action)}

    assert found, "no type needs it any more"
    # What SAM uploads is another bucket's.
    own = {each for each in found if allowed(each, "larder-filesbucket-1a2b")}
    assert not own


@pytest.mark.parametrize("action", DATA)
def test_it_reads_and_changes_no_data(action: str) -> None:
    assert not allowed(action)


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
def test_it_reads_and_changes_no_file(action: str) -> None:
    assert not allowed(action, "larder-filesbucket-1a2b")


@pytest.mark.parametrize(
    ("kind", "action", "before"),
    [
        ("AWS::CloudWatch::Alarm", "cloudwatch:PutMetricAlarm", "alarm:"),
        ("AWS::CloudWatch::Dashboard", "cloudwatch:PutDashboard", "dashboard/"),
        ("AWS::DynamoDB::Table", "dynamodb:CreateTable", "table/"),
        ("AWS::IAM::Role", "iam:CreateRole", "role/"),
        ("AWS::Lambda::Function", "lambda:CreateFunction", "function:"),
        ("AWS::SNS::Topic", "sns:CreateTopic", ""),
        ("AWS::SQS::Queue", "sqs:CreateQueue", ""),
        ("AWS::StepFunctions::StateMachine", "states:CreateStateMachine", "stateMachine:"),
    ],
)
def test_its_resources_have_the_names_that_cloudformation_gives(
    kind: str, action: str, before: str
) -> None:
    names = [STACK.name_of(name) for name, it in STACK.resources.items() if it["Type"] == kind]

    assert names
    for name in names:
        assert allowed(action, before + name), name
        assert not allowed(action, before + name.replace("larder", "another"))


def test_it_cannot_change_itself() -> None:
    denied = [each for each in statements() if each["Effect"] == "Deny"]

    [own] = denied
    assert own["Action"] == "iam:*"
    assert own["Resource"].endswith(":role/${StackName}-deployer")


def test_its_policies_fit_into_a_role() -> None:
    # With the names of a long partition and region filled in.
    text = json.dumps(statements(), separators=(",", ":"))
    for name, value in {
        "${AWS::Partition}": "aws-us-gov",
        "${AWS::Region}": "ap-southeast-1",
        "${AWS::AccountId}": "1" * 12,
        "${StackName}": "x" * 40,
    }.items():
        text = text.replace(name, value)
    assert len(text) <= 10_240
