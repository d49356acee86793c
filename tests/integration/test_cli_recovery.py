"""`larder restore` and `larder destroy` where no stack is needed; the rest is end to end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.stub import Stubber

from tests.integration.local_stack import nowhere, outputs
from tests.support.cli import larder
from tests.support.template import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.moto_stack import MotoStack

__all__ = ["nowhere"]

ARN = "arn:aws:cloudformation:us-east-1:123456789012:stack/larder/1"


@pytest.fixture
def cloudformation(
    stack: MotoStack,  # noqa: ARG001 - moto has to be there
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stubber]:
    client = botocore.session.get_session().create_client("cloudformation", region_name="us-east-1")
    monkeypatch.setattr("larder_operator.deployment.cloudformation_client", lambda: client)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with Stubber(client) as stubber:
        yield stubber


def describes(cloudformation: Stubber, stack: MotoStack, name: str, status: str) -> None:
    found: dict[str, Any] = {
        "StackName": "larder",
        "StackId": ARN,
        "CreationTime": 0,
        "StackStatus": status,
        "Outputs": [
            {"OutputKey": key, "OutputValue": value} for key, value in outputs(stack).items()
        ],
    }
    cloudformation.add_response("describe_stacks", {"Stacks": [found]}, {"StackName": name})


DATA = ("Store", "Keys", "FilesBucket", "Pepper", "WebhookSecret")


def has_template(cloudformation: Stubber) -> None:
    resources = {name: RESOURCES[name] for name in DATA}
    cloudformation.add_response(
        "get_template",
        {"TemplateBody": json.dumps({"Resources": resources})},
        {"StackName": ARN, "TemplateStage": "Processed"},
    )


def test_another_name_deletes_nothing(
    cloudformation: Stubber, stack: MotoStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    describes(cloudformation, stack, "larder", "CREATE_COMPLETE")
    monkeypatch.setattr("click.prompt", lambda *_, **__: "larder-dev")

    refused = larder("destroy", "--stack", "larder")

    assert refused.exit_code == 1
    assert "Nothing was deleted" in refused.stderr
    assert set(stack.dynamodb.list_tables()["TableNames"]) == {"Keys", "Rates", "Store"}


def test_a_deletion_that_stopped_half_way_goes_on_by_the_stacks_arn(
    cloudformation: Stubber, stack: MotoStack
) -> None:
    bucket = stack.settings.files_bucket
    stack.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        stack.s3.put_object(Bucket=bucket, Key="files/a", Body=b"a")
        stack.s3.delete_object(Bucket=bucket, Key="files/a")
    stack.s3.create_multipart_upload(Bucket=bucket, Key="files/b")
    stack.dynamodb.delete_table(TableName="Keys")

    for _ in range(2):
        describes(cloudformation, stack, ARN, "DELETE_COMPLETE")
        done = larder("destroy", "--stack", ARN, "--yes")

        assert done.exit_code == 0, done.stderr
        # The stack itself takes the table of request rates along: it keeps nothing for longer.
        assert stack.dynamodb.list_tables()["TableNames"] == ["Rates"]
        assert stack.s3.list_buckets()["Buckets"] == []


def test_a_restored_table_gets_what_a_restore_leaves_out(
    cloudformation: Stubber, stack: MotoStack
) -> None:
    stack.dynamodb.put_item(TableName="Store", Item={"pk": {"S": "P#a"}, "sk": {"S": "file-1"}})
    stack.dynamodb.update_continuous_backups(
        TableName="Store", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )

    # The second time the table exists, and has all of it.
    for _ in range(2):
        describes(cloudformation, stack, "larder", "UPDATE_COMPLETE")
        has_template(cloudformation)
        done = larder(
            "restore", "table", "again", "--stack", "larder", "--at", "2026-11-28T14:30:00Z"
        )
        assert (done.exit_code, done.stdout) == (0, "again\n"), done.stderr

    table = stack.dynamodb.describe_table(TableName="again")["Table"]
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    ttl = stack.dynamodb.describe_time_to_live(TableName="again")["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "ttl")
    backups = stack.dynamodb.describe_continuous_backups(TableName="again")
    recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    assert stack.dynamodb.scan(TableName="again")["Count"] == 1


def test_a_time_that_is_none_is_refused() -> None:
    refused = larder("restore", "table", "again", "--stack", "larder", "--at", "yesterday")

    assert refused.exit_code == 2
    assert "2026-11-28T14:30:00Z" in refused.stderr


def test_the_data_of_a_deleted_stack_begins_a_new_one(
    cloudformation: Stubber, stack: MotoStack
) -> None:
    describes(cloudformation, stack, ARN, "DELETE_COMPLETE")
    has_template(cloudformation)
    cloudformation.add_response("create_change_set", {"Id": "set"})
    cloudformation.add_response(
        "describe_change_set", {"Status": "CREATE_COMPLETE", "ChangeSetName": "import-data"}
    )
    cloudformation.add_response("execute_change_set", {})
    imported: dict[str, Any] = {
        "StackName": "larder",
        "CreationTime": 0,
        "StackStatus": "IMPORT_COMPLETE",
    }
    cloudformation.add_response("describe_stacks", {"Stacks": [imported]})
    sent: list[dict[str, Any]] = []
    cloudformation.client.meta.events.register(
        "provide-client-params.cloudformation.CreateChangeSet",
        lambda params, **_: sent.append(dict(params)),
    )

    done = larder("restore", "stack", "again", "--stack", ARN, "--yes")

    assert done.exit_code == 0, done.stderr
    [request] = sent
    assert request["StackName"] == "larder"
    assert request["ChangeSetType"] == "IMPORT"
    assert {
        each["LogicalResourceId"]: each["ResourceIdentifier"]
        for each in request["ResourcesToImport"]
    } == {
        "Store": {"TableName": "again"},
        "Keys": {"TableName": "Keys"},
        "FilesBucket": {"BucketName": "larder-files"},
        "Pepper": {"Id": "pepper"},
        "WebhookSecret": {"Id": "webhooks"},
    }
    template = json.loads(request["TemplateBody"])["Resources"]
    # Anything else would be replaced by the deployment that follows.
    for logical in ("Store", "Keys", "Pepper", "WebhookSecret"):
        assert template[logical]["Properties"] == RESOURCES[logical]["Properties"]


@pytest.mark.parametrize("logical", ["Store", "Keys", "Pepper", "WebhookSecret"])
def test_it_can_be_imported_as_the_template_has_it(logical: str) -> None:
    # Whatever refers to another resource could not be imported without that resource.
    def plain(value: Any) -> bool:
        match value:
            case dict():
                return not any(key == "Ref" or key.startswith("Fn::") for key in value) and all(
                    map(plain, value.values())
                )
            case list():
                return all(map(plain, value))
        return True

    assert plain(RESOURCES[logical]["Properties"])
    assert RESOURCES[logical]["DeletionPolicy"] == "RetainExceptOnCreate"
