"""Uploads in OpenAI's own parts through the official SDK, unmodified, for each major version."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import openai
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from openai import OpenAI
    from openai.types import Upload

PART_SIZE = 1_900_000


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def announced(client: OpenAI, size: int) -> Upload:
    return client.uploads.create(
        bytes=size,
        filename="parts.bin",
        mime_type="application/octet-stream",
        purpose="user_data",
    )


def test_upload_file_chunked_sends_a_file_from_disk(client: OpenAI, tmp_path: Path) -> None:
    path = tmp_path / "chunked.bin"
    data = os.urandom(5 * PART_SIZE + 7)
    path.write_bytes(data)

    upload = client.uploads.upload_file_chunked(
        file=path,
        mime_type="application/octet-stream",
        purpose="user_data",
        part_size=PART_SIZE,
        md5=md5(data),
    )

    assert upload.status == "completed"
    assert upload.file is not None
    assert (upload.file.filename, upload.file.bytes) == ("chunked.bin", len(data))
    assert client.files.content(upload.file.id).read() == data


def test_upload_file_chunked_sends_bytes_from_memory(client: OpenAI) -> None:
    data = os.urandom(PART_SIZE + 1)

    upload = client.uploads.upload_file_chunked(
        file=data,
        filename="memory.bin",
        bytes=len(data),
        mime_type="application/octet-stream",
        purpose="user_data",
        part_size=PART_SIZE,
    )

    assert upload.file is not None
    assert client.files.content(upload.file.id).read() == data


def test_more_than_20_parts_are_sent_in_parallel(client: OpenAI) -> None:
    pieces = [os.urandom(100_000) for _ in range(22)]
    data = b"".join(pieces)
    upload = announced(client, len(data))

    def send(piece: bytes) -> str:
        part = client.uploads.parts.create(upload.id, data=piece)
        assert (part.object, part.upload_id) == ("upload.part", upload.id)
        return part.id

    with ThreadPoolExecutor(4) as pool:
        part_ids = list(pool.map(send, pieces))
    completed = client.uploads.complete(upload.id, part_ids=part_ids, md5=md5(data))

    assert completed.file is not None
    assert client.files.content(completed.file.id).read() == data


def test_a_wrong_digest_or_order_is_refused_and_can_be_corrected(client: OpenAI) -> None:
    upload = announced(client, 10)
    one = client.uploads.parts.create(upload.id, data=b"some ").id
    two = client.uploads.parts.create(upload.id, data=b"bytes").id

    for part_ids, digest in (([one, two], "0" * 32), ([two, one], md5(b"some bytes"))):
        with pytest.raises(openai.BadRequestError) as refusal:
            client.uploads.complete(upload.id, part_ids=part_ids, md5=digest)
        assert refusal.value.param == "md5"
    with pytest.raises(openai.BadRequestError) as missing:
        client.uploads.complete(upload.id, part_ids=[one])
    assert missing.value.param == "part_ids"

    completed = client.uploads.complete(upload.id, part_ids=[one, two], md5=md5(b"some bytes"))
    assert completed.status == "completed"
    with pytest.raises(openai.ConflictError) as late:
        client.uploads.parts.create(upload.id, data=b"late")
    assert late.value.code == "upload_completed"


def test_a_part_over_2_mib_says_how_large_it_may_be(client: OpenAI) -> None:
    upload = announced(client, 4 * 2**20)

    with pytest.raises(openai.APIStatusError, match="2 MiB") as refusal:
        client.uploads.parts.create(upload.id, data=bytes(2**21 + 1))

    assert (refusal.value.status_code, refusal.value.code) == (413, "request_too_large")


def test_the_sdks_idempotency_key_makes_a_part_once(client: OpenAI) -> None:
    upload = announced(client, 4)
    headers = {"Idempotency-Key": f"part-of-{upload.id}"}

    first, again = (
        client.uploads.parts.with_raw_response.create(
            upload.id, data=b"data", extra_headers=headers
        )
        for _ in range(2)
    )

    assert first.parse().id == again.parse().id
    assert again.headers["larder-idempotent-replay"] == "true"
