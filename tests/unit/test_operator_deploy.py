"""`larder deploy`, as `make deploy` calls it: with a SAM CLI and an account that only record."""

from __future__ import annotations

import os
import stat
import subprocess
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from larder_cli.main import app
from larder_operator.commands.deploy import parameter_names
from larder_operator.rollout import stacks
from tests.support.template import ROOT, TEMPLATE

if TYPE_CHECKING:
    from pathlib import Path

CHANGE_SET = "arn:aws:cloudformation:eu-central-1:123456789012:changeSet/samcli-deploy1/0a1b"
URL = "https://abc.execute-api.eu-central-1.amazonaws.com/prod/v1"

SAM = """#!/bin/sh
echo "noise of sam $1"
printf '%s\\n' "$@" >>sam.calls
if [ -e "sam.$1.fails" ]; then echo "Error: said so"; exit 1; fi
if [ "$1" = deploy ]; then cat sam.prints 2>/dev/null; fi
"""


class Account:
    """CloudFormation, STS and Lambda of an account; `statuses` are those of the stack in turn."""

    def __init__(self) -> None:
        self.endpoint = "https://{}.eu-central-1.amazonaws.com"
        self.signed_in = True
        self.changes = [change("Add", "AWS::Lambda::Function", f"F{n}") for n in range(3)]
        self.statuses: list[str] = []
        self.after = ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
        self.events: list[dict[str, str]] = []
        self.failures: list[dict[str, str]] = []
        self.calls: list[str] = []

    def client(self, service: str, **_: Any) -> Any:
        return SimpleNamespace(
            meta=SimpleNamespace(
                endpoint_url=self.endpoint.format(service), region_name="eu-central-1"
            ),
            get_caller_identity=self._caller,
            get_account_settings=lambda: {
                "AccountLimit": {
                    "ConcurrentExecutions": 1000,
                    "UnreservedConcurrentExecutions": 1000,
                }
            },
            describe_stacks=self._describe,
            get_paginator=lambda name: SimpleNamespace(paginate=lambda **_: self._pages(name)),
            execute_change_set=self._execute,
            delete_change_set=lambda **it: self.calls.append(f"discard {it['ChangeSetName']}"),
            delete_stack=lambda **it: self.calls.append(f"delete {it['StackName']}"),
        )

    def _caller(self) -> dict[str, str]:
        if not self.signed_in:
            raise error("ExpiredToken", "GetCallerIdentity")
        return {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/me"}

    def _pages(self, operation: str) -> list[dict[str, Any]]:
        if operation == "describe_stack_events":
            return [{"StackEvents": self.events}]
        # SAM makes an empty stack for the change set of a new one.
        self.statuses = self.statuses or ["REVIEW_IN_PROGRESS"]
        return [{"Changes": self.changes[:1]}, {"Changes": self.changes[1:]}]

    def _describe(self, **_: str) -> dict[str, Any]:
        if not self.statuses:
            raise error("ValidationError", "DescribeStacks")
        status = self.statuses[0] if len(self.statuses) == 1 else self.statuses.pop(0)
        outputs = [{"OutputKey": "ApiUrl", "OutputValue": URL}]
        return {"Stacks": [{"StackStatus": status, "Outputs": outputs}]}

    def _execute(self, **it: str) -> None:
        self.calls.append(f"execute {it['ChangeSetName']}")
        self.statuses = list(self.after)
        self.events[:0] = self.failures


def change(action: str, kind: str, name: str, replacement: str = "False") -> dict[str, Any]:
    resource = {"Action": action, "ResourceType": kind, "LogicalResourceId": name}
    return {"ResourceChange": {**resource, "Replacement": replacement}}


def error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "said so"}}, operation)


