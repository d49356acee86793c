"""The Uploads API through the official SDK, run by test_openai_python.py for each version."""

from __future__ import annotations

import hashlib
import os
import urllib.request
from typing import TYPE_CHECKING, Any

import openai
import pytest

if TYPE_CHECKING:
    from openai import OpenAI
    from openai.types import Upload


def send(upload: Upload, data: bytes) -> None:
    assert upload.model_extra is not None
    transfer: dict[str, Any] = upload.model_extra["transfer"]
    request = urllib.request.Request(  # noqa: S310 - the URL is the store's own
        transfer["url"], data=data, method=transfer["method"], headers=transfer["headers"]
    )
    with urllib.request.urlopen(request) as response:  # noqa: S310
        assert response.status == 200


def test_a_large_file_is_uploaded_to_s3_and_downloaded_unchanged(client: OpenAI) -> None:
    data = os.urandom(5 * 2**20)

    upload = client.uploads.create(
        bytes=len(data),
        filename="large.bin",
        mime_type="application/octet-stream",
        purpose="user_data",
    )
    assert (upload.object, upload.status, upload.file) == ("upload", "pending", None)
    assert (upload.filename, upload.bytes, upload.purpose) == ("large.bin", len(data), "user_data")
    assert upload.expires_at == upload.created_at + 3600
    send(upload, data)
    completed = client.uploads.complete(
        upload.id,
        part_ids=[],
        md5=hashlib.md5(data, usedforsecurity=False).hexdigest(),
    )

    assert completed.status == "completed"
    assert completed.file is not None
    assert completed.file.bytes == len(data)
    assert client.files.content(completed.file.id).read() == data


def test_an_upload_can_be_cancelled(client: OpenAI) -> None:
    upload = client.uploads.create(
        bytes=10, filename="a.txt", mime_type="text/plain", purpose="user_data"
    )

    cancelled = client.uploads.cancel(upload.id)

    assert (cancelled.id, cancelled.status, cancelled.file) == (upload.id, "cancelled", None)
    with pytest.raises(openai.ConflictError) as refusal:
        client.uploads.complete(upload.id, part_ids=[])
    assert refusal.value.code == "upload_cancelled"
    assert refusal.value.response.headers["x-should-retry"] == "false"


def test_the_file_of_an_upload_expires_at_the_requested_time(client: OpenAI) -> None:
    upload = client.uploads.create(
        bytes=3,
        filename="a.txt",
        mime_type="text/plain",
        purpose="user_data",
        expires_after={"anchor": "created_at", "seconds": 7200},
    )
    send(upload, b"abc")

    file = client.uploads.complete(upload.id, part_ids=[]).file

    assert file is not None
    assert file.expires_at == file.created_at + 7200
