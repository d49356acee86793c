"""What `larder doctor` says about a stack in which one thing is wrong."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from larder_cli import __version__
from larder_operator.doctor.findings import Finding, State, examine
from larder_operator.doctor.resources import RESOURCES
from tests.support.template import TEMPLATE

PARAMETERS = {name: str(it["Default"]) for name, it in TEMPLATE["Parameters"].items()}
OUTPUTS = {
    "TemplateVersion": __version__,
    "StoreTable": "store",
    "KeysTable": "keys",
    "FilesBucket": "files",
    "EventsQueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/events",
}
NOTIFICATION = {
    "QueueArn": "arn:aws:sqs:us-east-1:123456789012:events",
    "Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "files/"}]}},
}


def no_cors() -> ClientError:
    return ClientError({"Error": {"Code": "NoSuchCORSConfiguration"}}, "GetBucketCors")


class Stack:
    """A stack in which nothing is wrong, except for `changes`."""

    def __init__(self, **changes: Any) -> None:
        self.name = "larder"
        self.origin = "https://o"
        self.description = {"StackStatus": changes.get("status", "UPDATE_COMPLETE")}
        self.outputs = OUTPUTS | changes.get("outputs", {})
        self.parameters = PARAMETERS | changes.get("parameters", {})
        self.resources = {"Api": "api", "EventsDeadLetters": "url", "FilesBucket": "files"}
        self.resources["AlarmMails"] = "arn:mails"
        self.resources |= changes.get("resources", {})
        self.changes = changes
        ports = SimpleNamespace(projects=SimpleNamespace(list=list), pepper=b"")
        self.deployment = SimpleNamespace(ports=ports)

    def _get(self, name: str, usual: Any) -> Any:
        answer = self.changes.get(name, usual)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, _service: str) -> Any:
        get = self._get
        table = {"StreamSpecification": {"StreamViewType": get("view", "NEW_AND_OLD_IMAGES")}}
        backups = {"PointInTimeRecoveryStatus": get("backups", "ENABLED")}
        limits = dict.fromkeys(("ConcurrentExecutions", "UnreservedConcurrentExecutions"), 1000)
        throttle = {
            "throttlingRateLimit": get("rate", float(PARAMETERS["RequestsPerSecond"])),
            "throttlingBurstLimit": int(PARAMETERS["RequestBurst"]),
        }
        account = {"throttleSettings": {"rateLimit": get("account", 10000.0), "burstLimit": 5000}}
        ttl = {"TimeToLiveStatus": get("ttl", "ENABLED"), "AttributeName": "ttl"}
        messages = {"ApproximateNumberOfMessages": get("messages", "0")}
        return SimpleNamespace(
            list_subscriptions_by_topic=lambda **_: {
                "Subscriptions": [{"SubscriptionArn": it} for it in get("receivers", ["arn:1"])]
            },
            get_caller_identity=lambda: {"Arn": get("caller", "arn:me")},
            describe_time_to_live=lambda **_: {"TimeToLiveDescription": ttl},
            describe_table=lambda **_: {"Table": table},
            describe_continuous_backups=lambda **_: {
                "ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": backups}
            },
            get_bucket_notification_configuration=lambda **_: {
                "QueueConfigurations": get("notifications", [NOTIFICATION])
            },
            get_bucket_cors=lambda **_: {
                "CORSRules": get("cors", [{"AllowedOrigins": ["https://o"]}])
            },
            get_queue_attributes=lambda **_: {"Attributes": messages},
            get_function_configuration=lambda **_: {
                "LoggingConfig": {"ApplicationLogLevel": get("level", "INFO")}
            },
            get_account_settings=lambda: {"AccountLimit": limits},
            get_stage=lambda **_: {"methodSettings": {"*/*": throttle}},
            get_account=lambda: account,
        )


def findings(**changes: Any) -> dict[str, Finding]:
    stack = cast("Any", Stack(**changes))
    return {finding.check: finding for finding in examine(stack, RESOURCES)}


def test_a_stack_in_order_has_nothing_to_do() -> None:
    for finding in findings().values():
        assert (finding.state, finding.remedy) == (State.OK, ""), finding


@pytest.mark.parametrize(
    ("check", "changes"),
    [
        ("template version", {"outputs": {"TemplateVersion": "0.0.9"}}),
        ("template version", {"status": "ROLLBACK_COMPLETE"}),
        ("template version", {"status": "UPDATE_ROLLBACK_FAILED"}),
        ("TTL", {"ttl": "DISABLED"}),
        ("TTL", {"view": None}),
        ("backups", {"backups": "DISABLED"}),
        ("notifications", {"notifications": []}),
        (
            "notifications",
            {"notifications": [NOTIFICATION | {"QueueArn": "arn:aws:sqs:us-east-1:1:other"}]},
        ),
        ("notifications", {"notifications": [NOTIFICATION | {"Filter": {}}]}),
        ("CORS", {"cors": [{"AllowedOrigins": ["*"]}]}),
        ("CORS", {"cors": no_cors()}),
        ("dead letters", {"messages": "1"}),
        ("log level", {"level": "WARN"}),
        ("log level", {"parameters": {"LogLevel": "WARNING"}}),
        ("API throttle", {"rate": 10.0}),
    ],
)
def test_what_is_wrong_fails_alone_and_says_what_to_do(check: str, changes: dict[str, Any]) -> None:
    found = findings(**changes)

    assert [name for name, each in found.items() if each.state is not State.OK] == [check]
    assert found[check].state is State.FAILED
    assert found[check].remedy


def test_a_warning_is_logged_by_lambda_under_another_name() -> None:
    found = findings(level="WARN", parameters={"LogLevel": "WARNING"})

    assert found["log level"].state is State.OK


def test_an_accounts_lower_throttle_is_a_warning() -> None:
    assert findings(account=50.0)["API throttle"].state is State.WARNING


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"resources": {"AlarmMails": ""}}, "alarms reach nobody"),
        ({"receivers": []}, "nobody has confirmed"),
        ({"receivers": ["PendingConfirmation"]}, "nobody has confirmed"),
    ],
)
def test_alarms_that_reach_nobody_are_a_warning(changes: dict[str, Any], said: str) -> None:
    found = findings(**changes)["alarms"]

    assert found.state is State.WARNING
    assert said in found.found
    assert found.remedy


def test_a_stack_without_alarms_needs_no_receiver() -> None:
    found = findings(parameters={"Alarms": "false"}, resources={"AlarmMails": ""})["alarms"]

    assert found.state is State.OK


def test_a_call_that_the_credentials_forbid_is_skipped() -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied"}}, "GetBucketCors")

    found = findings(cors=denied)["CORS"]

    assert found.state is State.SKIPPED
    assert "GetBucketCors" in found.found


def test_an_answer_that_no_check_expects_stops_no_other() -> None:
    broken = ClientError({"Error": {"Code": "Busy", "Message": "later"}}, "GetBucketCors")

    found = findings(cors=broken)

    assert found["CORS"].state is State.FAILED
    assert "Busy: later" in found["CORS"].found
    assert found.keys() == {name for name, _ in RESOURCES}