class Clone:
    """A clone with a SAM CLI that records, and its `make deploy`."""

    def __init__(self, folder: Path, account: Account) -> None:
        self.folder, self.account = folder, account
        program = folder / ".tools/sam/bin/sam"
        program.parent.mkdir(parents=True)
        program.write_text(SAM)
        program.chmod(program.stat().st_mode | stat.S_IEXEC)
        for name in ("samconfig.toml", "template.yaml"):
            (folder / name).symlink_to(ROOT / name)
        self.sam_prints(f"Changeset created successfully. {CHANGE_SET}\n")

    def sam_prints(self, text: str) -> None:
        (self.folder / "sam.prints").write_text(text)

    def sam_fails(self, command: str) -> None:
        (self.folder / f"sam.{command}.fails").touch()

    def sam_calls(self) -> list[str]:
        calls = self.folder / "sam.calls"
        return calls.read_text().splitlines() if calls.exists() else []

    def deploy(self, *arguments: str, answer: str = "y\n") -> Any:
        return CliRunner().invoke(app, ["deploy", *arguments], input=answer)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    account = Account()
    session = SimpleNamespace(create_client=account.client)
    monkeypatch.setattr(botocore.session, "get_session", lambda: session)
    monkeypatch.setattr(stacks, "POLL_SECONDS", 0)
    monkeypatch.chdir(tmp_path)
    return Clone(tmp_path, account)


def test_a_new_stack_ends_with_its_address_and_the_next_commands(clone: Clone) -> None:
    done = clone.deploy()

    assert done.exit_code == 0, done.output
    assert clone.account.calls == [f"execute {CHANGE_SET}"]
    assert f"Larder is at {URL}\n" in done.stdout
    assert "larder project create my-team --stack larder" in done.stdout
    assert "account 123456789012, eu-central-1" in done.stderr
    assert "creates 3: 3 Lambda::Function" in done.stderr


def test_what_sam_prints_goes_to_a_log(clone: Clone) -> None:
    done = clone.deploy()

    assert "noise" not in done.output
    log = (clone.folder / ".local/deploy.log").read_text()
    assert "noise of sam build" in log
    assert "noise of sam deploy" in log


def test_an_update_says_how_to_bring_records_up_to_it(clone: Clone) -> None:
    clone.account.statuses = ["UPDATE_COMPLETE"]
    clone.account.after = ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"]

    done = clone.deploy()

    assert done.exit_code == 0, done.output
    assert "larder migrate --stack larder" in done.stdout
    assert "project create" not in done.stdout


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"endpoint": "http://127.0.0.1:4566"}, "which is not AWS"),
        ({"signed_in": False}, "ExpiredToken"),
        ({"statuses": ["ROLLBACK_COMPLETE"]}, "cannot be updated"),
    ],
)
def test_nothing_is_built_for_an_account_that_takes_no_deployment(
    clone: Clone, wrong: dict[str, Any], said: str
) -> None:
    for name, value in wrong.items():
        setattr(clone.account, name, value)

    done = clone.deploy()

    assert done.exit_code == 1
    assert said in done.stderr
    assert "Nothing was deployed." in done.stderr
    assert clone.sam_calls() == []


def test_parameters_are_added_to_those_of_the_environment(clone: Clone) -> None:
    done = clone.deploy(
        *("prod", "--params", "KeepDeletedDays=14 SweepRate='rate(1 minute)'"),
        *("--alarm-email", "me@example.com"),
    )

    assert done.exit_code == 0, done.output
    calls = clone.sam_calls()
    assert calls[calls.index("--parameter-overrides") + 1 :] == [
        'LogRetentionDays="90"',
        'KeepDeletedDays="14"',
        'SweepRate="rate(1 minute)"',
        'AlarmEmail="me@example.com"',
    ]
    assert calls.count("prod") == 2
    assert "mail to me@example.com" in done.stdout


def test_without_parameters_the_deployed_ones_stay(clone: Clone) -> None:
    clone.deploy()

    assert "--parameter-overrides" not in clone.sam_calls()


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ("KeepDeletedDay=14", "Did you mean KeepDeletedDays?"),
        ("KeepDeletedDays", "write NAME=VALUE"),
        ("SweepRate='rate(1 minute)", "cannot be read"),
    ],
)
def test_a_parameter_that_is_none_is_refused_before_anything(
    clone: Clone, params: str, said: str
) -> None:
    done = clone.deploy("--params", params)

    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert clone.sam_calls() == []


