# Generated from _async/large_bodies.py: edit that one and run 'make sync-client'.
"""Requests of the official SDK that are too large for the API: their bytes go straight to S3."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from larder_client.errors import LarderClientError, TransferError
from larder_client.files.api import Api
from larder_client.files.form_body import FileStart, FormBody
from larder_client.flow.retries import RetryPolicy
from larder_client.flow.sync_runner import SyncRunner, SyncSleep
from larder_client.options import API_TIMEOUT, STORE_TIMEOUT
from larder_client.transfer.source import BLOCK
from larder_client.transfer.stream_upload import StreamUpload
from larder_client.transfer.upload import MAX_BODY_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder_client.files.models import File, Upload

# A request of httpx, or of a library with the same classes.
Request = Any

_PATH = re.compile(r"(.*)/(?:files|uploads/([^/]+)/(parts|complete|cancel))")
_MEMBER = re.compile(r"(\w+)\[(\w+)\]")


@dataclass(slots=True)
class _Opened:
    """An upload whose parts come from the SDK, and the ids that it was given for them.

    `unsent` is the digest of a part that was taken, and that S3 does not have yet.
    """

    stream: StreamUpload
    part_ids: list[str] = field(default_factory=list)
    unsent: bytes | None = None
    busy: threading.Lock = field(default_factory=threading.Lock)


class LargeBodies:
    """Answers `POST /files`, and the requests of uploads in parts, where the API would not.

    `connections` are arguments of httpx's clients.
    """

    def __init__(
        self,
        parallel: int,
        max_retries: int,
        sleep: SyncSleep = time.sleep,
        **connections: Any,  # noqa: ANN401
    ) -> None:
        self._api = Api(RetryPolicy(max_retries))
        self._parallel = parallel
        self._sleep = sleep
        self._connections = connections
        self._runners: dict[tuple[str, str], SyncRunner] = {}
        self._opened: dict[str, _Opened] = {}

    def answer(self, request: Request) -> dict[str, Any] | None:
        """Return the JSON of the answer; None if the API can take the request itself.

        Raises:
            LarderClientError: Larder or S3 refuses it, or does not answer.
        """
        found = _PATH.fullmatch(request.url.path)
        if request.method != "POST" or found is None:
            return None
        base, upload_id, step = found.groups()
        large = int(request.headers.get("content-length", MAX_BODY_BYTES + 1)) > MAX_BODY_BYTES
        runner = self._runner(request, base)
        try:
            if step is None and large:
                return _as_json(self._create_file(runner, request))
            if step == "parts" and (large or upload_id in self._opened):
                return self._add_part(runner, upload_id, request)
            if step == "complete" and upload_id in self._opened:
                return _as_json(self._complete(runner, upload_id, request))
        except ValueError as error:
            raise TransferError(f"This form cannot be sent in parts: {error}") from error
        if step == "cancel":
            self._opened.pop(upload_id, None)
        return None

    def close(self) -> None:
        """Close the connections."""
        for runner in self._runners.values():
            runner.close()

    def _create_file(self, runner: SyncRunner, request: Request) -> File:
        stream = None
        try:
            length, blocks = _body(request)
            form = FormBody(request.headers["content-type"], length)
            for block in blocks:
                for event in form.read(block):
                    if isinstance(event, FileStart):
                        announced = self._api.create_upload(_announcement(event, form.fields))
                        upload = runner.run(announced)
                        stream = StreamUpload(self._api, upload, self._parallel)
                    elif stream is not None:
                        stream.take(event)
                        if stream.is_due:
                            runner.run(stream.flush())
            upload = self._end(runner, stream)
        except Exception:
            if stream is not None:
                with suppress(LarderClientError):
                    runner.run(self._api.cancel(stream.id))
            raise
        if upload.file is None:
            raise TransferError(f"The file of {upload.id} was deleted while it was being sent.")
        return upload.file

    def _end(self, runner: SyncRunner, stream: StreamUpload | None) -> Upload:
        if stream is None:
            raise TransferError("The form has no file.")
        runner.run(stream.flush())
        return runner.run(self._api.complete(stream.id))

    def _add_part(
        self,
        runner: SyncRunner,
        upload_id: str,
        request: Request,
    ) -> dict[str, Any]:
        length, blocks = _body(request)
        form = FormBody(request.headers["content-type"], length)
        data = bytearray()
        for block in blocks:
            for event in form.read(block):
                if not isinstance(event, FileStart):
                    data += event
        if upload_id not in self._opened:
            upload = runner.run(self._api.upload(upload_id))
            stream = StreamUpload(self._api, upload, self._parallel)
            self._opened.setdefault(upload_id, _Opened(stream))
        opened = self._opened[upload_id]
        if not opened.busy.acquire(blocking=False):
            raise TransferError(f"Send the parts of {upload_id} one after another.")
        try:
            digest = hashlib.sha256(data).digest()
            if opened.unsent != digest:
                opened.stream.take(data)
                opened.unsent = digest
            # The SDK repeats a part that failed: its bytes are taken already.
            if opened.stream.is_due:
                runner.run(opened.stream.flush())
            opened.unsent = None
        finally:
            opened.busy.release()
        opened.part_ids.append(f"part_{secrets.token_hex(12)}")
        return {
            "id": opened.part_ids[-1],
            "created_at": int(time.time()),
            "object": "upload.part",
            "upload_id": upload_id,
        }

    def _complete(
        self,
        runner: SyncRunner,
        upload_id: str,
        request: Request,
    ) -> Upload:
        opened = self._opened[upload_id]
        wanted = json.loads(request.read())
        if wanted.get("part_ids") != opened.part_ids:
            raise TransferError(
                "part_ids has to name all parts, in the order in which they were sent."
            )
        md5 = wanted.get("md5") or opened.stream.md5
        if md5.lower() != opened.stream.md5:
            raise TransferError(f"The MD5 of the parts is {opened.stream.md5}, not {md5}.")
        upload = self._end(runner, opened.stream)
        del self._opened[upload_id]
        return upload

    def _runner(self, request: Request, base: str) -> SyncRunner:
        url = f"{request.url.scheme}://{request.url.netloc.decode()}{base}"
        key = request.headers.get("authorization", "")
        if (url, key) not in self._runners:
            self._runners[url, key] = SyncRunner(
                httpx.Client(
                    base_url=url,
                    headers={"Authorization": key},
                    timeout=API_TIMEOUT,
                    **self._connections,
                ),
                httpx.Client(timeout=STORE_TIMEOUT, **self._connections),
                self._sleep,
            )
        return self._runners[url, key]


def _body(request: Request) -> tuple[int, Iterator[bytes]]:
    """Return the length of a body and its bytes: by way of a file, if it has no length."""
    if "content-length" in request.headers:
        return int(request.headers["content-length"]), request.stream
    file = SpooledTemporaryFile(MAX_BODY_BYTES)  # noqa: SIM115 - closed by `_read`
    for block in request.stream:
        file.write(block)
    length = file.tell()
    file.seek(0)
    return length, _read(file)


def _read(file: SpooledTemporaryFile[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(BLOCK):
            yield block


def _announcement(file: FileStart, fields: dict[str, str]) -> dict[str, Any]:
    """Return the body of `POST /uploads` for a form of `POST /files`."""
    announced: dict[str, Any] = {"purpose": "batch"}
    for name, value in fields.items():
        if (member := _MEMBER.fullmatch(name)) is not None:
            announced.setdefault(member[1], {})[member[2]] = _number(value)
        else:
            announced[name] = value
    return announced | {
        "filename": file.filename,
        "bytes": file.size,
        "mime_type": file.mime_type,
    }


def _number(value: str) -> int | str:
    return int(value) if value.isdecimal() else value


def _as_json(answer: File | Upload) -> dict[str, Any]:
    """Return the answer as the API sends it, where a File has no `sha256`."""
    fields: dict[str, Any] = msgspec.to_builtins(answer)
    for file in (fields, fields.get("file")):
        if file is not None:
            file.pop("sha256", None)
    return fields
