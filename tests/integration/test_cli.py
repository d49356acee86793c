"""The commands of operators, on moto."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore.stub import Stubber

from larder.domain.api_keys import digest_of
from larder.domain.files import DAY, File, Purpose
from larder.domain.ids import new_file_id
from larder.domain.quota import Amount
from larder.services.projects.ports import UsageDay
from larder.services.projects.projects import get_project
from larder.services.projects.usage_history import date_of
from tests.integration.local_stack import MIB, local_stack, nowhere, outputs, write_env_file
from tests.samples import a_batch
from tests.support.cli import Printed, larder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from larder.runtime.composition import Composition
    from tests.moto_stack import MotoStack

__all__ = ["local_stack", "nowhere"]


@pytest.fixture
def cloudformation(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client = botocore.session.get_session().create_client(
        "cloudformation",
        region_name="eu-west-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    monkeypatch.setattr("larder_operator.deployment.cloudformation_client", lambda: client)
    with Stubber(client) as stubber:
        yield stubber


def answer(cloudformation: Stubber, name: str, values: dict[str, str]) -> None:
    cloudformation.add_response(
        "describe_stacks",
        {
            "Stacks": [
                {
                    "StackName": name,
                    "CreationTime": 0,
                    "StackStatus": "CREATE_COMPLETE",
                    "Outputs": [
                        {"OutputKey": key, "OutputValue": value} for key, value in values.items()
                    ],
                }
            ]
        },
        {"StackName": name},
    )


@pytest.mark.usefixtures("local_stack")
def test_a_project_is_created_with_the_given_limits() -> None:
    created = larder("project", "create", "demo", "--files", "10", "--bytes", "1GB", "--json").json

    assert created["name"] == "demo"
    assert created["id"].startswith("wks-")
    assert larder("usage", "demo", "--json").json == {
        "object": "usage",
        "files": {"used": 0, "reserved": 0, "limit": 10},
        "bytes": {"used": 0, "reserved": 0, "limit": 10**9},
        "batches": {"running": 0, "limit": 10},
        "batch_requests": {"running": 0, "limit": 200_000},
    }


def test_limits_default_to_the_stacks_parameters(
    local_stack: MotoStack, cloudformation: Stubber
) -> None:
    answer(
        cloudformation,
        "larder-local",
        outputs(local_stack) | {"DefaultFilesLimit": "7", "DefaultBytesLimit": "700"},
    )

    created = larder("project", "create", "demo", "--files", "10", "--json").json

    assert created["limit"] == {"files": 10, "bytes": 700}


@pytest.mark.usefixtures("local_stack")
def test_a_taken_name_is_refused_in_one_line() -> None:
    larder("project", "create", "demo", "--files", "1", "--bytes", "1")

    again = larder("project", "create", "demo", "--files", "1", "--bytes", "1")

    assert again == Printed(1, "", "larder: There is a project named 'demo' already.\n")


@pytest.mark.usefixtures("local_stack")
def test_an_invalid_name_is_refused_in_one_line() -> None:
    refused = larder("project", "create", "Not A Name", "--files", "1", "--bytes", "1")

    assert refused.exit_code == 1
    assert refused.stderr.startswith("larder: A project's name is 1 to 63 lowercase letters")
    assert refused.stderr.count("\n") == 1


@pytest.mark.usefixtures("local_stack")
def test_projects_are_listed_by_name() -> None:
    ids = {
        name: larder("project", "create", name, "--files", "1", "--bytes", "1").stdout.strip()
        for name in ("zebra", "aardvark")
    }

    listed = larder("project", "list", "--json").json

    assert [project["name"] for project in listed] == ["aardvark", "zebra"]
    table = larder("project", "list").stdout
    assert all(f"{name}" in table and ids[name] in table for name in ids)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["--files", "3"], {"files": 3, "bytes": 100}),
        (["--bytes", "2KiB"], {"files": 10, "bytes": 2048}),
        (["--files", "0", "--bytes", "0"], {"files": 0, "bytes": 0}),
        (["--batches", "3"], {"batches": 3, "batch_requests": 200_000, "files": 10}),
        (["--batch-requests", "0"], {"batches": 10, "batch_requests": 0, "bytes": 100}),
        (["--batches", "0", "--files", "3"], {"batches": 0, "files": 3, "bytes": 100}),
    ],
)
@pytest.mark.usefixtures("local_stack")
def test_set_limits_changes_only_the_given_limits(
    given: list[str], expected: dict[str, int]
) -> None:
    larder("project", "create", "demo", "--files", "10", "--bytes", "100")

    changed = larder("project", "set-limits", "demo", *given, "--json")

    assert {name: changed.json[name]["limit"] for name in expected} == expected
    assert changed.stderr == ""


@pytest.mark.usefixtures("local_stack")
def test_set_limits_without_a_limit_is_wrong_usage() -> None:
    refused = larder("project", "set-limits", "demo")

    assert refused.exit_code == 2
    assert "--files" in refused.stderr


@pytest.mark.usefixtures("local_stack")
def test_no_project_may_have_more_files_than_one_can_hold() -> None:
    larder("project", "create", "demo", "--files", "10", "--bytes", "100")

    refused = larder("project", "set-limits", "demo", "--files", "2000001")

    assert refused.exit_code == 1
    assert "2000000 files at most" in refused.stderr


@pytest.mark.usefixtures("local_stack")
def test_a_limit_below_what_is_stored_is_set_with_a_note(ports: Composition) -> None:
    larder("project", "create", "demo", "--files", "10", "--bytes", "100")
    project = get_project("demo", projects=ports.projects)
    ports.files.admit(
        project.id,
        File(
            id=new_file_id(ports.clock()),
            filename="a",
            bytes=60,
            purpose=Purpose.USER_DATA,
            mime_type="text/plain",
            expires_at=None,
        ),
    )

    lowered = larder("project", "set-limits", "demo", "--bytes", "50", "--json")

    assert lowered.exit_code == 0
    assert lowered.json["bytes"] == {"used": 60, "reserved": 0, "limit": 50}
    assert "Stored files stay" in lowered.stderr


@pytest.mark.usefixtures("local_stack")
def test_usage_shows_readable_sizes_and_percentages(ports: Composition) -> None:
    larder("project", "create", "demo", "--files", "8", "--bytes", "4MiB")
    project = get_project("demo", projects=ports.projects)
    ports.files.admit(
        project.id,
        File(
            id=new_file_id(ports.clock()),
            filename="a",
            bytes=MIB,
            purpose=Purpose.USER_DATA,
            mime_type="text/plain",
            expires_at=None,
        ),
    )

    lines = [line.split() for line in larder("usage", project.id).stdout.splitlines()]

    assert ["files", "1", "of", "8", "(12%)"] in lines
    assert ["bytes", "1.0", "MiB", "of", "4.0", "MiB", "(25%)"] in lines


@pytest.mark.usefixtures("local_stack")
def test_usage_of_days_ends_with_today(ports: Composition) -> None:
    larder("project", "create", "demo", "--files", "8", "--bytes", "4MiB")
    project = get_project("demo", projects=ports.projects)
    yesterday = date_of(ports.clock() - DAY)
    ports.usage.keep_day(project.id, UsageDay(yesterday, Amount(files=3, bytes=MIB)))

    shown = larder("usage", "demo", "--days", "7")
    documents = larder("usage", "demo", "--days", "7", "--json").json["data"]

    lines = [line.split() for line in shown.stdout.splitlines()]
    assert [yesterday, "3", "1.0", "MiB"] in lines
    assert [(day["date"], day["files"]) for day in documents] == [
        (yesterday, 3),
        (date_of(ports.clock()), 0),
    ]


@pytest.mark.usefixtures("local_stack")
def test_usage_shows_what_batches_run(ports: Composition) -> None:
    larder("project", "create", "demo", "--files", "8", "--bytes", "4MiB")
    project = get_project("demo", projects=ports.projects)
    ports.batches.create(project.id, a_batch(total=50_000), check_at=0)
    larder("project", "set-limits", "demo", "--batches", "4")

    shown = larder("usage", "demo")

    lines = [line.split() for line in shown.stdout.splitlines()]
    assert ["batches", "1", "of", "4", "running", "(25%)"] in lines
    assert ["batch", "requests", "50,000", "of", "200,000", "running", "(25%)"] in lines


@pytest.mark.usefixtures("local_stack")
def test_key_create_prints_only_the_secret_of_a_working_key(ports: Composition) -> None:
    project_id = larder("project", "create", "demo", "--files", "1", "--bytes", "1").stdout.strip()

    created = larder("key", "create", "demo")

    key = ports.keys.find(digest_of(created.stdout.removesuffix("\n"), b"a pepper"))
    assert key is not None
    assert key.tenant == project_id
    assert key.id in created.stderr


@pytest.mark.usefixtures("local_stack")
def test_a_key_is_listed_and_revoked_by_its_id_and_its_secret_is_shown_only_once() -> None:
    larder("project", "create", "demo", "--files", "1", "--bytes", "1")
    kept = larder("key", "create", "demo", "--json").json
    lost = larder("key", "create", "demo", "--json").json

    revoked = larder("key", "revoke", "demo", lost["id"])
    again = larder("key", "revoke", "demo", lost["id"])

    assert (revoked.exit_code, again.exit_code) == (0, 0)
    assert "was already revoked" in again.stderr
    as_json, table = larder("key", "list", "demo", "--json"), larder("key", "list", "demo")
    state = {key["id"]: key["revoked_at"] is None for key in as_json.json}
    assert state == {kept["id"]: True, lost["id"]: False}
    assert kept["id"] in table.stdout
    assert not any(key["secret"] in as_json.stdout + table.stdout for key in (kept, lost))


@pytest.mark.parametrize(
    "arguments",
    [
        ("usage", "nobody"),
        ("key", "create", "nobody"),
        ("key", "list", "nobody"),
        ("key", "revoke", "nobody", "key_0"),
        ("project", "set-limits", "nobody", "--files", "1"),
    ],
)
@pytest.mark.usefixtures("local_stack")
def test_an_unknown_project_is_reported_in_one_line(arguments: tuple[str, ...]) -> None:
    refused = larder(*arguments)

    assert refused == Printed(
        1, "", "larder: There is no project 'nobody'. 'larder project list' shows them all.\n"
    )


@pytest.mark.usefixtures("local_stack")
def test_another_projects_key_cannot_be_revoked() -> None:
    larder("project", "create", "mine", "--files", "1", "--bytes", "1")
    larder("project", "create", "theirs", "--files", "1", "--bytes", "1")
    key = larder("key", "create", "theirs", "--json").json

    refused = larder("key", "revoke", "mine", key["id"])

    assert refused.exit_code == 1
    [listed] = larder("key", "list", "theirs", "--json").json
    assert listed["revoked_at"] is None


@pytest.mark.usefixtures("local_stack")
def test_an_invalid_size_is_wrong_usage() -> None:
    refused = larder("project", "create", "demo", "--bytes", "lots")

    assert refused.exit_code == 2
    assert "not a size" in refused.stderr


def test_without_a_stack_the_error_says_how_to_start_one() -> None:
    refused = larder("project", "list")

    assert refused.exit_code == 1
    assert "make run" in refused.stderr
    assert "--stack" in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("named_by", ["option", "variable"])
def test_a_stack_in_an_account_is_found_by_its_outputs(
    stack: MotoStack, cloudformation: Stubber, named_by: str
) -> None:
    answer(cloudformation, "larder-prod", outputs(stack))
    answer(cloudformation, "larder-prod", outputs(stack))
    if named_by == "variable":
        os.environ["LARDER_STACK"] = "larder-prod"
    arguments = ["--stack", "larder-prod"] if named_by == "option" else []

    created = larder("project", "create", "demo", *arguments, "--json")

    assert created.json["limit"] == {"files": 200, "bytes": 256 * MIB}
    cloudformation.assert_no_pending_responses()


def test_a_named_stack_is_used_before_the_local_one_without_its_credentials(
    stack: MotoStack, cloudformation: Stubber, tmp_path: Path
) -> None:
    write_env_file(
        tmp_path,
        LARDER_STACK="larder-local",
        LARDER_STORE_TABLE="LocalStore",
        AWS_ENDPOINT_URL="http://127.0.0.1:4566",
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
    )
    answer(cloudformation, "larder-prod", outputs(stack))
    before = dict(os.environ)

    listed = larder("project", "list", "--stack", "larder-prod", "--json")

    assert listed == Printed(0, "[]\n", "")
    assert dict(os.environ) == before


def test_an_unknown_stack_is_reported_in_one_line(cloudformation: Stubber) -> None:
    cloudformation.add_client_error(
        "describe_stacks", "ValidationError", "Stack with id nowhere does not exist"
    )

    refused = larder("project", "list", "--stack", "nowhere")

    assert refused == Printed(
        1,
        "",
        "larder: There is no stack 'nowhere' in eu-west-1 "
        "(https://cloudformation.eu-west-1.amazonaws.com). "
        "Check --stack, --profile and --region.\n",
    )


def test_a_stack_other_than_larder_is_reported_in_one_line(cloudformation: Stubber) -> None:
    answer(cloudformation, "website", {"Url": "https://example.com"})

    refused = larder("project", "list", "--stack", "website")

    assert refused.exit_code == 1
    assert refused.stderr.startswith("larder: Stack 'website' (CREATE_COMPLETE) has no output")
    assert refused.stderr.count("\n") == 1


def test_a_missing_permission_is_reported_in_one_line(cloudformation: Stubber) -> None:
    cloudformation.add_client_error(
        "describe_stacks", "AccessDenied", "User: joe is not\nauthorized"
    )

    refused = larder("project", "list", "--stack", "larder")

    assert refused == Printed(
        1, "", "larder: AWS refused DescribeStacks: AccessDenied: User: joe is not authorized\n"
    )


def test_a_profile_is_used_before_keys_in_the_environment(
    stack: MotoStack, cloudformation: Stubber, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile work]\naws_access_key_id = work\naws_secret_access_key = work\n"
        "region = us-east-1\n"
    )
    os.environ |= {"AWS_CONFIG_FILE": str(config), "AWS_SESSION_TOKEN": "another key's"}
    answer(cloudformation, "larder-prod", outputs(stack))

    listed = larder("project", "list", "--stack", "larder-prod", "--profile", "work", "--json")

    assert listed.exit_code == 0
    credentials = botocore.session.get_session().get_credentials()
    assert credentials is not None
    assert (credentials.access_key, credentials.token) == ("work", None)


@pytest.mark.usefixtures("local_stack")
@pytest.mark.parametrize("option", ["--profile", "--region"])
def test_account_options_are_refused_with_the_local_stack(option: str) -> None:
    refused = larder("project", "list", option, "x")

    assert refused.exit_code == 2
    assert "--profile and --region need --stack" in refused.stderr


def without_credentials() -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"


def test_missing_credentials_are_reported_in_one_line() -> None:
    without_credentials()

    refused = larder("project", "list", "--stack", "larder", "--region", "eu-west-1")

    assert refused.exit_code == 1
    assert refused.stderr.startswith("larder: There are no AWS credentials: give --profile")
    assert refused.stderr.count("\n") == 1


def test_a_missing_region_is_reported_in_one_line() -> None:
    without_credentials()

    refused = larder("project", "list", "--stack", "larder")

    assert refused == Printed(
        1, "", "larder: There is no AWS region: give --region or set AWS_DEFAULT_REGION.\n"
    )


def test_an_unknown_profile_is_reported_in_one_line() -> None:
    without_credentials()

    refused = larder("project", "list", "--stack", "larder", "--profile", "nobody")

    assert refused == Printed(
        1,
        "",
        "larder: The config profile (nobody) could not be found. "
        "'aws configure list-profiles' shows yours.\n",
    )


def test_a_local_stack_that_does_not_answer_is_reported_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
    write_env_file(
        tmp_path,
        LARDER_STACK="larder-local",
        LARDER_BASE_URL=f"{endpoint}/v1",
        LARDER_STORE_TABLE="Store",
        LARDER_KEYS_TABLE="Keys",
        LARDER_FILES_BUCKET="files",
        LARDER_EVENTS_QUEUE_URL=f"{endpoint}/events",
        LARDER_PEPPER_SECRET_ID="pepper",
        LARDER_CURSOR_SECRET_ID="cursor",
        LARDER_WEBHOOK_SECRET_ID="webhooks",
        LARDER_DELIVERIES_QUEUE_URL=f"{endpoint}/deliveries",
        LARDER_PRIVATE_WEBHOOKS="true",
        AWS_ENDPOINT_URL=endpoint,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_DEFAULT_REGION="us-east-1",
    )

    refused = larder("project", "list")

    assert refused.exit_code == 1
    assert endpoint in refused.stderr
    assert "make run" in refused.stderr
    assert refused.stderr.count("\n") == 1
