"""Files above the API's limit, with the `http_client` that sends them straight to S3."""

from __future__ import annotations

import asyncio
import hashlib
import os
from typing import TYPE_CHECKING

import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from larder_client.openai import async_transport, transport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIB = 2**20


@pytest.fixture(scope="module")
def large() -> Iterator[OpenAI]:
    with OpenAI(
        base_url=os.environ["LARDER_BASE_URL"],
        api_key=os.environ["LARDER_API_KEY"],
        http_client=transport(),
        _strict_response_validation=True,
    ) as client:
        yield client


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is large enough for two parts."""
    path = tmp_path / "notes.txt"
    path.write_bytes(hashlib.shake_128(b"any").digest(66 * MIB))
    return path


def test_create_without_it_says_what_to_do(client: OpenAI) -> None:
    with pytest.raises(openai.APIStatusError, match=r"larder_client\.openai") as refused:
        client.files.create(file=("a.txt", bytes(3 * MIB)), purpose="user_data")

    assert refused.value.status_code == 413


def test_create_sends_a_file_of_any_size(large: OpenAI, path: Path) -> None:
    with path.open("rb") as stream:
        file = large.files.create(file=stream, purpose="user_data")
    try:
        assert (file.filename, file.bytes, file.purpose) == ("notes.txt", 66 * MIB, "user_data")
        assert large.files.content(file.id).content == path.read_bytes()
    finally:
        large.files.delete(file.id)


def test_create_on_asyncio_sends_a_file_of_any_size(path: Path) -> None:
    async def create() -> bytes:
        async with AsyncOpenAI(
            base_url=os.environ["LARDER_BASE_URL"],
            api_key=os.environ["LARDER_API_KEY"],
            http_client=async_transport(),
            _strict_response_validation=True,
        ) as client:
            with path.open("rb") as stream:
                file = await client.files.create(file=stream, purpose="user_data")
            content = await client.files.content(file.id)
            await client.files.delete(file.id)
            return content.content

    assert asyncio.run(create()) == path.read_bytes()


def test_upload_file_chunked_sends_parts_of_its_own_size(large: OpenAI, path: Path) -> None:
    upload = large.uploads.upload_file_chunked(
        file=path,
        mime_type="text/plain",
        purpose="user_data",
        md5=hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest(),
    )

    assert upload.status == "completed"
    assert upload.file is not None
    try:
        assert large.files.content(upload.file.id).content == path.read_bytes()
    finally:
        large.files.delete(upload.file.id)


def test_a_quota_that_is_too_small_is_the_apis_own_refusal(large: OpenAI, path: Path) -> None:
    path.write_bytes(b"")
    with path.open("r+b") as file:
        file.truncate(300 * MIB)

    with path.open("rb") as stream, pytest.raises(openai.BadRequestError) as refused:
        large.files.create(file=stream, purpose="user_data")

    assert refused.value.code == "storage_quota_exceeded"
