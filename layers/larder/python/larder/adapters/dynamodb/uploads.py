"""Upload records in the Store table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.counters import admit, put_new, release_quota, reserve, settle
from larder.adapters.dynamodb.files import refuse_closed_folder
from larder.adapters.dynamodb.folders import count_addition
from larder.adapters.dynamodb.items import completion_value, file_item, upload_from, upload_item
from larder.adapters.dynamodb.keys import item_key, project_partition, upload_id_of
from larder.adapters.dynamodb.name_claims import claim_items, read_claim
from larder.adapters.dynamodb.pages import read_newest
from larder.adapters.dynamodb.transactions import ATTEMPTS, ConditionsFailedError, transact
from larder.domain.errors import ContentionError
from larder.domain.files import DAY
from larder.domain.ids import UPLOAD_PREFIX, first_upload_id
from larder.domain.parts import MAX_SMALL_PARTS
from larder.domain.uploads import LONGEST_OPEN, Completion, Upload, UploadStatus
from larder.services.uploads.ports import ClaimOutdatedError, UploadPage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        QueryInputTypeDef,
        TransactWriteItemTypeDef,
    )

    from larder.domain.files import File
    from larder.domain.ids import FolderId, TenantId, UploadId
    from larder.services.clock import Clock
    from larder.services.uploads.ports import NameClaim


_OF_PENDING = "expires_at, completion"
_NOT_DUE = "due_shard, due_at"


class DynamoUploads:
    """`UploadRecords` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def reserve(self, tenant: TenantId, upload: Upload) -> None:
        """Record a pending upload and reserve its amount, in one transaction."""
        admit(
            self._client,
            reserve(self._table, tenant, upload.amount),
            [put_new(self._table, upload_item(tenant, upload))],
            upload.amount,
        )

    def get(self, tenant: TenantId, upload_id: UploadId) -> Upload | None:
        """Read the upload's record, strongly consistent."""
        item = self._client.get_item(
            TableName=self._table, Key=item_key(tenant, upload_id), ConsistentRead=True
        ).get("Item")
        return None if item is None else upload_from(upload_id, item)

    def page(
        self, tenant: TenantId, *, limit: int, after: UploadId | None, now: float
    ) -> UploadPage:
        """Query the project's uploads backwards, as far as the oldest that may still be open."""
        oldest = first_upload_id(now - LONGEST_OPEN)
        if after is not None and after <= oldest:
            # DynamoDB refuses a start key outside the range.
            return UploadPage((), has_more=False)
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :oldest AND :newest",
            "FilterExpression": "#status = :pending AND expires_at > :now",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":pk": text(project_partition(tenant)),
                ":oldest": text(oldest),
                ":newest": text(after or f"{UPLOAD_PREFIX}~"),
                ":pending": text(UploadStatus.PENDING),
                ":now": number(int(now)),
            },
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        if after is not None:
            request["ExclusiveStartKey"] = item_key(tenant, after)
        items, more = read_newest(self._client, request, limit=limit)
        ids = ((upload_id_of(item), item) for item in items)
        found = tuple(upload_from(each, item) for each, item in ids if each is not None)
        return UploadPage(found, has_more=more)

    def claim(
        self, tenant: TenantId, folder_id: FolderId | None, name: str, now: float
    ) -> NameClaim:
        """Read the name's item, and then its files."""
        return read_claim(self._client, self._table, tenant, folder_id, name, now)

    def complete(
        self, tenant: TenantId, upload: Upload, file: File, claim: NameClaim | None = None
    ) -> bool:
        """End the pending upload, put its file and settle its reservation, in one transaction."""
        now = int(self._clock())
        effects = [
            put_new(self._table, file_item(tenant, file, now)),
            settle(self._table, tenant, upload.amount),
        ]
        claiming = [] if claim is None else claim_items(self._table, tenant, file, claim, now)
        # The first item ends the upload.
        claimed = range(1 + len(effects), 1 + len(effects) + len(claiming))
        effects += claiming
        if file.folder_id is not None:
            effects.append(count_addition(self._table, tenant, file.folder_id))
        try:
            return self._end(tenant, upload, UploadStatus.COMPLETED, effects)
        except ConditionsFailedError as refused:
            if not refused.items.keys().isdisjoint(claimed):
                raise ClaimOutdatedError from refused
            refuse_closed_folder(file, refused)
            raise

    def close(self, tenant: TenantId, upload: Upload, status: UploadStatus) -> bool:
        """End the pending upload and give back its reservation, in one transaction."""
        return self._end(tenant, upload, status, self._back(tenant, upload))

    def keep_completion(self, tenant: TenantId, upload: Upload, completion: Completion) -> bool:
        """Set the completion while the upload is pending."""
        return self._update(
            tenant,
            upload.id,
            "SET completion = :completion",
            "#status = :pending",
            {":completion": completion_value(completion), ":pending": text(UploadStatus.PENDING)},
        )

    def release_quota(self, tenant: TenantId, upload: Upload, gone_at: float) -> bool:
        """Write the ledger and give back the reservation, in one transaction."""
        try:
            transact(self._client, self._back(tenant, upload, gone_at))
        except ConditionsFailedError:
            return False
        return True

    def take_part(self, tenant: TenantId, upload: Upload, size: int, limit: int) -> bool:
        """Add to what has come in parts, while the upload is pending and below both limits."""
        return self._update(
            tenant,
            upload.id,
            "SET part_bytes = part_bytes + :size ADD part_count :one",
            "#status = :pending AND part_bytes <= :room "
            "AND (attribute_not_exists(part_count) OR part_count < :most)",
            {
                ":size": number(size),
                ":one": number(1),
                ":room": number(limit - size),
                ":most": number(MAX_SMALL_PARTS),
                ":pending": text(UploadStatus.PENDING),
            },
        )

    def cleared(self, tenant: TenantId, upload: Upload) -> None:
        """Take an ended upload, whose parts are gone, out of the index of what is due."""
        self._update(
            tenant,
            upload.id,
            f"REMOVE {_NOT_DUE}",
            "#status <> :pending",
            {":pending": text(UploadStatus.PENDING)},
        )

    def _update(
        self,
        tenant: TenantId,
        upload_id: UploadId,
        change: str,
        condition: str,
        values: dict[str, AttributeValueTypeDef],
    ) -> bool:
        update: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": item_key(tenant, upload_id),
                "UpdateExpression": change,
                "ConditionExpression": f"attribute_exists(pk) AND {condition}",
                "ExpressionAttributeNames": {"#status": "status"},
                "ExpressionAttributeValues": values,
            }
        }
        try:
            # A transaction of one, for its patience: parts come in parallel.
            transact(self._client, [update])
        except ConditionsFailedError:
            return False
        return True

    def _back(
        self, tenant: TenantId, upload: Upload, gone_at: float | None = None
    ) -> list[TransactWriteItemTypeDef]:
        return release_quota(
            self._table,
            tenant,
            [upload.id],
            upload.amount,
            reserved=True,
            now=self._clock(),
            gone_at=gone_at,
        )

    def _end(
        self,
        tenant: TenantId,
        upload: Upload,
        status: UploadStatus,
        effects: list[TransactWriteItemTypeDef],
    ) -> bool:
        for _ in range(ATTEMPTS):
            end = self._ending(tenant, upload, status)
            try:
                transact(self._client, [end, *effects])
            except ConditionsFailedError as refused:
                if 0 not in refused.items:
                    raise
                held = refused.items[0]
                if not held or held["status"]["S"] != UploadStatus.PENDING:
                    return False
                seen, upload = upload, upload_from(upload.id, held)
                if status is UploadStatus.EXPIRED and upload.completion != seen.completion:
                    return False
                # A part has come since the upload was read: it has to be cleared away as well.
            else:
                return True
        raise ContentionError

    def _ending(
        self, tenant: TenantId, upload: Upload, status: UploadStatus
    ) -> TransactWriteItemTypeDef:
        now = int(self._clock())
        values = {
            ":status": text(status),
            ":pending": text(UploadStatus.PENDING),
            ":seen": number(upload.part_bytes),
            ":ttl": number(now + DAY),
        }
        condition = "#status = :pending AND part_bytes = :seen"
        if upload.leaves_parts:
            # The sweeper still has to clear the parts away.
            change = f"SET #status = :status, #ttl = :ttl, due_at = :now REMOVE {_OF_PENDING}"
            values[":now"] = number(now)
        else:
            change = f"SET #status = :status, #ttl = :ttl REMOVE {_OF_PENDING}, {_NOT_DUE}"
        if status is UploadStatus.EXPIRED:
            # A client may be completing it right now. The record decides who was first.
            if upload.completion is None:
                condition += " AND attribute_not_exists(completion)"
            else:
                condition += " AND completion = :completion"
                values[":completion"] = completion_value(upload.completion)
        return {
            "Update": {
                "TableName": self._table,
                "Key": item_key(tenant, upload.id),
                "UpdateExpression": change,
                "ConditionExpression": condition,
                "ExpressionAttributeNames": {"#status": "status", "#ttl": "ttl"},
                "ExpressionAttributeValues": values,
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }
