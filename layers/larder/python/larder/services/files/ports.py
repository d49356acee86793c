"""The ports of the use cases of files.

Each method of a port is one step of a use case, and atomic: a record and the project's counters
change in one transaction, or neither changes. The adapters implement the ports on DynamoDB and S3.
The in-memory versions in `tests/fakes` pass the same contract tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from larder.domain.files import File, FileStatus, Purpose
    from larder.domain.ids import FileId, TenantId


@dataclass(frozen=True, slots=True)
class PageQuery:
    """A page of a project's files: at most `limit`, after the position `after`."""

    limit: int
    after: FileId | None = None
    newest_first: bool = True
    purpose: Purpose | None = None


@dataclass(frozen=True, slots=True)
class FilePage:
    """Files in order. `has_more` is exact: whether another file follows.

    A page may be shorter than was asked for, but never empty while others follow.
    """

    files: tuple[File, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Settlement:
    """The new status of a file that was `uploaded`, with its details and digest."""

    status: FileStatus
    details: str | None = None
    sha256: str | None = None


class FileRecords(Protocol):
    """The records of live files."""

    def admit(self, tenant: TenantId, file: File) -> None:
        """Record a new file and count it against the quota.

        Raises:
            NotFoundError: its folder does not exist, or is being deleted.
            QuotaExceededError: there is no room for it.
            ProjectFullError: the project has as many records as it can have.
            ContentionError: too many concurrent changes to the project.
        """

    def get(self, tenant: TenantId, file_id: FileId) -> File | None:
        """Return the file's record, expired or not (strongly consistent)."""

    def exists(self, tenant: TenantId, file_id: FileId) -> bool:
        """Return whether the file exists, live or in the trash."""

    def count_artifacts(self, tenant: TenantId, most: int) -> int:
        """Return how many artifacts the project has, up to `most` (strongly consistent).

        They count as files, and are in no list of files.
        """

    def page(self, tenant: TenantId, query: PageQuery, now: float) -> FilePage:
        """Return a page of the files that have not expired at `now` (strongly consistent)."""

    def revise(self, tenant: TenantId, before: File, after: File) -> bool:
        """Change a file's name, folder, tags or favorite mark; False if it is no longer `before`.

        Raises:
            NotFoundError: the folder that it is moved to does not exist, or is being deleted.
        """

    def settle(self, tenant: TenantId, file: File, settlement: Settlement) -> bool:
        """Settle an `uploaded` file; False if it is settled already or gone.

        The file of a full project gets the status alone, and may be collected late when it expires.
        """

    def release(self, tenant: TenantId, file: File) -> bool:
        """Remove the file and free its quota; False if another request already has."""

    def release_quota(self, tenant: TenantId, file: File, gone_at: float) -> bool:
        """Free the quota of a file whose record was gone at `gone_at`; False if that was done.

        Counters that were set after that time do not include the file any more.
        """

    def reschedule_check(self, tenant: TenantId, file_id: FileId, at: int) -> None:
        """Have the sweeper check the file again at the time `at`, if it is still `uploaded`."""


class ValidationQueue(Protocol):
    """The queue of stored objects for the worker that validates them."""

    def enqueue(self, tenant: TenantId, file_id: FileId) -> None:
        """Enqueue the file, as S3 does when its bytes arrive."""
