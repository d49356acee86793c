# Generated from _async/files.py: edit that one and run 'make sync-client'.
"""A project's files: `AsyncClient.files`, and `Client.files` with blocking calls."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from larder_client._sync.pages import every_item
from larder_client.transfer.download import DownloadResult, FileDownload
from larder_client.transfer.progress import SILENT, Progress
from larder_client.transfer.resume import NoResume, ResumeStore
from larder_client.transfer.source import Source, file_name
from larder_client.transfer.upload import FileUpload, UploadOptions, UploadResult

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from larder_client.files.api import Api
    from larder_client.files.models import File, FileDeleted, FileLink, FilePage, Validation
    from larder_client.flow.sync_runner import SyncRunner

PAGE = 1000
URL_SECONDS = 300


class Files:
    """A project's files; every call raises LarderClientError, and OSError for local files.

    Calling the object itself, `client.files()`, is short for `client.files.list()`.
    """

    def __init__(self, runner: SyncRunner, api: Api, base_url: str, parallel: int) -> None:
        self._runner = runner
        self._api = api
        self._base_url = base_url
        self._parallel = parallel

    def upload(
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
        return self._runner.run(
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

    def download(
        self,
        file_id: str,
        path: str | PathLike[str],
        *,
        overwrite: bool = False,
        progress: Progress = SILENT,
    ) -> DownloadResult:
        """Download a file to `path`, or into it if it is a folder; see `FileDownload.to_file`."""
        download = self._download(file_id, progress)
        return self._runner.run(download.to_file(Path(path), overwrite=overwrite))

    def download_to(
        self, file_id: str, stream: BinaryIO, *, progress: Progress = SILENT
    ) -> DownloadResult:
        """Download a file to a stream, in order; see `FileDownload.to_stream`."""
        return self._runner.run(self._download(file_id, progress).to_stream(stream))

    def content(self, file_id: str) -> bytes:
        """Return a file's bytes."""
        buffer = io.BytesIO()
        self.download_to(file_id, buffer)
        return buffer.getvalue()

    def retrieve(self, file_id: str) -> File:
        """Return a file's record."""
        return self._runner.run(self._api.file(file_id))

    def list(self, *, purpose: str | None = None, page_size: int = PAGE) -> Iterator[File]:
        """Yield all files, newest first, requesting `page_size` (1..10000) at a time."""
        return every_item(partial(self.page, purpose=purpose), page_size)

    __call__ = list  # noqa: A003 - the method above

    def page(
        self, *, purpose: str | None = None, limit: int = PAGE, after: str | None = None
    ) -> FilePage:
        """Return up to `limit` (1..10000) files, newest first, older than the file `after`."""
        return self._runner.run(self._api.files(purpose=purpose, limit=limit, after=after))

    def url(self, file_id: str, *, expires_in: int = URL_SECONDS) -> FileLink:
        """Return a link to a file's bytes that works without a key for 60 to 3600 seconds."""
        return self._runner.run(self._api.url(file_id, expires_in))

    def delete(self, file_id: str) -> FileDeleted:
        """Delete a file permanently."""
        return self._runner.run(self._api.delete(file_id))

    def wait_for_processing(self, file_id: str, *, within: float = 300) -> File:
        """Return the file once it is validated; WaitTimeoutError after `within` seconds."""
        return self._runner.run(self._api.wait_for_processing(file_id, within))

    def validation(self, file_id: str) -> Validation:
        """Return the validation report of a batch file."""
        return self._runner.run(self._api.validation(file_id))

    def _download(self, file_id: str, progress: Progress) -> FileDownload:
        return FileDownload(self._api, self._base_url, file_id, progress, self._parallel)
