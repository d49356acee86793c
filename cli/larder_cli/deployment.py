"""Which deployment a command works on: the local stack, or one in an AWS account by name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import botocore.session
import typer
from botocore.config import Config
from botocore.exceptions import ClientError

from larder.domain.quota import Amount
from larder.runtime.composition import Composition
from larder.runtime.settings import Settings
from larder_cli.failures import OperatorError
from larder_cli.local_stack import find_env_file, use_env_file

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

_OUTPUTS = (
    "StoreTable",
    "KeysTable",
    "FilesBucket",
    "EventsQueueUrl",
    "PepperSecretId",
    "DefaultFilesLimit",
    "DefaultBytesLimit",
)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployed stack, and the ports on its resources."""

    stack: str
    ports: Composition

    def default_limit(self) -> Amount:
        """Return what a new project may store by the stack's parameters."""
        outputs = _read_outputs(self.stack)
        return Amount(
            files=int(outputs["DefaultFilesLimit"]), bytes=int(outputs["DefaultBytesLimit"])
        )


def find_deployment(
    stack: str | None = None, profile: str | None = None, region: str | None = None
) -> Deployment:
    """Return the deployment of that name, or else the local one, or else that of LARDER_STACK.

    `profile` and `region` are as for the AWS CLI and go with a stack in an account. The process's
    environment is set accordingly, since that is where every AWS client looks.

    Raises:
        OperatorError: there is none, or it is not clear which.
        typer.BadParameter: `profile` or `region` without a stack in an account.
    """
    if stack is None and (env_file := find_env_file()):
        if profile or region:
            message = f"--profile and --region need --stack: without it {env_file} is used."
            raise typer.BadParameter(message)
        use_env_file(env_file)
        return _local()
    if stack is None and (stack := os.environ.get("LARDER_STACK")) is None:
        message = (
            "No local stack is running: there is no .local/env in this folder or above it. "
            "Run 'make run', or name a deployed stack with --stack."
        )
        raise OperatorError(message)
    _use_account(profile, region)
    return _in_account(stack)


def _local() -> Deployment:
    return Deployment(
        os.environ["LARDER_STACK"],
        Composition(
            Settings(
                store_table=os.environ["LARDER_STORE_TABLE"],
                keys_table=os.environ["LARDER_KEYS_TABLE"],
                files_bucket=os.environ["LARDER_FILES_BUCKET"],
                events_queue_url=os.environ["LARDER_EVENTS_QUEUE_URL"],
                pepper_secret_id=os.environ["LARDER_PEPPER_SECRET_ID"],
            )
        ),
    )


def _in_account(stack: str) -> Deployment:
    outputs = _read_outputs(stack)
    return Deployment(
        stack,
        Composition(
            Settings(
                store_table=outputs["StoreTable"],
                keys_table=outputs["KeysTable"],
                files_bucket=outputs["FilesBucket"],
                events_queue_url=outputs["EventsQueueUrl"],
                pepper_secret_id=outputs["PepperSecretId"],
            )
        ),
    )


def _use_account(profile: str | None, region: str | None) -> None:
    if profile:
        # A named profile comes before keys in the environment, as with the AWS CLI; AWS_PROFILE
        # alone would come after them.
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            os.environ.pop(name, None)
        os.environ["AWS_PROFILE"] = profile
    if region:
        os.environ["AWS_DEFAULT_REGION"] = region


def cloudformation_client() -> CloudFormationClient:
    """Return a client of CloudFormation that gives up within seconds."""
    config = Config(
        connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3}
    )
    client = botocore.session.get_session().create_client("cloudformation", config=config)
    return cast("CloudFormationClient", client)


def _read_outputs(stack: str) -> dict[str, str]:
    client = cloudformation_client()
    try:
        found = client.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        # The answer for a name that is unknown, as for one that no stack can have.
        if error.response["Error"].get("Code") != "ValidationError":
            raise
        message = (
            f"There is no stack '{stack}' in {client.meta.region_name} "
            f"({client.meta.endpoint_url})."
        )
        raise OperatorError(message) from error
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    if missing := [name for name in _OUTPUTS if name not in outputs]:
        message = (
            f"Stack '{stack}' ({found['StackStatus']}) has no output {missing[0]}: "
            "it is not a Larder deployment, or one that has not finished."
        )
        raise OperatorError(message)
    return outputs
