"""The client: `AsyncClient`, and `Client` with blocking calls."""

from __future__ import annotations

import asyncio
import io
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

import httpx

from larder_client.files.api import Api
from larder_client.flow.async_runner import AsyncRunner, AsyncSleep
from larder_client.flow.lazy_tls import LazyTLSContext
from larder_client.flow.retries import MAX_RETRIES, RetryPolicy
from larder_client.options import API_TIMEOUT, PARALLEL, STORE_TIMEOUT, Access
from larder_client.transfer.download import DownloadResult, FileDownload
from larder_client.transfer.progress import SILENT, Progress
from larder_client.transfer.resume import NoResume, ResumeStore
from larder_client.transfer.source import Source, file_name
from larder_client.transfer.upload import FileUpload, UploadOptions, UploadResult

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from os import PathLike
    from types import TracebackType

    from larder_client._async.space import AsyncSpace
    from larder_client.files.models import File, FileDeleted, FilePage, Usage, Validation

PAGE = 1000


class AsyncClient:
    """Larder as one API key sees it; every call raises LarderClientError, and OSError for files.

    `base_url` (it ends with /v1) and `api_key` default to LARDER_BASE_URL and LARDER_API_KEY.
    Close it, or use it in a `with` statement. A `Client` may be used from any number of threads,
    an `AsyncClient` in one event loop.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        max_retries: int = MAX_RETRIES,
        parallel: int = PARALLEL,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: AsyncSleep = asyncio.sleep,
    ) -> None:
        access = Access.of(base_url, api_key)
        self.base_url = access.base_url
        self._parallel = parallel
        self._api = Api(RetryPolicy(max_retries))
        tls = LazyTLSContext()
        self._runner = AsyncRunner(
            httpx.AsyncClient(
                base_url=access.base_url,
                headers=access.headers,
                timeout=API_TIMEOUT,
                verify=tls,
                transport=transport,
            ),
            httpx.AsyncClient(timeout=STORE_TIMEOUT, verify=tls, transport=transport),
            sleep,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._runner.close()

    async def put(
        self,
        path: str | PathLike[str],
        *,
        purpose: str = "batch",
        filename: str | None = None,
        expires_after: int | None = None,
        checksum: bool | None = None,
        folder_id: str | None = None,
        journal: ResumeStore | None = None,
        progress: Progress = SILENT,
    ) -> UploadResult:
        """Upload a file; raises as `FileUpload.run` does.

        `expires_after` in seconds. `checksum` says whether to announce the SHA-256, for S3 or
        Larder to compare, which reads the file twice; None: for files up to 64 MiB. Other files are
        compared by their MD5 as they are sent. With a `journal`, the next call resumes an upload
        that was interrupted. `folder_id` None puts the file into no folder.
        """
        return await self._runner.run(
            FileUpload(
                self._api,
                self.base_url,
                Source.at(Path(path)),
                UploadOptions(
                    filename or file_name(Path(path)), purpose, expires_after, checksum, folder_id
                ),
                journal or NoResume(),
                progress,
                self._parallel,
            ).run()
        )

    async def get(
        self,
        file_id: str,
        path: str | PathLike[str],
        *,
        overwrite: bool = False,
        progress: Progress = SILENT,
    ) -> DownloadResult:
        """Download a file to `path`, or into it if it is a folder; see `FileDownload.to_file`."""
        return await self._runner.run(
            self._get(file_id, progress).to_file(Path(path), overwrite=overwrite)
        )

    async def get_to(
        self, file_id: str, stream: BinaryIO, *, progress: Progress = SILENT
    ) -> DownloadResult:
        """Download a file to a stream, in order; see `FileDownload.to_stream`."""
        return await self._runner.run(self._get(file_id, progress).to_stream(stream))

    async def read(self, file_id: str) -> bytes:
        """Return a file's bytes."""
        buffer = io.BytesIO()
        await self.get_to(file_id, buffer)
        return buffer.getvalue()

    async def file(self, file_id: str) -> File:
        """Return a file's record."""
        return await self._runner.run(self._api.file(file_id))

    async def page(
        self, *, purpose: str | None = None, limit: int = PAGE, after: str | None = None
    ) -> FilePage:
        """Return up to `limit` (1..10000) files, newest first, older than the file `after`."""
        return await self._runner.run(self._api.files(purpose=purpose, limit=limit, after=after))

    async def files(
        self, *, purpose: str | None = None, page_size: int = PAGE
    ) -> AsyncIterator[File]:
        """Yield all files, newest first, asking for `page_size` (1..10000) at a time."""
        after = None
        while True:
            page = await self.page(purpose=purpose, limit=page_size, after=after)
            for file in page.data:
                yield file
            if not page.has_more or not page.data:
                return
            after = page.data[-1].id

    async def delete(self, file_id: str) -> FileDeleted:
        """Delete a file for good."""
        return await self._runner.run(self._api.delete(file_id))

    async def wait(self, file_id: str, *, within: float = 300) -> File:
        """Return the file once it is validated; WaitTimeoutError after `within` seconds."""
        return await self._runner.run(self._api.wait_for_processing(file_id, within))

    async def validation(self, file_id: str) -> Validation:
        """Return the validation report of a batch file."""
        return await self._runner.run(self._api.validation(file_id))

    async def usage(self) -> Usage:
        """Return what the project uses of its quota."""
        return await self._runner.run(self._api.usage())

    @cached_property
    def space(self) -> AsyncSpace:
        """The project's files as people see them, with folders and a trash."""
        # Imported when it is used: most programs do without.
        from larder_client._async.space import AsyncSpace  # noqa: PLC0415

        return AsyncSpace(self._runner, self._api.policy, self._parallel)

    def _get(self, file_id: str, progress: Progress) -> FileDownload:
        return FileDownload(self._api, self.base_url, file_id, progress, self._parallel)
