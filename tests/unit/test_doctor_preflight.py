"""What `make deploy` looks at before it deploys."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError

from larder_cli.failures import OperatorError
from larder_operator.doctor.findings import State
from larder_operator.doctor.preflight import (
    LONGEST_STACK_NAME,
    RESERVED,
    WORKERS,
    Planned,
    judge_concurrency,
    preflight,
    read_samconfig,
)
from tests.support.template import FUNCTIONS, ROOT, TEMPLATE

if TYPE_CHECKING:
    from pathlib import Path


def client_error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "said so"}}, operation)


class Account:
    """An account in which nothing is wrong, except for `changes`."""

    def __init__(self, **changes: Any) -> None:
        self.endpoint: Any = "https://{}.eu-central-1.amazonaws.com"
        self.caller: Any = {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/me"}
        self.stack: Any = client_error("ValidationError", "DescribeStacks")
        self.limit = 1000
        for name, value in changes.items():
            setattr(self, name, value)

    def client(self, service: str) -> Any:
        if isinstance(self.endpoint, Exception):
            raise self.endpoint
        url = self.endpoint.format(service)
        limits = {"ConcurrentExecutions": self.limit, "UnreservedConcurrentExecutions": self.limit}
        return SimpleNamespace(
            meta=SimpleNamespace(endpoint_url=url, region_name="eu-central-1"),
            get_caller_identity=lambda: _told(self.caller),
            describe_stacks=lambda **_: {"Stacks": [{"StackStatus": _told(self.stack)}]},
            get_account_settings=lambda: {"AccountLimit": limits},
        )


def _told(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer


def findings(account: Account, stack: str = "larder", **parameters: str) -> dict[str, Any]:
    planned = Planned(stack, account.client, parameters)
    return {finding.check: finding for finding in preflight(planned)}


def test_an_ordinary_account_is_ready() -> None:
    found = findings(Account())

    assert {finding.state for finding in found.values()} == {State.OK}
    assert "account 123456789012, eu-central-1" in found["credentials"].found


@pytest.mark.parametrize("name", ["x" * (LONGEST_STACK_NAME + 1), "1st", "my_stack", ""])
def test_a_name_that_would_fail_late_fails_now(name: str) -> None:
    finding = findings(Account(), stack=name)["stack name"]

    assert finding.state is State.FAILED
    assert "samconfig.toml" in finding.remedy


def test_the_longest_name_passes() -> None:
    name = "x" * LONGEST_STACK_NAME

    assert findings(Account(), stack=name)["stack name"].state is State.OK


@pytest.mark.parametrize(
    ("check", "changes"),
    [
        ("endpoint", {"endpoint": "http://127.0.0.1:4566"}),
        ("endpoint", {"endpoint": "https://amazonaws.com.evil.example"}),
        ("endpoint", {"endpoint": NoRegionError()}),
        ("credentials", {"caller": NoCredentialsError()}),
        ("credentials", {"caller": client_error("ExpiredToken", "GetCallerIdentity")}),
        ("credentials", {"caller": {"Account": "000000000000", "Arn": "arn:aws:iam::0:root"}}),
        ("stack", {"stack": "ROLLBACK_COMPLETE"}),
        ("stack", {"stack": "UPDATE_IN_PROGRESS"}),
    ],
)
def test_what_a_deployment_fails_on_fails_before(check: str, changes: dict[str, Any]) -> None:
    finding = findings(Account(**changes))[check]

    assert finding.state is State.FAILED
    assert finding.found
    assert finding.remedy


@pytest.mark.parametrize(
    ("changes", "last"),
    [
        ({"endpoint": "http://127.0.0.1:4566"}, "endpoint"),
        ({"caller": NoCredentialsError()}, "credentials"),
    ],
)
def test_nothing_is_asked_of_another_account(changes: dict[str, Any], last: str) -> None:
    assert list(findings(Account(**changes)))[-1] == last


def test_a_stack_that_exists_is_updated() -> None:
    finding = findings(Account(stack="UPDATE_ROLLBACK_COMPLETE"))["stack"]

    assert finding.state is State.OK


def test_what_the_credentials_may_not_see_is_skipped() -> None:
    finding = findings(Account(stack=client_error("AccessDenied", "DescribeStacks")))["stack"]

    assert finding.state is State.SKIPPED
    assert "DescribeStacks" in finding.found


@pytest.mark.parametrize(
    ("limit", "parameters", "state"),
    [
        (1000, {}, State.OK),
        (80, {}, State.OK),
        (79, {}, State.WARNING),
        (10, {}, State.WARNING),
        (1000, {"BatchConcurrency": "990"}, State.WARNING),
    ],
)
def test_workers_leave_functions_for_requests(
    limit: int, parameters: dict[str, str], state: State
) -> None:
    finding = findings(Account(limit=limit), **parameters)["Lambda concurrency"]

    assert finding.state is state
    assert (state is State.WARNING) == ("quota" in finding.remedy)


@pytest.mark.parametrize(("reserved", "state"), [(900, State.OK), (901, State.FAILED)])
def test_a_reservation_leaves_what_lambda_wants(reserved: int, state: State) -> None:
    finding = judge_concurrency(limit=1000, unreserved=1000, reserved=reserved, workers=0)

    assert finding.state is state


def test_the_preflight_knows_what_takes_concurrency() -> None:
    parameters = TEMPLATE["Parameters"]
    concurrent = {
        name for name in parameters if name.endswith("Concurrency") or name.startswith("Reserved")
    }
    reserving = [
        function["ReservedConcurrentExecutions"]
        for function in FUNCTIONS.values()
        if "ReservedConcurrentExecutions" in function
    ]

    assert WORKERS.keys() | RESERVED.keys() == concurrent
    assert {name: parameters[name]["Default"] for name in WORKERS | RESERVED} == WORKERS | RESERVED
    assert sorted(each["Fn::If"][1]["Ref"] for each in reserving) == sorted(RESERVED)


@pytest.mark.parametrize(
    ("environment", "stack"),
    [("default", "larder"), ("dev", "larder-dev"), ("prod", "larder-prod")],
)
def test_samconfig_says_what_is_deployed(environment: str, stack: str) -> None:
    settings = read_samconfig(ROOT / "samconfig.toml", environment)

    assert settings.stack == stack
    assert settings.parameters.keys() <= TEMPLATE["Parameters"].keys()


def test_an_unknown_environment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no environment 'staging'"):
        read_samconfig(ROOT / "samconfig.toml", "staging")
    with pytest.raises(OperatorError, match="repository"):
        read_samconfig(tmp_path / "samconfig.toml", "default")
