"""A project's files: `AsyncClient.files`, and `Client.files` with blocking calls."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from larder_client._async.pages import every_item
from larder_client.transfer.download import DownloadResult, FileDownload
from larder_client.transfer.progress import SILENT, Progress
from larder_client.transfer.resume import NoResume, ResumeStore
from larder_client.transfer.source import Source, file_name
from larder_client.transfer.upload import FileUpload, UploadOptions, UploadResult

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from os import PathLike

    from larder_client.files.api import Api
    from larder_client.files.models import File, FileDeleted, FileLink, FilePage, Validation
    from larder_client.flow.async_runner import AsyncRunner

PAGE = 1000
URL_SECONDS = 300


class AsyncFiles:
    """A project's files; every call raises LarderClientError, and OSError for local files.

    Calling the object itself, `client.files()`, is short for `client.files.list()`.
    """

    def __init__(self, runner: AsyncRunner, api: Api, base_url: str, parallel: int) -> None:
        self._runner = runner
        self._api = api
        self._base_url = base_url
        self._parallel = parallel

    async def upload(
        self,
        path: str | PathLike[str],
        *,
        purpose: str = "batch",
        filename: str | None = None,
        expires_after: int | None = None,
        checksum: bool | None = None,
        folder_id: str | None = None,
        if_exists: str | None = None,
        resume_store: ResumeStore | None = None,
        progress: Progress = SILENT,
        journal: ResumeStore | None = None,
    ) -> UploadResult:
        """Upload a file of any size; raises as `FileUpload.run` does.

        `expires_after` in seconds. `checksum` says whether to announce the SHA-256, for S3 or
        Larder to compare, which reads the file twice; None: for files up to 64 MiB. Other files are
        compared by their MD5 as they are sent. `folder_id` None puts the file into no folder. If
        that has a file of this name, `if_exists` decides: `replace` moves it to the trash, `rename`
        numbers the new one, `fail` raises ApiError `file_exists`; None: both have the name. With
        a `resume_store` (formerly `journal`), the next call resumes an interrupted upload.
        """
        return await self._runner.run(
            FileUpload(
                self._api,
                self._base_url,
                Source.at(Path(path)),
                UploadOptions(
                    filename or file_name(Path(path)),
                    purpose,
                    expires_after,
                    checksum,
                    folder_id,
                    if_exists,
                ),
                resume_store or journal or NoResume(),
                progress,
                self._parallel,
            ).run()
        )

    async def download(
        self,
        file_id: str,
        path: str | PathLike[str],
        *,
        overwrite: bool = False,
        progress: Progress = SILENT,
    ) -> DownloadResult:
        """Download a file to `path`, or into it if it is a folder; see `FileDownload.to_file`."""
        download = self._download(file_id, progress)
        return await self._runner.run(download.to_file(Path(path), overwrite=overwrite))

    async def download_to(
        self, file_id: str, stream: BinaryIO, *, progress: Progress = SILENT
    ) -> DownloadResult:
        """Download a file to a stream, in order; see `FileDownload.to_stream`."""
        return await self._runner.run(self._download(file_id, progress).to_stream(stream))

    async def content(self, file_id: str) -> bytes:
        """Return a file's bytes."""
        buffer = io.BytesIO()
        await self.download_to(file_id, buffer)
        return buffer.getvalue()

    async def retrieve(self, file_id: str) -> File:
        """Return a file's record."""
        return await self._runner.run(self._api.file(file_id))

    def list(self, *, purpose: str | None = None, page_size: int = PAGE) -> AsyncIterator[File]:
        """Yield all files, newest first, requesting `page_size` (1..10000) at a time."""
        return every_item(partial(self.page, purpose=purpose), page_size)

    __call__ = list  # noqa: A003 - the method above

    async def page(
        self, *, purpose: str | None = None, limit: int = PAGE, after: str | None = None
    ) -> FilePage:
        """Return up to `limit` (1..10000) files, newest first, older than the file `after`."""
        return await self._runner.run(self._api.files(purpose=purpose, limit=limit, after=after))

    async def url(self, file_id: str, *, expires_in: int = URL_SECONDS) -> FileLink:
        """Return a link to a file's bytes that works without a key for 60 to 3600 seconds."""
        return await self._runner.run(self._api.url(file_id, expires_in))

    async def delete(self, file_id: str) -> FileDeleted:
        """Delete a file permanently."""
        return await self._runner.run(self._api.delete(file_id))

    async def wait_for_processing(self, file_id: str, *, within: float = 300) -> File:
        """Return the file once it is validated; WaitTimeoutError after `within` seconds."""
        return await self._runner.run(self._api.wait_for_processing(file_id, within))

    async def validation(self, file_id: str) -> Validation:
        """Return the validation report of a batch file."""
        return await self._runner.run(self._api.validation(file_id))

    def _download(self, file_id: str, progress: Progress) -> FileDownload:
        return FileDownload(self._api, self._base_url, file_id, progress, self._parallel)
