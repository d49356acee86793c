"""Files above the threshold are uploaded in parts, straight to S3, and survive interruptions."""

from __future__ import annotations

import hashlib
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.e2e.api import assert_refused, eventually
from tests.e2e.parts import (
    MIB,
    PART_SIZE,
    complete,
    file_id_of,
    open_multiparts,
    outlive,
    part_of,
    put_parts,
    sweep,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.api import Api, Json
    from tests.e2e.projects import NewProject, Project
    from tests.e2e.stack import Stack

SIZE = 70 * MIB + 1
LAST = 5


@pytest.fixture(scope="module")
def data() -> bytes:
    return os.urandom(SIZE)


@pytest.fixture
def project(new_project: NewProject) -> Project:
    """A project of the test's own, so that its usage is exactly what the test made."""
    return new_project()


@pytest.fixture
def api(project: Project) -> Iterator[Api]:
    with project.api() as api:
        yield api


def looked_at(api: Api, upload: Json) -> Json:
    return api.json("GET", f"/uploads/{upload['id']}")


def url_of(upload: Json, number: int) -> str:
    url: str = next(p["url"] for p in upload["transfer"]["parts"] if p["part_number"] == number)
    return url


def test_parts_sent_in_parallel_become_one_file_with_the_announced_bytes(
    api: Api, project: Project, stack: Stack, data: bytes
) -> None:
    digest = hashlib.sha256(data).hexdigest()
    life = {"anchor": "created_at", "seconds": 7200}
    upload = api.create_upload(SIZE, filename="large.bin", sha256=digest, expires_after=life)
    transfer = upload["transfer"]
    assert (transfer["method"], transfer["part_size"]) == ("PUT", PART_SIZE)
    assert [part["part_number"] for part in transfer["parts"]] == [1, 2, 3, 4, 5]
    assert api.usage()["bytes"] == {"used": 0, "reserved": SIZE, "limit": 256 * MIB}

    put_parts(api, transfer, data)
    answer = complete(api, upload)

    assert answer.status_code == 200, answer.text
    file = answer.json()["file"]
    assert (file["id"], file["bytes"], file["filename"]) == (file_id_of(upload), SIZE, "large.bin")
    assert file["expires_at"] == file["created_at"] + 7200
    assert api.usage()["bytes"] == {"used": SIZE, "reserved": 0, "limit": 256 * MIB}
    assert api.usage()["files"]["used"] == 1
    assert api.settled(file["id"])["status"] == "processed"
    content = api.content(file["id"], follow_redirects=True)
    assert hashlib.sha256(content.content).hexdigest() == digest
    assert open_multiparts(stack, project, upload) == []
    for method, path in [("GET", ""), ("HEAD", "/content")]:
        answer = api.send(method, f"/files/{file['id']}{path}")
        assert answer.headers["larder-sha256"] == digest


def test_a_connection_cut_in_the_middle_of_a_part_leaves_nothing_of_it(
    api: Api, data: bytes
) -> None:
    upload = api.create_upload(SIZE)
    put_parts(api, upload["transfer"], data, [1, 3, 4, LAST])
    url = urlsplit(url_of(upload, 2))
    with socket.create_connection((url.hostname or "", url.port or 80)) as connection:
        connection.sendall(
            f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\n"
            f"Content-Length: {PART_SIZE}\r\n\r\n".encode()
        )
        connection.sendall(part_of(data, 2)[: PART_SIZE // 2])

    assert_refused(complete(api, upload), 400, code="upload_incomplete", says="part 2")
    transfer = looked_at(api, upload)["transfer"]
    assert [part["part_number"] for part in transfer["parts"]] == [2]
    put_parts(api, transfer, data)
    assert complete(api, upload).json()["status"] == "completed"
    content = api.content(file_id_of(upload), follow_redirects=True).content
    assert hashlib.sha256(content).digest() == hashlib.sha256(data).digest()


@pytest.mark.parametrize("size", [0, 10 * MIB, PART_SIZE - 1, PART_SIZE + 1])
def test_a_part_of_another_size_is_refused_by_s3(api: Api, data: bytes, size: int) -> None:
    upload = api.create_upload(SIZE)

    refused = api.client.put(url_of(upload, 1), content=data[:size])

    assert refused.status_code in {400, 403}
    assert looked_at(api, upload)["transfer"]["arrived"] == []


def test_a_parts_url_works_for_no_other_part_and_no_other_operation(api: Api, data: bytes) -> None:
    upload = api.create_upload(SIZE)
    url = url_of(upload, 1)
    assert "partNumber=1" in url

    other_part = api.client.put(url.replace("partNumber=1", "partNumber=2"), content=data[:MIB])
    other_operations = [api.client.request(method, url) for method in ("GET", "POST", "DELETE")]

    assert {answer.status_code for answer in [other_part, *other_operations]} == {403}
    assert looked_at(api, upload)["transfer"]["arrived"] == []


def test_after_completion_a_parts_url_changes_nothing(api: Api, data: bytes) -> None:
    upload = api.create_upload(SIZE)
    put_parts(api, upload["transfer"], data)
    first = complete(api, upload)

    late = api.client.put(url_of(upload, 1), content=part_of(data, 2))

    assert first.status_code == 200, first.text
    assert (late.status_code, "NoSuchUpload" in late.text) == (404, True)
    ranged = api.content(file_id_of(upload), headers={"Range": "bytes=0-99"}, follow_redirects=True)
    assert (ranged.status_code, ranged.content) == (206, data[:100])
    assert complete(api, upload).json()["file"]["id"] == first.json()["file"]["id"]
    assert api.in_use() == (1, SIZE)


def test_concurrent_completions_make_one_file_and_get_one_answer(api: Api, data: bytes) -> None:
    upload = api.create_upload(SIZE)
    put_parts(api, upload["transfer"], data)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: complete(api, upload), range(6)))

    assert [answer.status_code for answer in answers] == [200] * 6, [it.text for it in answers]
    assert {answer.json()["file"]["id"] for answer in answers} == {file_id_of(upload)}
    assert {answer.json()["status"] for answer in answers} == {"completed"}
    assert api.listed() == [file_id_of(upload)]
    assert api.in_use() == (1, SIZE)


def test_either_completing_or_cancelling_wins_and_quota_is_exact(
    api: Api, project: Project, stack: Stack, data: bytes
) -> None:
    upload = api.create_upload(SIZE)
    put_parts(api, upload["transfer"], data)

    def cancel() -> Any:
        return api.send("POST", f"/uploads/{upload['id']}/cancel")

    with ThreadPoolExecutor(2) as pool:
        cancelling, completing = pool.submit(cancel), pool.submit(complete, api, upload)
        cancelled, completed = cancelling.result(), completing.result()

    key = f"files/{project.id}/{file_id_of(upload)}"
    if completed.status_code == 200:
        assert_refused(cancelled, 409, code="upload_completed")
        assert api.in_use() == (1, SIZE)
        assert api.content(file_id_of(upload), follow_redirects=True).content == data
    else:
        assert cancelled.json()["status"] == "cancelled"
        assert completed.status_code in {400, 409}, completed.text
        assert api.in_use() == (0, 0)
        eventually(lambda: stack.stored(key), lambda stored: not stored)
        assert api.send("GET", f"/files/{file_id_of(upload)}").status_code == 404
    assert open_multiparts(stack, project, upload) == []


def test_cancelling_aborts_the_multipart_upload_at_once(
    api: Api, project: Project, stack: Stack, data: bytes
) -> None:
    upload = api.create_upload(SIZE)
    put_parts(api, upload["transfer"], data, [LAST])
    assert len(open_multiparts(stack, project, upload)) == 1

    cancelled = api.json("POST", f"/uploads/{upload['id']}/cancel")

    assert cancelled["status"] == "cancelled"
    assert open_multiparts(stack, project, upload) == []
    late = api.client.put(url_of(upload, LAST), content=part_of(data, LAST))
    assert (late.status_code, "NoSuchUpload" in late.text) == (404, True)
    assert_refused(complete(api, upload), 409, code="upload_cancelled")
    assert api.json("POST", f"/uploads/{upload['id']}/cancel") == cancelled
    assert api.in_use() == (0, 0)


def test_an_upload_that_outlives_its_hour_is_swept_away_with_its_parts(
    api: Api, project: Project, stack: Stack, data: bytes
) -> None:
    upload = api.create_upload(SIZE)
    put_parts(api, upload["transfer"], data)
    assert api.in_use() == (1, SIZE)

    outlive(stack, project, upload)

    assert looked_at(api, upload)["status"] == "expired"
    assert_refused(complete(api, upload), 409, code="upload_expired")

    def swept() -> list[Any]:
        sweep(stack)
        return open_multiparts(stack, project, upload)

    # The sweeper's index is updated a moment later.
    eventually(swept, lambda multiparts: not multiparts, 10)
    late = api.client.put(url_of(upload, 1), content=part_of(data, 1))
    assert (late.status_code, "NoSuchUpload" in late.text) == (404, True)
    sweep(stack)
    assert api.in_use() == (0, 0)
    assert api.usage()["bytes"]["reserved"] == 0
    assert not stack.stored(f"files/{project.id}/{file_id_of(upload)}")


def test_bytes_that_start_before_expiry_and_end_hours_after_it_become_the_file(
    api: Api, project: Project, stack: Stack
) -> None:
    upload = api.create_upload(2 * MIB)

    def slowly() -> Iterator[bytes]:
        yield b"\0" * MIB
        outlive(stack, project, upload)
        yield b"\0" * MIB

    sent = api.client.put(
        upload["transfer"]["url"], content=slowly(), headers=upload["transfer"]["headers"]
    )

    assert sent.status_code == 200, sent.text
    assert looked_at(api, upload)["status"] == "completed"
    assert api.settled(file_id_of(upload))["status"] == "processed"
    sweep(stack)
    assert api.in_use() == (1, 2 * MIB)
