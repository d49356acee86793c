"""The executions of the state machine that runs batches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from larder.adapters.s3_batches import batch_key
from larder.services.batches.ports import ExecutionNotStartedError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

    from larder.domain.ids import BatchId, TenantId


class StepFunctionsExecutions:
    """`Executions` on Step Functions, named `<batch id>-<number>`."""

    def __init__(self, client: SFNClient, machine_arn: str, bucket: str) -> None:
        self._client = client
        self._machine_arn = machine_arn
        self._bucket = bucket

    def start(self, tenant: TenantId, batch_id: BatchId, execution: int) -> None:
        """Start the execution, with where the list of shards will be.

        AWS says `ExecutionAlreadyExists` once the execution has ended, the emulator at once.
        """
        what = {
            "tenant": tenant,
            "batch": batch_id,
            "bucket": self._bucket,
            "shards": batch_key(tenant, batch_id, "shards.json"),
        }
        try:
            self._client.start_execution(
                stateMachineArn=self._machine_arn,
                name=f"{batch_id}-{execution}",
                input=json.dumps(what),
            )
        except self._client.exceptions.ExecutionAlreadyExists:
            return
        except (BotoCoreError, ClientError) as error:
            raise ExecutionNotStartedError(batch_id) from error

    def running(self, batch_id: BatchId, execution: int) -> bool:
        """Look at the execution."""
        *account, _, machine = self._machine_arn.split(":")
        arn = ":".join([*account, "execution", machine, f"{batch_id}-{execution}"])
        try:
            found = self._client.describe_execution(executionArn=arn)
        except self._client.exceptions.ExecutionDoesNotExist:
            return False
        return found["status"] == "RUNNING"
