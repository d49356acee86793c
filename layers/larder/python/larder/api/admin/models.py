"""JSON of projects, API keys and the log, as operators manage them over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from larder.api.keys.models import KeyObject
from larder.api.projects.usage import UsageObject
from larder.domain.api_keys import DEFAULT_GRACE, MAX_GRACE, MAX_KEY_SECONDS, MIN_KEY_SECONDS
from larder.domain.projects import LimitChanges
from larder.domain.quota import Amount
from larder.domain.scopes import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.admin_log import LogEntry
    from larder.domain.api_keys import KeyRecord
    from larder.domain.batches import BatchLoad
    from larder.domain.projects import Project
    from larder.domain.quota import Usage
    from larder.services.projects.ports import LogPage
    from larder.services.projects.projects import ProjectPage


class StorageLimits(BaseModel):
    """What a new project may store; limits that are left out are the deployment's defaults."""

    model_config = ConfigDict(extra="forbid", strict=True)

    files: int | None = Field(default=None, ge=0)
    bytes: int | None = Field(default=None, ge=0)

    def storage(self, before: Amount) -> Amount:
        """Return what may be stored: `before`, with what is set here."""
        return Amount(
            files=before.files if self.files is None else self.files,
            bytes=before.bytes if self.bytes is None else self.bytes,
        )


class Limits(StorageLimits):
    """The limits of a project that are to be set; those that are left out stay."""

    batches: int | None = Field(default=None, ge=0, description="Batches that run at once")
    batch_requests: int | None = Field(
        default=None, ge=0, description="Requests in running batches together"
    )

    def changes(self) -> LimitChanges:
        """Return the limits that are set here."""
        return LimitChanges(self.files, self.bytes, self.batches, self.batch_requests)


class ProjectCreateRequest(BaseModel):
    """A project to be."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(description="1 to 63 lowercase letters, digits, `-` and `_`; unique")
    limits: StorageLimits = Field(default_factory=StorageLimits)


class ProjectUpdateRequest(BaseModel):
    """What is to change of a project."""

    model_config = ConfigDict(extra="forbid", strict=True)

    limits: Limits


class ProjectObject(BaseModel):
    """A project, by its name and its id."""

    object: Literal["project"] = "project"
    id: str
    name: str
    created_at: int = Field(description="Unix seconds")

    @classmethod
    def of(cls, project: Project) -> ProjectObject:
        """Return the JSON of a project."""
        return cls(id=project.id, name=project.name, created_at=project.created_at)


class ProjectDetails(ProjectObject):
    """A project, what it stores and what it may store."""

    usage: UsageObject

    @classmethod
    def with_usage(cls, project: Project, usage: Usage, load: BatchLoad) -> ProjectDetails:
        """Return the JSON of a project and its counters."""
        return cls(
            id=project.id,
            name=project.name,
            created_at=project.created_at,
            usage=UsageObject.of(usage, load),
        )


class _List(BaseModel):
    object: Literal["list"] = "list"
    first_id: str
    last_id: str
    has_more: bool


def _ends(ids: Sequence[str], *, has_more: bool) -> dict[str, Any]:
    first, last = (ids[0], ids[-1]) if ids else ("", "")
    return {"first_id": first, "last_id": last, "has_more": has_more}


class ProjectList(_List):
    """A page of projects, the oldest first."""

    data: list[ProjectObject]

    @classmethod
    def of(cls, page: ProjectPage) -> ProjectList:
        """Return the JSON of a page."""
        ids = [project.id for project in page.projects]
        data = [ProjectObject.of(project) for project in page.projects]
        return cls(data=data, **_ends(ids, has_more=page.has_more))


class ManagedKey(KeyObject):
    """An API key or a console session, without its secret."""

    revoked_at: int | None = Field(description="Unix seconds; null if it was not revoked")
    replaced_by: str | None = Field(description="The id of the key that it was rotated to")

    @classmethod
    def of(cls, key: KeyRecord) -> ManagedKey:
        """Return the JSON of a key."""
        return cls(
            **KeyObject.of(key).model_dump(),
            revoked_at=key.revoked_at,
            replaced_by=key.replaced_by,
        )


class NewKey(ManagedKey):
    """A key that was just made."""

    secret: str | None = Field(
        description="The key itself, once: a repeated answer to the same `Idempotency-Key` has null"
    )

    @classmethod
    def with_secret(cls, key: KeyRecord, secret: str) -> NewKey:
        """Return the JSON of a new key."""
        return cls(**ManagedKey.of(key).model_dump(), secret=secret)


class KeyList(_List):
    """The keys and console sessions of a project, the oldest first."""

    data: list[ManagedKey]

    @classmethod
    def of(cls, keys: Sequence[KeyRecord]) -> KeyList:
        """Return the JSON of a project's keys."""
        ids = [key.id for key in keys]
        return cls(data=[ManagedKey.of(key) for key in keys], **_ends(ids, has_more=False))


class KeyCreateRequest(BaseModel):
    """A key to be."""

    model_config = ConfigDict(extra="forbid", strict=True)

    project: str = Field(description="The id or the name of the project")
    name: str | None = Field(default=None, description="For people: 1 to 64 characters")
    scopes: list[Scope] = Field(
        default=["read", "write", "batches"], description="`admin` only on the command line"
    )
    expires_in: int | None = Field(
        default=None,
        description="Seconds; without it the key does not expire",
        json_schema_extra={"minimum": MIN_KEY_SECONDS, "maximum": MAX_KEY_SECONDS},
    )


class KeyRotateRequest(BaseModel):
    """How a key is rotated."""

    model_config = ConfigDict(extra="forbid", strict=True)

    grace: int = Field(
        default=DEFAULT_GRACE,
        description="Seconds that the old key lives on at the most",
        json_schema_extra={"minimum": 0, "maximum": MAX_GRACE},
    )


class KeyRevoked(BaseModel):
    """The answer to a revocation."""

    id: str
    object: Literal["key"] = "key"
    revoked: Literal[True] = True


class LogEntryObject(BaseModel):
    """One change by an operator."""

    object: Literal["log.entry"] = "log.entry"
    id: str
    created_at: int = Field(description="Unix seconds")
    action: str = Field(description="`key.create`, `project.update` and so on")
    actor: str = Field(
        description="The id of the key or console session, or the ARN of the AWS credentials"
    )
    request_id: str | None = Field(description="Null for a change on the command line")
    project: str
    target: str = Field(description="The id of what was changed")
    details: dict[str, str]

    @classmethod
    def of(cls, entry: LogEntry) -> LogEntryObject:
        """Return the JSON of an entry."""
        return cls(
            id=entry.id,
            created_at=entry.at,
            action=entry.action,
            actor=entry.actor.id,
            request_id=entry.actor.request_id,
            project=entry.project,
            target=entry.target,
            details=dict(entry.details),
        )


class LogList(_List):
    """A page of the log, the newest entry first."""

    data: list[LogEntryObject]

    @classmethod
    def of(cls, page: LogPage) -> LogList:
        """Return the JSON of a page."""
        ids = [entry.id for entry in page.entries]
        data = [LogEntryObject.of(entry) for entry in page.entries]
        return cls(data=data, **_ends(ids, has_more=page.has_more))
