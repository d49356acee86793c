"""Batch records in the Store table."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from larder.adapters.dynamodb.attributes import number, text
from larder.adapters.dynamodb.batch_counters import (
    add_requests,
    give_slot,
    leave_input,
    within_limit,
)
from larder.adapters.dynamodb.batch_creation import create_batch
from larder.adapters.dynamodb.batch_items import (
    batch_from,
    errors_attribute,
)
from larder.adapters.dynamodb.batch_moves import (
    BEFORE_CANCEL,
    RUNNING,
    ended,
    ending_changes,
    move,
    progress_update,
)
from larder.adapters.dynamodb.counters import put_new
from larder.adapters.dynamodb.keys import batch_id_of, item_key, output_key, project_partition
from larder.adapters.dynamodb.pages import read_newest
from larder.adapters.dynamodb.transactions import ConditionsFailedError, transact
from larder.domain.batches import BatchStatus
from larder.domain.errors import ContentionError, ProjectFullError
from larder.domain.ids import BATCH_PREFIX
from larder.services.batches.ports import BatchPage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        QueryInputTypeDef,
        TransactWriteItemTypeDef,
    )

    from larder.adapters.dynamodb.attributes import Item
    from larder.domain.batches import Batch, BatchError, Progress
    from larder.domain.ids import BatchId, TenantId
    from larder.services.batches.ports import Ending, Finalizing


class DynamoBatches:
    """`BatchRecords` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def create(
        self,
        tenant: TenantId,
        batch: Batch,
        *,
        check_at: int,
        request: str | None = None,
        retrying: Batch | None = None,
    ) -> BatchId:
        """Record the batch in a transaction with everything that counts it."""
        return create_batch(
            self._client,
            self._table,
            tenant,
            batch,
            check_at=check_at,
            request=request,
            retrying=retrying,
        )

    def get(self, tenant: TenantId, batch_id: BatchId) -> Batch | None:
        """Read the batch's record, strongly consistent."""
        item = self._client.get_item(
            TableName=self._table, Key=item_key(tenant, batch_id), ConsistentRead=True
        ).get("Item")
        return None if item is None else batch_from(batch_id, item)

    def page(self, tenant: TenantId, *, limit: int, after: BatchId | None) -> BatchPage:
        """Query the project's batches backwards; 1 MB of them at a time, since errors take room."""
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :batches)",
            "ExpressionAttributeValues": {
                ":pk": text(project_partition(tenant)),
                ":batches": text(BATCH_PREFIX),
            },
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        if after is not None:
            request["ExclusiveStartKey"] = item_key(tenant, after)
        items, more = read_newest(self._client, request, limit=limit)
        ids = ((batch_id_of(item), item) for item in items)
        found = tuple(batch_from(each, item) for each, item in ids if each is not None)
        return BatchPage(found, has_more=more)

    def begin(
        self, tenant: TenantId, batch: Batch, *, total: int, model: str | None, at: int
    ) -> bool:
        """Move the batch and count its requests, in one transaction."""
        changes = {
            "status": text(BatchStatus.IN_PROGRESS),
            "requests": number(total),
            "in_progress_at": number(at),
        }
        if model is not None:
            changes["model"] = text(model)
        moved = move(self._table, tenant, batch, {BatchStatus.VALIDATING}, changes)
        more = total - batch.total

        def attempt(limit: int) -> None:
            transact(self._client, [moved, add_requests(self._table, tenant, more, limit)])

        try:
            within_limit(attempt, 1, more)
        except ConditionsFailedError:
            return False
        return True

    def fail(
        self, tenant: TenantId, batch: Batch, errors: Sequence[BatchError], *, at: int
    ) -> bool:
        """Move the batch and give back what it counted, in one transaction."""
        changes = {
            "status": text(BatchStatus.FAILED),
            "errors": errors_attribute(errors),
            **ended(at),
        }
        moved = move(self._table, tenant, batch, {BatchStatus.VALIDATING}, changes)
        return self._close(tenant, batch, [moved], at)

    def cancel(self, tenant: TenantId, batch: Batch, *, at: int) -> bool:
        """Move the batch, in a transaction of one for its patience."""
        changes = {"status": text(BatchStatus.CANCELLING), "cancelling_at": number(at)}
        return self._write([move(self._table, tenant, batch, BEFORE_CANCEL, changes)])

    def stop(self, tenant: TenantId, batch: Batch, error: BatchError, *, at: int) -> bool:
        """Move the batch and note the error, in a transaction of one."""
        changes = {
            "status": text(BatchStatus.FINALIZING),
            "finalizing_at": number(at),
            "errors": errors_attribute([error]),
        }
        return self._write([move(self._table, tenant, batch, {BatchStatus.IN_PROGRESS}, changes)])

    def finalize(self, tenant: TenantId, batch: Batch, chosen: Finalizing, *, at: int) -> bool:
        """Note what was chosen and put the items that announce both files, in one transaction."""
        if batch.status.terminal:
            return False
        cancelling = batch.status is BatchStatus.CANCELLING
        changes: Item = {
            "status": text(BatchStatus.CANCELLING if cancelling else BatchStatus.FINALIZING),
            "finalizing_at": number(batch.finalizing_at or at),
            "reserved_output": text(chosen.output),
            "reserved_error": text(chosen.error),
            "cut_short": {"BOOL": chosen.cut_short},
        }
        undecided = "attribute_not_exists(reserved_output)"
        moved = move(self._table, tenant, batch, {batch.status}, changes, condition=undecided)
        announced = (output_key(tenant, each) for each in (chosen.output, chosen.error))
        return self._write([moved, *(put_new(self._table, {**key}) for key in announced)])

    def add_progress(self, tenant: TenantId, batch_id: BatchId, progress: Progress) -> None:
        """Add to the figures while the batch runs.

        Not in a transaction: many workers do this at once, and transactions would collide.
        """
        update = progress_update(self._table, tenant, batch_id, progress)
        failures = self._client.exceptions
        try:
            self._client.update_item(**update)
        except (
            failures.ConditionalCheckFailedException,
            # The figures of a full project's batch stand still until it ends.
            failures.ItemCollectionSizeLimitExceededException,
        ):
            return
        except failures.TransactionConflictException:
            with suppress(ConditionsFailedError, ContentionError, ProjectFullError):
                transact(self._client, [{"Update": update}])

    def end(self, tenant: TenantId, batch: Batch, ending: Ending) -> bool:
        """Put the files, count them, drop what announced them, and end the batch."""
        if batch.status.terminal:
            return False
        changes = ending_changes(self._table, tenant, batch, ending)
        return self._close(tenant, batch, changes, ending.at)

    def reschedule(self, tenant: TenantId, batch: Batch, *, execution: int, check_at: int) -> bool:
        """Set both on condition of the execution that was read, in a transaction of one."""
        changes = {"execution": number(execution), "due_at": number(check_at)}
        seen = {":seen": number(batch.execution)}
        moved = move(
            self._table, tenant, batch, RUNNING, changes, condition="execution = :seen", values=seen
        )
        return self._write([moved])

    def _close(
        self, tenant: TenantId, batch: Batch, first: list[TransactWriteItemTypeDef], at: int
    ) -> bool:
        """Make these changes, the first of which ends the batch, and give back what it counted."""
        changes = [*first, give_slot(self._table, tenant, batch)]
        while True:
            leaving = leave_input(self._client, self._table, tenant, batch.input_file_id, at)
            try:
                transact(self._client, [*changes, *leaving])
            except ConditionsFailedError as refused:
                if 0 in refused.items:
                    return False
                if min(refused.items) < len(changes):
                    raise
                # Another batch began or ended on the input since it was read, or it changed.
            else:
                return True

    def _write(self, changes: list[TransactWriteItemTypeDef]) -> bool:
        try:
            transact(self._client, changes)
        except ConditionsFailedError:
            return False
        return True
