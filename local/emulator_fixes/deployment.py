"""Fixes to the deployed stack, made through the emulator's AWS APIs. Each can be repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from local.sam import STACK

if TYPE_CHECKING:
    from collections.abc import Mapping


def fix() -> None:
    """Make the stack that was just deployed behave as on AWS."""
    template = boto3.client("cloudformation").get_template(
        StackName=STACK, TemplateStage="Processed"
    )
    resources = template["TemplateBody"]["Resources"]
    names = _physical_names()
    set_gateway_responses(names["Api"], resources["Api"]["Properties"]["Body"])
    set_mapping_concurrency()
    set_tables_up(names, resources)
    allow_plain_http(names["FilesBucket"])


def set_gateway_responses(api: str, definition: Mapping[str, Any]) -> None:
    """MiniStack ignores the gateway responses of an imported API definition."""
    client = boto3.client("apigateway")
    for kind, response in definition["x-amazon-apigateway-gateway-responses"].items():
        status = {"statusCode": str(response["statusCode"])} if "statusCode" in response else {}
        client.put_gateway_response(
            restApiId=api,
            responseType=kind,
            responseParameters={
                name: value if isinstance(value, str) else _by_default(value)
                for name, value in response["responseParameters"].items()
            },
            responseTemplates=response["responseTemplates"],
            **status,
        )
    client.create_deployment(restApiId=api, stageName="prod")


def _by_default(value: Mapping[str, Any]) -> str:
    """Return the second value of an Fn::If that asks for a parameter, which is not set here."""
    _, _, default = value["Fn::If"]
    return str(default)


def set_mapping_concurrency() -> None:
    """A number from a template parameter stays a string, and stops MiniStack's queue poller."""
    client = boto3.client("lambda")
    for mapping in client.list_event_source_mappings()["EventSourceMappings"]:
        if "ScalingConfig" in mapping:
            limit = int(mapping["ScalingConfig"]["MaximumConcurrency"])
            client.update_event_source_mapping(
                UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": limit}
            )


def set_tables_up(names: Mapping[str, str], resources: Mapping[str, Any]) -> None:
    """MiniStack's CloudFormation ignores a table's TTL and its backups."""
    client = boto3.client("dynamodb")
    for name, resource in resources.items():
        if resource["Type"] != "AWS::DynamoDB::Table":
            continue
        properties, table = resource["Properties"], names[name]
        if ttl := properties.get("TimeToLiveSpecification"):
            client.update_time_to_live(TableName=table, TimeToLiveSpecification=ttl)
        if backups := properties.get("PointInTimeRecoverySpecification"):
            client.update_continuous_backups(
                TableName=table, PointInTimeRecoverySpecification=backups
            )


def allow_plain_http(bucket: str) -> None:
    """MiniStack has no TLS, and the bucket's policy denies requests without it."""
    boto3.client("s3").delete_bucket_policy(Bucket=bucket)


def base_url(endpoint: str) -> str:
    """Return the API's URL below the endpoint: its own host name resolves on few machines."""
    return f"{endpoint}/_aws/execute-api/{_physical_names()['Api']}/prod/v1"


def _physical_names() -> dict[str, str]:
    resources = boto3.client("cloudformation").describe_stack_resources(StackName=STACK)
    return {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in resources["StackResources"]
    }
