"""The composition root: the adapter behind each port.

An adapter and its client are imported and made when a function first asks for the port, at the top
of its module. So a function that never touches S3 does not load its adapter.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from larder.runtime.artifact_adapters import ArtifactAdapters
from larder.runtime.chat_adapters import ChatAdapters
from larder.runtime.settings import Settings
from larder.runtime.webhook_adapters import WebhookAdapters
from larder.runtime.wiring import Wiring

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

    from larder.adapters.secrets import RotatingSecret
    from larder.services.chat.ports import SigningKey
    from larder.services.files.ports import FileRecords, ValidationQueue
    from larder.services.idempotency import IdempotencyStore
    from larder.services.object_store import ObjectStore
    from larder.services.projects.limit_rate import LimitRate
    from larder.services.projects.ports import (
        AdminLog,
        BatchLimitRecords,
        KeyRecords,
        KeyRegister,
        KeyUses,
        ProjectRecords,
        RequestRates,
        UsageRecords,
    )
    from larder.services.space.folder_trash import FolderTrash
    from larder.services.space.ports import CleanupQueue, FileSearch, FolderRecords, TrashRecords
    from larder.services.upkeep.ports import Deadlines, SweepPlaces
    from larder.services.uploads.part_store import PartStore
    from larder.services.uploads.ports import UploadRecords


@dataclass(frozen=True)
class Composition(ArtifactAdapters, ChatAdapters, WebhookAdapters, Wiring):
    """The ports on AWS, for the resources in `settings`."""

    @classmethod
    def from_environment(cls) -> Composition:
        """Return the ports for the resources in the function's environment."""
        return cls(Settings.from_environment())

    @property
    def part_threshold(self) -> int:
        """The size in bytes above which an upload is transferred in parts."""
        return self.settings.part_threshold

    @property
    def batch_file_limit(self) -> int:
        """The size in bytes that a batch file may have."""
        return self.settings.batch_file_limit

    @cached_property
    def files(self) -> FileRecords:
        """The records of files."""
        from larder.adapters.dynamodb.files import DynamoFiles

        return DynamoFiles(self._dynamodb, self.settings.store_table, self.clock)

    @cached_property
    def search(self) -> FileSearch:
        """The search for live files."""
        from larder.adapters.dynamodb.file_search import DynamoFileSearch

        return DynamoFileSearch(self._dynamodb, self.settings.store_table)

    @cached_property
    def trash(self) -> TrashRecords:
        """The records of files in the trash."""
        from larder.adapters.dynamodb.trash import DynamoTrash

        return DynamoTrash(self._dynamodb, self.settings.store_table, self.clock)

    @cached_property
    def folder_trash(self) -> FolderTrash:
        """The records of folders in the trash."""
        from larder.adapters.dynamodb.trashed_folders import DynamoFolderTrash

        return DynamoFolderTrash(self._dynamodb, self.settings.store_table, self.clock)

    @cached_property
    def folders(self) -> FolderRecords:
        """The records of folders."""
        from larder.adapters.dynamodb.folders import DynamoFolders

        return DynamoFolders(self._dynamodb, self.settings.store_table)

    @cached_property
    def uploads(self) -> UploadRecords:
        """The records of uploads."""
        from larder.adapters.dynamodb.uploads import DynamoUploads

        return DynamoUploads(self._dynamodb, self.settings.store_table, self.clock)

    @cached_property
    def usage(self) -> UsageRecords:
        """The projects' counters."""
        from larder.adapters.dynamodb.usage import DynamoUsage

        return DynamoUsage(self._dynamodb, self.settings.store_table)

    @cached_property
    def deadlines(self) -> Deadlines:
        """The items that fall due."""
        from larder.adapters.dynamodb.deadlines import DynamoDeadlines

        return DynamoDeadlines(self._dynamodb, self.settings.store_table)

    @cached_property
    def places(self) -> SweepPlaces:
        """How far the last sweep came."""
        from larder.adapters.dynamodb.deadlines import DynamoSweepPlaces

        return DynamoSweepPlaces(self._dynamodb, self.settings.store_table)

    @cached_property
    def idempotency(self) -> IdempotencyStore:
        """The kept answers of idempotent requests."""
        from larder.adapters.dynamodb.idempotency import DynamoIdempotencyStore

        return DynamoIdempotencyStore(self._dynamodb, self.settings.store_table)

    @property
    def pause(self) -> Callable[[float], None]:
        """What waits for some seconds."""
        return time.sleep

    @property
    def key_rate(self) -> int:
        """The requests that one API key may make per second, 0 for any number."""
        return self.settings.key_rate

    @property
    def total_rate(self) -> int:
        """The requests that all API keys together may make per second, 0 for any number."""
        return self.settings.total_rate

    @cached_property
    def rates(self) -> RequestRates:
        """The requests of each API key."""
        from larder.adapters.dynamodb.request_rates import DynamoRequestRates

        return DynamoRequestRates(self._dynamodb, self.settings.rates_table)

    @cached_property
    def limit_rate(self) -> LimitRate | None:
        """The limit of requests per API key and of all keys, if there is one."""
        from larder.services.projects.limit_rate import LimitRate

        return self.make(LimitRate) if self.key_rate or self.total_rate else None

    @cached_property
    def projects(self) -> ProjectRecords:
        """The register of projects."""
        from larder.adapters.dynamodb.projects import DynamoProjects

        return DynamoProjects(self._dynamodb, self.settings.store_table)

    @cached_property
    def keys(self) -> KeyRecords:
        """The API keys."""
        from larder.adapters.dynamodb.api_keys import DynamoKeys

        return DynamoKeys(self._dynamodb, self.settings.keys_table)

    @cached_property
    def register(self) -> KeyRegister:
        """The API keys, as operators manage them."""
        from larder.adapters.dynamodb.key_register import DynamoKeyRegister

        settings = self.settings
        return DynamoKeyRegister(self._dynamodb, settings.keys_table, settings.store_table)

    @cached_property
    def batch_limit_records(self) -> BatchLimitRecords:
        """How many batches projects may run, as operators set it."""
        from larder.adapters.dynamodb.batch_limit_records import DynamoBatchLimitRecords

        return DynamoBatchLimitRecords(self._dynamodb, self.settings.store_table)

    @cached_property
    def log(self) -> AdminLog:
        """The operators' log."""
        from larder.adapters.dynamodb.admin_log import DynamoAdminLog

        return DynamoAdminLog(self._dynamodb, self.settings.store_table)

    @cached_property
    def uses(self) -> KeyUses:
        """When API keys were last used."""
        from larder.adapters.aws import dynamodb_client
        from larder.adapters.dynamodb.api_keys import DynamoKeyUses

        client = dynamodb_client(self._session, hurried=True)
        return DynamoKeyUses(client, self.settings.keys_table)

    @cached_property
    def _s3(self) -> S3Client:
        from larder.adapters.aws import s3_client

        return s3_client(self._session)

    @cached_property
    def objects(self) -> ObjectStore:
        """The objects that hold the files' bytes."""
        from larder.adapters.s3 import S3Objects

        return S3Objects(self._s3, self.settings.files_bucket)

    @cached_property
    def parts(self) -> PartStore:
        """The objects that are sent in parts."""
        from larder.adapters.s3_parts import S3Parts

        return S3Parts(self._s3, self.settings.files_bucket)

    @cached_property
    def validation_queue(self) -> ValidationQueue:
        """The queue of stored objects to validate."""
        from larder.adapters.aws import sqs_client
        from larder.adapters.sqs import SqsValidationQueue

        return SqsValidationQueue(sqs_client(self._session), self.settings.events_queue_url)

    @cached_property
    def cleanups(self) -> CleanupQueue:
        """The queue of work that takes longer than one request."""
        from larder.adapters.aws import sqs_client
        from larder.adapters.sqs import SqsCleanupQueue

        return SqsCleanupQueue(sqs_client(self._session), self.settings.cleanups_queue_url)

    @cached_property
    def cursor_key(self) -> SigningKey:
        """The secret that signs cursors and plans."""
        from larder.adapters.secrets import RotatingSecret

        return RotatingSecret(self._secrets, self.settings.cursor_secret_id, self.clock)

    @cached_property
    def pepper(self) -> RotatingSecret:
        """The secret in the digests of API keys."""
        from larder.adapters.secrets import RotatingSecret

        return RotatingSecret(self._secrets, self.settings.pepper_secret_id, self.clock)
