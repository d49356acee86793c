"""OpenAI's uploads: parts in request bodies, joined in the order of the given ids."""

from __future__ import annotations

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.e2e.api import assert_refused, eventually
from tests.e2e.parts import (
    MIB,
    complete,
    file_id_of,
    open_multiparts,
    outlive,
    post_part,
    post_parts,
    small_parts,
    sweep,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import httpx

    from tests.e2e.api import Api, Json
    from tests.e2e.projects import NewProject, Project
    from tests.e2e.stack import Stack

PART = 1_900_000
MEMORY_MIB = 256
GATEWAY_SECONDS = 29


@pytest.fixture
def project(new_project: NewProject) -> Project:
    """A project of the test's own, so that its usage is exactly what the test made."""
    return new_project()


@pytest.fixture
def api(project: Project) -> Iterator[Api]:
    with project.api() as api:
        yield api


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def swept_clean(stack: Stack, project: Project, upload: Json) -> bool:
    sweep(stack)
    return not small_parts(stack, project, upload) and not open_multiparts(stack, project, upload)


def test_parts_sent_in_parallel_become_one_file_and_are_swept_away(
    api: Api, project: Project, stack: Stack
) -> None:
    data = os.urandom(24 * 100_000 + 7)
    digest = hashlib.sha256(data).hexdigest()
    upload = api.create_upload(len(data), filename="parts.bin", sha256=digest)
    part_ids = post_parts(api, upload, cut(data, 100_000))
    assert len(set(part_ids)) == 25

    answer = complete(api, upload, part_ids=part_ids, md5=md5(data))

    assert answer.status_code == 200, answer.text
    file = answer.json()["file"]
    assert (file["id"], file["bytes"]) == (file_id_of(upload), len(data))
    assert api.content(file["id"]).content == data
    assert api.in_use() == (1, len(data))
    assert api.settled(file["id"])["status"] == "processed"
    again = complete(api, upload, part_ids=part_ids, md5=md5(data)).json()
    assert again["file"]["id"] == file["id"]
    eventually(lambda: swept_clean(stack, project, upload), bool, 10)
    assert api.content(file["id"]).content == data
    for path in ("", "/content"):
        assert api.send("GET", f"/files/{file['id']}{path}").headers["larder-sha256"] == digest
    assert api.in_use() == (1, len(data))


def test_parts_that_are_too_long_too_many_or_empty_are_refused(api: Api) -> None:
    small, large = api.create_upload(10), api.create_upload(10 * MIB)

    over_the_body_limit = post_part(api, large, b"\0" * (2 * MIB + 1))
    longer_than_the_file = post_part(api, small, b"\0" * 11)
    not_the_file = complete(api, small, part_ids=[longer_than_the_file.json()["id"]])
    too_much = post_part(api, small, b"\0" * 10)
    empty = post_part(api, small, b"")

    assert_refused(over_the_body_limit, 413, code="request_too_large", says="2 MiB")
    assert_refused(not_the_file, 400, param="part_ids", says="11")
    assert_refused(too_much, 400, param="data", says="10 bytes")
    assert_refused(empty, 400, param="data")
    assert api.usage()["bytes"]["reserved"] == 10 * MIB + 10


def test_a_part_that_is_not_a_form_or_has_no_data_is_refused(api: Api) -> None:
    upload = api.create_upload(10)
    path = f"/uploads/{upload['id']}/parts"

    no_form = api.send("POST", path, json={"data": "x"})
    other_name = api.send("POST", path, files={"file": b"x"})

    assert_refused(no_form, 400, says="multipart/form-data")
    assert_refused(other_name, 400, param="data")


@pytest.mark.parametrize("ended", ["completed", "cancelled", "expired"])
def test_an_ended_upload_accepts_and_keeps_no_parts(
    api: Api, project: Project, stack: Stack, ended: str
) -> None:
    upload = api.create_upload(4)
    part_ids = post_parts(api, upload, [b"da", b"ta"])
    if ended == "completed":
        assert complete(api, upload, part_ids=part_ids).status_code == 200
    elif ended == "cancelled":
        assert api.send("POST", f"/uploads/{upload['id']}/cancel").status_code == 200
        assert small_parts(stack, project, upload) == []
    else:
        outlive(stack, project, upload)

    late = post_part(api, upload, b"late")

    assert_refused(late, 409, code=f"upload_{ended}")
    assert late.headers["x-should-retry"] == "false"
    if ended != "completed":
        refused = complete(api, upload, part_ids=part_ids)
        assert_refused(refused, 409, code=f"upload_{ended}")
    eventually(lambda: swept_clean(stack, project, upload), bool, 10)
    sweep(stack)
    assert api.in_use() == ((1, 4) if ended == "completed" else (0, 0))


def test_concurrent_completions_make_one_file_and_get_one_answer(api: Api) -> None:
    data = os.urandom(10 * 1000)
    upload = api.create_upload(len(data))
    part_ids = post_parts(api, upload, cut(data, 1000))

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: complete(api, upload, part_ids=part_ids), range(6)))

    assert [answer.status_code for answer in answers] == [200] * 6, [it.text for it in answers]
    assert {answer.json()["file"]["id"] for answer in answers} == {file_id_of(upload)}
    assert api.content(file_id_of(upload)).content == data
    assert api.in_use() == (1, len(data))


