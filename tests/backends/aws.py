"""The adapters on moto."""

from __future__ import annotations

import json
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Never

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends
from moto.s3.exceptions import NoSuchUpload
from moto.s3.models import MultipartDict, s3_backends

from larder.adapters import aws, s3_output
from larder.adapters.documents import FileTexts
from larder.adapters.dynamodb import keys, transactions
from larder.adapters.dynamodb.actions import DynamoActionLog, DynamoReadings
from larder.adapters.dynamodb.admin_log import DynamoAdminLog
from larder.adapters.dynamodb.api_keys import DynamoKeyUses
from larder.adapters.dynamodb.artifacts import DynamoArtifacts
from larder.adapters.dynamodb.batch_limit_records import DynamoBatchLimitRecords
from larder.adapters.dynamodb.batches import DynamoBatches
from larder.adapters.dynamodb.counters import usage_from
from larder.adapters.dynamodb.deadlines import DynamoDeadlines, DynamoSweepPlaces
from larder.adapters.dynamodb.deliveries import DynamoDeliveries
from larder.adapters.dynamodb.file_search import DynamoFileSearch
from larder.adapters.dynamodb.files import DynamoFiles
from larder.adapters.dynamodb.folders import DynamoFolders, folder_from
from larder.adapters.dynamodb.items import file_from, removed_object, trashed_from, upload_from
from larder.adapters.dynamodb.key_register import DynamoKeyRegister
from larder.adapters.dynamodb.keys import (
    counted_id_of,
    folder_id_of,
    is_trashed,
    tenant_of,
    trashed_folder_id_of,
    upload_id_of,
)
from larder.adapters.dynamodb.projects import DynamoProjects
from larder.adapters.dynamodb.rate_limits import DynamoRateLimits
from larder.adapters.dynamodb.request_rates import DynamoRequestRates
from larder.adapters.dynamodb.trash import DynamoTrash
from larder.adapters.dynamodb.trashed_folders import DynamoFolderTrash
from larder.adapters.dynamodb.trashed_items import trashed_folder_from
from larder.adapters.dynamodb.uploads import DynamoUploads
from larder.adapters.dynamodb.upstreams import DynamoUpstreams
from larder.adapters.dynamodb.usage import DynamoUsage
from larder.adapters.dynamodb.webhooks import DynamoWebhooks
from larder.adapters.s3 import FILES, REPORTS, S3Objects, object_key, parse_event_key
from larder.adapters.s3_batches import S3BatchObjects
from larder.adapters.s3_parts import S3Parts
from larder.adapters.sqs import SqsCleanupQueue, SqsValidationQueue, parse_cleanup
from larder.domain.artifacts import Retention
from larder.domain.ids import FileId, TenantId
from larder.domain.limits import MAX_BATCH_FILE_BYTES
from larder.domain.parts import PART_THRESHOLD
from larder.runtime.wiring import Wiring
from tests.backends.backend import Snapshot, not_at_all
from tests.backends.expressions import check_expressions
from tests.backends.partition_sizes import grows
from tests.fakes.actions import FixedKey
from tests.fakes.clock import ManualClock
from tests.fakes.webhooks import InMemoryEventBus, InMemoryWakeUps, ScriptedReceivers
from tests.moto_stack import CREDENTIALS, REGION, MotoStack, moto_stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larder.domain.files import File
    from larder.domain.folders import Folder
    from larder.domain.ids import BatchId, FolderId, UploadId
    from larder.domain.trash import TrashedFile, TrashedFolder
    from larder.domain.uploads import Upload
    from larder.services.chat.ports import SigningKey
    from larder.services.space.ports import Cleanup
    from larder.services.upkeep.ports import Removal

ACCOUNT = "123456789012"
CONFLICT = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}


@cache
def _clients() -> tuple[Any, Any, Any]:
    # The functions' own configuration of botocore, and every expression checked on its way out.
    session = aws.new_session()
    dynamodb = aws.dynamodb_client(session)
    dynamodb.meta.events.register("provide-client-params.dynamodb.*", check_expressions)
    return dynamodb, aws.s3_client(session), aws.sqs_client(session)


