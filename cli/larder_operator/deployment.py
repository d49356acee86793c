"""The deployment that a command works on: the local stack, or a named one in an AWS account."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import botocore.session
import click
from botocore.config import Config
from botocore.exceptions import ClientError

from larder.domain.admin_log import Actor
from larder.domain.errors import NotFoundError
from larder.domain.quota import Amount
from larder.runtime.composition import Composition
from larder.runtime.settings import Settings
from larder.services.projects.projects import get_project
from larder_cli.failures import OperatorError
from larder_cli.local_stack import OPERATOR_ENV_FILE, find_env_file, use_env_file

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

    from larder.domain.projects import Project

_OUTPUTS = (
    "ApiUrl",
    "StoreTable",
    "KeysTable",
    "FilesBucket",
    "EventsQueueUrl",
    "PepperSecretId",
    "CursorSecretId",
    "WebhookSecretId",
    "DeliveriesQueueUrl",
    "PrivateWebhooks",
    "DefaultFilesLimit",
    "DefaultBytesLimit",
)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployed stack, and the ports to its resources."""

    stack: str
    base_url: str
    ports: Composition

    def find_project(self, name_or_id: str) -> Project:
        """Return the project of that name or id.

        Raises:
            OperatorError: no project has it.
        """
        try:
            return get_project(name_or_id, projects=self.ports.projects)
        except NotFoundError as error:
            message = f"There is no project '{name_or_id}'. 'larder project list' shows them all."
            raise OperatorError(message) from error

    def operator(self) -> Actor:
        """Return who the caller's AWS credentials are, for the log: their ARN."""
        client = cast("Any", operator_client("sts"))
        return Actor(client.get_caller_identity()["Arn"])

    def default_limit(self) -> Amount:
        """Return the limit of a new project, from the stack's parameters."""
        outputs = _read_outputs(self.stack)
        return Amount(
            files=int(outputs["DefaultFilesLimit"]), bytes=int(outputs["DefaultBytesLimit"])
        )


def find_deployment(
    stack: str | None = None, profile: str | None = None, region: str | None = None
) -> Deployment:
    """Return a deployment: the one named `stack`, else the local one, else LARDER_STACK's.

    `profile` and `region` mean what they mean to the AWS CLI, and need a stack in an account. They
    are set in this process's environment, where every AWS client looks for them.

    Raises:
        OperatorError: there is no such deployment, or LARDER_STACK contradicts the local one.
        click.UsageError: `profile` or `region` is given for the local stack.
    """
    if stack is None and (env_file := find_env_file(OPERATOR_ENV_FILE)):
        if profile or region:
            message = f"--profile and --region need --stack. Without it, {env_file} is used."
            raise click.UsageError(message)
        use_env_file(env_file)
        return _local()
    if stack is None and (stack := os.environ.get("LARDER_STACK")) is None:
        message = (
            f"No local stack is running: there is no {OPERATOR_ENV_FILE} in this folder or above. "
            "Run 'make run', or name a deployed stack with --stack."
        )
        raise OperatorError(message)
    use_account(profile, region)
    return _in_account(stack)


def _local() -> Deployment:
    return Deployment(
        os.environ["LARDER_STACK"],
        os.environ["LARDER_BASE_URL"],
        Composition(
            Settings(
                store_table=os.environ["LARDER_STORE_TABLE"],
                keys_table=os.environ["LARDER_KEYS_TABLE"],
                files_bucket=os.environ["LARDER_FILES_BUCKET"],
                events_queue_url=os.environ["LARDER_EVENTS_QUEUE_URL"],
                pepper_secret_id=os.environ["LARDER_PEPPER_SECRET_ID"],
                cursor_secret_id=os.environ["LARDER_CURSOR_SECRET_ID"],
                webhook_secret_id=os.environ["LARDER_WEBHOOK_SECRET_ID"],
                deliveries_queue_url=os.environ["LARDER_DELIVERIES_QUEUE_URL"],
                private_webhooks=os.environ["LARDER_PRIVATE_WEBHOOKS"] == "true",
            )
        ),
    )


def _in_account(stack: str) -> Deployment:
    outputs = _read_outputs(stack)
    return Deployment(
        stack,
        outputs["ApiUrl"],
        Composition(
            Settings(
                store_table=outputs["StoreTable"],
                keys_table=outputs["KeysTable"],
                files_bucket=outputs["FilesBucket"],
                events_queue_url=outputs["EventsQueueUrl"],
                pepper_secret_id=outputs["PepperSecretId"],
                cursor_secret_id=outputs["CursorSecretId"],
                webhook_secret_id=outputs["WebhookSecretId"],
                deliveries_queue_url=outputs["DeliveriesQueueUrl"],
                private_webhooks=outputs["PrivateWebhooks"] == "true",
            )
        ),
    )


def use_account(profile: str | None, region: str | None) -> None:
    """Let every AWS client use that profile and region, if they are given."""
    if profile:
        # --profile beats keys in the environment, as with the AWS CLI. AWS_PROFILE alone does not.
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            os.environ.pop(name, None)
        os.environ["AWS_PROFILE"] = profile
    if region:
        os.environ["AWS_DEFAULT_REGION"] = region


def cloudformation_client() -> CloudFormationClient:
    """Return a CloudFormation client that gives up within a minute or so."""
    return cast("CloudFormationClient", operator_client("cloudformation"))


def operator_client(service: str) -> BaseClient:
    """Return a client for what only operators do: the functions' clients know less."""
    config = Config(
        connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3}
    )
    return botocore.session.get_session().create_client(service, config=config)


def _read_outputs(stack: str) -> dict[str, str]:
    return describe_stack(stack)[1]


def describe_stack(stack: str) -> tuple[StackTypeDef, dict[str, str]]:
    """Return what CloudFormation says of a stack, by its name or ARN, and its outputs.

    Raises:
        OperatorError: there is no such stack, or it is not a Larder deployment.
    """
    client = cloudformation_client()
    try:
        found = client.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        # CloudFormation's answer to an unknown name and to an impossible one.
        if error.response["Error"].get("Code") != "ValidationError":
            raise
        message = (
            f"There is no stack '{stack}' in {client.meta.region_name} "
            f"({client.meta.endpoint_url}). Check --stack, --profile and --region."
        )
        raise OperatorError(message) from error
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    if missing := [name for name in _OUTPUTS if name not in outputs]:
        message = (
            f"Stack '{stack}' ({found['StackStatus']}) has no output {missing[0]}: "
            "it is not a Larder deployment, or its deployment has not finished."
        )
        raise OperatorError(message)
    return found, outputs
