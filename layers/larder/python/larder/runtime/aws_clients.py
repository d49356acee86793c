"""The clients of AWS that several adapters share, each made when it is first asked for."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from larder.adapters.aws import AwsSession
    from larder.runtime.settings import Settings
    from larder.services.clock import Clock


@dataclass(frozen=True)
class AwsClients:
    """One session, and its clients."""

    settings: Settings
    clock: Clock = time.time

    @cached_property
    def _session(self) -> AwsSession:
        from larder.adapters.aws import new_session

        return new_session()

    @cached_property
    def _dynamodb(self) -> DynamoDBClient:
        from larder.adapters.aws import dynamodb_client, open_connection

        client = dynamodb_client(self._session)
        if self.settings.connect_early:
            open_connection(client)
        return client

    @cached_property
    def _secrets(self) -> SecretsManagerClient:
        from larder.adapters.aws import secretsmanager_client

        return secretsmanager_client(self._session)
