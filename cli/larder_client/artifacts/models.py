"""The answers about artifacts and bundles. Unknown members are ignored."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - read by msgspec
from typing import Any

import msgspec


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact; `content` is there if it was asked for and has up to 1 MiB."""

    id: str
    artifact_type: str
    project_id: str
    content_media_type: str
    content_encoding: str
    bytes: int
    created_at: datetime
    expires_at: datetime | None
    retention_class: str
    metadata: dict[str, Any]
    content: str | None = None


class ArtifactPage(msgspec.Struct, frozen=True):
    """Artifacts, newest first."""

    data: tuple[Artifact, ...]
    has_more: bool


class BundleReference(msgspec.Struct, frozen=True):
    """An artifact in a bundle; `deleted` is None in lists, where nobody looks."""

    artifact_id: str
    role: str
    deleted: bool | None = None


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """A list of artifacts, in order."""

    id: str
    bundle_type: str
    project_id: str
    artifacts: tuple[BundleReference, ...]
    created_at: datetime
    metadata: dict[str, Any]


class BundlePage(msgspec.Struct, frozen=True):
    """Bundles, newest first."""

    data: tuple[Bundle, ...]
    has_more: bool


class Deleted(msgspec.Struct, frozen=True):
    """An artifact or a bundle that is gone."""

    id: str
    deleted: bool
