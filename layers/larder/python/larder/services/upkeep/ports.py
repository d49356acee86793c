"""The ports of upkeep: the items that fall due, and the records that are gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from larder.domain.files import File
    from larder.domain.ids import BatchId, FileId, FolderId, TenantId, UploadId, WebhookId
    from larder.domain.uploads import Upload


class Removal(NamedTuple):
    """What counts as a file, or an upload, whose record was removed from the table.

    `gone_at` (unix seconds) is when it went, or when TTL could first take it, if that is earlier:
    how late TTL was does not matter.
    """

    tenant: TenantId
    item: File | Upload
    gone_at: float


NO_PLACES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class DueItem:
    """Something that the sweeper has to check. Each kind is a subclass.

    A plain `DueItem` is of a kind that this version does not know: a later one wrote it. It stands
    in one of several queues, the longest overdue first, at a `place` that only the port reads.
    """

    tenant: TenantId
    id: str | None
    queue: str = field(default="", compare=False, repr=False)
    place: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class DueFile(DueItem):
    """A live file or an artifact that has expired, or whose bytes should have come by now."""

    id: FileId


@dataclass(frozen=True, slots=True)
class DueTrashedFile(DueItem):
    """A file whose time in the trash is over."""

    id: FileId


@dataclass(frozen=True, slots=True)
class DueUpload(DueItem):
    """An upload that has expired, or that has ended and left parts."""

    id: UploadId


@dataclass(frozen=True, slots=True)
class DueFolder(DueItem):
    """A folder that should have moved to the trash by now."""

    id: FolderId


@dataclass(frozen=True, slots=True)
class DueTrashedFolder(DueItem):
    """A folder whose time in the trash is over, or that should be back or purged by now."""

    id: FolderId


@dataclass(frozen=True, slots=True)
class DueBatch(DueItem):
    """A batch that has not ended, whose execution should be running."""

    id: BatchId


@dataclass(frozen=True, slots=True)
class DueWebhook(DueItem):
    """A webhook that has deliveries to make."""

    id: WebhookId


@dataclass(frozen=True, slots=True)
class DueAudit(DueItem):
    """The project's counters, which are audited once a day."""

    id: None = None


class Deadlines(Protocol):
    """The items that fall due: expiries, and what should have happened by now. May lag a second."""

    def expired(self, tenant: TenantId, now: float) -> Iterable[DueItem]:
        """Yield the project's files, trashed and live, and uploads that have expired at `now`."""

    def ahead(self, tenant: TenantId, now: float, limit: int) -> Sequence[tuple[int, DueItem]]:
        """Return when the project's items expire after `now`, the soonest first, at most `limit`.

        Files, trashed and live, and uploads; the time is in unix seconds.
        """

    def due(self, now: float, after: Mapping[str, str] = NO_PLACES) -> Iterable[DueItem]:
        """Yield the items of all projects that the sweeper has to check at `now`.

        The queues take turns, and each begins after its place in `after`. Then come the items up to
        there.
        """

    def oldest_due(self, now: float) -> int | None:
        """Return since when the longest overdue item is due at `now`; None if nothing is."""


class SweepPlaces(Protocol):
    """How far the last sweep came, if it did not get through: a place in each queue."""

    def get(self) -> Mapping[str, str]:
        """Return the places that were kept last; none if that sweep got through."""

    def keep(self, places: Mapping[str, str]) -> None:
        """Keep the places for the next sweep."""
