"""The adapters behind the ports of artifacts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from larder.runtime.aws_clients import AwsClients

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larder.domain.artifacts import Retention
    from larder.services.artifacts.ports import ArtifactRecords


@dataclass(frozen=True)
class ArtifactAdapters(AwsClients):
    """The ports of artifacts on AWS."""

    @cached_property
    def artifacts(self) -> ArtifactRecords:
        """The records of artifacts and bundles."""
        from larder.adapters.dynamodb.artifacts import DynamoArtifacts

        return DynamoArtifacts(self._dynamodb, self.settings.store_table)

    @property
    def artifact_days(self) -> Mapping[Retention, int]:
        """The days that artifacts live, by their retention class; 0 for no end."""
        from larder.domain.artifacts import Retention

        return {
            Retention.STANDARD: self.settings.standard_artifact_days,
            Retention.EXTENDED: self.settings.extended_artifact_days,
        }
