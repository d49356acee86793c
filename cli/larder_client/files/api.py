"""The API's operations, as flows."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

from larder_client.errors import WaitTimeoutError
from larder_client.files.models import File, FileDeleted, FilePage, Upload, Usage, Validation
from larder_client.flow.retries import exchange
from larder_client.flow.steps import Exchange, Flow, Reply, Sleep
from larder_client.flow.wire import accepted, decoded, form_request, json_request, once, segment

if TYPE_CHECKING:
    from larder_client.flow.retries import RetryPolicy

DIGEST = "Larder-Sha256"

FIRST_LOOK = 0.3
MAX_PAUSE = 5.0


class Api:
    """The routes; every one raises ApiError, UnexpectedAnswerError or ConnectionFailedError."""

    def __init__(self, policy: RetryPolicy) -> None:
        self.policy = policy

    def file(self, file_id: str) -> Flow[File]:
        """Return the file's record."""
        return (yield from self._file(Exchange("GET", f"/files/{segment(file_id)}")))

    def files(self, *, purpose: str | None, limit: int, after: str | None) -> Flow[FilePage]:
        """Return a page of files, newest first."""
        query = {"limit": str(limit), "after": after, "purpose": purpose}
        params = {name: value for name, value in query.items() if value is not None}
        return (yield from self._read(FilePage, Exchange("GET", "/files", params=params)))

    def delete(self, file_id: str) -> Flow[FileDeleted]:
        """Delete the file."""
        request = Exchange("DELETE", f"/files/{segment(file_id)}")
        return (yield from self._read(FileDeleted, request))

    def usage(self) -> Flow[Usage]:
        """Return the project's counters."""
        return (yield from self._read(Usage, Exchange("GET", "/usage")))

    def validation(self, file_id: str) -> Flow[Validation]:
        """Return the report on a batch file."""
        request = Exchange("GET", f"/files/{segment(file_id)}/validation")
        return (yield from self._read(Validation, request))

    def settled(self, file_id: str, within: float) -> Flow[File]:
        """Return the file once it is validated.

        Raises:
            WaitTimeoutError: it is not after `within` seconds of waiting.
        """
        waited, pause = 0.0, FIRST_LOOK
        while (file := (yield from self.file(file_id))).status == "uploaded":
            if waited >= within:
                raise WaitTimeoutError(f"{file_id} is not validated after {within:.0f} seconds.")
            yield Sleep(pause)
            waited += pause
            pause = min(pause * 1.5, MAX_PAUSE)
        return file

    def create_file(self, name: str, data: bytes, fields: dict[str, str]) -> Flow[File]:
        """Store a small file in one request."""
        request = form_request("/files", fields, name, data)
        return (yield from self._file(request))

    def create_upload(self, announced: dict[str, Any]) -> Flow[Upload]:
        """Announce a file and reserve its room."""
        request = json_request("POST", "/uploads", announced, once())
        return (yield from self._read(Upload, request))

    def upload(self, upload_id: str) -> Flow[Upload]:
        """Return the upload's state, with fresh URLs while it is pending."""
        return (yield from self._read(Upload, Exchange("GET", f"/uploads/{segment(upload_id)}")))

    def complete(self, upload_id: str) -> Flow[Upload]:
        """Turn the upload into its file; a second time, the same again."""
        request = json_request("POST", f"/uploads/{segment(upload_id)}/complete", {"part_ids": []})
        return (yield from self._read(Upload, request))

    def cancel(self, upload_id: str) -> Flow[Upload]:
        """Call the upload off and free its room."""
        request = json_request("POST", f"/uploads/{segment(upload_id)}/cancel", {})
        return (yield from self._read(Upload, request))

    def content(self, file_id: str) -> Flow[Reply]:
        """Return the bytes of a small file (200), or where those of a large one are (302)."""
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        request = Exchange("GET", f"/files/{segment(file_id)}/content", headers=headers)
        reply = yield from exchange(self.policy, lambda: request)
        return accepted(reply, HTTPStatus.OK, HTTPStatus.FOUND)

    def _read[T](self, kind: type[T], request: Exchange) -> Flow[T]:
        return decoded(kind, (yield from self._answer(request)))

    def _file(self, request: Exchange) -> Flow[File]:
        """Return a file with its SHA-256 from the header: OpenAI's File has no member for it."""
        reply = yield from self._answer(request)
        return msgspec.structs.replace(decoded(File, reply), sha256=reply.headers.get(DIGEST))

    def _answer(self, request: Exchange) -> Flow[Reply]:
        return accepted((yield from exchange(self.policy, lambda: request)), HTTPStatus.OK)
