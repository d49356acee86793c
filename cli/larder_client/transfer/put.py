"""Send a file: in one request, by one PUT to S3 or in parts, going on with what was begun."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from larder_client.errors import (
    ApiError,
    LarderClientError,
    TransferError,
    UploadEndedError,
)
from larder_client.flow.steps import Flow, blocking
from larder_client.transfer.resume import Begun
from larder_client.transfer.s3_upload import Outcome, Sending

if TYPE_CHECKING:
    from larder_client.files.api import Api
    from larder_client.files.models import File, Upload
    from larder_client.transfer.progress import Progress
    from larder_client.transfer.resume import Journal
    from larder_client.transfer.source import Source

INLINE_LIMIT = 2 * 2**20
"""What the API takes in one body; the form around the file takes some of it."""
FORM_SIZE = 4 * 2**10

CHECKSUM_LIMIT = 64 * 2**20
"""Above this, a file goes in parts, each compared as it is sent, and is not read once before."""

FRUITLESS_ROUNDS = 3

type Way = Literal["request", "put", "parts"]


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that is stored now.

    `way`: in one request through the API, by one PUT to S3, or in parts. `resumed` are the bytes
    that an earlier call had sent.
    """

    file: File
    way: Way
    resumed: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """What the file shall be: `expires_after` in seconds; `checksum` None leaves it to the size.

    `folder_id` None is the root.
    """

    filename: str
    purpose: str
    expires_after: int | None = None
    checksum: bool | None = None
    folder_id: str | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """The sending of one source."""

    api: Api
    base_url: str
    source: Source
    wish: Wish
    journal: Journal
    progress: Progress
    parallel: int

    def flow(self) -> Flow[Sent]:
        """Send the file and return it.

        Raises:
            ApiError: Larder refuses it; nothing is left behind.
            FileChangedError, ChecksumError, TransferError: the bytes are not what was announced.
            ConnectionFailedError: no answer; the same call goes on where this one has ended.
        """
        upload, begun = yield from self._begun()
        if upload is None or begun is None:
            if self.source.size <= INLINE_LIMIT - FORM_SIZE:
                file = yield from self._inline()
                if file is not None:
                    return Sent(file, "request")
            upload, begun = yield from self._announce()
        try:
            return (yield from self._deliver(upload, begun))
        except (ApiError, TransferError) as error:
            if isinstance(error, ApiError) and not error.final:
                raise
            # What was refused would be refused again: do not come back to it, and free its room.
            self.journal.forget(self.source.path, self.base_url)
            yield from self._abandon(begun.upload_id)
            raise

    def _begun(self) -> Flow[tuple[Upload | None, Begun | None]]:
        """Return what an earlier call has begun with the same bytes, if it can be gone on with."""
        begun = self.journal.find(self.source.path, self.base_url)
        if begun is None:
            return None, None
        if begun.same_wish(self._as_begun("", None)):
            try:
                upload = yield from self.api.upload(begun.upload_id)
            except ApiError as error:
                if error.status != HTTPStatus.NOT_FOUND:
                    raise
            else:
                alive = upload.status == "pending" or upload.file is not None
                if alive and (yield from self._as_before(upload)):
                    return upload, begun
        self.journal.forget(self.source.path, self.base_url)
        yield from self._abandon(begun.upload_id)
        return None, None

    def _as_before(self, upload: Upload) -> Flow[bool]:
        transfer = upload.transfer
        if transfer is None or transfer.part_size is None or not transfer.arrived:
            return True
        self.progress.begin("checking", sum(part.size for part in transfer.arrived))
        sending = self._sending(with_md5=False)
        return (yield from sending.same(transfer.part_size, transfer.arrived))

    def _inline(self) -> Flow[File | None]:
        fields = {"purpose": self.wish.purpose}
        if self.wish.expires_after is not None:
            fields["expires_after[anchor]"] = "created_at"
            fields["expires_after[seconds]"] = str(self.wish.expires_after)
        if self.wish.folder_id is not None:
            fields["folder_id"] = self.wish.folder_id
        if (sha256 := (yield from self._sha256())) is not None:
            fields["sha256"] = sha256
        data = yield from blocking(self.source.read)
        self.progress.begin("sending", self.source.size)
        try:
            file = yield from self.api.create_file(self.wish.filename, data, fields)
        except ApiError as error:
            if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                return None
            raise
        self.progress.advance(self.source.size)
        return file

    def _announce(self) -> Flow[tuple[Upload, Begun]]:
        sha256 = yield from self._sha256()
        announced: dict[str, Any] = {
            "filename": self.wish.filename,
            "purpose": self.wish.purpose,
            "bytes": self.source.size,
            "mime_type": _mime_type(self.wish.filename),
        }
        if self.wish.expires_after is not None:
            seconds = self.wish.expires_after
            announced["expires_after"] = {"anchor": "created_at", "seconds": seconds}
        if self.wish.folder_id is not None:
            announced["folder_id"] = self.wish.folder_id
        if sha256 is not None:
            announced["sha256"] = sha256
        upload = yield from self.api.create_upload(announced)
        begun = self._as_begun(upload.id, sha256)
        self.journal.remember(self.source.path, self.base_url, begun)
        return upload, begun

    def _deliver(self, upload: Upload, begun: Begun) -> Flow[Sent]:
        way: Way = "put"
        resumed = self.source.size
        if (transfer := upload.transfer) is not None:
            way = "put" if transfer.part_size is None else "parts"
            resumed = sum(part.size for part in transfer.arrived)
        self.progress.begin("sending", self.source.size, resumed)
        upload = yield from self._send(upload, with_md5=begun.sha256 is None)
        if way == "parts" or begun.sha256 is None:
            # A single PUT with a checksum, S3 has compared itself.
            self.source.check_unchanged()
        if upload.status == "pending":
            upload = yield from self.api.complete(upload.id)
        self.journal.forget(self.source.path, self.base_url)
        if upload.file is None:
            message = f"The file of {upload.id} was deleted while it was being sent."
            raise UploadEndedError(message)
        return Sent(upload.file, way, resumed)

    def _send(self, upload: Upload, *, with_md5: bool) -> Flow[Upload]:
        """Send what S3 does not have; returns the upload as it is then."""
        sending, fruitless = self._sending(with_md5=with_md5), 0
        while upload.status == "pending" and upload.transfer is not None:
            transfer = upload.transfer
            if transfer.part_size is None:
                outcomes = [(yield from sending.whole(transfer))]
            else:
                outcomes = yield from sending.parts(transfer.part_size, transfer.parts)
            if all(outcome is Outcome.STORED for outcome in outcomes):
                return upload
            fruitless = 0 if Outcome.STORED in outcomes else fruitless + 1
            if fruitless == FRUITLESS_ROUNDS:
                message = f"S3 refuses the URLs of {upload.id}, fresh ones as well."
                raise TransferError(message)
            upload = yield from self.api.upload(upload.id)
        if upload.status != "completed":
            message = f"{upload.id} is {upload.status}: send the file again."
            raise UploadEndedError(message)
        return upload

    def _abandon(self, upload_id: str) -> Flow[None]:
        try:
            yield from self.api.cancel(upload_id)
        except LarderClientError:
            return  # It has ended already, or ends by itself within the hour.

    def _sha256(self) -> Flow[str | None]:
        wanted = self.wish.checksum
        if wanted is None:
            wanted = self.source.size <= CHECKSUM_LIMIT
        if not wanted:
            return None
        self.progress.begin("checking", self.source.size)
        return (yield from blocking(lambda: self.source.sha256(self.progress)))

    def _sending(self, *, with_md5: bool) -> Sending:
        return Sending(self.source, self.api.policy, self.progress, self.parallel, with_md5)

    def _as_begun(self, upload_id: str, sha256: str | None) -> Begun:
        return Begun(
            upload_id=upload_id,
            size=self.source.size,
            modified=self.source.modified,
            filename=self.wish.filename,
            purpose=self.wish.purpose,
            expires_after=self.wish.expires_after,
            folder_id=self.wish.folder_id,
            sha256=sha256,
        )


def _mime_type(filename: str) -> str:
    if filename.lower().endswith(".jsonl"):
        return "application/jsonl"
    return mimetypes.guess_type(filename)[0] or "application/octet-stream"
