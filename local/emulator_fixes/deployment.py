"""What MiniStack 1.5.33 leaves out of a deployed template, done through its APIs instead.

One function a gap. All of them can be repeated, and all go when the emulator closes the gap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from local.sam import STACK

if TYPE_CHECKING:
    from collections.abc import Mapping


def fill() -> None:
    """Close every gap of the stack that was just deployed."""
    template = boto3.client("cloudformation").get_template(
        StackName=STACK, TemplateStage="Processed"
    )
    resources = template["TemplateBody"]["Resources"]
    names = _physical_names()
    set_gateway_responses(names["Api"], resources["Api"]["Properties"]["Body"])
    set_mapping_concurrency()
    allow_plain_http(names["FilesBucket"])


def set_gateway_responses(api: str, definition: Mapping[str, Any]) -> None:
    """Gap: gateway responses inside an imported API definition are ignored."""
    client = boto3.client("apigateway")
    for kind, response in definition["x-amazon-apigateway-gateway-responses"].items():
        status = {"statusCode": str(response["statusCode"])} if "statusCode" in response else {}
        client.put_gateway_response(
            restApiId=api,
            responseType=kind,
            responseParameters=response["responseParameters"],
            responseTemplates=response["responseTemplates"],
            **status,
        )
    client.create_deployment(restApiId=api, stageName="prod")


def set_mapping_concurrency() -> None:
    """Gap: a number that comes from a parameter stays a string, and stops the queue's poller."""
    client = boto3.client("lambda")
    for mapping in client.list_event_source_mappings()["EventSourceMappings"]:
        if "ScalingConfig" in mapping:
            limit = int(mapping["ScalingConfig"]["MaximumConcurrency"])
            client.update_event_source_mapping(
                UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": limit}
            )


def allow_plain_http(bucket: str) -> None:
    """Gap: there is no TLS here, and the bucket's policy refuses everything without it."""
    boto3.client("s3").delete_bucket_policy(Bucket=bucket)


def base_url(endpoint: str) -> str:
    """Gap: the API's own host name resolves on few machines; a path of the endpoint always does."""
    return f"{endpoint}/_aws/execute-api/{_physical_names()['Api']}/prod/v1"


def _physical_names() -> dict[str, str]:
    resources = boto3.client("cloudformation").describe_stack_resources(StackName=STACK)
    return {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in resources["StackResources"]
    }
