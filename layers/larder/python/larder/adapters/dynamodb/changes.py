"""What the table's stream says has happened: events of files and batches.

An event is read from the change that made it true, so it cannot get lost between the two. An item
also appears when it comes back from the trash, and disappears when it goes there. So only a
change of a status counts, and only a removal at the time of expiry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larder.adapters.dynamodb.batch_items import batch_from
from larder.adapters.dynamodb.items import changed_at, file_from
from larder.adapters.dynamodb.keys import batch_id_of, file_id_of, is_trashed, tenant_of
from larder.domain.events import OF_BATCH, OF_FILE, Event, EventType
from larder.domain.files import File, FileStatus, Purpose

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from larder.adapters.dynamodb.attributes import ItemRead
    from larder.domain.batches import Batch
    from larder.domain.events import EventData
    from larder.domain.ids import BatchId, FileId, TenantId

EXPIRY_TOLERANCE = 2
"""Seconds by which the stream's time of a removal may lie before the file's expiry.

Two clocks have a part in it, and the stream's has whole seconds. A file that somebody deletes
this close to its end counts as expired.
"""


def events_of(record: Mapping[str, Any]) -> list[Event]:
    """Return the events that a record of the stream tells, with OldImage and NewImage."""
    change = record["dynamodb"]
    key: ItemRead = change["Keys"]
    if not key["pk"]["S"].startswith("P#"):
        return []
    tenant, at = tenant_of(key), changed_at(change)
    file_id, batch_id = file_id_of(key), batch_id_of(key)
    old, new = change.get("OldImage"), change.get("NewImage")
    if file_id is not None and not is_trashed(key):
        return list(_of_file(tenant, file_id, old, new, at))
    if batch_id is not None and old is not None and new is not None:
        return list(_of_batch(tenant, batch_id, old, new, at))
    return []


def _of_file(
    tenant: TenantId, file_id: FileId, old: ItemRead | None, new: ItemRead | None, at: float
) -> Iterator[Event]:
    if old is None:
        return
    before = file_from(file_id, old)
    if new is None:
        if before.expired(at + EXPIRY_TOLERANCE):
            yield Event(tenant, EventType.FILE_EXPIRED, file_id, at, _file_data(before))
        return
    after = file_from(file_id, new)
    if before.status is FileStatus.UPLOADED and after.status in OF_FILE:
        yield Event(tenant, OF_FILE[after.status], file_id, at, _file_data(after))


def _of_batch(
    tenant: TenantId, batch_id: BatchId, old: ItemRead, new: ItemRead, at: float
) -> Iterator[Event]:
    before, after = batch_from(batch_id, old), batch_from(batch_id, new)
    if before.status.terminal or not after.status.terminal:
        return
    # Its files are put, complete, by the transaction that ends it. Their items alone do not say
    # that they are new: a file that is restored is put in the same way.
    for output in (after.output_file_id, after.error_file_id):
        if output is not None:
            data = {"id": output, "purpose": Purpose.BATCH_OUTPUT}
            yield Event(tenant, EventType.FILE_PROCESSED, output, at, data)
    yield Event(tenant, OF_BATCH[after.status], batch_id, at, _batch_data(after))


def _file_data(file: File) -> EventData:
    return {"id": file.id, "purpose": file.purpose}


def _batch_data(batch: Batch) -> EventData:
    return {
        "id": batch.id,
        "endpoint": batch.endpoint,
        "input_file_id": batch.input_file_id,
        "output_file_id": batch.output_file_id,
        "error_file_id": batch.error_file_id,
        "request_counts": {
            "total": batch.total,
            "completed": batch.progress.completed,
            "failed": batch.progress.failed,
        },
    }
