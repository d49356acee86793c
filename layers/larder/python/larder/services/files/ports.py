"""What the use cases of files need of the outside world.

Each method of a port has the shape of one step of a use case and is atomic: where it changes a
record and a project's counters, both change in one transaction or neither does. The adapters
implement the ports on DynamoDB and S3; the in-memory versions in `tests/fakes` pass the same
contract suite.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from larder.domain.files import File, FileStatus, Purpose
    from larder.domain.ids import FileId, TenantId


@dataclass(frozen=True, slots=True)
class PageQuery:
    """One page of a project's files: those after the position `after`, at most `limit`."""

    limit: int
    after: FileId | None = None
    newest_first: bool = True
    purpose: Purpose | None = None


@dataclass(frozen=True, slots=True)
class FilePage:
    """Some files in order; `has_more` tells exactly whether another one follows."""

    files: tuple[File, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a file leaves the status `uploaded`."""

    status: FileStatus
    details: str | None = None
    sha256: str | None = None


class FileRecords(Protocol):
    """The records of live files."""

    def admit(self, tenant: TenantId, file: File) -> None:
        """Record a new file and take its amount of the quota.

        Raises:
            NotFoundError: its folder does not exist, or is being deleted.
            QuotaExceededError: there is no room for it.
            ContentionError: concurrent changes kept it from being decided.
        """

    def get(self, tenant: TenantId, file_id: FileId) -> File | None:
        """Return the file's record, expired or not, as of now (strongly consistent)."""

    def exists(self, tenant: TenantId, file_id: FileId) -> bool:
        """Tell whether the file exists at all: live or in the trash."""

    def page(self, tenant: TenantId, query: PageQuery, now: float) -> FilePage:
        """Return a page of the files that have not expired at `now` (strongly consistent)."""

    def revise(self, tenant: TenantId, before: File, after: File) -> bool:
        """Change what people change of a file; False when it is no longer as it was `before`.

        Raises:
            NotFoundError: the folder that it is moved to does not exist, or is being deleted.
        """

    def settle(self, tenant: TenantId, file: File, settlement: Settlement) -> bool:
        """Move the file on from `uploaded`; False when it has been moved on or is gone."""

    def release(self, tenant: TenantId, file: File) -> bool:
        """Remove the file and give its amount back; False when another did so first."""

    def release_quota(self, tenant: TenantId, file: File) -> bool:
        """Give back the amount of a file whose record is gone; False when that was done."""

    def reschedule_check(self, tenant: TenantId, file_id: FileId, at: int) -> None:
        """Have the sweeper look at a file that is still `uploaded` at the time `at`."""


class ValidationQueue(Protocol):
    """The queue that announces stored objects to the worker that receives them."""

    def enqueue(self, tenant: TenantId, file_id: FileId) -> None:
        """Announce the file's bytes once more."""
