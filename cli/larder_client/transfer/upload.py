"""Upload a file: in one request, by one PUT to S3 or in parts, resuming an unfinished upload."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from larder_client.errors import (
    ApiError,
    LarderClientError,
    TransferError,
    UploadEndedError,
)
from larder_client.flow.steps import Flow, blocking
from larder_client.transfer.resume import PendingUpload
from larder_client.transfer.s3_upload import Outcome, Renewals, S3Upload

if TYPE_CHECKING:
    from larder_client.files.api import Api
    from larder_client.files.models import File, Upload
    from larder_client.transfer.progress import Progress
    from larder_client.transfer.resume import ResumeStore
    from larder_client.transfer.source import Source

MAX_BODY_BYTES = 2 * 2**20
"""The largest body that the API takes; the form around the file takes some of it."""
FORM_BYTES = 4 * 2**10

CHECKSUM_LIMIT = 64 * 2**20
"""Larger files are not read twice: they go in parts, each compared as it is sent."""

Way: TypeAlias = Literal["request", "put", "parts"]


@dataclass(frozen=True, slots=True)
class UploadResult:
    """A file that is stored now.

    `way`: in one request through the API, by one PUT to S3, or in parts. `resumed` is the number
    of bytes that an earlier call had sent.
    """

    file: File
    way: Way
    resumed: int = 0


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """How the file is stored.

    `expires_after` in seconds. `checksum` says whether to announce the SHA-256; None decides by the
    file's size. `folder_id` None is the root. `if_exists` says what to do if the folder has a file
    of this name: `replace`, `rename` or `fail`.
    """

    filename: str
    purpose: str
    expires_after: int | None = None
    checksum: bool | None = None
    folder_id: str | None = None
    if_exists: str | None = None


@dataclass(frozen=True, slots=True)
class FileUpload:
    """The upload of one source."""

    api: Api
    base_url: str
    source: Source
    options: UploadOptions
    resume_store: ResumeStore
    progress: Progress
    parallel: int

    def run(self) -> Flow[UploadResult]:
        """Upload the file and return it.

        Raises:
            ApiError: Larder refuses it; nothing is left behind.
            FileChangedError, ChecksumError, TransferError: the bytes sent are not the file's.
            ConnectionFailedError: no reply; the same call resumes the upload.
        """
        upload, pending = yield from self._find_pending()
        if upload is None or pending is None:
            # Only uploads decide about names: `POST /v1/files` is as OpenAI's.
            small = self.source.size <= MAX_BODY_BYTES - FORM_BYTES
            if small and self.options.if_exists is None:
                file = yield from self._send_in_request()
                if file is not None:
                    return UploadResult(file, "request")
            upload, pending = yield from self._create()
        try:
            return (yield from self._send_and_complete(upload, pending))
        except (ApiError, TransferError) as error:
            if isinstance(error, ApiError) and not error.final:
                raise
            # A permanent refusal: do not resume this upload, and release its quota.
            self.resume_store.forget(self.source.path, self.base_url)
            yield from self._cancel(pending.upload_id)
            raise

    def _find_pending(self) -> Flow[tuple[Upload | None, PendingUpload | None]]:
        """Return the unfinished upload of the same bytes and options, if it can be resumed."""
        pending = self.resume_store.find(self.source.path, self.base_url)
        if pending is None:
            return None, None
        if pending.matches(self._pending("", None)):
            try:
                upload = yield from self.api.upload(pending.upload_id)
            except ApiError as error:
                if error.status != HTTPStatus.NOT_FOUND:
                    raise
            else:
                # A pending upload without a transfer takes no more bytes.
                alive = upload.transfer is not None or upload.file is not None
                if alive and (yield from self._is_unchanged(upload)):
                    return upload, pending
        self.resume_store.forget(self.source.path, self.base_url)
        yield from self._cancel(pending.upload_id)
        return None, None

    def _is_unchanged(self, upload: Upload) -> Flow[bool]:
        transfer = upload.transfer
        if transfer is None or transfer.part_size is None or not transfer.arrived:
            return True
        self.progress.begin("checking", sum(part.size for part in transfer.arrived))
        s3 = self._s3_upload(with_md5=False)
        return (yield from s3.matches(transfer.part_size, transfer.arrived))

    def _send_in_request(self) -> Flow[File | None]:
        """Send the file to the API; return None if it is too large for the deployment."""
        options = self.options
        fields = {"purpose": options.purpose}
        if options.expires_after is not None:
            fields["expires_after[anchor]"] = "created_at"
            fields["expires_after[seconds]"] = str(options.expires_after)
        if options.folder_id is not None:
            fields["folder_id"] = options.folder_id
        if (sha256 := (yield from self._sha256())) is not None:
            fields["sha256"] = sha256
        data = yield from blocking(self.source.read)
        self.progress.begin("sending", self.source.size)
        try:
            file = yield from self.api.create_file(options.filename, data, fields)
        except ApiError as error:
            if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                return None
            raise
        self.progress.advance(self.source.size)
        return file

    def _create(self) -> Flow[tuple[Upload, PendingUpload]]:
        options = self.options
        sha256 = yield from self._sha256()
        fields: dict[str, Any] = {
            "filename": options.filename,
            "purpose": options.purpose,
            "bytes": self.source.size,
            "mime_type": _mime_type(options.filename),
        }
        if options.expires_after is not None:
            fields["expires_after"] = {"anchor": "created_at", "seconds": options.expires_after}
        if options.folder_id is not None:
            fields["folder_id"] = options.folder_id
        if options.if_exists is not None:
            fields["if_exists"] = options.if_exists
        if sha256 is not None:
            fields["sha256"] = sha256
        upload = yield from self.api.create_upload(fields)
        pending = self._pending(upload.id, sha256)
        self.resume_store.remember(self.source.path, self.base_url, pending)
        return upload, pending

    def _send_and_complete(self, upload: Upload, pending: PendingUpload) -> Flow[UploadResult]:
        way: Way = "put"
        resumed = self.source.size
        if (transfer := upload.transfer) is not None:
            way = "put" if transfer.part_size is None else "parts"
            resumed = sum(part.size for part in transfer.arrived)
        self.progress.begin("sending", self.source.size, resumed)
        upload = yield from self._send(upload, with_md5=pending.sha256 is None)
        if way == "parts" or pending.sha256 is None:
            # S3 itself compares a single PUT that has a checksum.
            self.source.check_unchanged()
        if upload.status == "pending":
            self.progress.begin("joining" if way == "parts" else "checking", 0)
            upload = yield from self.api.complete(upload.id)
        self.resume_store.forget(self.source.path, self.base_url)
        if upload.file is None:
            raise UploadEndedError(f"The file of {upload.id} was deleted while it was being sent.")
        return UploadResult(upload.file, way, resumed)

    def _send(self, upload: Upload, *, with_md5: bool) -> Flow[Upload]:
        """Send what S3 does not have, and return the upload's state after that."""
        s3, renewals = self._s3_upload(with_md5=with_md5), Renewals(self.api, upload.id)
        while upload.status == "pending" and upload.transfer is not None:
            transfer = upload.transfer
            if transfer.part_size is None:
                outcomes = [(yield from s3.send_whole(transfer))]
            else:
                outcomes = yield from s3.send_parts(transfer.part_size, transfer.parts)
            if all(outcome is Outcome.STORED for outcome in outcomes):
                return upload
            upload = yield from renewals.renew(outcomes)
        if upload.status != "completed":
            raise UploadEndedError(f"{upload.id} is {upload.status}: send the file again.")
        return upload

    def _cancel(self, upload_id: str) -> Flow[None]:
        try:
            yield from self.api.cancel(upload_id)
        except LarderClientError:
            return  # It has ended already, or expires within the hour.

    def _sha256(self) -> Flow[str | None]:
        wanted = self.options.checksum
        if wanted is None:
            wanted = self.source.size <= CHECKSUM_LIMIT
        if not wanted:
            return None
        self.progress.begin("checking", self.source.size)
        return (yield from blocking(lambda: self.source.sha256(self.progress)))

    def _s3_upload(self, *, with_md5: bool) -> S3Upload:
        return S3Upload(self.source, self.api.policy, self.progress, self.parallel, with_md5)

    def _pending(self, upload_id: str, sha256: str | None) -> PendingUpload:
        return PendingUpload(
            upload_id=upload_id,
            size=self.source.size,
            modified=self.source.modified,
            filename=self.options.filename,
            purpose=self.options.purpose,
            expires_after=self.options.expires_after,
            folder_id=self.options.folder_id,
            if_exists=self.options.if_exists,
            sha256=sha256,
        )


def _mime_type(filename: str) -> str:
    if filename.lower().endswith(".jsonl"):
        return "application/jsonl"
    return mimetypes.guess_type(filename)[0] or "application/octet-stream"
