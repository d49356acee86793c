"""The API's operations, as flows."""

from __future__ import annotations

import json
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import msgspec

from larder_client.errors import ApiError, UnexpectedAnswerError, WaitTimeoutError
from larder_client.models import File, FileDeleted, FilePage, Upload, Usage, Validation
from larder_client.retries import exchange
from larder_client.steps import Exchange, Flow, Reply, Sleep

if TYPE_CHECKING:
    from larder_client.retries import RetryPolicy

DIGEST = "Larder-Sha256"

FIRST_LOOK = 0.3
LONGEST_PAUSE = 5.0


class Api:
    """The routes; every one raises ApiError, UnexpectedAnswerError or ConnectionFailedError."""

    def __init__(self, policy: RetryPolicy) -> None:
        self.policy = policy

    def file(self, file_id: str) -> Flow[File]:
        """Return the file's record."""
        return (yield from self._file(Exchange("GET", f"/files/{_segment(file_id)}")))

    def files(self, *, purpose: str | None, limit: int, after: str | None) -> Flow[FilePage]:
        """Return a page of files, newest first."""
        query = {"limit": str(limit), "after": after, "purpose": purpose}
        params = {name: value for name, value in query.items() if value is not None}
        return (yield from self._read(FilePage, Exchange("GET", "/files", params=params)))

    def delete(self, file_id: str) -> Flow[FileDeleted]:
        """Delete the file."""
        request = Exchange("DELETE", f"/files/{_segment(file_id)}")
        return (yield from self._read(FileDeleted, request))

    def usage(self) -> Flow[Usage]:
        """Return the project's counters."""
        return (yield from self._read(Usage, Exchange("GET", "/usage")))

    def validation(self, file_id: str) -> Flow[Validation]:
        """Return the report on a batch file."""
        request = Exchange("GET", f"/files/{_segment(file_id)}/validation")
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
            pause = min(pause * 1.5, LONGEST_PAUSE)
        return file

    def create_file(self, name: str, data: bytes, fields: dict[str, str]) -> Flow[File]:
        """Store a small file in one request."""
        form = httpx.Request("POST", "http://form", data=fields, files={"file": (name, data)})
        # The same bytes each time, boundary included: a retry must be the same request.
        body = form.read()
        headers = {"Content-Type": form.headers["Content-Type"]} | _idempotency()
        return (yield from self._file(Exchange("POST", "/files", headers=headers, body=body)))

    def create_upload(self, announced: dict[str, Any]) -> Flow[Upload]:
        """Announce a file and reserve its room."""
        request = _json("POST", "/uploads", announced, _idempotency())
        return (yield from self._read(Upload, request))

    def upload(self, upload_id: str) -> Flow[Upload]:
        """Return the upload's state, with fresh URLs while it is pending."""
        return (yield from self._read(Upload, Exchange("GET", f"/uploads/{_segment(upload_id)}")))

    def complete(self, upload_id: str) -> Flow[Upload]:
        """Turn the upload into its file; a second time, the same again."""
        request = _json("POST", f"/uploads/{_segment(upload_id)}/complete", {"part_ids": []})
        return (yield from self._read(Upload, request))

    def cancel(self, upload_id: str) -> Flow[Upload]:
        """Call the upload off and free its room."""
        request = _json("POST", f"/uploads/{_segment(upload_id)}/cancel", {})
        return (yield from self._read(Upload, request))

    def content(self, file_id: str) -> Flow[Reply]:
        """Return the bytes of a small file (200), or where those of a large one are (302)."""
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        request = Exchange("GET", f"/files/{_segment(file_id)}/content", headers=headers)
        reply = yield from exchange(self.policy, lambda: request)
        return accepted(reply, HTTPStatus.OK, HTTPStatus.FOUND)

    def _read[T](self, kind: type[T], request: Exchange) -> Flow[T]:
        return _decoded(kind, (yield from self._answer(request)))

    def _file(self, request: Exchange) -> Flow[File]:
        """Return a file with its SHA-256 from the header: OpenAI's File has no member for it."""
        reply = yield from self._answer(request)
        return msgspec.structs.replace(_decoded(File, reply), sha256=reply.headers.get(DIGEST))

    def _answer(self, request: Exchange) -> Flow[Reply]:
        return accepted((yield from exchange(self.policy, lambda: request)), HTTPStatus.OK)


def accepted(reply: Reply, *statuses: HTTPStatus) -> Reply:
    """Return the reply if it has one of the statuses.

    Raises:
        ApiError: it is a refusal in Larder's envelope.
        UnexpectedAnswerError: it is anything else.
    """
    if reply.status in statuses:
        return reply
    try:
        error = json.loads(reply.body)["error"]
        message = str(error["message"])
    except (ValueError, LookupError, TypeError) as cause:
        raise UnexpectedAnswerError(_not_larder(reply)) from cause
    raise ApiError(
        message,
        status=reply.status,
        type=error.get("type"),
        code=error.get("code"),
        param=error.get("param"),
        request_id=reply.headers.get("x-request-id"),
    )


def _decoded[T](kind: type[T], reply: Reply) -> T:
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except msgspec.DecodeError as error:
        raise UnexpectedAnswerError(_not_larder(reply)) from error


def _not_larder(reply: Reply) -> str:
    where = f", a redirect to {target}" if (target := reply.headers.get("location")) else ""
    return (
        f"The answer is not Larder's (HTTP {reply.status}{where}): is the base URL right? "
        "It ends with /v1."
    )


def _json(
    method: str, path: str, value: dict[str, Any], headers: dict[str, str] | None = None
) -> Exchange:
    content_type = {"Content-Type": "application/json"}
    return Exchange(
        method, path, headers=content_type | (headers or {}), body=json.dumps(value).encode()
    )


def _idempotency() -> dict[str, str]:
    """Return a key by which a retry whose first answer was lost does nothing twice."""
    return {"Idempotency-Key": f"larder-client-{uuid.uuid4()}"}


def _segment(given_id: str) -> str:
    """Return an id as one segment of a path, whatever is in it."""
    return quote(given_id, safe="").replace(".", "%2E")