def test_every_parameter_of_the_template_is_known() -> None:
    assert parameter_names(ROOT / "template.yaml") == list(TEMPLATE["Parameters"])


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_without_a_yes_nothing_changes_and_nothing_is_left(clone: Clone, answer: str) -> None:
    done = clone.deploy(answer=answer)

    assert done.exit_code == 1
    assert "Nothing was deployed." in done.stderr
    assert clone.account.calls == [f"discard {CHANGE_SET}", "delete larder"]


@pytest.mark.parametrize(("arguments", "times"), [((), 1), (("--yes",), 0), (("dev",), 0)])
def test_it_asks_unless_samconfig_or_yes_says_not_to(
    clone: Clone, arguments: tuple[str, ...], times: int
) -> None:
    done = clone.deploy(*arguments)

    assert done.exit_code == 0, done.output
    assert done.stderr.count("Deploy this?") == times


@pytest.mark.parametrize(
    "lost",
    [
        change("Modify", "AWS::DynamoDB::Table", "Store", "True"),
        change("Remove", "AWS::S3::Bucket", "FilesBucket"),
    ],
)
def test_what_would_lose_data_is_asked_whatever_was_said(
    clone: Clone, lost: dict[str, Any]
) -> None:
    clone.account.statuses = ["UPDATE_COMPLETE"]
    clone.account.changes = [lost]

    done = clone.deploy("--yes", answer="")

    assert done.exit_code == 1
    assert "WARNING" in done.stderr
    assert lost["ResourceChange"]["LogicalResourceId"] in done.stderr
    assert clone.account.calls == [f"discard {CHANGE_SET}"]


def test_a_stack_that_is_up_to_date_is_left_alone(clone: Clone) -> None:
    clone.sam_prints("No changes to deploy. Stack larder is up to date\n")

    done = clone.deploy()

    assert done.exit_code == 0
    assert "Nothing changes" in done.stderr
    assert clone.account.calls == []


@pytest.mark.parametrize("command", ["build", "deploy"])
def test_a_failure_of_sam_shows_the_end_of_what_it_printed(clone: Clone, command: str) -> None:
    clone.sam_fails(command)

    done = clone.deploy()

    assert done.exit_code == 1
    assert f"sam {command} failed. The end of .local/deploy.log:" in done.stderr
    assert "Error: said so" in done.stderr
    assert clone.account.calls == []


def test_a_deployment_that_is_undone_says_why(clone: Clone) -> None:
    old = {"EventId": "1", "LogicalResourceId": "Old", "ResourceStatus": "CREATE_FAILED"}
    first = {"EventId": "2", "LogicalResourceId": "Sweep", "ResourceStatus": "CREATE_FAILED"}
    later = {"EventId": "3", "LogicalResourceId": "Api", "ResourceStatus": "CREATE_FAILED"}
    clone.account.events = [old]
    clone.account.failures = [later, first | {"ResourceStatusReason": "no such role"}]
    clone.account.after = ["CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"]

    done = clone.deploy()

    assert done.exit_code == 1
    assert "The stack is ROLLBACK_COMPLETE. Sweep: no such role" in done.stderr


def test_outside_of_a_clone_it_says_so(clone: Clone) -> None:
    (clone.folder / "samconfig.toml").unlink()

    done = clone.deploy()

    assert done.exit_code == 1
    assert "Larder's repository" in done.stderr


def test_make_hands_over_values_with_spaces_and_quotes(tmp_path: Path) -> None:
    (tmp_path / "uv").write_text('#!/bin/sh\nfor each; do echo "[$each]"; done\n')
    (tmp_path / "uv").chmod(0o755)

    make = ["make", "--no-print-directory", "-o", "tools", "deploy", f"UV={tmp_path / 'uv'}"]
    params = "PARAMS=LogLevel=DEBUG SweepRate='rate(1 minute)'"
    printed = subprocess.run(  # noqa: S603 - our own Makefile
        [*make, "ENV=prod", params, "ALARM_EMAIL=a@b.c"],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert printed.splitlines()[-6:] == [
        *("[deploy]", "[prod]"),
        *("[--params]", "[LogLevel=DEBUG SweepRate='rate(1 minute)']"),
        *("[--alarm-email]", "[a@b.c]"),
    ]
