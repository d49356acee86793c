"""Runs `sam build` and `sam deploy`, the commands that deploy to AWS, against the emulator."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import boto3

from local.errors import LocalError, blame
from local.sources import fingerprint
from local.state import ROOT

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

    from local.state import State

PROGRAM = ROOT / ".tools/sam/bin/sam"
STACK = "larder-local"
ARTIFACTS = "larder-local-artifacts"
CONFIGURATION = ("--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local")


def build(state: State) -> bool:
    """Build the functions and the layer if a source changed, and return whether it did.

    Raises:
        LocalError: the build failed.
    """
    current, done = fingerprint(), state.fingerprint("build")
    if done.exists() and done.read_text() == current:
        return False
    done.unlink(missing_ok=True)
    _sam(state, "build", "--build-dir", str(state.build))
    done.write_text(current)
    return True


def deploy(state: State) -> bool:
    """Deploy what was built unless it is deployed already, and return whether it did.

    Raises:
        LocalError: the deployment failed; the message has the first reason.
    """
    cloudformation = boto3.client("cloudformation")
    status = _status(cloudformation)
    current, done = state.fingerprint("build").read_text(), state.fingerprint("deploy")
    if is_whole(status) and done.exists() and done.read_text() == current:
        return False
    done.unlink(missing_ok=True)
    if status is None:
        boto3.client("s3").create_bucket(Bucket=ARTIFACTS)
    elif status == "ROLLBACK_COMPLETE":
        cloudformation.delete_stack(StackName=STACK)
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=STACK, WaiterConfig={"Delay": 1}
        )
    template = str(state.build / "template.yaml")
    try:
        _sam(state, "deploy", "--template-file", template, "--s3-bucket", ARTIFACTS)
    except LocalError as error:
        reason = _first_failure(cloudformation)
        if reason is None:
            raise
        message = f"The deployment failed. {reason}\nMore in {state.log('deploy')}"
        raise LocalError(message) from error
    done.write_text(current)
    return True


def is_whole(status: str | None) -> bool:
    """Return whether a stack in that status has all of the template; a restore imports a part."""
    return status not in {None, "IMPORT_COMPLETE"}


def status() -> str | None:
    """Return the stack's status, None if there is none."""
    return _status(boto3.client("cloudformation"))


def outputs() -> dict[str, str]:
    """Return the stack's outputs by name."""
    stack = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _sam(state: State, command: str, *arguments: str) -> None:
    if not PROGRAM.exists():
        message = f"The SAM CLI is not installed in {PROGRAM.parent}: run 'make tools'."
        raise LocalError(message)
    environment = os.environ | {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.2"}
    # Without bytecode the SAM CLI takes seconds longer at each start.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    log = state.log(command)
    with log.open("wb") as output:
        status = subprocess.run(
            [PROGRAM, command, *CONFIGURATION, *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    if status:
        tail = "\n".join(log.read_text(errors="replace").strip().splitlines()[-12:])
        raise blame(log, f"sam {command} failed. The end of {log}:\n{tail}")


def _status(cloudformation: CloudFormationClient) -> str | None:
    try:
        return cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
    except cloudformation.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return None


def _first_failure(cloudformation: CloudFormationClient) -> str | None:
    if _status(cloudformation) is None:
        return None
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    for event in reversed(events):
        if event["ResourceStatus"].endswith("_FAILED"):
            return f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
    return None
