"""IAM as the template has it: what each function may do, and what a call of AWS asks for.

Resources go by their logical names: `Store`, `Store/index/by_due`, `FilesBucket/files/*`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from tests.support.template import FUNCTIONS, RESOURCES, folder_of, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """An action on a resource; in a policy the resource may be a pattern.

    `keys` are the partition keys in a table, or the prefix of a list in the bucket; in a policy the
    patterns of its condition, none for all.
    """

    action: str
    resource: str
    keys: tuple[str, ...] = ()

    def covers(self, asked: Permission) -> bool:
        """Tell whether a policy with this permission allows what is asked for."""
        return (
            self.action == asked.action
            and fnmatchcase(asked.resource, self.resource)
            and (
                not self.keys
                or all(any(fnmatchcase(key, each) for each in self.keys) for key in asked.keys)
            )
        )


def allowed() -> dict[str, frozenset[Permission]]:
    """Return what the template allows each function, by the function's folder."""
    return {
        folder_of(function): frozenset(_of_policies(function)) for function in FUNCTIONS.values()
    }


def _of_policies(function: Mapping[str, Any]) -> Iterator[Permission]:
    for policy in function.get("Policies", []):
        # A policy of the operator's own, which only a parameter names, has no statement here.
        for statement in _chosen(policy).get("Statement", []):
            assert statement["Effect"] == "Allow"
            keys = _keys(statement.get("Condition"))
            for action in map(_chosen, listed(statement["Action"])):
                for resource in listed(statement["Resource"]):
                    yield Permission(action, _logical(resource), keys)


def _chosen(written: Any) -> Any:
    """Return what stands in the template with the parameters that it hangs on."""
    return written["Fn::If"][1] if "Fn::If" in written else written


def _keys(condition: Mapping[str, Mapping[str, list[str]]] | None) -> tuple[str, ...]:
    """Return the patterns of a condition on partition keys, or on the prefix of a list."""
    if condition is None:
        return ()
    if "ForAllValues:StringEquals" in condition:
        # Which attributes of an item are written: moto and the emulator do not say.
        [(name, attributes)] = condition["ForAllValues:StringEquals"].items()
        assert name == "dynamodb:Attributes"
        assert attributes[0] == "pk"
        return ()
    [(operator, patterns)] = condition.items()
    assert (operator, *patterns) in {
        ("ForAllValues:StringLike", "dynamodb:LeadingKeys"),
        ("StringLikeIfExists", "s3:prefix"),
        ("StringLike", "s3:prefix"),
    }
    return tuple(listed(*patterns.values()))


def _logical(resource: Mapping[str, str]) -> str:
    """Return `${Store.Arn}/index/by_due` as `Store/index/by_due`."""
    [(function, written)] = resource.items()
    if function == "Fn::GetAtt":
        return written.partition(".")[0]
    return re.sub(r"\$\{(\w+)(?:\.\w+)?\}", r"\1", written)


# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
_OF_QUEUES = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
# https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
_OF_STREAMS = (
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
)


def performed_by_lambda() -> dict[str, frozenset[Permission]]:
    """Return what Lambda itself does with a function's role: reading its source, reporting loss."""
    folders = {name: folder_of(function) for name, function in FUNCTIONS.items()}
    found: dict[str, set[Permission]] = {folder: set() for folder in folders.values()}
    for resource in RESOURCES.values():
        if resource["Type"] != "AWS::Lambda::EventSourceMapping":
            continue
        mapping = resource["Properties"]
        used = found[folders[mapping["FunctionName"]["Ref"].removesuffix(".Alias")]]
        source, attribute = mapping["EventSourceArn"]["Fn::GetAtt"].split(".")
        actions, target = (
            (_OF_STREAMS, f"{source}/stream/*")
            if attribute == "StreamArn"
            else (_OF_QUEUES, source)
        )
        used |= {Permission(action, target) for action in actions}
        if "DestinationConfig" in mapping:
            lost = mapping["DestinationConfig"]["OnFailure"]["Destination"]
            used.add(Permission("sqs:SendMessage", _logical(lost)))
    return {folder: frozenset(used) for folder, used in found.items()}


_TRANSACTED = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
_ON_OBJECTS = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObject": "DeleteObject",
    "GetObject": "GetObject",
    "HeadObject": "GetObject",
    "ListParts": "ListMultipartUploadParts",
    "PutObject": "PutObject",
    "UploadPart": "PutObject",
}


_HERE = "arn:${AWS::Partition}:{service}:${AWS::Region}:${AWS::AccountId}:"
_OF_STATES = _HERE.replace("{service}", "states") + "execution:${AWS::StackName}"


