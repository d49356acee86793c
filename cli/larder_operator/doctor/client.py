"""The API as the checks use it: a project of its own, and a key that is revoked afterwards."""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from larder.domain.errors import NotFoundError
from larder.domain.quota import Amount
from larder.services.projects.keys import create_key, revoke_key
from larder.services.projects.projects import create_project, get_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder_operator.doctor.stack import DeployedStack

PROJECT = "larder-doctor"
LIMIT = Amount(files=20, bytes=64 * 2**20)
TIMEOUT = 60
"""Seconds; a function that starts cold takes a few."""

type Json = dict[str, Any]


@dataclass
class Caller:
    """A client of the API with a key, which knows what it leaves."""

    stack: DeployedStack
    key: str
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=TIMEOUT))
    files: set[str] = field(default_factory=set)
    uploads: set[str] = field(default_factory=set)

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401
        """Send a request with the key. A header of None is left out."""
        headers = {"Authorization": f"Bearer {self.key}"} | options.pop("headers", {})
        request = self.http.build_request(method, self.stack.base_url + path, **options)
        for name, value in headers.items():
            if value is None:
                request.headers.pop(name, None)
            else:
                request.headers[name] = value
        return self.http.send(request)

    def json(self, method: str, path: str, **options: Any) -> Json:  # noqa: ANN401
        """Send a request that succeeds, and return what it answers.

        Raises:
            httpx.HTTPStatusError: it does not succeed.
        """
        answer = self.send(method, path, **options)
        answer.raise_for_status()
        found: Json = answer.json()
        if found.get("object") == "file":
            self.files.add(found["id"])
        return found

    def store(self, data: bytes) -> str:
        """Upload a small file with the request, and return its id."""
        form = {"data": {"purpose": "user_data"}, "files": {"file": ("doctor.bin", data)}}
        return str(self.json("POST", "/files", **form)["id"])

    def announce(self, size: int) -> Json:
        """Announce a direct upload."""
        body = {
            "filename": "doctor.bin",
            "purpose": "user_data",
            "bytes": size,
            "mime_type": "application/octet-stream",
        }
        upload = self.json("POST", "/uploads", json=body)
        self.uploads.add(upload["id"])
        return upload

    def put(
        self, upload: Json, data: bytes, unsigned: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send the bytes of a direct upload to S3."""
        transfer = upload["transfer"]
        headers = {k: v for k, v in transfer["headers"].items() if k.lower() != "content-length"}
        return self.http.put(transfer["url"], content=data, headers=headers | (unsigned or {}))

    def complete(self, upload: Json) -> str:
        """Complete a direct upload, and return its file's id."""
        done = self.json("POST", f"/uploads/{upload['id']}/complete", json={"part_ids": []})
        self.uploads.discard(upload["id"])
        self.files.add(done["file"]["id"])
        return str(done["file"]["id"])

    def link(self, file_id: str) -> str:
        """Return a presigned link to the file."""
        return str(self.json("GET", f"/files/{file_id}/url")["url"])


def error_code(answer: httpx.Response) -> str | None:
    """Return the code in Larder's error envelope; None when it is another answer."""
    try:
        error = answer.json()["error"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return None
    whole = isinstance(error, dict) and error.keys() == {"message", "type", "param", "code"}
    return str(error["code"]) if whole else None


@contextmanager
def caller_of(stack: DeployedStack) -> Iterator[Caller]:
    """Make a key for the project `larder-doctor`. At the end, remove what it left and revoke it."""
    ports = stack.deployment.ports
    try:
        project = get_project(PROJECT, projects=ports.projects)
    except NotFoundError:
        project = create_project(PROJECT, LIMIT, projects=ports.projects, clock=ports.clock)
    secret, key = create_key(
        project.id, register=ports.register, pepper=ports.pepper, clock=ports.clock
    )
    caller = Caller(stack, secret)
    try:
        yield caller
    finally:
        with suppress(httpx.HTTPError):
            for file_id in caller.files:
                caller.send("DELETE", f"/files/{file_id}")
            for upload_id in caller.uploads:
                caller.send("POST", f"/uploads/{upload_id}/cancel")
        caller.http.close()
        revoke_key(project.id, key.id, register=ports.register, clock=ports.clock)
