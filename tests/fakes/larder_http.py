"""Larder and its S3 as a client sees them, in memory, with faults on request.

Only what `larder_client` uses; the end-to-end tests hold it to the deployed stack.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from threading import RLock
from typing import Any

from larder.api.files.form import FIELDS
from larder.api.http.multipart_form import parse_form
from tests.fakes.http_faults import Effect, Json, Request, Response, api_error, md5, ok
from tests.fakes.http_s3 import FakeS3, StoredUpload
from tests.fakes.larder_artifacts import FakeArtifacts
from tests.fakes.larder_batches import FakeBatches
from tests.fakes.larder_space import FakeSpace

MIB = 2**20
PART_SIZE = MIB // 2
INLINE_CONTENT = 4 * MIB
KEY = "zk_live_key"


@dataclass
class Fault:
    request: re.Pattern[str]
    effect: Effect
    times: int


class FakeLarder:
    """The server; `requests` has the requests so far, `faults` what goes wrong with some."""

    def __init__(self, origin: str = "http://larder.test") -> None:
        self.s3 = FakeS3(origin)
        self.part_threshold = 4 * MIB
        self.part_size = PART_SIZE
        self.shows_sha256 = True
        self.files: dict[str, Json] = {}
        self.digests: dict[str, str] = {}
        self.reports: dict[str, Json] = {}
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.batches = FakeBatches(
            self.s3.contents.__getitem__,
            lambda data, name: self.add_file(data, name, purpose="batch_output"),
        )
        self.artifacts = FakeArtifacts(self.s3.contents.__getitem__)
        self.key: Json = {
            "id": "key_9f2c4e61a07b3d58",
            "object": "key",
            "name": "nightly",
            "hint": "zk_live_…_key",
            "scopes": ["read", "write"],
            "created_at": 1,
            "expires_at": None,
            "last_used_on": None,
            "project": {"id": "wks-1"},
            "workspace_id": "wks-1",
        }
        self.space = FakeSpace(self.files)
        self._lock = RLock()

    @property
    def base_url(self) -> str:
        return f"{self.s3.origin}/v1"

    @property
    def uploads(self) -> dict[str, StoredUpload]:
        return self.s3.uploads

    def fault(self, request: str, effect: Effect, times: int = 1) -> None:
        """Apply the effect to the next requests whose "METHOD /path" matches."""
        self.faults.append(Fault(re.compile(request), effect, times))

    def requests_matching(self, pattern: str) -> list[Request]:
        return [one for one in self.requests if re.fullmatch(pattern, f"{one.method} {one.path}")]

    def add_file(self, data: bytes, filename: str = "a.bin", **fields: Any) -> str:
        file_id = f"file-{len(self.files) + 1:024x}"
        self._store(file_id, data, {"filename": filename, "purpose": "user_data"})
        self.files[file_id].update(fields)
        return file_id

    def respond(self, request: Request) -> Response:
        with self._lock:
            self.requests.append(request)
            line = f"{request.method} {request.path}"
            for fault in self.faults:
                if fault.times and fault.request.fullmatch(line):
                    fault.times -= 1
                    break
            else:
                fault = None
        return self._normal(request) if fault is None else fault.effect(request, self._normal)

    def _normal(self, request: Request) -> Response:
        # Read the body without the lock: a slow request must not hold up the others.
        data = request.read()
        with self._lock:
            if request.path.startswith("/s3/"):
                assert "authorization" not in request.headers
                return self.s3.respond(request, data)
            if request.headers.get("authorization") != f"Bearer {KEY}":
                return api_error(401, "Incorrect API key provided.", code="invalid_api_key")
            match request.path.removeprefix("/v1/").split("/"):
                case ["", "v2", *rest]:
                    answer = self.artifacts.respond(request, rest, data)
                case ["files", *rest]:
                    answer = self._files(request, rest, data)
                case ["uploads", *rest]:
                    answer = self._uploads(request, rest, data)
                case ["keys", "me"]:
                    answer = ok(self.key)
                case ["usage"]:
                    answer = ok(self._usage())
                case ["storage", *rest]:
                    answer = self.space.respond(request, rest, data)
                case ["batches", *rest]:
                    answer = self.batches.respond(request, rest, data)
                case _:
                    answer = None
        return answer or api_error(404, f"No such object: {request.path} (not found)")

    def _files(self, request: Request, rest: list[str], data: bytes) -> Response | None:
        match request.method, rest:
            case "POST", []:
                return self._create_file(request, data)
            case "GET", []:
                return self._list(request)
            case method, [file_id, *of_file] if file_id in self.files:
                return self._file(request, method, file_id, of_file)
        return None

    def _uploads(self, request: Request, rest: list[str], data: bytes) -> Response | None:
        match request.method, rest:
            case "POST", []:
                return ok(self.create_upload(json.loads(data)))
            case "GET", []:
                return self._list_uploads(request)
            case "GET", [upload_id] if upload_id in self.uploads:
                return ok(self._upload(self.uploads[upload_id]))
            case "POST", [upload_id, verb] if upload_id in self.uploads:
                return self._end_upload(self.uploads[upload_id], verb)
        return None

    def _usage(self) -> Json:
        stored = sum(file["bytes"] for file in self.files.values())
        return {
            "object": "usage",
            "files": {"used": len(self.files), "reserved": 0, "limit": 200},
            "bytes": {"used": stored, "reserved": MIB, "limit": 256 * MIB},
            "batches": {"running": 1, "limit": 10},
            "batch_requests": {"running": 0, "limit": 200_000},
        }

    def _file(
        self, request: Request, method: str, file_id: str, rest: list[str]
    ) -> Response | None:
        match method, rest:
            case "GET", []:
                return self._respond_with_file(file_id)
            case "DELETE", []:
                del self.files[file_id]
                return ok({"id": file_id, "object": "file", "deleted": True})
            case "GET", ["content"]:
                return self._content(file_id)
            case "GET", ["url"]:
                until = 1_000 + int(request.query["expiry"])
                return ok({"url": self.s3.sign(f"/s3/{file_id}"), "expires_at": until})
            case "GET", ["validation"] if file_id in self.reports:
                return ok(self.reports[file_id])
        return None

    def _create_file(self, request: Request, data: bytes) -> Response:
        form = parse_form(request.headers["content-type"], data, known_fields=FIELDS)
        assert form.file is not None
        file_id = f"file-{len(self.files) + 1:024x}"
        self._store(file_id, form.file.data, {**form.fields, "filename": form.file.filename})
        return self._respond_with_file(file_id)

    def _respond_with_file(self, file_id: str) -> Response:
        digest = {"larder-sha256": self.digests[file_id]} if self.shows_sha256 else {}
        return ok(self.files[file_id], **digest)

    def _list(self, request: Request) -> Response:
        newest_first = [self.files[file_id] for file_id in sorted(self.files, reverse=True)]
        wanted = [
            file
            for file in newest_first
            if request.query.get("purpose", file["purpose"]) == file["purpose"]
            and file["id"] < request.query.get("after", "g")
        ]
        page = wanted[: int(request.query["limit"])]
        return ok({"object": "list", "data": page, "has_more": len(page) < len(wanted)})

    def _content(self, file_id: str) -> Response:
        data = self.s3.contents[file_id]
        if len(data) > INLINE_CONTENT:
            return Response(302, {"location": self.s3.sign(f"/s3/{file_id}")})
        return Response(200, {"etag": self.s3.etags[file_id]}, [data])

    def create_upload(self, announced: Json) -> Json:
        upload_id = f"upload_{len(self.uploads) + 100:024x}"
        in_parts = announced["bytes"] > self.part_threshold
        upload = StoredUpload(upload_id, announced, self.part_size if in_parts else None)
        self.uploads[upload_id] = upload
        return self._upload(upload)

    def _list_uploads(self, request: Request) -> Response:
        wanted = [
            {**self._upload(upload), "transfer": None}
            for upload_id, upload in sorted(self.uploads.items(), reverse=True)
            if upload.status == "pending" and upload_id < request.query.get("after", "v")
        ]
        page = wanted[: int(request.query["limit"])]
        return ok({"object": "list", "data": page, "has_more": len(page) < len(wanted)})

    def _upload(self, upload: StoredUpload) -> Json:
        announced = upload.announced
        return {
            "id": upload.id,
            "object": "upload",
            "bytes": announced["bytes"],
            "created_at": 1,
            "filename": announced["filename"],
            "purpose": announced["purpose"],
            "status": upload.status,
            "expires_at": 3_601,
            "file": self.files.get(upload.file_id),
            "transfer": self._transfer(upload) if upload.status == "pending" else None,
        }

    def _transfer(self, upload: StoredUpload) -> Json:
        if upload.part_size is None:
            headers = {"Content-Length": str(upload.announced["bytes"]), "If-None-Match": "*"}
            if sha256 := upload.announced.get("sha256"):
                headers["x-amz-checksum-sha256"] = base64.b64encode(bytes.fromhex(sha256)).decode()
            url = self.s3.sign(f"/s3/{upload.id}")
            return {"method": "PUT", "url": url, "headers": headers, "expires_at": 3_601}
        return {
            "method": "PUT",
            "part_size": upload.part_size,
            "parts": [
                {"part_number": number, "url": self.s3.sign(f"/s3/{upload.id}/{number}")}
                for number in upload.numbers
                if number not in upload.parts
            ],
            "arrived": [
                {"part_number": number, "size": len(data), "etag": md5(data)}
                for number, data in upload.parts.items()
            ],
            "expires_at": 3_601,
        }

    def _end_upload(self, upload: StoredUpload, verb: str) -> Response:
        ends = {"complete": "completed", "cancel": "cancelled"}[verb]
        if upload.status not in {"pending", ends}:
            message = f"Upload {upload.id} is {upload.status}."
            return api_error(409, message, **{"x-should-retry": "false"})
        if upload.status == "pending" and ends == "completed":
            data = upload.whole
            if upload.part_size is not None and set(upload.parts) == set(upload.numbers):
                data = b"".join(upload.parts[number] for number in upload.numbers)
            if data is None:
                return api_error(400, "The bytes have not arrived.", code="upload_incomplete")
            announced = upload.announced
            if refused := self.space.make_room(announced):
                return refused
            self._store(upload.file_id, data, announced)
        upload.status = ends
        return ok(self._upload(upload))

    def _store(self, file_id: str, data: bytes, fields: Json) -> None:
        self.s3.store(file_id, data)
        self.digests[file_id] = hashlib.sha256(data).hexdigest()
        self.files[file_id] = {
            "id": file_id,
            "object": "file",
            "bytes": len(data),
            "created_at": len(self.files) + 1,
            "filename": fields["filename"],
            "purpose": fields["purpose"],
            "status": "processed",
            "status_details": None,
            "expires_at": None,
            "folder_id": fields.get("folder_id"),
            "of_a_later_version": [1, 2],
        }
