"""The Files API through the official SDK, run by test_openai_python.py for each major version."""

from __future__ import annotations

import asyncio
import json
import os
import time
from io import BytesIO
from typing import TYPE_CHECKING

import openai
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from openai import OpenAI
    from openai.types import FilePurpose

LINE = (
    b'{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":'
    b'{"model":"m","messages":[{"role":"user","content":"hi"}]}}\n'
)


def test_create_returns_the_whole_file(client: OpenAI) -> None:
    before = int(time.time())

    file = client.files.create(file=("grüße 日本.jsonl", LINE), purpose="batch")

    assert file.id.startswith("file-")
    assert (file.object, file.filename, file.bytes) == ("file", "grüße 日本.jsonl", len(LINE))
    assert (file.purpose, file.status, file.status_details) == ("batch", "processed", None)
    assert before - 1 <= file.created_at <= time.time() + 1
    assert file.expires_at == file.created_at + 30 * 86_400


def test_create_accepts_paths_open_files_and_bytes(client: OpenAI, tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(LINE)

    from_path = client.files.create(file=path, purpose="user_data")
    with path.open("rb") as stream:
        from_stream = client.files.create(file=stream, purpose="user_data")
    from_bytes = client.files.create(file=LINE, purpose="user_data")
    from_memory = client.files.create(file=BytesIO(LINE), purpose="user_data")

    assert [from_path.filename, from_stream.filename] == ["requests.jsonl", "requests.jsonl"]
    assert [from_bytes.filename, from_memory.filename] == ["upload", "upload"]
    for file in (from_path, from_stream, from_bytes, from_memory):
        assert client.files.content(file.id).read() == LINE


@pytest.mark.parametrize("purpose", ["assistants", "batch", "fine-tune", "vision", "user_data"])
def test_every_purpose_of_the_sdk_is_kept(client: OpenAI, purpose: FilePurpose) -> None:
    file = client.files.create(file=("a.txt", b"a"), purpose=purpose)

    assert client.files.retrieve(file.id).purpose == purpose


def test_evals_is_accepted_although_the_sdks_file_type_does_not_have_it(client: OpenAI) -> None:
    answer = client.files.with_raw_response.create(file=("a.txt", b"a"), purpose="evals")

    file = json.loads(answer.text)
    assert file["purpose"] == "evals"
    # Deleted, because a strictly validated list with it would fail.
    client.files.delete(file["id"])


def test_expires_after_overrides_the_default(client: OpenAI) -> None:
    file = client.files.create(
        file=("a.txt", b"a"),
        purpose="user_data",
        expires_after={"anchor": "created_at", "seconds": 3600},
    )

    assert file.expires_at == file.created_at + 3600
    assert client.files.create(file=("b.txt", b"b"), purpose="user_data").expires_at is None


def test_retrieve_returns_what_create_did(client: OpenAI) -> None:
    file = client.files.create(file=("a.txt", b"a"), purpose="vision")

    found = client.files.retrieve(file.id)

    # The event of its arrival may not have settled a file of another purpose yet.
    assert found.model_dump(exclude={"status"}) == file.model_dump(exclude={"status"})


def test_list_pages_by_itself_in_either_order(client: OpenAI) -> None:
    made = [client.files.create(file=(f"{n}.txt", b"a"), purpose="assistants").id for n in range(5)]

    newest_first = [file.id for file in client.files.list(limit=2)]
    oldest_first = [file.id for file in client.files.list(limit=2, order="asc")]
    filtered = [file.id for file in client.files.list(limit=2, purpose="assistants")]

    assert [id_ for id_ in newest_first if id_ in made] == made[::-1]
    assert oldest_first == newest_first[::-1]
    assert len(set(newest_first)) == len(newest_first)
    assert filtered[:5] == made[::-1]
    assert {file.purpose for file in client.files.list(purpose="assistants")} == {"assistants"}


def test_a_page_says_whether_another_follows(client: OpenAI) -> None:
    made = [client.files.create(file=(f"{n}.txt", b"a"), purpose="vision").id for n in range(2)]

    page = client.files.list(limit=1, purpose="vision")

    assert [file.id for file in page.data] == made[1:]
    assert page.has_more
    assert page.has_next_page()
    assert page.get_next_page().data[0].id == made[0]


def test_content_is_the_exact_bytes(client: OpenAI, tmp_path: Path) -> None:
    data = bytes(range(256)) * 2000
    file = client.files.create(file=("blob.bin", data), purpose="user_data")

    assert client.files.content(file.id).read() == data
    with client.files.with_streaming_response.content(file.id) as response:
        response.stream_to_file(tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == data


def test_delete_is_final(client: OpenAI) -> None:
    file = client.files.create(file=("a.txt", b"a"), purpose="user_data")

    deleted = client.files.delete(file.id)

    assert (deleted.id, deleted.object, deleted.deleted) == (file.id, "file", True)
    assert file.id not in [other.id for other in client.files.list()]
    for gone in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError, match="No such File object") as refusal:
            gone(file.id)
        assert refusal.value.code is None


def test_wait_for_processing_returns_the_final_status(client: OpenAI) -> None:
    good = client.files.create(file=("good.jsonl", LINE), purpose="batch")
    bad = client.files.create(file=("bad.jsonl", LINE + b"{"), purpose="batch")

    good = client.files.wait_for_processing(good.id, poll_interval=0.2, max_wait_seconds=20)
    bad = client.files.wait_for_processing(bad.id, poll_interval=0.2, max_wait_seconds=20)

    assert (good.status, good.status_details) == ("processed", None)
    assert bad.status == "error"
    assert bad.status_details is not None
    assert "line 2" in bad.status_details


def test_every_answer_has_a_request_id(client: OpenAI) -> None:
    created = client.files.with_raw_response.create(file=("a.txt", b"a"), purpose="user_data")
    file = created.parse()
    listed = client.files.list(limit=1)

    assert created.headers["x-request-id"]
    assert listed._request_id
    with pytest.raises(openai.NotFoundError) as refusal:
        client.files.retrieve("file-" + "0" * 24)
    assert refusal.value.request_id
    assert (
        refusal.value.request_id
        != client.files.with_raw_response.retrieve(file.id).headers["x-request-id"]
    )


def test_refusals_become_the_sdks_own_errors(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        client.files.create(file=("a.txt", b"a"), purpose="fun")  # type: ignore[arg-type]
    assert (refusal.value.param, refusal.value.type) == ("purpose", "invalid_request_error")
    assert "user_data" in str(refusal.value)

    with pytest.raises(openai.BadRequestError) as refusal:
        client.files.list(limit=10_001)
    assert (refusal.value.param, refusal.value.code) == ("limit", "integer_above_max_value")

    with pytest.raises(openai.APIStatusError, match="/v1/uploads") as too_large:
        client.files.create(file=("a.bin", b"\0" * (2 * 2**20 + 1)), purpose="user_data")
    assert (too_large.value.status_code, too_large.value.code) == (413, "request_too_large")

    stranger = client.with_options(api_key="zk_live_" + "A" * 43)
    with pytest.raises(openai.AuthenticationError) as unauthorised:
        stranger.files.list()
    assert unauthorised.value.code == "invalid_api_key"


def test_the_async_client_does_the_same() -> None:
    async def round_trip() -> bytes:
        async with openai.AsyncOpenAI(
            base_url=os.environ["LARDER_BASE_URL"],
            api_key=os.environ["LARDER_API_KEY"],
            _strict_response_validation=True,
        ) as client:
            file = await client.files.create(file=("a.txt", b"async"), purpose="user_data")
            assert file.id in [other.id async for other in client.files.list(limit=100)]
            content = await client.files.content(file.id)
            assert (await client.files.delete(file.id)).deleted
            return content.read()

    assert asyncio.run(round_trip()) == b"async"
