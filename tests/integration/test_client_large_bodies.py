"""The OpenAI SDK's large requests, sent to S3 over connections that fail, blocking and asyncio."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from larder_client import ApiError, ConnectionFailedError, TransferError, UploadEndedError
from larder_client._async.large_bodies import AsyncLargeBodies
from larder_client._sync.large_bodies import LargeBodies
from tests.fakes.http_faults import Response, api_error, cut_after, respond_with, response_lost
from tests.fakes.larder_http import KEY, MIB, PART_SIZE, FakeLarder
from tests.fakes.larder_transports import InProcess

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.http_faults import Effect

MEDIUM, LARGE = 3 * MIB, 9 * PART_SIZE + 1
ANY_PART = "PUT /s3/upload_.*/.*"


@dataclass
class Sdk:
    """Sends what the SDK would; several requests share one `http_client`."""

    fake: FakeLarder
    asynchronous: bool
    pauses: list[float] = field(default_factory=list)

    def send(self, *requests: httpx.Request) -> list[Any]:
        """Return the answer to each request, or the error that it raised."""
        if self.asynchronous:
            return asyncio.run(self._awaited(requests))
        bodies = LargeBodies(4, 2, self.pauses.append, transport=InProcess(self.fake))
        answers: list[Any] = []
        for request in requests:
            try:
                answers.append(bodies.answer(_with_ids(request, answers)))
            except Exception as error:  # noqa: BLE001 - the test looks at it
                answers.append(error)
        bodies.close()
        return answers

    async def _awaited(self, requests: tuple[httpx.Request, ...]) -> list[Any]:
        async def pause(seconds: float) -> None:
            self.pauses.append(seconds)

        bodies = AsyncLargeBodies(4, 2, pause, transport=InProcess(self.fake))
        answers: list[Any] = []
        for request in requests:
            try:
                answers.append(await bodies.answer(_with_ids(request, answers)))
            except Exception as error:  # noqa: BLE001 - the test looks at it
                answers.append(error)
        await bodies.close()
        return answers


def _with_ids(request: httpx.Request, answers: list[Any]) -> httpx.Request:
    """Name the parts so far in a request that completes an upload, unless it names others."""
    if not request.url.path.endswith("/complete"):
        return request
    ids = [answer["id"] for answer in answers if isinstance(answer, dict)]
    fields = {"part_ids": ids} | json.loads(request.read())
    return httpx.Request("POST", request.url, headers={"Authorization": _BEARER}, json=fields)


_BEARER = f"Bearer {KEY}"


def post(path: str, **body: Any) -> httpx.Request:
    url = f"http://larder.test/v1/{path}"
    return httpx.Request("POST", url, headers={"Authorization": _BEARER}, **body)


def create(data: bytes | io.RawIOBase, **fields: str) -> httpx.Request:
    form = {"purpose": "user_data"} | fields
    return post("files", data=form, files={"file": ("a.jsonl", data, "application/jsonl")})


def part(upload_id: str, data: bytes) -> httpx.Request:
    return post(f"uploads/{upload_id}/parts", files={"data": data})


def complete(upload_id: str, **fields: Any) -> httpx.Request:
    return post(f"uploads/{upload_id}/complete", json=fields)


class Endless(io.RawIOBase):
    """A file whose length nobody knows before it ends: a pipe."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._data.readinto(buffer)


