"""JSON of console sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from larder.domain.api_keys import KeyRecord


class SignInRequest(BaseModel):
    """What a session is asked for with."""

    model_config = ConfigDict(extra="forbid")

    secret: str = Field(
        min_length=1,
        max_length=200,
        description="The code of a sign-in link (`zc_…`), or an API key (`zk_live_…`)",
    )


class SessionObject(BaseModel):
    """A session of the console."""

    object: Literal["console.session"] = "console.session"
    id: str
    secret: str = Field(description="What the page sends in place of an API key: `zs_…`")
    expires_at: int = Field(description="Unix seconds")
    project: str = Field(description="The id of the project that the session works on")

    @classmethod
    def of(cls, secret: str, record: KeyRecord) -> SessionObject:
        """Return the JSON of a new session."""
        return cls(
            id=record.id,
            secret=secret,
            expires_at=record.expires_at or 0,
            project=record.tenant,
        )


class SessionClosed(BaseModel):
    """The answer to a sign-out."""

    object: Literal["console.session"] = "console.session"
    deleted: Literal[True] = True
