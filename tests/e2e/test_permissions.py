"""What each function's role can do on the deployed stack, tried against enforced IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.policies import Permission, allowed
from tests.support.template import FUNCTIONS, folder_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.stack import Stack

# Nothing has this key: what is allowed finds nothing to read, and nothing to do harm to.
RECORD = {"pk": {"S": "P#nobody"}, "sk": {"S": "nothing"}}
REFUSALS = {"AccessDenied", "AccessDeniedException", "403"}


class Role:
    """Clients with a function's credentials, and the names of the stack's resources."""

    def __init__(self, stack: Stack, function: str) -> None:
        resources = {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for each in stack.client("cloudformation").describe_stack_resources(
                StackName=stack.env["LARDER_STACK"]
            )["StackResources"]
        }
        name = resources[f"{function}Role"]
        arn = stack.client("iam").get_role(RoleName=name)["Role"]["Arn"]
        issued = stack.client("sts").assume_role(RoleArn=arn, RoleSessionName="probe")
        credentials = {
            "aws_access_key_id": issued["Credentials"]["AccessKeyId"],
            "aws_secret_access_key": issued["Credentials"]["SecretAccessKey"],
            "aws_session_token": issued["Credentials"]["SessionToken"],
        }
        self._env = stack.env
        self._named = resources
        self.dynamodb = stack.client("dynamodb", **credentials)
        self.s3 = stack.client("s3", **credentials)
        self.sqs = stack.client("sqs", **credentials)
        self.secrets = stack.client("secretsmanager", **credentials)

    def on_store(self, operation: str, **params: Any) -> None:
        getattr(self.dynamodb, operation)(TableName=self._env["LARDER_STORE_TABLE"], **params)

    def query(self, **params: Any) -> None:
        self.on_store(
            "query",
            KeyConditionExpression="#key = :key",
            ExpressionAttributeNames={"#key": params.pop("key", "pk")},
            ExpressionAttributeValues={":key": RECORD["pk"]},
            **params,
        )

    def on_keys(self, operation: str) -> None:
        key = {"pk": {"S": "nothing"}}
        argument = {"put_item": {"Item": key}}.get(operation, {"Key": key})
        getattr(self.dynamodb, operation)(TableName=self._env["LARDER_KEYS_TABLE"], **argument)

    def on_object(self, operation: str, key: str) -> None:
        getattr(self.s3, operation)(Bucket=self._env["LARDER_FILES_BUCKET"], Key=key)

    def list_bucket(self, prefix: str) -> None:
        self.s3.list_objects_v2(Bucket=self._env["LARDER_FILES_BUCKET"], Prefix=prefix)

    def read_secret(self, name: str) -> None:
        self.secrets.get_secret_value(SecretId=self._named[name])

    def send(self, queue: str, message: str) -> None:
        self.sqs.send_message(QueueUrl=self._named[queue], MessageBody=message)

    def look_at(self, queue: str) -> None:
        self.sqs.get_queue_attributes(QueueUrl=self._named[queue])


type Attempt = Callable[[Role], None]


def on(kind: str) -> dict[Permission, Attempt]:
    """Return attempts to read, write and delete an object of that kind."""
    key = f"{kind}/nobody/nothing"

    def attempt(operation: str) -> Attempt:
        return lambda role: role.on_object(operation, key)

    return {
        Permission("s3:GetObject", f"FilesBucket/{key}"): attempt("get_object"),
        Permission("s3:PutObject", f"FilesBucket/{key}"): attempt("put_object"),
        Permission("s3:DeleteObject", f"FilesBucket/{key}"): attempt("delete_object"),
    }


def listing(prefix: str) -> tuple[Permission, Attempt]:
    permission = Permission("s3:ListBucket", "FilesBucket", (prefix,))
    return permission, lambda role: role.list_bucket(prefix)


def by_index(name: str) -> Attempt:
    return lambda role: role.query(IndexName=name)


NO_EVENTS = "{}"
NO_CLEANUP = '{"project": "nobody", "trash_until": 0}'

ATTEMPTS: dict[Permission, Attempt] = {
    Permission("dynamodb:GetItem", "Store"): lambda role: role.on_store("get_item", Key=RECORD),
    Permission("dynamodb:PutItem", "Store"): lambda role: role.on_store("put_item", Item=RECORD),
    Permission("dynamodb:UpdateItem", "Store"): lambda role: role.on_store(
        "update_item", Key=RECORD
    ),
    Permission("dynamodb:DeleteItem", "Store"): lambda role: role.on_store(
        "delete_item", Key=RECORD
    ),
    Permission("dynamodb:Scan", "Store"): lambda role: role.on_store("scan", Limit=1),
    Permission("dynamodb:Query", "Store"): lambda role: role.query(),
    Permission("dynamodb:Query", "Store/index/by_due"): lambda role: role.query(
        IndexName="by_due", key="due_shard"
    ),
    **{
        Permission("dynamodb:Query", f"Store/index/{name}"): by_index(name)
        for name in (
            "by_expiry",
            "by_name",
            "by_size",
            "in_folder",
            "in_folder_by_name",
            "in_folder_by_size",
        )
    },
    Permission("dynamodb:GetItem", "Keys"): lambda role: role.on_keys("get_item"),
    Permission("dynamodb:PutItem", "Keys"): lambda role: role.on_keys("put_item"),
    Permission("dynamodb:UpdateItem", "Keys"): lambda role: role.on_keys("update_item"),
    Permission("dynamodb:DeleteItem", "Keys"): lambda role: role.on_keys("delete_item"),
    **dict(
        listing(f"{kind}/nobody/") for kind in ("batches", "files", "parts", "reports", "nothing")
    ),
    Permission("secretsmanager:GetSecretValue", "Pepper"): lambda role: role.read_secret("Pepper"),
    Permission("secretsmanager:GetSecretValue", "CursorSecret"): lambda role: role.read_secret(
        "CursorSecret"
    ),
    Permission("sqs:SendMessage", "Events"): lambda role: role.send("Events", NO_EVENTS),
    Permission("sqs:SendMessage", "Cleanups"): lambda role: role.send("Cleanups", NO_CLEANUP),
    Permission("sqs:GetQueueAttributes", "Events"): lambda role: role.look_at("Events"),
    Permission("sqs:GetQueueAttributes", "Cleanups"): lambda role: role.look_at("Cleanups"),
    **on("files"),
    **on("parts"),
    **on("reports"),
}


def succeeds(attempt: Attempt, role: Role) -> bool:
    try:
        attempt(role)
    except ClientError as error:
        return error.response["Error"]["Code"] not in REFUSALS
    return True


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_left(stack: Stack) -> Iterator[None]:
    yield
    # An audit by another test would find it.
    s3, bucket = stack.s3, stack.env["LARDER_FILES_BUCKET"]
    for kind in ("batches", "files", "parts", "reports"):
        s3.delete_object(Bucket=bucket, Key=f"{kind}/nobody/nothing")
    stack.dynamodb.delete_item(TableName=stack.env["LARDER_STORE_TABLE"], Key=RECORD)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_can_do_what_the_template_says_and_nothing_else(stack: Stack, function: str) -> None:
    folder = folder_of(FUNCTIONS[function])
    role = Role(stack, function)

    can = {asked for asked, attempt in ATTEMPTS.items() if succeeds(attempt, role)}

    policy = allowed()[folder]
    assert can == {asked for asked in ATTEMPTS if any(each.covers(asked) for each in policy)}


@pytest.mark.parametrize(
    "function",
    [
        *("FilesGet", "FilesList", "FilesContent", "FilesUrl", "FilesValidation"),
        *("SpaceFilesGet", "SpaceFilesList", "TrashList", "FoldersGet", "FoldersList"),
    ],
)
def test_functions_that_only_read_cannot_change_a_record_or_delete_bytes(
    stack: Stack, function: str
) -> None:
    role = Role(stack, function)
    changes = [
        asked
        for asked in ATTEMPTS
        if asked.action.endswith(("PutItem", "UpdateItem", "DeleteItem", "DeleteObject"))
    ]

    assert [asked for asked in changes if succeeds(ATTEMPTS[asked], role)] == []


def test_the_authorizer_reads_keys_and_their_last_use_but_no_files(stack: Stack) -> None:
    role = Role(stack, "Authorize")

    assert {asked for asked, attempt in ATTEMPTS.items() if succeeds(attempt, role)} == {
        Permission("dynamodb:GetItem", "Keys"),
        Permission("dynamodb:UpdateItem", "Keys"),
        Permission("secretsmanager:GetSecretValue", "Pepper"),
    }


# Signing in to the console makes a session, and signing out removes it. Admin keys make keys.
MAKING_KEYS = {
    ("AdminKeysCreate", Permission("dynamodb:PutItem", "Keys")),
    ("AdminKeysRotate", Permission("dynamodb:PutItem", "Keys")),
    ("ConsoleSessionsCreate", Permission("dynamodb:PutItem", "Keys")),
    ("ConsoleSessionsDelete", Permission("dynamodb:DeleteItem", "Keys")),
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nobody_scans_the_store_and_only_these_make_keys(stack: Stack, function: str) -> None:
    role = Role(stack, function)

    for asked in (
        Permission("dynamodb:Scan", "Store"),
        Permission("dynamodb:PutItem", "Keys"),
        Permission("dynamodb:DeleteItem", "Keys"),
    ):
        assert succeeds(ATTEMPTS[asked], role) == ((function, asked) in MAKING_KEYS)
