"""The ports of the use cases of projects: projects, API keys and counters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from larder.domain.admin_log import LogEntry
    from larder.domain.api_keys import KeyRecord
    from larder.domain.batches import BatchLoad
    from larder.domain.ids import TenantId
    from larder.domain.projects import Project
    from larder.domain.quota import Amount, Usage


@dataclass(frozen=True, slots=True)
class Count:
    """A recount of a project's items: its files' use, and its pending uploads' reservations.

    `first_expiry` is when the first of them expires; None if none of them does.
    """

    used: Amount
    reserved: Amount
    first_expiry: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Recount:
    """A recount that goes on after the item `after`; None once it is finished.

    `version` is that of the counters when it began.
    """

    version: int
    counted: Count
    after: str | None


@dataclass(frozen=True, slots=True)
class UsageDay:
    """What a project stored on a day (`YYYY-MM-DD` in UTC), when it was last looked at."""

    date: str
    used: Amount


class UsageRecords(Protocol):
    """The projects' counters, and their usage day by day."""

    def keep_day(self, tenant: TenantId, day: UsageDay) -> None:
        """Keep the project's usage of the day for about a year, in place of an earlier one."""

    def days(self, tenant: TenantId, since: str) -> Sequence[UsageDay]:
        """Return the days kept from `since` on (`YYYY-MM-DD`), in order (strongly consistent)."""

    def get(self, tenant: TenantId) -> Usage | None:
        """Return the project's counters (strongly consistent); None if there is no such project."""

    def recount(self, tenant: TenantId) -> Count:
        """Add up the project's items one by one, live and in the trash.

        The result is wrong if an item comes, goes or moves meanwhile. That changes the counters'
        version.
        """

    def go_on_counting(
        self, tenant: TenantId, begun: Recount, *, keep_going: Callable[[], bool]
    ) -> Recount:
        """Go on with a recount while `keep_going()`, at least a little further."""

    def keep_recount(self, tenant: TenantId, unfinished: Recount) -> None:
        """Keep a recount with the counters until `schedule_audit`; their version stays."""

    def kept_recount(self, tenant: TenantId) -> Recount | None:
        """Return the recount that was kept, None if no recount was."""

    def expired_files(
        self, tenant: TenantId, now: float, *, keep_going: Callable[[], bool]
    ) -> Amount:
        """Add up the project's files, live and trashed, expired at `now`, while `keep_going()`."""

    def set_counted(self, tenant: TenantId, version: int, counted: Count, at: int) -> bool:
        """Set the counters to `counted`; False if their version is no longer `version`.

        Limits stay. What is left may become negative, as after a lowered limit. From then on,
        `release_quota` gives nothing back for what was gone at the time `at`.
        """

    def schedule_audit(self, tenant: TenantId, at: int) -> None:
        """Have the sweeper audit the project's counters at the time `at` (unix seconds)."""


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some entries of the operators' log, the newest first."""

    entries: Sequence[LogEntry]
    has_more: bool


class AdminLog(Protocol):
    """The operators' log.

    A change and the entry about it are written together: the port of the change takes the entry.
    """

    def page(self, *, limit: int, after: str | None) -> LogPage:
        """Return up to `limit` entries before the entry `after`, which need not exist."""


class ProjectRecords(Protocol):
    """The register of projects."""

    def create(
        self, project: Project, limit: Amount, audit_at: int, entry: LogEntry | None = None
    ) -> bool:
        """Record the project and its counters; False if the name is taken."""

    def list(self) -> Iterable[Project]:
        """Yield every project by name."""

    def set_limit(self, tenant: TenantId, limit: Amount, entry: LogEntry | None = None) -> None:
        """Change the project's limits. Stored files stay, even above the limits."""


class BatchLimitRecords(Protocol):
    """How many batches a project may run, as operators set it."""

    def get(self, tenant: TenantId) -> BatchLoad:
        """Return what the project runs, and may (strongly consistent)."""

    def set(
        self,
        tenant: TenantId,
        *,
        batches: int | None,
        requests: int | None,
        entry: LogEntry | None = None,
    ) -> None:
        """Set the limits that are given. Batches above them run on, and no other one begins."""


class KeyRecords(Protocol):
    """The API keys, console sessions and sign-in codes, by the digest of their secret."""

    def find(self, digest: str) -> KeyRecord | None:
        """Return the key with that digest, revoked or not."""

    def add(self, key: KeyRecord) -> None:
        """Record a new key."""

    def take(self, digest: str) -> KeyRecord | None:
        """Return the key to the first caller that asks for it, and to nobody afterwards."""

    def remove(self, digest: str) -> None:
        """Forget the key, if there is one."""


class KeyRegister(KeyRecords, Protocol):
    """The API keys, as operators manage them. A change and its log entry are written together."""

    def of_project(self, tenant: TenantId) -> Iterable[KeyRecord]:
        """Yield the project's keys, oldest first, revoked ones included."""

    def find_by_id(self, key_id: str) -> KeyRecord | None:
        """Return the key with that id; one that was just made may not be found for a moment."""

    def create(self, key: KeyRecord, entry: LogEntry | None = None) -> None:
        """Record a new key, whose digest no other one has."""

    def replace(
        self, old: KeyRecord, new: KeyRecord, *, ends_at: int, entry: LogEntry | None = None
    ) -> bool:
        """Record the new key, and let the old one expire at `ends_at`.

        False if the old one was revoked or replaced meanwhile.
        """

    def revoke(self, digest: str, at: int, entry: LogEntry | None = None) -> None:
        """Mark the key as revoked at the time `at`. Revoking it again changes nothing."""


class KeyUses(Protocol):
    """When keys were last used, by the day."""

    def keep(self, digest: str, day: str) -> None:
        """Keep that the key was used on that day (`2026-01-31`), unless a later one is kept.

        Gives up after a second or so. A key that is gone stays gone.
        """


class RequestRates(Protocol):
    """The requests of each API key, counted by the second."""

    def add(self, key_id: str, second: int, requests: int) -> int:
        """Add to what the key asks for in that second (unix time); return the sum, these included.

        Seconds that are over are forgotten within the hour.
        """
