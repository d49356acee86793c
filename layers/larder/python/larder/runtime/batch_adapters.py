"""The adapters behind the ports of batches."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from larder.runtime.aws_clients import AwsClients

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.adapters.models.credentials import UpstreamCredentials
    from larder.adapters.models.openai_http import HttpModelCalls
    from larder.domain.upstreams import Upstream
    from larder.services.batches.model_ports import ModelCalls, RateLimits, UpstreamRecords
    from larder.services.batches.object_ports import BatchObjects
    from larder.services.batches.ports import BatchLimits, BatchRecords, Executions

_BATCH_READ_TIMEOUT = 60
"""Seconds that S3 may take to copy an input, or to complete an output file."""


@dataclass(frozen=True)
class BatchAdapters(AwsClients):
    """The ports of batches on AWS."""

    @cached_property
    def batches(self) -> BatchRecords:
        """The records of batches."""
        from larder.adapters.dynamodb.batches import DynamoBatches

        return DynamoBatches(self._dynamodb, self.settings.store_table)

    @cached_property
    def batch_limits(self) -> BatchLimits:
        """How many batches projects may run."""
        from larder.adapters.dynamodb.batch_limits import DynamoBatchLimits

        return DynamoBatchLimits(self._dynamodb, self.settings.store_table)

    @cached_property
    def batch_objects(self) -> BatchObjects:
        """What batches keep while they run."""
        from larder.adapters.aws import s3_client
        from larder.adapters.s3_batches import S3BatchObjects

        client = s3_client(self._session, _BATCH_READ_TIMEOUT)
        return S3BatchObjects(client, self.settings.files_bucket)

    @cached_property
    def executions(self) -> Executions:
        """The executions of the state machine that runs batches."""
        from larder.adapters.aws import stepfunctions_client
        from larder.adapters.step_functions import StepFunctionsExecutions

        client = stepfunctions_client(self._session)
        machine, bucket = self.settings.batches_machine_arn, self.settings.files_bucket
        return StepFunctionsExecutions(client, machine, bucket)

    @cached_property
    def upstreams(self) -> UpstreamRecords:
        """The operator's upstreams."""
        from larder.adapters.dynamodb.upstreams import DynamoUpstreams

        return DynamoUpstreams(self._dynamodb, self.settings.store_table)

    @cached_property
    def limits(self) -> RateLimits:
        """What upstreams may be asked for."""
        from larder.adapters.dynamodb.rate_limits import DynamoRateLimits

        return DynamoRateLimits(self._dynamodb, self.settings.store_table)

    @cached_property
    def calls(self) -> ModelCalls:
        """Calls of upstreams."""
        return self._http_calls

    @cached_property
    def _http_calls(self) -> HttpModelCalls:
        from larder.adapters.models.openai_http import HttpModelCalls

        return HttpModelCalls(self._upstream_credentials, self.clock)

    def count_models(self, upstream: Upstream) -> int:
        """Return how many models the upstream lists, asked with its credentials.

        Raises:
            UpstreamFailedError: it lists none; the message says why.
        """
        from larder.adapters.models.listing import count_models

        return count_models(upstream, self._upstream_credentials)

    @cached_property
    def _upstream_credentials(self) -> UpstreamCredentials:
        from larder.adapters.models.credentials import UpstreamCredentials

        return UpstreamCredentials(self._session, lambda: self._secrets, self.clock)

    @property
    def jitter(self) -> Callable[[], float]:
        """What returns a number from 0 up to 1."""
        return random.random
