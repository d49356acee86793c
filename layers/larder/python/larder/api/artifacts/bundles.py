"""JSON of bundles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from larder.api.http.times import rfc3339
from larder.services.artifacts.create_bundle import DEFAULT_TYPE

if TYPE_CHECKING:
    from collections.abc import Container

    from larder.domain.artifacts import Bundle
    from larder.domain.ids import ArtifactId, TenantId
    from larder.services.artifacts.ports import Page


class BundleReference(BaseModel):
    """An artifact in a bundle."""

    model_config = ConfigDict(strict=True)

    artifact_id: str
    role: str = Field(description="1 to 64 letters, digits, `_`, `.` or `-`")


class BundleCreateRequest(BaseModel):
    """The body of `POST /v2/bundles`."""

    model_config = ConfigDict(strict=True)

    artifacts: list[BundleReference] = Field(description="1 to 100, in their order")
    bundle_type: str = DEFAULT_TYPE
    metadata: dict[str, Any] | None = Field(
        default=None, description="Kept as it is; up to 16 KiB as JSON"
    )


class BundleObject(BaseModel):
    """A bundle as it was made."""

    id: str = Field(description="`bnd_` and 24 hex digits that sort by creation time")
    object: Literal["bundle"] = "bundle"
    bundle_type: str
    project_id: str
    artifacts: list[BundleReference]
    created_at: str = Field(description="RFC 3339, UTC")
    metadata: dict[str, Any]

    @classmethod
    def of(cls, tenant: TenantId, bundle: Bundle) -> BundleObject:
        """Return the bundle as clients see it."""
        references = [
            BundleReference(artifact_id=member.artifact_id, role=member.role)
            for member in bundle.members
        ]
        return cls(**_fields(tenant, bundle), artifacts=references)


class CheckedReference(BundleReference):
    """An artifact in a bundle, and whether it is gone by now."""

    deleted: bool


class CheckedBundle(BaseModel):
    """A bundle, with which of its artifacts are gone."""

    id: str = Field(description="`bnd_` and 24 hex digits that sort by creation time")
    object: Literal["bundle"] = "bundle"
    bundle_type: str
    project_id: str
    artifacts: list[CheckedReference]
    created_at: str = Field(description="RFC 3339, UTC")
    metadata: dict[str, Any]

    @classmethod
    def checked(
        cls, tenant: TenantId, bundle: Bundle, there: Container[ArtifactId]
    ) -> CheckedBundle:
        """Return the bundle as clients see it, with the artifacts that are `there`."""
        references = [
            CheckedReference(
                artifact_id=member.artifact_id,
                role=member.role,
                deleted=member.artifact_id not in there,
            )
            for member in bundle.members
        ]
        return cls(**_fields(tenant, bundle), artifacts=references)


class BundleList(BaseModel):
    """A page of bundles; `first_id` and `last_id` are empty on an empty page."""

    object: Literal["list"] = "list"
    data: list[BundleObject]
    first_id: str
    last_id: str
    has_more: bool

    @classmethod
    def of(cls, tenant: TenantId, page: Page[Bundle]) -> BundleList:
        """Return the page as clients see it."""
        return cls(
            data=[BundleObject.of(tenant, bundle) for bundle in page.items],
            first_id=page.items[0].id if page.items else "",
            last_id=page.items[-1].id if page.items else "",
            has_more=page.has_more,
        )


class BundleDeleted(BaseModel):
    """The response to a deletion."""

    id: str
    object: Literal["bundle"] = "bundle"
    deleted: Literal[True] = True


def _fields(tenant: TenantId, bundle: Bundle) -> dict[str, Any]:
    return {
        "id": bundle.id,
        "bundle_type": bundle.type,
        "project_id": tenant,
        "created_at": rfc3339(bundle.file.created_at),
        "metadata": json.loads(bundle.metadata),
    }