def test_concurrent_completions_in_two_orders_have_the_digest_of_the_bytes(api: Api) -> None:
    for _ in range(6):
        upload = api.create_upload(10)
        part_ids = post_parts(api, upload, [b"some ", b"bytes"])

        def end(order: Sequence[str], upload: Json = upload) -> httpx.Response:
            return complete(api, upload, part_ids=order)

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(end, [part_ids, part_ids[::-1]]))

        assert [answer.status_code for answer in answers] == [200] * 2, [it.text for it in answers]
        api.settled(file_id_of(upload))
        content = api.content(file_id_of(upload))
        assert content.content in {b"some bytes", b"bytessome "}
        assert content.headers["larder-sha256"] == hashlib.sha256(content.content).hexdigest()


@pytest.mark.parametrize("head_start", [0, 0.02, 0.05, 0.1, 0.2])
def test_either_completing_or_cancelling_wins_and_quota_is_exact(
    api: Api, project: Project, stack: Stack, head_start: float
) -> None:
    data = os.urandom(12 * 20_000)
    upload = api.create_upload(len(data))
    part_ids = post_parts(api, upload, cut(data, 20_000))

    def cancel() -> httpx.Response:
        time.sleep(head_start)
        return api.send("POST", f"/uploads/{upload['id']}/cancel")

    with ThreadPoolExecutor(2) as pool:
        cancelling = pool.submit(cancel)
        completing = pool.submit(complete, api, upload, part_ids=part_ids)
        cancelled, completed = cancelling.result(), completing.result()

    if completed.status_code == 200:
        assert_refused(cancelled, 409, code="upload_completed")
        assert api.content(file_id_of(upload)).content == data
        assert api.in_use() == (1, len(data))
    else:
        assert cancelled.json()["status"] == "cancelled"
        assert_refused(completed, 409, code="upload_cancelled")
        assert api.in_use() == (0, 0)
        key = f"files/{project.id}/{file_id_of(upload)}"
        eventually(lambda: stack.stored(key), lambda stored: not stored)
    eventually(lambda: swept_clean(stack, project, upload), bool, 10)


def test_256_mib_of_parts_are_joined_in_time_and_in_bounded_memory(
    api: Api, project: Project, stack: Stack
) -> None:
    block = os.urandom(PART)
    size = 256 * MIB
    pieces = [number.to_bytes(8) + block[8:] for number in range(size // PART)]
    pieces.append(b"\0" * (size % PART))
    whole_md5, whole_sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    for piece in pieces:
        whole_md5.update(piece)
        whole_sha256.update(piece)
    upload = api.create_upload(size, filename="large.bin")
    part_ids = post_parts(api, upload, pieces)

    started = time.monotonic()
    answer = complete(api, upload, part_ids=part_ids, md5=whole_md5.hexdigest())
    took = time.monotonic() - started

    assert answer.status_code == 200, answer.text
    assert took < GATEWAY_SECONDS
    api.settled(file_id_of(upload))
    read = api.send("GET", f"/files/{file_id_of(upload)}")
    assert (read.json()["bytes"], read.headers["larder-sha256"]) == (size, whole_sha256.hexdigest())
    received = hashlib.sha256()
    with api.client.stream("GET", api.content(file_id_of(upload)).headers["location"]) as stream:
        for chunk in stream.iter_bytes():
            received.update(chunk)
    assert received.digest() == whole_sha256.digest()
    request_id = answer.headers["x-request-id"]
    (logged,) = eventually(lambda: stack.logged("uploads_complete", "request", request_id), bool)
    assert 0 < logged["peak_memory_mib"] < MEMORY_MIB
    # The file is above the threshold, so S3 had a multipart upload of its own: it goes, too.
    eventually(lambda: swept_clean(stack, project, upload), bool, 10)
    assert api.in_use() == (1, size)
