"""Read an artifact's content."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from larder.domain.artifacts import MAX_INLINE_CONTENT
from larder.domain.content import sendable_as_text
from larder.domain.errors import NotFoundError
from larder.services.artifacts.get import get_artifact
from larder.services.files.content import open_bytes
from larder.services.object_store import StoredBytes

if TYPE_CHECKING:
    from larder.domain.artifacts import Artifact
    from larder.domain.ids import TenantId
    from larder.services.artifacts.ports import ArtifactRecords
    from larder.services.clock import Clock
    from larder.services.files.content import Inline, Redirect, Wanted
    from larder.services.object_store import ObjectStore


def read_artifact(
    tenant: TenantId,
    artifact_id: str,
    *,
    artifacts: ArtifactRecords,
    objects: ObjectStore,
    clock: Clock,
) -> tuple[Artifact, str | None]:
    """Return an artifact and its content as JSON has it.

    The content is None above 1 MiB, and for text that does not fit into an answer.

    Raises:
        NotFoundError: there is no such artifact for this project, or its bytes have not arrived.
    """
    artifact = get_artifact(tenant, artifact_id, artifacts=artifacts, clock=clock)
    if artifact.file.bytes > MAX_INLINE_CONTENT:
        return artifact, None
    data = content_of(tenant, artifact, objects=objects)
    if data is None:
        raise NotFoundError("Artifact", artifact_id)
    return artifact, as_json(artifact, data)


def content_of(tenant: TenantId, artifact: Artifact, *, objects: ObjectStore) -> bytes | None:
    """Return an artifact's bytes; None if they have not arrived, or are gone."""
    found = objects.read(tenant, artifact.id, byte_range=None, if_none_match=None)
    return found.data if isinstance(found, StoredBytes) else None


def as_json(artifact: Artifact, data: bytes) -> str | None:
    """Return content as a string of JSON in the artifact's encoding; None if it does not fit."""
    if not artifact.is_text:
        return base64.b64encode(data).decode()
    return data.decode() if sendable_as_text(data) else None


def open_artifact(
    tenant: TenantId,
    artifact_id: str,
    *,
    wanted: Wanted,
    artifacts: ArtifactRecords,
    objects: ObjectStore,
    clock: Clock,
) -> Inline | Redirect:
    """Return the artifact's bytes, or a signed address of them, as for a file.

    Raises:
        NotFoundError: there is no such artifact for this project, or its bytes have not arrived.
    """
    artifact = get_artifact(tenant, artifact_id, artifacts=artifacts, clock=clock)
    content = open_bytes(
        tenant,
        artifact.file,
        wanted=wanted,
        media_type=artifact.file.mime_type,
        objects=objects,
        clock=clock,
    )
    if content is None:
        raise NotFoundError("Artifact", artifact_id)
    return content
