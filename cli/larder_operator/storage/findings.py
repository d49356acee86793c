"""What an audit of the bucket and the table can find."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from larder.domain.ids import TenantId


class Loss(StrEnum):
    """What is wrong."""

    MISSING_BYTES = "missing_bytes"
    DELETED_BYTES = "deleted_bytes"
    OTHER_SIZE = "other_size"
    UNCLAIMED_BYTES = "unclaimed_bytes"
    UNCLAIMED_REPORT = "unclaimed_report"
    UNFINISHED_BYTES = "unfinished_bytes"
    UNCLAIMED_PARTS = "unclaimed_parts"
    UNCLAIMED_BATCH = "unclaimed_batch"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: with a file of a project, or with objects.

    `key` is an object's key, or, with a slash at its end, what several keys begin with.
    """

    loss: Loss
    key: str
    tenant: TenantId | None = None
    objects: int = 1
    bytes: int = 0

    @property
    def name(self) -> str:
        """What a project calls it: the last part of the key, such as the id of a file."""
        return self.key.rstrip("/").rpartition("/")[2]
