"""The deployed stack under test, from outside: its address and its stores."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self
from unittest import mock

import boto3
import psutil
from botocore.compat import get_current_datetime
from botocore.config import Config
from botocore.exceptions import ClientError

from local.logs import function_of, log_group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient


ROOT = Path(__file__).parents[2]
START_SECONDS = 300
STOP_SECONDS = 60
LOG_EVENTS_PER_PAGE = 10_000


@contextmanager
def started_stack() -> Iterator[Stack]:
    """Build and start an empty embedded stack on a free port, and stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="larder-e2e-") as folder, stack_in(Path(folder)) as it:
        yield it


@contextmanager
def stack_in(state: Path) -> Iterator[Stack]:
    """Build and start the stack whose state is in a folder, if there is any, and stop it."""
    output = state / "output"
    command = [sys.executable, "-m", "local", "run", "--port", "0", "--state", str(state)]
    with output.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not (state / "env").exists():
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.2)
        yield Stack.read(state / "operator.env")
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


@dataclass(frozen=True)
class Stack:
    """A running stack, found by its `.local/operator.env`, with the operator's credentials."""

    env_file: Path
    env: dict[str, str]
    s3: S3Client
    dynamodb: DynamoDBClient
    secrets: SecretsManagerClient
    logs: Any

    @classmethod
    def read(cls, env_file: Path) -> Self:
        lines = env_file.read_text().splitlines()
        pairs = (word.split("=", 1) for line in lines for word in shlex.split(line, comments=True))
        env = {name: value for name, value in pairs if name != "export"}
        session = boto3.Session(
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
            region_name=env["AWS_DEFAULT_REGION"],
        )
        endpoint = env["AWS_ENDPOINT_URL"]
        plain = Config(
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            s3={"addressing_style": "path"},
        )
        return cls(
            env_file,
            env,
            session.client("s3", endpoint_url=endpoint, config=plain),
            session.client("dynamodb", endpoint_url=endpoint),
            session.client("secretsmanager", endpoint_url=endpoint),
            session.client("logs", endpoint_url=endpoint),
        )

    def client(self, service: str, **credentials: str) -> Any:
        """Return a client of any service, with the operator's credentials or those given."""
        operators = {
            "aws_access_key_id": self.env["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": self.env["AWS_SECRET_ACCESS_KEY"],
        }
        return boto3.client(  # type: ignore[call-overload]
            service,
            region_name=self.env["AWS_DEFAULT_REGION"],
            endpoint_url=self.env["AWS_ENDPOINT_URL"],
            **operators | credentials,
        )

    @property
    def base_url(self) -> str:
        return self.env["LARDER_BASE_URL"]

    def stored(self, key: str) -> bool:
        """Return whether S3 has an object with this key."""
        try:
            self.s3.head_object(Bucket=self.env["LARDER_FILES_BUCKET"], Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise
            return False
        return True

    def logged(self, function: str, message: str, about: str) -> list[dict[str, Any]]:
        """Return the function's structured log lines of that message that mention `about`."""
        lines = [
            line
            for written_by, line in self.log_lines(about=about)
            if written_by == function and about in line and line.startswith("{")
        ]
        parsed = [json.loads(line) for line in lines]
        return [line for line in parsed if line.get("message") == message]

    def log_lines(self, *, about: str = "", since: float = 0) -> Iterator[tuple[str, str]]:
        """Yield the functions' log lines that mention `about`, each with its function's folder.

        `since` in unix seconds. Lines of one millisecond may come twice: the emulator gives no
        token for the next page.
        """
        stack, start = self.env["LARDER_STACK"], int(since * 1000)
        while True:
            events = self.logs.filter_log_events(
                logGroupName=log_group(stack),
                filterPattern=f'"{about}"' if about else "",
                startTime=start,
                limit=LOG_EVENTS_PER_PAGE,
            )["events"]
            for event in events:
                yield function_of(event["logStreamName"], stack), event["message"]
            if len(events) < LOG_EVENTS_PER_PAGE:
                return
            start = events[-1]["timestamp"]

    def workers(self, function: str) -> list[psutil.Process]:
        """Return the emulator's processes that run the function."""
        emulator, _ = map(int, (self.env_file.parent / "emulator.pid").read_text().split())
        mark = f"-{self.env['LARDER_STACK']}-{function}-"
        found = []
        for process in psutil.Process(emulator).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if any(mark in word for word in process.cmdline()):
                    found.append(process)
        return found

    def set_expiry(self, project_id: str, object_id: str, expires_at: int) -> None:
        """Make time pass for one file or upload: the API allows no expiry under an hour.

        An upload expires when it closes, a while after it has stopped to take bytes.
        """
        values = {":at": {"N": str(expires_at)}}
        deadline = ""
        if object_id.startswith("upload_"):
            deadline = ", deadline = :deadline"
            values[":deadline"] = {"N": str(expires_at - 7_200)}
        self.dynamodb.update_item(
            TableName=self.env["LARDER_STORE_TABLE"],
            Key={"pk": {"S": f"P#{project_id}"}, "sk": {"S": object_id}},
            UpdateExpression="SET expires_at = :at" + deadline,
            ConditionExpression="attribute_exists(sk)",
            ExpressionAttributeValues=values,
        )

    def sign(
        self,
        operation: Literal["get_object", "put_object"],
        key: str,
        *,
        age: int = 0,
        **params: Any,
    ) -> str:
        """Return a URL that was signed `age` seconds ago for 300 seconds."""
        signed_at = get_current_datetime() - timedelta(seconds=age)
        with mock.patch("botocore.auth.get_current_datetime", return_value=signed_at):
            return self.s3.generate_presigned_url(
                operation,
                Params={"Bucket": self.env["LARDER_FILES_BUCKET"], "Key": key} | params,
                ExpiresIn=300,
            )
