"""Stacks: what they consist of, their deletion, and their beginning with data that exists."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from larder_operator import deployment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_cloudformation.type_defs import ResourceToImportTypeDef

_POLL_SECONDS = 5
_AN_HOUR = 3_600 // _POLL_SECONDS
_WAITER: Any = {"Delay": _POLL_SECONDS, "MaxAttempts": _AN_HOUR}

_CHANGE_SET = "import-data"


@dataclass(frozen=True, slots=True)
class StackDescription:
    """A stack, which may be deleted: its ARN still finds it for 90 days."""

    name: str
    arn: str
    status: str
    outputs: Mapping[str, str]

    @property
    def deleted(self) -> bool:
        """Whether nothing but its data is left."""
        return self.status == "DELETE_COMPLETE"


def describe(name_or_arn: str) -> StackDescription:
    """Return the stack.

    Raises:
        OperatorError: no stack has that name, or the one that has is not of Larder.
    """
    found, outputs = deployment.describe_stack(name_or_arn)
    return StackDescription(found["StackName"], found["StackId"], found["StackStatus"], outputs)


def resources(stack: StackDescription) -> dict[str, Any]:
    """Return the resources of the template that the stack was deployed from."""
    answer = deployment.cloudformation_client().get_template(
        StackName=stack.arn, TemplateStage="Processed"
    )
    body = cast("Any", answer["TemplateBody"])
    template = json.loads(body) if isinstance(body, str) else body
    return cast("dict[str, Any]", template["Resources"])


def delete(stack: StackDescription) -> None:
    """Delete the stack and wait for it. Its data stays: the bucket, the tables and the pepper."""
    client = deployment.cloudformation_client()
    client.delete_stack(StackName=stack.arn)
    client.get_waiter("stack_delete_complete").wait(StackName=stack.arn, WaiterConfig=_WAITER)


def begin_with(name: str, found: dict[str, Any], data: Mapping[str, dict[str, str]]) -> None:
    """Make a stack of resources that exist, and wait for it.

    `found` are the resources of the template, `data` the identifier of each that is imported. The
    next deployment adds the rest.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources.html
    """
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Larder's data, before the deployment of the rest",
        "Resources": {logical: _bare(found[logical]) for logical in data},
    }
    imported: list[ResourceToImportTypeDef] = [
        {
            "ResourceType": found[logical]["Type"],
            "LogicalResourceId": logical,
            "ResourceIdentifier": identifier,
        }
        for logical, identifier in data.items()
    ]
    client = deployment.cloudformation_client()
    client.create_change_set(
        StackName=name,
        ChangeSetName=_CHANGE_SET,
        ChangeSetType="IMPORT",
        ResourcesToImport=imported,
        TemplateBody=json.dumps(template),
    )
    client.get_waiter("change_set_create_complete").wait(
        StackName=name, ChangeSetName=_CHANGE_SET, WaiterConfig=_WAITER
    )
    client.execute_change_set(StackName=name, ChangeSetName=_CHANGE_SET)
    client.get_waiter("stack_import_complete").wait(StackName=name, WaiterConfig=_WAITER)


def _bare(resource: dict[str, Any]) -> dict[str, Any]:
    """Return a resource without what refers to others, which the next deployment adds.

    That is the bucket. The others keep their properties, or else the deployment would replace a
    table for its local indexes, and the pepper by another one.
    """
    kept = {name: resource[name] for name in ("Type", "DeletionPolicy", "UpdateReplacePolicy")}
    properties = {} if resource["Type"] == "AWS::S3::Bucket" else resource["Properties"]
    return {**kept, "Properties": properties}
