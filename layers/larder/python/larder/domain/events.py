"""Events: what happened to a file or a batch, once and for all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from larder.domain.batches import BatchStatus
from larder.domain.files import FileStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larder.domain.ids import BatchId, FileId, TenantId

EVENT_PREFIX = "evt_"

type EventData = Mapping[str, str | int | EventData | None]


class EventType(StrEnum):
    """What can happen. Each happens to one file or batch once at the most."""

    FILE_PROCESSED = "file.processed"
    FILE_FAILED = "file.failed"
    FILE_EXPIRED = "file.expired"
    BATCH_COMPLETED = "batch.completed"
    BATCH_FAILED = "batch.failed"
    BATCH_EXPIRED = "batch.expired"
    BATCH_CANCELLED = "batch.cancelled"


OF_FILE = {
    FileStatus.PROCESSED: EventType.FILE_PROCESSED,
    FileStatus.ERROR: EventType.FILE_FAILED,
}
OF_BATCH = {
    BatchStatus.COMPLETED: EventType.BATCH_COMPLETED,
    BatchStatus.FAILED: EventType.BATCH_FAILED,
    BatchStatus.EXPIRED: EventType.BATCH_EXPIRED,
    BatchStatus.CANCELLED: EventType.BATCH_CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at `at` (unix seconds, with fractions if they are known).

    `data` begins with the id of the file or batch, followed by what a rule may want to select by.
    """

    tenant: TenantId
    type: EventType
    object_id: FileId | BatchId
    at: float
    data: EventData

    @property
    def id(self) -> str:
        """The event's id: the same however often it is put, since nothing happens twice."""
        return EVENT_PREFIX + dated_digits(self.at, self.tenant, self.object_id, self.type)


def dated_digits(at: float, *parts: str) -> str:
    """Return 24 hex digits: milliseconds since 1970, then 48 bits of a digest of the parts.

    They sort by time, as the digits of all ids do, and are the same for the same parts.
    """
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f"{int(at * 1000):012x}{digest[:12]}"
