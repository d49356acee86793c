"""JSON of artifacts.

Each pydantic class adds half a millisecond to a cold start, so bundles have a module of their own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from larder.api.http.times import rfc3339
from larder.domain.artifacts import ArtifactType, Retention

if TYPE_CHECKING:
    from larder.domain.artifacts import Artifact
    from larder.domain.ids import TenantId
    from larder.services.artifacts.ports import Page


class ArtifactCreateRequest(BaseModel):
    """The body of `POST /v2/artifacts`: either `content` or `file_id`."""

    model_config = ConfigDict(strict=True)

    artifact_type: str = Field(json_schema_extra={"enum": list(ArtifactType)})
    content: str | None = Field(default=None, description="1 byte to 1 MiB")
    file_id: str | None = Field(
        default=None, description="A file of up to 64 MiB whose bytes are copied"
    )
    content_encoding: str | None = Field(
        default=None,
        description="`base64`, for a `binary_attachment`; `utf-8` unless that is copied",
        json_schema_extra={"enum": ["utf-8", "base64", None]},
    )
    content_media_type: str | None = Field(
        default=None, description="`text/plain`, or that of the file, by default"
    )
    retention_class: str = Field(
        default=Retention.STANDARD, json_schema_extra={"enum": list(Retention)}
    )
    metadata: dict[str, Any] | None = Field(
        default=None, description="Kept as it is; up to 16 KiB as JSON"
    )


class ArtifactObject(BaseModel):
    """An artifact without its content."""

    id: str = Field(description="`art_` and 24 hex digits that sort by creation time")
    object: Literal["artifact"] = "artifact"
    artifact_type: ArtifactType
    project_id: str
    content_media_type: str
    content_encoding: Literal["utf-8", "base64"] = Field(
        description="How `content` is written, where it is shown"
    )
    bytes: int = Field(description="Exact size of the content")
    created_at: str = Field(description="RFC 3339, UTC")
    expires_at: str | None = Field(description="RFC 3339, UTC; null: never")
    retention_class: Retention
    metadata: dict[str, Any]

    @classmethod
    def of(cls, tenant: TenantId, artifact: Artifact) -> ArtifactObject:
        """Return the artifact as clients see it."""
        return cls(**_fields(tenant, artifact))


class ArtifactWithContent(ArtifactObject):
    """An artifact with its content."""

    content: str | None = Field(
        description="Null above 1 MiB: `GET /v2/artifacts/{artifact_id}/content` has it"
    )

    @classmethod
    def with_content(
        cls, tenant: TenantId, artifact: Artifact, content: str | None
    ) -> ArtifactWithContent:
        """Return the artifact and its content as clients see them."""
        return cls(content=content, **_fields(tenant, artifact))


class ArtifactList(BaseModel):
    """A page of artifacts; `first_id` and `last_id` are empty on an empty page."""

    object: Literal["list"] = "list"
    data: list[ArtifactObject]
    first_id: str
    last_id: str
    has_more: bool

    @classmethod
    def of(cls, tenant: TenantId, page: Page[Artifact]) -> ArtifactList:
        """Return the page as clients see it."""
        return cls(
            data=[ArtifactObject.of(tenant, artifact) for artifact in page.items],
            first_id=page.items[0].id if page.items else "",
            last_id=page.items[-1].id if page.items else "",
            has_more=page.has_more,
        )


class ArtifactDeleted(BaseModel):
    """The response to a deletion."""

    id: str
    object: Literal["artifact"] = "artifact"
    deleted: Literal[True] = True


def _fields(tenant: TenantId, artifact: Artifact) -> dict[str, Any]:
    file = artifact.file
    return {
        "id": artifact.id,
        "artifact_type": artifact.type,
        "project_id": tenant,
        "content_media_type": file.mime_type,
        "content_encoding": artifact.encoding,
        "bytes": file.bytes,
        "created_at": rfc3339(file.created_at),
        "expires_at": None if file.expires_at is None else rfc3339(file.expires_at),
        "retention_class": artifact.retention,
        "metadata": json.loads(artifact.metadata),
    }