def _cancelled(reasons: list[dict[str, Any]]) -> tuple[AWSResponse, dict[str, Any]]:
    answer = {
        "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
        "CancellationReasons": reasons,
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    return AWSResponse("", 400, HTTPHeaders(), None), answer


def _no_such_upload(_: object, multipart_id: str) -> Never:
    """Answer as S3 does for a multipart upload that is over; moto fails with a KeyError."""
    raise NoSuchUpload(multipart_id)


class _Arrivals(SqsValidationQueue):
    # Whether it is worth the while to ask the queue.
    unread = False

    def enqueue(self, tenant: TenantId, file_id: FileId) -> None:
        super().enqueue(tenant, file_id)
        self.unread = True


class _Cleanups(SqsCleanupQueue):
    unread = False

    def enqueue(self, tenant: TenantId, cleanup: Cleanup) -> None:
        super().enqueue(tenant, cleanup)
        self.unread = True


class AwsBackend(Wiring):
    """`Backend` on DynamoDB, S3 and SQS."""

    def __init__(self, stack: MotoStack) -> None:
        self.clock = self.stopwatch = ManualClock()
        self.pause = not_at_all
        self.part_threshold = PART_THRESHOLD
        self.batch_file_limit = MAX_BATCH_FILE_BYTES
        self.artifact_days = {Retention.STANDARD: 0, Retention.EXTENDED: 0}
        self.stack = stack
        self.dynamodb, self.s3, sqs = _clients()
        names = stack.settings
        self.artifacts = DynamoArtifacts(self.dynamodb, names.store_table)
        self.files = DynamoFiles(self.dynamodb, names.store_table, self.clock)
        self.search = DynamoFileSearch(self.dynamodb, names.store_table)
        self.trash = DynamoTrash(self.dynamodb, names.store_table, self.clock)
        self.folders = DynamoFolders(self.dynamodb, names.store_table)
        self.folder_trash = DynamoFolderTrash(self.dynamodb, names.store_table, self.clock)
        self.uploads = DynamoUploads(self.dynamodb, names.store_table, self.clock)
        self.usage = DynamoUsage(self.dynamodb, names.store_table)
        self.deadlines = DynamoDeadlines(self.dynamodb, names.store_table)
        self.places = DynamoSweepPlaces(self.dynamodb, names.store_table)
        self.projects = DynamoProjects(self.dynamodb, names.store_table)
        self.keys = self.register = DynamoKeyRegister(
            self.dynamodb, names.keys_table, names.store_table
        )
        self.log = DynamoAdminLog(self.dynamodb, names.store_table)
        self.uses = DynamoKeyUses(self.dynamodb, names.keys_table)
        self.rates = DynamoRequestRates(self.dynamodb, names.rates_table)
        self.objects = S3Objects(self.s3, names.files_bucket)
        self.parts = S3Parts(self.s3, names.files_bucket)
        self.batches = DynamoBatches(self.dynamodb, names.store_table)
        self.batch_limits = self.batch_limit_records = DynamoBatchLimitRecords(
            self.dynamodb, names.store_table
        )
        self.batch_objects = S3BatchObjects(self.s3, names.files_bucket)
        self.upstreams = DynamoUpstreams(self.dynamodb, names.store_table)
        self.limits = DynamoRateLimits(self.dynamodb, names.store_table)
        self.validation_queue = _Arrivals(sqs, names.events_queue_url)
        self.cleanups = _Cleanups(sqs, names.cleanups_queue_url)
        self.actions = DynamoActionLog(self.dynamodb, names.store_table)
        self.readings = DynamoReadings(self.dynamodb, names.store_table)
        self.cursor_key: SigningKey = FixedKey()
        self.documents = FileTexts()
        self.webhooks = DynamoWebhooks(self.dynamodb, names.store_table)
        self.deliveries = DynamoDeliveries(self.dynamodb, names.store_table)
        self.wake_ups = InMemoryWakeUps()
        self.receivers = ScriptedReceivers()
        self.event_bus = InMemoryEventBus()
        self.webhook_secret = lambda: b"a secret"
        self.private_webhooks = False
        self.jitter = lambda: 0.0
        stack.dynamodb.update_table(
            TableName=names.store_table,
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self._records_seen = 0

    def client_put(self, tenant: TenantId, upload: Upload, data: bytes) -> bool:
        if self.objects.stat(tenant, upload.file_id) is not None:
            return False
        self.objects.put(tenant, upload.file_id, data)
        return True

    def client_put_part(self, tenant: TenantId, upload: Upload, number: int, data: bytes) -> bool:
        try:
            self.stack.s3.upload_part(
                Bucket=self.stack.settings.files_bucket,
                Key=object_key(FILES, tenant, upload.file_id),
                UploadId=upload.multipart_id,
                PartNumber=number,
                Body=data,
            )
        except self.stack.s3.exceptions.NoSuchUpload:
            return False
        return True

    def collect_ttl(self) -> None:
        for item in list(self.stack.items()):
            if "ttl" in item and int(item["ttl"]["N"]) <= self.clock():
                self.stack.dynamodb.delete_item(
                    TableName=self.stack.settings.store_table,
                    Key={"pk": item["pk"], "sk": item["sk"]},
                )

    def removed(self) -> list[Removal]:
        # Read where moto keeps it: its streams API has no address for this region's endpoint.
        shard = dynamodb_backends[ACCOUNT][REGION].tables["Store"].stream_shard
        assert shard is not None
        records = [record.to_json() for record in shard.items]
        new, self._records_seen = records[self._records_seen :], len(records)
        removals = [
            r["dynamodb"] | {"ApproximateCreationDateTime": int(self.clock())}
            for r in new
            if r["eventName"] == "REMOVE"
        ]
        return [gone for change in removals if (gone := removed_object(change)) is not None]

    def announced(self) -> list[tuple[TenantId, FileId]]:
        found: list[tuple[TenantId, FileId]] = []
        if not self.validation_queue.unread:
            return found
        self.validation_queue.unread = False
        for body in self._read_queue(self.stack.settings.events_queue_url):
            for record in json.loads(body)["Records"]:
                owner = parse_event_key(record["s3"]["object"]["key"])
                assert owner is not None
                found.append(owner)
        return found

    def queued_cleanups(self) -> list[tuple[TenantId, Cleanup]]:
        if not self.cleanups.unread:
            return []
        self.cleanups.unread = False
        bodies = self._read_queue(self.stack.settings.cleanups_queue_url)
        return [parse_cleanup(json.loads(body)) for body in bodies]

    def _read_queue(self, queue: str) -> list[str]:
        bodies = []
        while messages := self.stack.sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10
        ).get("Messages"):
            for message in messages:
                self.stack.sqs.delete_message(
                    QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"]
                )
                bodies.append(message["Body"])
        return bodies

    def outputs_to_come(self) -> set[FileId]:
        found = (item["sk"]["S"].partition("output#") for item in self.stack.items())
        return {FileId(file_id) for _, announced, file_id in found if announced}

    def due_batches(self, now: float) -> set[BatchId]:
        return {
            batch_id
            for shard in keys.due_shards()
            for item in self.stack.dynamodb.query(
                TableName=self.stack.settings.store_table,
                IndexName=keys.BY_DUE,
                KeyConditionExpression="due_shard = :shard AND due_at <= :now",
                ExpressionAttributeValues={":shard": {"S": shard}, ":now": {"N": str(int(now))}},
            )["Items"]
            if (batch_id := keys.batch_id_of(item)) is not None
        }

    def lose_half_written_files(self) -> None:
        s3_backends[ACCOUNT]["aws"].buckets[self.stack.settings.files_bucket].multiparts.clear()

    def contend(self) -> None:
        self.refuse_transactions([CONFLICT, {"Code": "None"}])

    def refuse_transactions(
        self, reasons: list[dict[str, Any]], times: int | None = None
    ) -> Callable[[], int]:
        """Have the next transactions cancelled for `reasons`; returns what counts them."""
        refused = 0

        def refuse(**_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
            nonlocal refused
            if times is not None and refused >= times:
                return None
            refused += 1
            return _cancelled(reasons)

        self.dynamodb.meta.events.register_first(_TRANSACTIONS, refuse, unique_id="refuse")
        return lambda: refused

    def fill_partition(self, tenant: TenantId) -> None:
        partition = keys.project_partition(tenant)

        def held(key: Any) -> dict[str, Any]:
            found = self.stack.dynamodb.get_item(TableName="Store", Key=key, ConsistentRead=True)
            return found.get("Item", {})  # type: ignore[no-any-return]

        def refuse(params: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
            codes = [
                "ItemCollectionSizeLimitExceeded" if grows(write, partition, held) else "None"
                for write in json.loads(params["body"])["TransactItems"]
            ]
            return None if set(codes) == {"None"} else _cancelled([{"Code": c} for c in codes])

        self.dynamodb.meta.events.register_first(_TRANSACTIONS, refuse, unique_id="refuse")

    @contextmanager
    def answering(self, operation: str, code: str, times: int) -> Iterator[list[str]]:
        """Have S3 answer the next calls of an operation with an error; yields what was answered."""
        answered: list[str] = []

        def answer(**_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
            if len(answered) == times:
                return None
            answered.append(code)
            error = {
                "Error": {"Code": code, "Message": "scripted"},
                "ResponseMetadata": {"HTTPStatusCode": 409},
            }
            return AWSResponse("", 409, HTTPHeaders(), None), error

        events, name = self.s3.meta.events, f"before-call.s3.{operation}"
        events.register_first(name, answer, unique_id="scripted")
        try:
            yield answered
        finally:
            events.unregister(name, unique_id="scripted")

    def snapshot(self) -> Snapshot:  # noqa: C901 - one branch for each kind of item
        files: dict[tuple[TenantId, FileId], File] = {}
        trash: dict[tuple[TenantId, FileId], TrashedFile] = {}
        folders: dict[tuple[TenantId, FolderId], Folder] = {}
        trashed_folders: dict[tuple[TenantId, FolderId], TrashedFolder] = {}
        uploads: dict[tuple[TenantId, UploadId], Upload] = {}
        usage = {}
        released: set[FileId | UploadId] = set()
        # Read where moto keeps it: requests, for every look, would take most of the time.
        table = dynamodb_backends[ACCOUNT][REGION].tables["Store"]
        bucket = s3_backends[ACCOUNT]["aws"].buckets[self.stack.settings.files_bucket]
        for stored_item in table.all_items():
            item: dict[str, Any] = stored_item.to_json()["Attributes"]
            tenant = tenant_of(item)
            if item["sk"]["S"] == "usage":
                usage[tenant] = usage_from(item)
            elif item["sk"]["S"] == "released":
                released.add(FileId(item["pk"]["S"].removeprefix("L#")))
            elif (folder_id := folder_id_of(item)) is not None:
                folders[tenant, folder_id] = folder_from(item)
            elif (trashed_id := trashed_folder_id_of(item)) is not None:
                trashed_folders[tenant, trashed_id] = trashed_folder_from(item)
            elif (file_id := counted_id_of(item)) is not None and is_trashed(item):
                trash[tenant, file_id] = trashed_from(file_id, item)
            elif file_id is not None:
                files[tenant, file_id] = file_from(file_id, item)
            elif (upload_id := upload_id_of(item)) is not None:
                uploads[tenant, upload_id] = upload_from(upload_id, item)
        stored: dict[str, set[tuple[TenantId, FileId]]] = {FILES: set(), REPORTS: set()}
        for key in bucket.keys:
            kind, owner, name = key.split("/", 2)
            if kind in stored:  # Small parts are not part of what is compared.
                stored[kind].add((TenantId(owner), FileId(name)))
        return Snapshot(
            files=files,
            trash=trash,
            folders=folders,
            trashed_folders=trashed_folders,
            uploads=uploads,
            usage=usage,
            released=released,
            objects=stored[FILES],
            reports=stored[REPORTS],
        )


_TRANSACTIONS = "before-call.dynamodb.TransactWriteItems"


@contextmanager
def aws_backend(*, due_shards: int = keys.DUE_SHARDS) -> Iterator[AwsBackend]:
    """Yield the adapters on fresh tables, bucket and queue; retries pause for no time at all.

    With fewer `due_shards` a sweep asks less often.
    """
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        patch.setattr(transactions, "_FIRST_PAUSE", 0)
        patch.setattr(s3_output, "_PAUSES", (0, 0))
        patch.setattr(MultipartDict, "__missing__", _no_such_upload, raising=False)
        patch.setattr(keys, "DUE_SHARDS", due_shards)
        backend = AwsBackend(moto_stack())
        yield backend
        backend.dynamodb.meta.events.unregister(_TRANSACTIONS, unique_id="refuse")
