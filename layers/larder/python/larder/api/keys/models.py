"""JSON of an API key: of the request's own, and of those that an operator manages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field

from larder.domain.api_keys import KeyKind, prefix
from larder.domain.scopes import Scope, ordered

if TYPE_CHECKING:
    from larder.domain.api_keys import KeyRecord


class KeyProject(BaseModel):
    """The project of a key."""

    id: str


class KeySession(BaseModel):
    """The console session that a request was sent with, in place of a key."""

    expires_at: int | None = Field(description="Unix seconds")


class KeyObject(BaseModel):
    """An API key without its secret."""

    object: Literal["key"] = "key"
    id: str
    name: str | None
    hint: str = Field(description="How the secret begins and ends: `zk_live_…a1b2`")
    scopes: list[Scope]
    created_at: int = Field(description="Unix seconds")
    expires_at: int | None = Field(description="Unix seconds; null if it does not expire")
    last_used_on: str | None = Field(description="A day in UTC; null if it was never used")
    project: KeyProject

    @classmethod
    def of(cls, key: KeyRecord) -> KeyObject:
        """Return the JSON of a key."""
        return cls(**_fields(key))


class OwnKeyObject(KeyObject):
    """The key that a request was sent with, or the console session."""

    workspace_id: str = Field(description="What `POST /v1/chat` calls the project")
    session: KeySession | None = Field(
        default=None, description="Only where the request was sent with a console session"
    )

    @classmethod
    def of(cls, key: KeyRecord) -> OwnKeyObject:
        """Return the JSON of the request's key."""
        session = KeySession(expires_at=key.expires_at) if key.kind is KeyKind.SESSION else None
        return cls(**_fields(key), workspace_id=key.tenant, session=session)


def _fields(key: KeyRecord) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "hint": f"{prefix(key.kind)}…{key.hint}",
        "scopes": ordered(key.scopes),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_on": key.last_used_on,
        "project": KeyProject(id=key.tenant),
    }
