"""`client.files` and its shorthands: lists, records, waiting and deletion, with both clients."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any, override

import pytest

from larder_client import (
    ApiError,
    AsyncClient,
    Client,
    ConnectionFailedError,
    FileResumeStore,
    WaitTimeoutError,
)
from tests.fakes.http_faults import Response, api_error, cut_after, respond_with
from tests.fakes.larder_clients import Caller
from tests.fakes.larder_http import KEY, MIB, FakeLarder
from tests.fakes.larder_transports import InProcess

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx

    from tests.fakes.http_faults import Request

DATA = b"x" * 1_000

SHORTHANDS = {
    "put": "upload",
    "get": "download",
    "get_to": "download_to",
    "read": "content",
    "file": "retrieve",
    "page": "page",
    "delete": "delete",
    "wait": "wait_for_processing",
    "validation": "validation",
}


@pytest.fixture
def fake() -> FakeLarder:
    return FakeLarder()


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def larder(fake: FakeLarder, request: pytest.FixtureRequest) -> Caller:
    return Caller(fake, asynchronous=request.param)


@pytest.mark.parametrize("client", [Client, AsyncClient])
@pytest.mark.parametrize(("shorthand", "method"), SHORTHANDS.items())
def test_a_shorthand_of_the_client_is_a_method_of_its_files(
    client: type[Any], shorthand: str, method: str
) -> None:
    files = type(client("http://larder.test/v1", KEY).files)

    assert getattr(client, shorthand).__wrapped__ is getattr(files, method)


def test_the_namespace_has_the_words_of_the_openai_sdk(
    larder: Caller, fake: FakeLarder, tmp_path: Path
) -> None:
    (tmp_path / "a.bin").write_bytes(DATA)

    uploaded = larder.call("files.upload", tmp_path / "a.bin", purpose="user_data").file
    waited = larder.call("files.wait_for_processing", uploaded.id, within=1)
    downloaded = larder.call("files.download", uploaded.id, tmp_path / "b.bin")

    assert waited == larder.call("files.retrieve", uploaded.id) == uploaded
    assert downloaded.path.read_bytes() == larder.call("files.content", uploaded.id) == DATA
    assert larder.call("files.delete", uploaded.id).deleted
    assert not fake.files


def test_a_file_is_downloaded_to_a_stream(larder: Caller, fake: FakeLarder) -> None:
    stream = io.BytesIO()

    downloaded = larder.call("files.download_to", fake.add_file(DATA), stream)

    assert stream.getvalue() == DATA
    assert (downloaded.path, downloaded.verified) == (None, "sha256")


def test_a_former_keyword_still_resumes_an_upload(
    larder: Caller, fake: FakeLarder, tmp_path: Path
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(DATA * 5_000)
    store = FileResumeStore(tmp_path / "uploads")
    fake.fault("PUT .*", cut_after(10), times=100)
    with pytest.raises(ConnectionFailedError):
        larder.call("put", path, purpose="user_data", journal=store)
    fake.faults.clear()

    larder.call("put", path, purpose="user_data", journal=store)

    assert [upload.status for upload in fake.uploads.values()] == ["completed"]


def test_files_is_short_for_its_list(larder: Caller, fake: FakeLarder) -> None:
    ids = [fake.add_file(b"") for _ in range(3)]

    assert [file.id for file in larder.listed("files.list", page_size=2)] == ids[::-1]
    assert [file.id for file in larder.listed("files", page_size=2)] == ids[::-1]


class Gate(InProcess):
    """Holds back the bytes of all files until those of one are requested."""

    def __init__(self, fake: FakeLarder, opener: str) -> None:
        super().__init__(fake)
        self._opener = opener
        self._open = asyncio.Event()

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == f"/s3/{self._opener}":
            self._open.set()
        if request.url.path.startswith("/s3/"):
            await self._open.wait()
        return await super().handle_async_request(request)


def test_downloads_of_one_client_for_asyncio_do_not_wait_for_each_other(
    fake: FakeLarder, tmp_path: Path
) -> None:
    names = [f"{number}.bin" for number in range(5)]
    *held, last = [fake.add_file(DATA * 5_000, name) for name in names]
    assert fake.files[last]["bytes"] > 4 * MIB

    async def fetch_all() -> None:
        gate = Gate(fake, opener=last)
        async with (
            AsyncClient(fake.base_url, KEY, transport=gate) as larder,
            asyncio.timeout(30),
            asyncio.TaskGroup() as tasks,
        ):
            for file_id in held:
                tasks.create_task(larder.files.download(file_id, tmp_path))
            # Let their connections begin to wait for ranges.
            await asyncio.sleep(0.2)
            tasks.create_task(larder.files.download(last, tmp_path))

    asyncio.run(fetch_all())

    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_all_files_are_listed_newest_first_over_several_pages(
    larder: Caller, fake: FakeLarder
) -> None:
    ids = [fake.add_file(b"", purpose="batch" if n % 2 else "evals") for n in range(7)]

    assert [file.id for file in larder.files(page_size=3)] == ids[::-1]
    assert [file.id for file in larder.files(purpose="batch", page_size=2)] == ids[5::-2]


def test_a_page_has_up_to_limit_files_after_an_id(larder: Caller, fake: FakeLarder) -> None:
    ids = [fake.add_file(b"") for _ in range(4)]

    page = larder.page(limit=2, after=ids[3])

    assert [file.id for file in page.data] == [ids[2], ids[1]]
    assert page.has_more


def test_wait_returns_the_file_once_it_is_validated(larder: Caller, fake: FakeLarder) -> None:
    file_id = fake.add_file(b"", status="error")
    pending = {**fake.files[file_id], "status": "uploaded"}

    def not_yet(_: Request, normal: Callable[[Request], Response]) -> Response:
        settled, fake.files[file_id] = fake.files[file_id], pending
        answer = normal(_)
        fake.files[file_id] = settled
        return answer

    fake.fault("GET /v1/files/.*", not_yet, times=3)

    assert larder.wait(file_id).status == "error"
    assert larder.pauses == [0.3, pytest.approx(0.45), pytest.approx(0.675)]


def test_wait_ends_after_its_timeout(larder: Caller, fake: FakeLarder) -> None:
    file_id = fake.add_file(b"", status="uploaded")

    with pytest.raises(WaitTimeoutError, match="not validated after 60 seconds"):
        larder.wait(file_id, within=60)

    assert 60 <= sum(larder.pauses) <= 65


def test_a_deleted_file_is_gone(larder: Caller, fake: FakeLarder) -> None:
    file_id = fake.add_file(b"")

    assert larder.delete(file_id).deleted

    with pytest.raises(ApiError, match="not found"):
        larder.read(file_id)


def test_a_temporary_error_of_the_server_is_retried(larder: Caller, fake: FakeLarder) -> None:
    file_id = fake.add_file(DATA)
    fake.fault("GET .*", respond_with(Response(502, {}, [b"<html>"])), times=1)
    fake.fault(
        "GET .*", respond_with(api_error(429, "Slow down.", **{"Retry-After": "7"})), times=1
    )

    assert larder.read(file_id) == DATA
    assert larder.pauses == [pytest.approx(0.5, rel=0.25), 7.0]


def test_a_refused_key_is_not_retried(fake: FakeLarder) -> None:
    caller = Caller(fake, asynchronous=False, key="zk_live_wrong")

    with pytest.raises(ApiError, match="Incorrect API key") as refused:
        caller.page()

    assert refused.value.code == "invalid_api_key"
    assert len(fake.requests) == 1
