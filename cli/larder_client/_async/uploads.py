"""A project's pending uploads: `AsyncClient.uploads`, and `Client.uploads` with blocking calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder_client._async.pages import every_item

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from larder_client.files.api import Api
    from larder_client.files.models import Upload, UploadPage
    from larder_client.flow.async_runner import AsyncRunner

PAGE = 100


class AsyncUploads:
    """A project's uploads; every call raises LarderClientError. `files.upload` makes them.

    Calling the object itself, `client.uploads()`, is short for `client.uploads.list()`.
    """

    def __init__(self, runner: AsyncRunner, api: Api) -> None:
        self._runner = runner
        self._api = api

    async def retrieve(self, upload_id: str) -> Upload:
        """Return an upload, with new URLs while it takes bytes."""
        return await self._runner.run(self._api.upload(upload_id))

    get = retrieve

    def list(self, *, page_size: int = PAGE) -> AsyncIterator[Upload]:
        """Yield all pending uploads, newest first, requesting `page_size` (1..100) at a time."""
        return every_item(self.page, page_size)

    __call__ = list  # noqa: A003 - the method above

    async def page(self, *, limit: int = PAGE, after: str | None = None) -> UploadPage:
        """Return up to `limit` (1..100) pending uploads, newest first, older than `after`.

        They come without their `transfer`.
        """
        return await self._runner.run(self._api.uploads(limit=limit, after=after))

    async def cancel(self, upload_id: str) -> Upload:
        """Cancel an upload, which releases the quota that it reserves."""
        return await self._runner.run(self._api.cancel(upload_id))
