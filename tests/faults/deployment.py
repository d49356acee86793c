"""The deployed stack with a proxy between its functions and AWS, and an operator's hands on it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError

from tests.e2e.api import eventually
from tests.e2e.projects import Operator
from tests.e2e.stack import Stack
from tests.faults.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

AHEAD = Path(__file__).parent / "ahead"
PART_THRESHOLD = 4 * 2**20
QUEUE_PATIENCE = 8
"""Seconds until a message that failed comes again; half an hour on AWS."""
SETTLE_SECONDS = 900
SWEEPS = 200
"""More than faults that kill the sweeper: each takes a run of it."""


class Deployment:
    """The stack that `env_file` leads to; `emulator` is its process id."""

    def __init__(self, env_file: Path) -> None:
        self.stack = Stack.read(env_file)
        self.operator = Operator(self.stack)
        emulator, port = map(int, (env_file.parent / "emulator.pid").read_text().split())
        self.emulator = emulator
        self.proxy = Proxy(("127.0.0.1", port), emulator)
        self._clock = env_file.parent / "clock-ahead"
        self._sweeping = Lock()
        self.lambdas = self.client("lambda", retries={"total_max_attempts": 1}, read_timeout=330)
        self.sqs = self.client("sqs")
        self.table = self.stack.env["LARDER_STORE_TABLE"]
        self.bucket = self.stack.env["LARDER_FILES_BUCKET"]
        self.queues = {
            name.rpartition("-")[0].rpartition("-")[2]: url
            for url in self.sqs.list_queues()["QueueUrls"]
            if (name := url.rpartition("/")[2])
        }

    def client(self, service: str, **config: Any) -> Any:
        env = self.stack.env
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=env["AWS_ENDPOINT_URL"],
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
            region_name=env["AWS_DEFAULT_REGION"],
            config=Config(**config),
        )

    @contextmanager
    def under_test(self) -> Iterator[None]:
        """Lead every function through the proxy, and let only the test run the sweeper."""
        self.set_clock(0)
        self._stop_the_schedule()
        self._hurry_the_queues()
        self._one_record_a_batch()
        functions = self.lambdas.list_functions(MaxItems=1000)["Functions"]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self._lead_through_proxy, functions))
        try:
            yield
        finally:
            self.proxy.close()

    def _lead_through_proxy(self, function: dict[str, Any]) -> None:
        name = function["FunctionName"]
        short = name.removeprefix(f"{self.stack.env['LARDER_STACK']}-")
        port = self.proxy.open_port(short)
        endpoint = f"http://127.0.0.1:{port}"
        variables = function["Environment"]["Variables"] | {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ENDPOINT_URL_S3": f"http://localhost:{port}",
            "PART_THRESHOLD": str(PART_THRESHOLD),
        }
        if short == "sweep":
            variables |= {"PYTHONPATH": str(AHEAD), "CLOCK_AHEAD": str(self._clock)}
        direct = self.stack.env["AWS_ENDPOINT_URL"]
        for queue in ("EVENTS_QUEUE_URL", "CLEANUPS_QUEUE_URL"):
            variables[queue] = variables[queue].replace(direct, endpoint)
        self.lambdas.update_function_configuration(
            FunctionName=name, Environment={"Variables": variables}
        )
        # No version: `recycle` changes the function again and again.
        self.lambdas.update_alias(FunctionName=name, Name="live", FunctionVersion="$LATEST")

    def _stop_the_schedule(self) -> None:
        events = self.client("events")
        for rule in events.list_rules()["Rules"]:
            events.disable_rule(Name=rule["Name"])

    def _hurry_the_queues(self) -> None:
        for name in ("Events", "Cleanups"):
            self.sqs.set_queue_attributes(
                QueueUrl=self.queues[name], Attributes={"VisibilityTimeout": str(QUEUE_PATIENCE)}
            )

    def _one_record_a_batch(self) -> None:
        """Let nothing be repeated but the record that failed; Lambda begins again with that one."""
        for mapping in self.lambdas.list_event_source_mappings()["EventSourceMappings"]:
            if ":dynamodb:" in mapping["EventSourceArn"]:
                self.lambdas.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=1)

    @contextmanager
    def workers_off(self) -> Iterator[None]:
        """Hold back the events of the bucket and the stream of the table. Nobody sweeps either."""
        mappings = self.lambdas.list_event_source_mappings()["EventSourceMappings"]
        for mapping in mappings:
            self.lambdas.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
        finally:
            for mapping in mappings:
                self.lambdas.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    def recycle(self, function: str) -> None:
        """Let the function's next invocation be a cold start."""
        name = f"{self.stack.env['LARDER_STACK']}-{function}"
        variables = self.lambdas.get_function_configuration(FunctionName=name)["Environment"]
        self.lambdas.update_function_configuration(FunctionName=name, Environment=variables)

    def set_clock(self, seconds: int) -> None:
        """Let the sweeper live that many seconds in the future."""
        draft = self._clock.with_suffix(".draft")
        draft.write_text(str(seconds))
        draft.replace(self._clock)

    def sweep(self, ahead: int) -> None:
        """Run the sweeper until it finds nothing that fails, at a time that lies ahead."""
        with self._sweeping:
            self.set_clock(ahead)
            for _ in range(SWEEPS):
                failed, payload = self._invoke("sweep")
                if not failed:
                    self.set_clock(0)
                    return
        message = f"the sweeper still fails after {SWEEPS} runs: {payload!r}"
        raise AssertionError(message)

    def _invoke(self, function: str) -> tuple[bool, object]:
        """Return whether the function failed, and what it answered.

        The emulator cuts the connection of one that takes too long on a busy machine.
        """
        name = f"{self.stack.env['LARDER_STACK']}-{function}"
        try:
            answer = self.lambdas.invoke(FunctionName=name, Payload=b"{}")
        except ConnectionClosedError as cut:
            return True, cut
        return "FunctionError" in answer, answer["Payload"].read()

    def settle(self) -> None:
        """Wait until queues and stream are worked off."""
        eventually(self._waiting, lambda waiting: waiting == 0, SETTLE_SECONDS)
        # The stream is one shard. A batch in which a record failed comes back as a whole, so that
        # the last removed file may be cleared before one that failed; another batch follows with
        # the second, and then it is that one's result, or a later one's, that is told.
        self._remove_one()
        self._remove_one()
        eventually(self._streams_are_read, bool, SETTLE_SECONDS)
        eventually(self._waiting, lambda waiting: waiting == 0, SETTLE_SECONDS)

    def _remove_one(self) -> None:
        with self.operator.new_project().api() as api:
            file_id = api.create_file(b"the last")["id"]
            # News of bytes that came after their record had gone would clear them as well.
            api.settled(file_id, within=SETTLE_SECONDS)
            deleted = api.send("DELETE", f"/files/{file_id}")
            assert deleted.status_code == 200, deleted.text
        key = f"/{file_id}"
        eventually(lambda: self._stored(key), lambda stored: not stored, SETTLE_SECONDS)

    def _streams_are_read(self) -> bool:
        mappings = self.lambdas.list_event_source_mappings()["EventSourceMappings"]
        readers = [each for each in mappings if ":dynamodb:" in each["EventSourceArn"]]
        return all(str(each["LastProcessingResult"]).startswith("OK") for each in readers)

    def _stored(self, suffix: str) -> bool:
        pages = self.stack.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix="files/"
        )
        return any(
            entry["Key"].endswith(suffix) for page in pages for entry in page.get("Contents", [])
        )

    def _waiting(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        return sum(
            int(count)
            for queue in ("Events", "Cleanups")
            for count in self.sqs.get_queue_attributes(
                QueueUrl=self.queues[queue], AttributeNames=names
            )["Attributes"].values()
        )

    def dead_letters(self) -> dict[str, int]:
        """Return how many messages lie in each dead-letter queue that has any."""
        counts = {
            name: int(
                self.sqs.get_queue_attributes(
                    QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
                )["Attributes"]["ApproximateNumberOfMessages"]
            )
            for name, url in self.queues.items()
            if name.endswith("DeadLetters")
        }
        return {name: count for name, count in counts.items() if count}
