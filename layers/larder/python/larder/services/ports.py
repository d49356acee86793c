"""What the use cases need of the outside world.

Each method has the shape of one step of a use case and is atomic: where it changes a record and
a project's counters, both change in one transaction or neither does. The adapters implement
these on DynamoDB and S3; the in-memory versions in `tests/fakes` pass the same contract suite.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from larder.domain.api_keys import KeyRecord
    from larder.domain.files import File, FileStatus, Purpose
    from larder.domain.ids import FileId, FolderId, TenantId, UploadId
    from larder.domain.projects import Project
    from larder.domain.quota import Amount, Usage
    from larder.domain.uploads import Upload, UploadStatus

type Clock = Callable[[], float]
"""The time in unix seconds."""


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
class Verdict:
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

    def settle(self, tenant: TenantId, file: File, verdict: Verdict) -> bool:
        """Move the file on from `uploaded`; False when it has been moved on or is gone."""

    def release(self, tenant: TenantId, file: File) -> bool:
        """Remove the file and give its amount back; False when another did so first."""

    def give_back(self, tenant: TenantId, file: File) -> bool:
        """Give back the amount of a file whose record is gone; False when that was done."""

    def look_again(self, tenant: TenantId, file_id: FileId, at: int) -> None:
        """Have the sweeper look at a file that is still `uploaded` at the time `at`."""


class UploadRecords(Protocol):
    """The records of uploads."""

    def reserve(self, tenant: TenantId, upload: Upload) -> None:
        """Record a pending upload and reserve its amount of the quota.

        Raises:
            QuotaExceededError: there is no room for it.
            ContentionError: concurrent changes kept it from being decided.
        """

    def get(self, tenant: TenantId, upload_id: UploadId) -> Upload | None:
        """Return the upload's record as of now (strongly consistent)."""

    def complete(self, tenant: TenantId, upload: Upload, file: File) -> bool:
        """Turn a pending upload into its file; False when it is no longer pending.

        Raises:
            NotFoundError: the file's folder does not exist, or is being deleted.
        """

    def close(self, tenant: TenantId, upload: Upload, status: UploadStatus) -> bool:
        """End a pending upload and give its amount back; False when it is no longer pending."""

    def give_back(self, tenant: TenantId, upload: Upload) -> bool:
        """Give back what a pending upload reserved whose record is gone; False when done."""

    def take_part(self, tenant: TenantId, upload: Upload, size: int, limit: int) -> bool:
        """Account for a part of request size; False above `limit` or when no longer pending."""

    def cleared(self, tenant: TenantId, upload: Upload) -> None:
        """Say that the parts of an ended upload are gone, so that it is no longer due."""


@dataclass(frozen=True, slots=True)
class DueWork:
    """Something that the sweeper has to look at.

    A file, `trashed` or live, an upload, or a folder that is being deleted; or, when none is set,
    the project's counters, for an audit.
    """

    tenant: TenantId
    file_id: FileId | None = None
    upload_id: UploadId | None = None
    folder_id: FolderId | None = None
    trashed: bool = False


class Deadlines(Protocol):
    """What falls due: expiries and what should have happened by now. May lag by a second."""

    def expired(self, tenant: TenantId, now: float) -> Iterable[DueWork]:
        """Yield the project's files, trashed and live, and uploads that have expired at `now`."""

    def due(self, now: float) -> Iterable[DueWork]:
        """Yield what the sweeper has to look at, of every project."""


@dataclass(frozen=True, slots=True)
class Count:
    """A recount of a project's items: what its files take, and what its pending uploads do."""

    used: Amount
    reserved: Amount


class UsageRecords(Protocol):
    """The projects' counters."""

    def get(self, tenant: TenantId) -> Usage | None:
        """Return the project's counters as of now, None for an unknown project."""

    def recount(self, tenant: TenantId) -> Count:
        """Add up the project's items one by one, in the trash or not.

        Wrong when one of them comes, goes or moves meanwhile, which changes the counters' version.
        """

    def set_counted(self, tenant: TenantId, version: int, counted: Count) -> bool:
        """Set the counters to what was counted; False when `version` is not theirs any more.

        Limits stay. What is left may turn out negative, as after a lowered limit.
        """

    def audit_again(self, tenant: TenantId, at: int) -> None:
        """Have the sweeper audit the project's counters at the time `at`."""


class ProjectRecords(Protocol):
    """The register of projects."""

    def create(self, project: Project, limit: Amount, audit_at: int) -> bool:
        """Record the project and its counters; False when the name is taken."""

    def list(self) -> Iterable[Project]:
        """Yield every project by name."""

    def set_limit(self, tenant: TenantId, limit: Amount) -> None:
        """Change the project's limits; what is stored stays, even above them."""


class KeyRecords(Protocol):
    """The API keys, by the digest of their secret."""

    def find(self, digest: str) -> KeyRecord | None:
        """Return the key with that digest, revoked or not."""

    def add(self, key: KeyRecord) -> None:
        """Record a new key."""

    def of_project(self, tenant: TenantId) -> Iterable[KeyRecord]:
        """Yield the project's keys, oldest first, revoked ones included."""

    def revoke(self, digest: str, at: int) -> None:
        """Mark the key as revoked at the time `at`; a second time changes nothing."""


class ArrivalQueue(Protocol):
    """The queue that announces stored objects to the worker that receives them."""

    def announce(self, tenant: TenantId, file_id: FileId) -> None:
        """Announce the file's bytes once more."""


class RunningTime(Protocol):
    """How long the request at hand may still take: Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the function is stopped."""


class Replays(Protocol):
    """Answers that are given once and then repeated."""

    def once(
        self,
        tenant: TenantId,
        key: str,
        fingerprint: str,
        context: RunningTime,
        respond: Callable[[], dict[str, Any]],
        keep: Callable[[dict[str, Any]], bool],
    ) -> tuple[dict[str, Any], bool]:
        """Answer by `respond`, or repeat its answer to the same request; tell whether it did.

        Raises:
            IdempotencyConflictError: the key belongs to another request, or to one still running.
        """