def data_of(size: int) -> bytes:
    # Bytes that a careless reader of forms would trip over.
    return (b"\r\n--" + hashlib.shake_128(b"any").digest(5_000) + b"\r\n\r\n")[:size] * (
        size // 5_008
    ) + bytes(size - (5_008 * (size // 5_008)))


@pytest.fixture
def fake() -> FakeLarder:
    return FakeLarder()


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def sdk(fake: FakeLarder, request: pytest.FixtureRequest) -> Sdk:
    return Sdk(fake, asynchronous=request.param)


@pytest.fixture
def upload_of(fake: FakeLarder) -> Callable[[int], str]:
    """Create an upload, as the SDK does before it sends parts."""

    def create_upload(size: int) -> str:
        with httpx.Client(transport=InProcess(fake)) as client:
            announced = {
                "filename": "a.jsonl",
                "purpose": "batch",
                "bytes": size,
                "mime_type": "application/jsonl",
            }
            answer = client.send(post("uploads", json=announced)).json()
        upload_id: str = answer["id"]
        return upload_id

    return create_upload


def stored(fake: FakeLarder) -> bytes:
    [file_id] = fake.files
    return fake.s3.contents[file_id]


def test_what_the_api_takes_is_left_to_it(sdk: Sdk, fake: FakeLarder) -> None:
    requests = (
        create(b"small"),
        part("upload_1", b"small"),
        complete("upload_1"),
        post("uploads/upload_1/cancel", json={}),
        post("batches", json={}),
        post("files/file-1/content", content=bytes(3 * MIB)),
    )

    assert sdk.send(*requests) == [None] * len(requests)
    assert not fake.requests


@pytest.mark.parametrize("size", [MEDIUM, LARGE, 10 * PART_SIZE])
def test_a_large_file_goes_straight_to_s3(sdk: Sdk, fake: FakeLarder, size: int) -> None:
    expiry = {"expires_after[anchor]": "created_at", "expires_after[seconds]": "7200"}

    [file] = sdk.send(create(data_of(size), **expiry))

    [upload] = fake.uploads.values()
    assert upload.announced == {
        "filename": "a.jsonl",
        "purpose": "user_data",
        "bytes": size,
        "mime_type": "application/jsonl",
        "expires_after": {"anchor": "created_at", "seconds": 7200},
    }
    assert file["object"] == "file"
    assert file["bytes"] == size
    assert "sha256" not in file
    assert stored(fake) == data_of(size)


def test_a_file_whose_length_is_unknown_is_sent_like_any_other(sdk: Sdk, fake: FakeLarder) -> None:
    request = create(Endless(data_of(LARGE)))
    assert "content-length" not in request.headers

    [file] = sdk.send(request)

    assert file["bytes"] == LARGE
    assert stored(fake) == data_of(LARGE)


@pytest.mark.parametrize("effect", [cut_after(PART_SIZE // 2), response_lost])
def test_a_part_is_sent_again_after_a_lost_connection(
    sdk: Sdk, fake: FakeLarder, effect: Effect
) -> None:
    fake.fault("PUT /s3/upload_.*/3", effect, times=2)

    [file] = sdk.send(create(data_of(LARGE)))

    assert stored(fake) == data_of(LARGE)
    assert file["bytes"] == LARGE


def test_refused_urls_are_replaced(sdk: Sdk, fake: FakeLarder) -> None:
    fake.fault(ANY_PART, respond_with(Response(403)), times=3)

    [file] = sdk.send(create(data_of(LARGE)))

    assert file["bytes"] == LARGE
    assert stored(fake) == data_of(LARGE)


@pytest.mark.parametrize(
    ("request_line", "effect", "error"),
    [
        (ANY_PART, response_lost, ConnectionFailedError),
        (ANY_PART, respond_with(Response(403)), TransferError),
        ("POST /v1/uploads", respond_with(api_error(400, "The quota is full.")), ApiError),
        (".*/complete", respond_with(api_error(400, "Too large.")), ApiError),
    ],
)
def test_a_file_that_cannot_be_stored_leaves_nothing_behind(
    sdk: Sdk, fake: FakeLarder, request_line: str, effect: Effect, error: type[Exception]
) -> None:
    fake.fault(request_line, effect, times=100)

    [failure] = sdk.send(create(data_of(LARGE)))

    assert isinstance(failure, error)
    assert not fake.files
    assert all(upload.status == "cancelled" for upload in fake.uploads.values())


def test_a_field_after_the_file_is_refused(sdk: Sdk, fake: FakeLarder) -> None:
    files = {"file": ("a.jsonl", data_of(LARGE)), "other": ("b", b"more")}

    [failure] = sdk.send(post("files", data={"purpose": "batch"}, files=files))

    assert isinstance(failure, TransferError)
    assert not fake.files
    assert [upload.status for upload in fake.uploads.values()] == ["cancelled"]


@pytest.mark.parametrize("step", [PART_SIZE, 2 * MIB + 1, 4 * MIB])
def test_parts_of_any_size_go_straight_to_s3(
    sdk: Sdk, fake: FakeLarder, upload_of: Callable[[int], str], step: int
) -> None:
    upload_id, data = upload_of(LARGE), data_of(LARGE)
    first = part(upload_id, data[: 2 * MIB + 1])
    rest = data[2 * MIB + 1 :]
    parts = [part(upload_id, rest[i : i + step]) for i in range(0, len(rest), step)]
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()

    *sent, upload = sdk.send(first, *parts, complete(upload_id, md5=md5))

    assert {answer["upload_id"] for answer in sent} == {upload_id}
    assert (upload["status"], upload["file"]["bytes"]) == ("completed", LARGE)
    assert stored(fake) == data
    assert not fake.requests_matching("POST .*/parts")


def test_a_part_that_the_sdk_repeats_counts_once(
    sdk: Sdk, fake: FakeLarder, upload_of: Callable[[int], str]
) -> None:
    upload_id, data = upload_of(LARGE), data_of(LARGE)
    fake.fault(ANY_PART, response_lost, times=5 * 3)
    first, second = data[: 3 * MIB], data[3 * MIB :]

    lost, *sent, upload = sdk.send(
        part(upload_id, first), part(upload_id, first), part(upload_id, second), complete(upload_id)
    )

    assert isinstance(lost, ConnectionFailedError)
    assert len(sent) == 2
    assert upload["status"] == "completed"
    assert stored(fake) == data


@pytest.mark.parametrize(
    "wanted", [{"part_ids": ["part_2", "part_1"]}, {"part_ids": []}, {"md5": "0" * 32}]
)
def test_another_order_or_digest_is_refused_and_may_be_corrected(
    sdk: Sdk, fake: FakeLarder, upload_of: Callable[[int], str], wanted: dict[str, Any]
) -> None:
    upload_id, data = upload_of(LARGE), data_of(LARGE)

    _, failure, upload = sdk.send(
        part(upload_id, data), complete(upload_id, **wanted), complete(upload_id)
    )

    assert isinstance(failure, TransferError)
    assert upload["status"] == "completed"
    assert stored(fake) == data


def test_more_bytes_than_announced_are_refused(
    sdk: Sdk, fake: FakeLarder, upload_of: Callable[[int], str]
) -> None:
    upload_id, data = upload_of(LARGE), data_of(LARGE)

    first, failure, upload = sdk.send(
        part(upload_id, data), part(upload_id, b"more"), complete(upload_id)
    )

    assert first["object"] == "upload.part"
    assert isinstance(failure, TransferError)
    assert upload["status"] == "completed"
    assert stored(fake) == data


def test_fewer_bytes_than_announced_are_no_file(
    sdk: Sdk, fake: FakeLarder, upload_of: Callable[[int], str]
) -> None:
    upload_id = upload_of(LARGE)

    _, failure = sdk.send(part(upload_id, data_of(3 * MIB)), complete(upload_id))

    assert isinstance(failure, ApiError)
    assert failure.code == "upload_incomplete"
    assert not fake.files


def test_parts_of_an_upload_that_has_ended_are_refused(
    sdk: Sdk, upload_of: Callable[[int], str]
) -> None:
    upload_id = upload_of(LARGE)
    cancel = post(f"uploads/{upload_id}/cancel", json={})
    with httpx.Client(transport=InProcess(sdk.fake)) as client:
        client.send(cancel)

    passed, failure = sdk.send(cancel, part(upload_id, data_of(3 * MIB)))

    assert passed is None
    assert isinstance(failure, UploadEndedError)
