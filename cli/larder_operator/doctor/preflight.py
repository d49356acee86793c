"""What would make a deployment fail late, looked at before it begins."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError

from larder_cli.failures import OperatorError
from larder_operator.doctor.findings import Finding, State, examine, failed, good, warning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

LONGEST_STACK_NAME = 40
"""Lambda's 64 characters minus the longest suffix of a function's name."""

WORKERS = {"MaxValidationConcurrency": 10, "BatchConcurrency": 10, "WebhookConcurrency": 10}
"""The parameters that let workers run at once, with the template's defaults."""

RESERVED = {"ReservedValidations": 0, "ReservedCompletions": 0}
"""The parameters that reserve concurrency for a function, with the template's defaults."""

UNRESERVABLE = 100
"""Lambda keeps so many for functions without a reservation: CloudFormation fails otherwise.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""

FOR_REQUESTS = 50
"""Enough for a few hundred short requests per second."""

QUOTA = "https://console.aws.amazon.com/servicequotas/home/services/lambda/quotas/L-B99A9384"

_NAME = re.compile(r"[A-Za-z][-A-Za-z0-9]*")
_EMULATED_ACCOUNT = "000000000000"
_OF_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws")


@dataclass(frozen=True)
class Planned:
    """A deployment that is about to begin, and a maker of clients for its account."""

    stack: str
    client: Callable[[str], Any]
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SamSettings:
    """What samconfig.toml says about one environment."""

    stack: str
    profile: str | None
    region: str | None
    parameters: Mapping[str, str]
    confirm: bool = True


def read_samconfig(path: Path, environment: str) -> SamSettings:
    """Return what `sam deploy --config-env ENVIRONMENT` will use.

    Raises:
        OperatorError: the file is missing, or has no such environment.
    """
    try:
        config = tomllib.loads(path.read_text())[environment]
    except FileNotFoundError as error:
        message = f"There is no {path} here. Run this in Larder's repository."
        raise OperatorError(message) from error
    except KeyError as error:
        message = f"{path} has no environment '{environment}': check ENV."
        raise OperatorError(message) from error
    every = config.get("global", {}).get("parameters", {})
    values = every | config.get("deploy", {}).get("parameters", {})
    overrides = values.get("parameter_overrides", [])
    words = overrides.split() if isinstance(overrides, str) else overrides
    pairs = (word.split("=", 1) for word in words)
    return SamSettings(
        stack=values["stack_name"],
        profile=values.get("profile"),
        region=values.get("region"),
        parameters={name: value.strip('"') for name, value in pairs},
        confirm=values.get("confirm_changeset", True),
    )


def preflight(planned: Planned) -> Iterator[Finding]:
    """Yield what would make the deployment fail, or the stack too small."""
    yield from examine(planned, [("stack name", check_name)])
    for name, check in (("endpoint", check_endpoint), ("credentials", check_credentials)):
        for finding in examine(planned, [(name, check)]):
            yield finding
            if finding.state is State.FAILED:
                # Nothing else is asked of a server that is not AWS, or without a right to ask.
                return
    yield from examine(planned, [("stack", check_state), ("Lambda concurrency", check_concurrency)])


def check_name(planned: Planned) -> Finding:
    """Look at the length of the stack's name: functions' names begin with it."""
    name = planned.stack
    if not _NAME.fullmatch(name):
        return failed(
            f"'{name}' is no name of a stack",
            "Choose a stack_name of letters, digits and hyphens in samconfig.toml.",
        )
    if len(name) > LONGEST_STACK_NAME:
        return failed(
            f"'{name}' has {len(name)} characters, and may have {LONGEST_STACK_NAME}: the names of "
            "functions begin with it, and Lambda takes 64 characters",
            "Choose a shorter stack_name in samconfig.toml.",
        )
    return good(name)


def check_endpoint(planned: Planned) -> Finding:
    """Look where the clients lead: a deployment must not go to an emulator."""
    for service in ("cloudformation", "s3", "lambda"):
        try:
            address: str = planned.client(service).meta.endpoint_url
        except NoRegionError:
            return failed(
                "no AWS region is chosen",
                "Set AWS_DEFAULT_REGION, or region in samconfig.toml.",
            )
        host = urlsplit(address).hostname or ""
        if not host.endswith(_OF_AWS):
            return failed(
                f"{service} would be called at {address}, which is not AWS",
                "Unset AWS_ENDPOINT_URL and endpoint_url in your profile. "
                "'make run' deploys to the emulator.",
            )
    return good("AWS")


def check_credentials(planned: Planned) -> Finding:
    """Ask who is deploying, and where."""
    client = planned.client("sts")
    try:
        caller = client.get_caller_identity()
    except NoCredentialsError:
        return failed(
            "there are no AWS credentials",
            "Set AWS_PROFILE, or run 'aws configure'.",
        )
    except ClientError as error:
        return failed(
            f"AWS does not accept the credentials: {error.response['Error'].get('Code')}",
            "Sign in again.",
        )
    if caller["Account"] == _EMULATED_ACCOUNT:
        return failed("the account is an emulator's", "Use credentials of an AWS account.")
    return good(f"account {caller['Account']}, {client.meta.region_name}, {caller['Arn']}")


def check_state(planned: Planned) -> Finding:
    """Look whether the stack exists in a state that no deployment gets it out of."""
    try:
        stacks = planned.client("cloudformation").describe_stacks(StackName=planned.stack)
    except ClientError as error:
        if error.response["Error"].get("Code") != "ValidationError":
            raise
        return good("it will be created")
    status = stacks["Stacks"][0]["StackStatus"]
    if status == "REVIEW_IN_PROGRESS":
        return good("it will be created: the last attempt ended before it began")
    if status in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}:
        return failed(
            f"the stack is {status}, and cannot be updated",
            f"Delete it first: aws cloudformation delete-stack --stack-name {planned.stack}",
        )
    if status.endswith("_IN_PROGRESS"):
        return failed(f"the stack is {status}", "Wait until it has ended.")
    return good(f"it is {status} and will be updated")


def check_concurrency(planned: Planned) -> Finding:
    """Compare the account's concurrency with what is reserved, and with what workers may take."""
    settings = planned.client("lambda").get_account_settings()["AccountLimit"]
    return judge_concurrency(
        limit=settings["ConcurrentExecutions"],
        unreserved=settings["UnreservedConcurrentExecutions"],
        reserved=sum(_numbers(planned.parameters, RESERVED)),
        workers=sum(_numbers(planned.parameters, WORKERS)),
    )


def judge_concurrency(*, limit: int, unreserved: int, reserved: int, workers: int) -> Finding:
    """Return what these numbers of functions at once mean for the deployment."""
    if reserved and unreserved - reserved < UNRESERVABLE:
        return failed(
            f"{reserved} of {unreserved} functions at once would be reserved, and Lambda wants "
            f"{UNRESERVABLE} left without reservation",
            f"Ask for a higher quota ({QUOTA}), or reserve less: {', '.join(RESERVED)}.",
        )
    left = unreserved - max(workers, reserved)
    numbers = f"{limit} functions at once, {unreserved} without reservation, workers take {workers}"
    if left < FOR_REQUESTS:
        return warning(
            f"{numbers}: {max(0, left)} are left for requests while files are validated and one "
            "batch runs; what is missing is answered 429 or 500",
            f"Ask for a higher quota ({QUOTA}), or lower {', '.join(WORKERS)}.",
        )
    return good(numbers)


def _numbers(chosen: Mapping[str, str], defaults: Mapping[str, int]) -> list[int]:
    return [int(chosen.get(name, default)) for name, default in defaults.items()]
