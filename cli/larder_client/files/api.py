"""The requests of the Files and Uploads APIs, as flows."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from larder_client.errors import WaitTimeoutError
from larder_client.files.models import (
    File,
    FileDeleted,
    FileLink,
    FilePage,
    OwnKey,
    Upload,
    UploadPage,
    Usage,
    UsageDays,
    Validation,
)
from larder_client.flow.retries import send_with_retries
from larder_client.flow.steps import Flow, Reply, Request, Sleep
from larder_client.flow.wire import (
    decode,
    expect_status,
    form_request,
    idempotency_header,
    json_request,
    path_segment,
)

if TYPE_CHECKING:
    from larder_client.flow.retries import RetryPolicy

T = TypeVar("T")

DIGEST = "Larder-Sha256"

FIRST_PAUSE = 0.3
MAX_PAUSE = 5.0


class Api:
    """The routes; each raises ApiError, UnexpectedAnswerError or ConnectionFailedError."""

    def __init__(self, policy: RetryPolicy) -> None:
        self.policy = policy

    def file(self, file_id: str) -> Flow[File]:
        """Return a file's record."""
        return (yield from self._file(Request("GET", _file(file_id))))

    def files(self, *, purpose: str | None, limit: int, after: str | None) -> Flow[FilePage]:
        """Return a page of files, newest first."""
        query = {"limit": str(limit), "after": after, "purpose": purpose}
        params = {name: value for name, value in query.items() if value is not None}
        return (yield from self._read(FilePage, Request("GET", "/files", params=params)))

    def url(self, file_id: str, expires_in: int) -> Flow[FileLink]:
        """Return a link to a file's bytes."""
        request = Request("GET", f"{_file(file_id)}/url", params={"expiry": str(expires_in)})
        return (yield from self._read(FileLink, request))

    def delete(self, file_id: str) -> Flow[FileDeleted]:
        """Delete a file permanently."""
        return (yield from self._read(FileDeleted, Request("DELETE", _file(file_id))))

    def key(self) -> Flow[OwnKey]:
        """Return what the request's key is."""
        return (yield from self._read(OwnKey, Request("GET", "/keys/me")))

    def usage(self) -> Flow[Usage]:
        """Return the project's usage and limits."""
        return (yield from self._read(Usage, Request("GET", "/usage")))

    def usage_history(self, days: int) -> Flow[UsageDays]:
        """Return what the project stored on the last days."""
        request = Request("GET", "/usage/history", params={"days": str(days)})
        return (yield from self._read(UsageDays, request))

    def validation(self, file_id: str) -> Flow[Validation]:
        """Return the validation report of a batch file."""
        return (yield from self._read(Validation, Request("GET", f"{_file(file_id)}/validation")))

    def wait_for_processing(self, file_id: str, within: float) -> Flow[File]:
        """Return the file once it is validated.

        Raises:
            WaitTimeoutError: it was not validated within `within` seconds.
        """
        waited, pause = 0.0, FIRST_PAUSE
        while (file := (yield from self.file(file_id))).status == "uploaded":
            if waited >= within:
                raise WaitTimeoutError(f"{file_id} was not validated after {within:.0f} seconds.")
            yield Sleep(pause)
            waited += pause
            pause = min(pause * 1.5, MAX_PAUSE)
        return file

    def create_file(self, name: str, data: bytes, fields: dict[str, str]) -> Flow[File]:
        """Store a small file in one request."""
        return (yield from self._file(form_request("/files", fields, name, data)))

    def create_upload(self, fields: dict[str, Any]) -> Flow[Upload]:
        """Create an upload, which reserves quota for its file."""
        request = json_request("POST", "/uploads", fields, idempotency_header())
        return (yield from self._read(Upload, request))

    def upload(self, upload_id: str) -> Flow[Upload]:
        """Return an upload's state, with new URLs while it is pending."""
        return (yield from self._read(Upload, Request("GET", _upload(upload_id))))

    def uploads(self, *, limit: int, after: str | None) -> Flow[UploadPage]:
        """Return a page of pending uploads, newest first."""
        query = {"limit": str(limit), "after": after}
        params = {name: value for name, value in query.items() if value is not None}
        return (yield from self._read(UploadPage, Request("GET", "/uploads", params=params)))

    def complete(self, upload_id: str) -> Flow[Upload]:
        """Turn an upload into its file; repeating it returns the same."""
        request = json_request("POST", f"{_upload(upload_id)}/complete", {"part_ids": []})
        return (yield from self._read(Upload, request))

    def cancel(self, upload_id: str) -> Flow[Upload]:
        """Cancel an upload, which releases its quota."""
        request = json_request("POST", f"{_upload(upload_id)}/cancel", {})
        return (yield from self._read(Upload, request))

    def content(self, file_id: str) -> Flow[Reply]:
        """Return the bytes of a small file (200), or a redirect to those of a large one (302)."""
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        request = Request("GET", f"{_file(file_id)}/content", headers=headers)
        return (yield from self._send(request, HTTPStatus.OK, HTTPStatus.FOUND))

    def _read(self, kind: type[T], request: Request) -> Flow[T]:
        return decode(kind, (yield from self._send(request, HTTPStatus.OK)))

    def _file(self, request: Request) -> Flow[File]:
        """Return a file with its SHA-256, which is in a header: OpenAI's File has no such field."""
        reply = yield from self._send(request, HTTPStatus.OK)
        return msgspec.structs.replace(decode(File, reply), sha256=reply.headers.get(DIGEST))

    def _send(self, request: Request, *statuses: HTTPStatus) -> Flow[Reply]:
        reply = yield from send_with_retries(self.policy, lambda: request)
        return expect_status(reply, *statuses)


def _file(file_id: str) -> str:
    return f"/files/{path_segment(file_id)}"


def _upload(upload_id: str) -> str:
    return f"/uploads/{path_segment(upload_id)}"
