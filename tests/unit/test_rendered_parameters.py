"""What each parameter of the template changes in the stack: a parameter without effect fails."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support.rendered import RANDOM, Stack, translated

ANY = object()
"""A value that changes; the tests of versions say how."""

VERSION = ("AWS::Lambda::Version", "Description")

type Effect = dict[tuple[str, str], Any]
"""What a property of a type is with the other value, wherever it changes."""


def variable(name: str) -> tuple[str, str]:
    return "AWS::Lambda::Function", f"Environment.Variables.{name}"


def setting(kind: str, path: str) -> tuple[str, str]:
    return f"AWS::{kind}", path


CHAT_INTEGRATION = "Body.paths./v1/chat.post.x-amazon-apigateway-integration"
ASK_BEDROCK = "Policies.1.PolicyDocument.Statement.0"

TABLE: dict[str, tuple[str, Effect]] = {
    "Architecture": (
        "x86_64",
        {setting("Lambda::Function", "Architectures.0"): "x86_64", VERSION: ANY},
    ),
    "DefaultFilesLimit": (
        "201",
        {
            variable("DEFAULT_FILES_LIMIT"): "201",
            setting("Output", "DefaultFilesLimit"): "201",
            VERSION: ANY,
        },
    ),
    "DefaultBytesLimit": (
        "1",
        {
            variable("DEFAULT_BYTES_LIMIT"): "1",
            setting("Output", "DefaultBytesLimit"): "1",
            VERSION: ANY,
        },
    ),
    "PartThreshold": ("5242880", {variable("PART_THRESHOLD"): "5242880", VERSION: ANY}),
    "StandardArtifactDays": (
        "30",
        {variable("STANDARD_ARTIFACT_DAYS"): "30", VERSION: ANY},
    ),
    "ExtendedArtifactDays": (
        "90",
        {variable("EXTENDED_ARTIFACT_DAYS"): "90", VERSION: ANY},
    ),
    "ChatModel": ("gpt-5", {variable("CHAT_MODEL"): "gpt-5", VERSION: ANY}),
    "ChatBedrockModels": (
        "amazon.nova-*",
        {
            variable("CHAT_BEDROCK_MODELS"): "amazon.nova-*",
            **{
                setting("IAM::Role", f"Policies.1.{path}"): ANY
                for path in (
                    "PolicyName",
                    "PolicyDocument.Version",
                    *(f"PolicyDocument.Statement.0.{each}" for each in ("Sid", "Effect")),
                    "PolicyDocument.Statement.0.Action.0",
                )
            },
            setting("IAM::Role", f"{ASK_BEDROCK}.Resource.0"): (
                "arn:aws-us-gov:bedrock:*::foundation-model/amazon.nova-*"
            ),
            setting("IAM::Role", f"{ASK_BEDROCK}.Resource.1"): (
                "arn:aws-us-gov:bedrock:ap-southeast-1:123456789012:"
                "inference-profile/*.amazon.nova-*"
            ),
            VERSION: ANY,
        },
    ),
    "StreamChat": (
        "true",
        {
            setting("Lambda::Function", "Handler"): "stream.lambda_handler",
            setting("ApiGateway::RestApi", f"{CHAT_INTEGRATION}.uri"): (
                "arn:aws-us-gov:apigateway:ap-southeast-1:lambda:path/2021-11-15/functions/"
                f"larder-ChatAliaslive-{RANDOM}/response-streaming-invocations"
            ),
            setting("ApiGateway::RestApi", f"{CHAT_INTEGRATION}.responseTransferMode"): "STREAM",
            VERSION: ANY,
        },
    ),
    "McpResourceMetadata": (
        "https://files.example/.well-known/oauth-protected-resource/mcp",
        {
            setting(
                "ApiGateway::RestApi",
                f"Body.x-amazon-apigateway-gateway-responses.{kind}"
                ".responseParameters.gatewayresponse.header.WWW-Authenticate",
            ): (
                "'Bearer resource_metadata="
                '"https://files.example/.well-known/oauth-protected-resource/mcp"\''
            )
            for kind in ("UNAUTHORIZED", "ACCESS_DENIED")
        },
    ),
    "LogLevel": (
        "WARNING",
        {
            setting("Lambda::Function", "LoggingConfig.ApplicationLogLevel"): "WARN",
            variable("POWERTOOLS_LOG_LEVEL"): "WARNING",
            VERSION: ANY,
        },
    ),
    "SnapStart": (
        "PublishedVersions",
        {setting("Lambda::Function", "SnapStart.ApplyOn"): "PublishedVersions", VERSION: ANY},
    ),
    "LogRetentionDays": ("7", {setting("Logs::LogGroup", "RetentionInDays"): "7"}),
    "KeepDeletedDays": (
        "14",
        {
            setting("S3::Bucket", "VersioningConfiguration.Status"): "Enabled",
            setting(
                "S3::Bucket",
                "LifecycleConfiguration.Rules.1.NoncurrentVersionExpiration.NoncurrentDays",
            ): "14",
        },
    ),
    "CorsOrigin": (
        "https://files.example",
        {
            setting("S3::Bucket", "CorsConfiguration.CorsRules.0.AllowedOrigins.0"): (
                "https://files.example"
            )
        },
    ),
    "SweepRate": ("rate(1 hour)", {setting("Events::Rule", "ScheduleExpression"): "rate(1 hour)"}),
    "MaxValidationConcurrency": (
        "3",
        {setting("Lambda::EventSourceMapping", "ScalingConfig.MaximumConcurrency"): "3"},
    ),
    "BatchConcurrency": (
        "3",
        {setting("StepFunctions::StateMachine", "DefinitionSubstitutions.MaxConcurrency"): "3"},
    ),
    "BatchWorkerMemory": (
        "2048",
        {setting("Lambda::Function", "MemorySize"): "2048", VERSION: ANY},
    ),
    "BatchWorkerSubnetIds": (
        "subnet-1",
        {setting("Lambda::Function", "VpcConfig.SubnetIds"): "subnet-1"},
    ),
    "BatchWorkerSecurityGroupIds": (
        "sg-1",
        {setting("Lambda::Function", "VpcConfig.SecurityGroupIds"): "sg-1"},
    ),
    "BatchWorkerPolicyArn": (
        "arn:aws:iam::123456789012:policy/models",
        {setting("IAM::Role", "ManagedPolicyArns.3"): ("arn:aws:iam::123456789012:policy/models")},
    ),
    "ReservedValidations": (
        "7",
        {setting("Lambda::Function", "ReservedConcurrentExecutions"): "7"},
    ),
    "ReservedCompletions": (
        "7",
        {setting("Lambda::Function", "ReservedConcurrentExecutions"): "7"},
    ),
    "BatchFileLimit": ("1048576", {variable("BATCH_FILE_LIMIT"): "1048576", VERSION: ANY}),
    "KeyRequestsPerSecond": ("5", {variable("KEY_REQUESTS_PER_SECOND"): "5", VERSION: ANY}),
    "TotalRequestsPerSecond": ("5", {variable("TOTAL_REQUESTS_PER_SECOND"): "5", VERSION: ANY}),
    "EventBus": (
        "larder",
        {
            variable("EVENT_BUS"): "larder",
            setting("IAM::Role", "Policies.0.PolicyDocument.Statement.2.Resource"): ANY,
            VERSION: ANY,
        },
    ),
    "WebhookConcurrency": (
        "3",
        {setting("Lambda::EventSourceMapping", "ScalingConfig.MaximumConcurrency"): "3"},
    ),
    "PrivateWebhooks": (
        "true",
        {
            variable("PRIVATE_WEBHOOKS"): "true",
            setting("Output", "PrivateWebhooks"): "true",
            VERSION: ANY,
        },
    ),
    "RequestsPerSecond": (
        "5",
        {setting("ApiGateway::Stage", "MethodSettings.0.ThrottlingRateLimit"): "5"},
    ),
    "RequestBurst": (
        "6",
        {setting("ApiGateway::Stage", "MethodSettings.0.ThrottlingBurstLimit"): "6"},
    ),
    "AlarmTopicArn": (
        "arn:aws:sns:us-east-1:123456789012:pager",
        {
            setting("CloudWatch::Alarm", f"{kind}Actions.0"): (
                "arn:aws:sns:us-east-1:123456789012:pager"
            )
            for kind in ("Alarm", "OK")
        },
    ),
    "AlarmEmail": (
        "me@example.com",
        {
            setting("SNS::Topic", "Subscription.0.Protocol"): "email",
            setting("SNS::Topic", "Subscription.0.Endpoint"): "me@example.com",
            **{
                setting("CloudWatch::Alarm", f"{kind}Actions.0"): f"larder-AlarmMails-{RANDOM}"
                for kind in ("Alarm", "OK")
            },
        },
    ),
}
CREATED_OR_NOT = {"Alarms": ("false", {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"})}


def changes(parameter: str, value: str) -> Effect:
    """Return what differs from a stack with the defaults, with its new values."""
    before, after = Stack(), Stack(**{parameter: value})
    old, new = before.leaves(), after.leaves()
    found: Effect = {}
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            resource, path = key
            kind = (before.resources | after.resources)[resource]["Type"]
            found[kind, path] = new.get(key)
    for name, output in after.outputs.items():
        if output != before.outputs[name]:
            found["AWS::Output", name] = output["Value"]
    return found


def test_every_parameter_has_its_row() -> None:
    assert TABLE.keys() | CREATED_OR_NOT.keys() == translated()["Parameters"].keys()


@pytest.mark.parametrize("parameter", TABLE)
def test_a_parameter_changes_what_its_row_says_and_nothing_else(parameter: str) -> None:
    value, expected = TABLE[parameter]
    assert value != str(translated()["Parameters"][parameter]["Default"])

    changed = changes(parameter, value)

    assert changed == {key: changed.get(key) if it is ANY else it for key, it in expected.items()}


@pytest.mark.parametrize("parameter", ["Architecture", "PartThreshold", "LogLevel"])
def test_a_parameter_of_all_functions_reaches_each_of_them(parameter: str) -> None:
    value, _ = TABLE[parameter]
    before, after = Stack(), Stack(**{parameter: value})

    functions = before.of_type("AWS::Lambda::Function")
    assert len(functions) > 30
    for name, function in after.of_type("AWS::Lambda::Function").items():
        assert function != functions[name]


@pytest.mark.parametrize("parameter", CREATED_OR_NOT)
def test_a_switch_leaves_out_resources_of_these_types_and_nothing_else(parameter: str) -> None:
    value, kinds = CREATED_OR_NOT[parameter]
    before, after = Stack(), Stack(**{parameter: value})

    gone = before.resources.keys() - after.resources.keys()

    assert {before.resources[name]["Type"] for name in gone} == kinds
    assert after.resources.items() <= before.resources.items()
    assert not {each["Type"] for each in after.resources.values()} & kinds


def test_the_chat_is_a_route_like_any_other_unless_it_streams() -> None:
    """Its route is written out in the template, the other one is SAM's."""
    stack = Stack()
    resources = json.dumps(stack.resources).replace("aws-us-gov", "aws")
    of_api = json.loads(resources)["Api"]["Properties"]["Body"]["paths"]
    permissions = json.loads(resources)

    def as_chat(value: Any) -> Any:
        return json.loads(json.dumps(value).replace("larder-Mcp", "larder-Chat"))

    mcp = as_chat(of_api["/mcp"]["post"]) | {"security": [{"ApiKeyAuthorizer": []}]}
    assert of_api["/v1/chat"]["post"] == mcp
    mine = permissions["ChatRoutePermission"]["Properties"]
    other = as_chat(permissions["McpRoutePermissionprod"]["Properties"])
    assert mine == other | {"SourceArn": other["SourceArn"].replace("/mcp", "/v1/chat")}


def test_bedrock_may_stream_only_where_the_chat_does() -> None:
    def actions(**parameters: str) -> set[str]:
        resources = json.dumps(Stack(**parameters).resources)
        return set(re.findall(r"bedrock:Invoke\w+", resources))

    models = {"ChatBedrockModels": "amazon.nova-*"}

    assert actions(StreamChat="true") == set()
    assert actions(**models) == {"bedrock:InvokeModel"}
    assert actions(**models, StreamChat="true") == {
        *("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
    }


def test_a_parameter_of_the_apis_definition_deploys_the_api_again() -> None:
    def deployed(**parameters: str) -> set[str]:
        both = {"StreamChat": "false", "McpResourceMetadata": ""} | parameters
        resources = translated(**both)["Resources"]
        return {
            key for key, each in resources.items() if each["Type"] == "AWS::ApiGateway::Deployment"
        }

    before = deployed()

    assert deployed(StreamChat="true") != before
    assert deployed(McpResourceMetadata="https://files.example/metadata") != before
    assert deployed(ChatModel="gpt-5") == before
