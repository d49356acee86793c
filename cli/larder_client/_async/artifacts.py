"""A project's artifacts: `AsyncClient.artifacts`, and `Client.artifacts` with blocking calls."""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING, Any

from larder_client._async.pages import every_item

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from larder_client.artifacts.api import ArtifactApi
    from larder_client.artifacts.models import (
        Artifact,
        ArtifactPage,
        Bundle,
        BundlePage,
        Deleted,
    )
    from larder_client.flow.async_runner import AsyncRunner

PAGE = 100


class AsyncArtifacts:
    """A project's artifacts and bundles; every call raises LarderClientError.

    Calling the object itself, `client.artifacts()`, is short for `client.artifacts.list()`.
    """

    def __init__(self, runner: AsyncRunner, api: ArtifactApi) -> None:
        self._runner = runner
        self._api = api

    async def create(
        self,
        content: str | bytes | None = None,
        *,
        artifact_type: str = "text_context",
        file_id: str | None = None,
        content_media_type: str | None = None,
        retention_class: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Artifact:
        """Create an artifact of `content`, up to 1 MiB, or of a file of up to 64 MiB.

        Bytes become a `binary_attachment`, whatever `artifact_type` says.
        """
        fields: dict[str, Any] = {
            "artifact_type": artifact_type,
            "content": content,
            "file_id": file_id,
            "content_media_type": content_media_type,
            "retention_class": retention_class,
            "metadata": metadata,
        }
        if isinstance(content, bytes):
            fields["artifact_type"] = "binary_attachment"
            fields["content"] = base64.b64encode(content).decode()
            fields["content_encoding"] = "base64"
        return await self._runner.run(self._api.create(fields))

    async def retrieve(self, artifact_id: str) -> Artifact:
        """Return an artifact, with content of up to 1 MiB."""
        return await self._runner.run(self._api.artifact(artifact_id))

    async def content(self, artifact_id: str) -> bytes:
        """Return an artifact's bytes."""
        return await self._runner.run(self._api.content(artifact_id))

    def list(
        self, *, artifact_type: str | None = None, page_size: int = PAGE
    ) -> AsyncIterator[Artifact]:
        """Yield all artifacts, newest first, requesting `page_size` (1..100) at a time."""
        return every_item(partial(self.page, artifact_type=artifact_type), page_size)

    __call__ = list  # noqa: A003 - the method above

    async def page(
        self, *, artifact_type: str | None = None, limit: int = PAGE, after: str | None = None
    ) -> ArtifactPage:
        """Return up to `limit` (1..100) artifacts, newest first, older than `after`."""
        return await self._runner.run(
            self._api.artifacts(artifact_type=artifact_type, limit=limit, after=after)
        )

    async def delete(self, artifact_id: str) -> Deleted:
        """Delete an artifact permanently."""
        return await self._runner.run(self._api.delete(artifact_id))

    async def create_bundle(
        self,
        artifacts: Iterable[tuple[str, str]],
        *,
        bundle_type: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Bundle:
        """Create a bundle of pairs of an artifact's id and its role, in their order."""
        references = [{"artifact_id": each, "role": role} for each, role in artifacts]
        fields = {"artifacts": references, "bundle_type": bundle_type, "metadata": metadata}
        return await self._runner.run(self._api.create_bundle(fields))

    async def retrieve_bundle(self, bundle_id: str) -> Bundle:
        """Return a bundle, with which of its artifacts are gone."""
        return await self._runner.run(self._api.bundle(bundle_id))

    def list_bundles(self, *, page_size: int = PAGE) -> AsyncIterator[Bundle]:
        """Yield all bundles, newest first, requesting `page_size` (1..100) at a time."""
        return every_item(self.page_of_bundles, page_size)

    async def page_of_bundles(self, *, limit: int = PAGE, after: str | None = None) -> BundlePage:
        """Return up to `limit` (1..100) bundles, newest first, older than `after`."""
        return await self._runner.run(self._api.bundles(limit=limit, after=after))

    async def delete_bundle(self, bundle_id: str) -> Deleted:
        """Delete a bundle permanently. Its artifacts stay."""
        return await self._runner.run(self._api.delete_bundle(bundle_id))