def _outside(secret: str) -> str:
    return _HERE.replace("{service}", "secretsmanager") + f"secret:{secret}"


def asked_for(  # noqa: C901, PLR0911 - a table by service
    service: str, operation: str, params: Mapping[str, Any], logical: Mapping[str, str]
) -> list[Permission]:
    """Return the permissions that a call needs.

    `service` and `operation` are botocore's names, `logical` leads from the names of tables,
    buckets, queues and secrets to those in the template. A call that this does not know is a
    KeyError: say here what it needs.
    """
    match service:
        case "dynamodb" if operation in {"TransactWriteItems", "TransactGetItems"}:
            return [
                Permission(
                    f"dynamodb:{_TRANSACTED[kind]}", logical[one["TableName"]], _partitions(one)
                )
                for item in params["TransactItems"]
                for kind, one in item.items()
            ]
        case "dynamodb" if operation == "BatchGetItem":
            return [
                Permission("dynamodb:BatchGetItem", logical[table], (key["pk"]["S"],))
                for table, asked in params["RequestItems"].items()
                for key in asked["Keys"]
            ]
        case "dynamodb":
            index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
            resource = logical[params["TableName"]] + index
            return [Permission(f"dynamodb:{operation}", resource, _partitions(params))]
        case "s3":
            return _asked_of_s3(operation, params, logical[params["Bucket"]])
        case "eventbridge":
            here = _HERE.replace("{service}", "events")
            return [
                Permission(f"events:{operation}", f"{here}event-bus/{logical[bus]}")
                for bus in {entry["EventBusName"] for entry in params["Entries"]}
            ]
        case "bedrock-runtime":
            return _asked_of_bedrock(operation, params["modelId"])
        case "sqs":
            return [Permission(f"sqs:{operation}", logical[params["QueueUrl"]])]
        case "secrets-manager":
            # A secret outside the stack has no logical name; its policy goes by its prefix.
            secret = params["SecretId"]
            return [
                Permission(f"secretsmanager:{operation}", logical.get(secret, _outside(secret)))
            ]
        case "sfn" if operation == "StartExecution":
            return [Permission("states:StartExecution", logical[params["stateMachineArn"]])]
        case "sfn" if operation == "DescribeExecution":
            execution = params["executionArn"].split(":", 7)[-1]
            return [Permission("states:DescribeExecution", f"{_OF_STATES}-batches:{execution}")]
    raise KeyError(service)


_AT_BEDROCK = {
    "Converse": "bedrock:InvokeModel",
    "ConverseStream": "bedrock:InvokeModelWithResponseStream",
}


def _asked_of_bedrock(operation: str, model: str) -> list[Permission]:
    """Return what asking a model needs; through a profile, asking it in the profile's regions too.

    A model that fits the deployment's pattern goes by the name of that parameter.
    https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
    """
    arn = _HERE.replace("{service}", "bedrock")
    profile, _, rest = model.partition(".")
    at_home = profile not in {"us", "eu", "apac", "global"}
    name = model if at_home else rest
    if fnmatchcase(name, os.environ["CHAT_BEDROCK_MODELS"]):
        name = "ChatBedrockModels"
    asked = [f"arn:${{AWS::Partition}}:bedrock:eu-west-3::foundation-model/{name}"]
    if not at_home:
        asked.append(f"{arn}inference-profile/{profile}.{name}")
    return [Permission(_AT_BEDROCK[operation], resource) for resource in asked]


def _partitions(params: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the partition key that one read or write, or a query, names."""
    key = params.get("Key") or params.get("Item")
    if key is not None:
        return (key["pk"]["S"],)
    [value] = re.findall(r"^#?\w+ = (:\w+)", params["KeyConditionExpression"])
    return (params["ExpressionAttributeValues"][value]["S"],)


def _asked_of_s3(operation: str, params: Mapping[str, Any], bucket: str) -> list[Permission]:
    if operation == "ListObjectsV2":
        return [Permission("s3:ListBucket", bucket, (params["Prefix"],))]
    if operation == "CopyObject":
        source = params["CopySource"]["Key"]
        return [
            Permission("s3:GetObject", f"{bucket}/{source}"),
            Permission("s3:PutObject", f"{bucket}/{params['Key']}"),
        ]
    if operation == "DeleteObjects":
        keys = [one["Key"] for one in params["Delete"]["Objects"]]
        return [Permission("s3:DeleteObject", f"{bucket}/{key}") for key in keys]
    return [Permission(f"s3:{_ON_OBJECTS[operation]}", f"{bucket}/{params['Key']}")]
