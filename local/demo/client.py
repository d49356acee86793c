"""A plain HTTP client of Larder's API."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx

from larder.api.projects.usage import UsageObject

if TYPE_CHECKING:
    from collections.abc import Iterable

WAIT_SECONDS = 60
POLL_SECONDS = 0.2


class UnexpectedError(Exception):
    """An answer is not the expected one; the message says how they differ."""


def expect(actual: object, wanted: object, what: str) -> None:
    """Raise UnexpectedError unless `actual` equals `wanted`."""
    if actual != wanted:
        message = f"{what} should be {wanted!r}, but is {actual!r}."
        raise UnexpectedError(message)


class Client:
    """The routes that the demo uses. Any answer but a 2xx raises UnexpectedError."""

    def __init__(self, base_url: str, key: str) -> None:
        self._http = httpx.Client(
            base_url=base_url, headers={"Authorization": f"Bearer {key}"}, timeout=60
        )

    def usage(self) -> UsageObject:
        """Return the project's usage."""
        return UsageObject.model_validate(self._json("GET", "/usage"))

    def create_upload(self, announced: dict[str, object]) -> dict[str, Any]:
        """Create an upload; the answer says where to send the bytes."""
        return self._json("POST", "/uploads", json=announced)

    def complete_upload(self, upload_id: str) -> dict[str, Any]:
        """Complete the upload, which creates its file."""
        return self._json("POST", f"/uploads/{upload_id}/complete", json={"part_ids": []})

    def settled_file(self, file_id: str) -> dict[str, Any]:
        """Wait up to a minute for the end of the validation, and return the file."""
        deadline = time.monotonic() + WAIT_SECONDS
        while (file := self._json("GET", f"/files/{file_id}"))["status"] == "uploaded":
            if time.monotonic() > deadline:
                message = f"{file_id} was not validated within {WAIT_SECONDS} seconds."
                raise UnexpectedError(message)
            time.sleep(POLL_SECONDS)
        return file

    def validation(self, file_id: str) -> dict[str, Any]:
        """Return the validation report."""
        return self._json("GET", f"/files/{file_id}/validation")

    def content(self, file_id: str) -> tuple[bytes, bool]:
        """Return the file's bytes, and whether a redirect led to S3."""
        answer = self._http.get(f"/files/{file_id}/content", follow_redirects=True)
        return _checked(answer).content, bool(answer.history)

    def delete(self, file_id: str) -> None:
        """Delete the file and check that it no longer exists."""
        expect(self._json("DELETE", f"/files/{file_id}")["deleted"], wanted=True, what="deleted")
        gone = self._http.get(f"/files/{file_id}")
        expect(gone.status_code, 404, "The status of a deleted file")

    def _json(self, method: str, path: str, **content: Any) -> dict[str, Any]:  # noqa: ANN401
        answer: dict[str, Any] = _checked(self._http.request(method, path, **content)).json()
        return answer


def send(transfer: dict[str, Any], blocks: Iterable[bytes]) -> None:
    """PUT the bytes to the transfer's URL with exactly its headers, which are signed."""
    answer = httpx.put(transfer["url"], headers=transfer["headers"], content=blocks, timeout=60)
    _checked(answer)


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    request = answer.request
    message = (
        f"{request.method} {request.url.copy_with(query=None)} answered {answer.status_code}: "
        f"{answer.text[:500]}"
    )
    raise UnexpectedError(message)
