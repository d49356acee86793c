"""Downloads over connections that fail, with both clients."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from threading import Event
from typing import TYPE_CHECKING

import pytest

from larder_client import (
    ApiError,
    ChecksumError,
    ConnectionFailedError,
    DestinationError,
    TransferError,
)
from larder_client.transfer.ranges import MIN_SPLIT, RangeQueue
from tests.fakes.http_faults import Response, respond_with, response_cut_after, s3_error
from tests.fakes.larder_clients import Caller, Watch
from tests.fakes.larder_http import MIB, FakeLarder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from larder_client.transfer.ranges import Range
    from tests.fakes.http_faults import Request

SMALL, LARGE = 1_000, 5 * MIB
SHARED = 2 * MIN_SPLIT
FROM_S3 = "GET /s3/.*"


@pytest.fixture
def fake() -> FakeLarder:
    return FakeLarder()


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def larder(fake: FakeLarder, request: pytest.FixtureRequest) -> Caller:
    return Caller(fake, asynchronous=request.param)


class SharedRangeQueue(RangeQueue):
    """Other connections take ranges at once; no byte arrives before the first of them did."""

    def __init__(self, gaps: list[tuple[int, int]]) -> None:
        super().__init__(gaps, ramp=0)
        self._shared = Event()

    def offer(self) -> Range | None:
        piece = super().offer()
        if len(self._running) > 1:
            self._shared.set()
        return piece

    def advance(self, piece: Range, count: int) -> int:
        assert self._shared.wait(timeout=60), "no other connection took a range"
        return super().advance(piece, count)


@cache
def data_of(size: int) -> bytes:
    return hashlib.shake_128(b"any").digest(size)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("size", [0, 1, SMALL, LARGE])
def test_a_file_is_downloaded_under_its_name_and_verified(
    larder: Caller, fake: FakeLarder, tmp_path: Path, size: int
) -> None:
    file_id = fake.add_file(data_of(size), "results.jsonl")
    watch = Watch()

    received = larder.get(file_id, tmp_path, progress=watch)

    assert received.path == tmp_path / "results.jsonl"
    assert received.verified == "sha256"
    assert received.path.read_bytes() == data_of(size)
    assert left_in(tmp_path) == ["results.jsonl"]
    assert watch.phases == {"receiving": [size, size]}


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_without_a_sha256_the_md5_is_compared(
    larder: Caller, fake: FakeLarder, tmp_path: Path, size: int
) -> None:
    fake.shows_sha256 = False
    file_id = fake.add_file(data_of(size))

    assert larder.get(file_id, tmp_path).verified == "md5"


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("in_time", [True, False])
def test_a_sha256_that_larder_calculates_meanwhile_is_compared(
    larder: Caller, fake: FakeLarder, tmp_path: Path, *, size: int, in_time: bool
) -> None:
    def found_by_then(request: Request, normal: Callable[[Request], Response]) -> Response:
        fake.shows_sha256 = in_time
        return normal(request)

    fake.shows_sha256 = False
    file_id = fake.add_file(data_of(size), status="uploaded")
    fake.fault("GET /v1/files/[^/]*/content", found_by_then)

    received = larder.get(file_id, tmp_path)

    assert received.verified == ("sha256" if in_time else "md5")
    assert received.path is not None
    assert received.path.read_bytes() == data_of(size)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_stream_is_compared_with_the_sha256_that_larder_calculates_meanwhile(
    larder: Caller, fake: FakeLarder, size: int
) -> None:
    def found_by_then(request: Request, normal: Callable[[Request], Response]) -> Response:
        fake.shows_sha256 = True
        return normal(request)

    fake.shows_sha256 = False
    file_id = fake.add_file(data_of(size), status="uploaded")
    fake.s3.etags[file_id] = '"0123456789abcdef0123456789abcdef-5"'
    fake.digests[file_id] = "0" * 64
    fake.fault("GET /v1/files/[^/]*/content", found_by_then)

    with pytest.raises(ChecksumError, match="its sha256 is"):
        larder.read(file_id)


def test_an_etag_of_parts_is_not_compared_as_an_md5(
    larder: Caller, fake: FakeLarder, tmp_path: Path
) -> None:
    file_id = fake.add_file(data_of(LARGE))
    fake.s3.etags[file_id] = '"0123456789abcdef0123456789abcdef-5"'

    received = larder.get(file_id, tmp_path)

    assert received.verified == "sha256"
    assert received.file.sha256 == fake.digests[file_id]


def test_without_any_checksum_a_download_is_not_verified(
    larder: Caller, fake: FakeLarder, tmp_path: Path
) -> None:
    fake.shows_sha256 = False
    file_id = fake.add_file(data_of(LARGE))
    fake.s3.etags[file_id] = '"0123456789abcdef0123456789abcdef-5"'

    assert larder.get(file_id, tmp_path).verified is None


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("shows_sha256", [True, False])
def test_bytes_can_be_read_without_a_local_file(
    larder: Caller, fake: FakeLarder, *, size: int, shows_sha256: bool
) -> None:
    fake.shows_sha256 = shows_sha256

    assert larder.read(fake.add_file(data_of(size))) == data_of(size)


def test_the_key_goes_to_larder_and_never_to_s3(
    larder: Caller, fake: FakeLarder, tmp_path: Path
) -> None:
    source = tmp_path / "a.bin"
    source.write_bytes(data_of(LARGE))

    larder.get(larder.put(source).file.id, tmp_path / "b.bin")

    for request in fake.requests:
        keys = [name for name in ("authorization", "x-api-key") if name in request.headers]
        assert (keys == []) == request.path.startswith("/s3/"), request
    assert fake.requests_matching("GET /s3/.*")
    assert fake.requests_matching("PUT /s3/.*")


def test_several_connections_share_a_large_file(
    larder: Caller, fake: FakeLarder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("larder_client.transfer.download.RangeQueue", SharedRangeQueue)
    file_id = fake.add_file(data_of(SHARED))

    received = larder.get(file_id, tmp_path)

    assert received.path is not None
    assert received.path.read_bytes() == data_of(SHARED)
    assert received.verified == "sha256"
    assert len(fake.requests_matching(FROM_S3)) > 1


def test_connections_that_wait_for_work_do_not_block_others(
    larder: Caller, fake: FakeLarder, tmp_path: Path
) -> None:
    larder.parallel = 64
    file_id = fake.add_file(data_of(LARGE))

    assert larder.get(file_id, tmp_path).verified == "sha256"
    assert len(fake.requests_matching(FROM_S3)) == 1


def test_a_connection_that_drops_resumes_where_it_was(
    larder: Caller, fake: FakeLarder, tmp_path: Path
) -> None:
    file_id = fake.add_file(data_of(LARGE))
    fake.fault(FROM_S3, response_cut_after(MIB), times=4)
    watch = Watch()

    received = larder.get(file_id, tmp_path, progress=watch)

    assert received.path is not None
    assert received.path.read_bytes() == data_of(LARGE)
    ranges = [request.headers["range"] for request in fake.requests_matching(FROM_S3)]
    assert ranges == [f"bytes={start * MIB}-{LARGE - 1}" for start in range(5)]
    assert watch.phases == {"receiving": [LARGE, LARGE]}


def test_the_next_call_fetches_only_what_is_missing(
    larder: Caller, fake: FakeLarder, tmp_path: Path
) -> None:
    file_id = fake.add_file(data_of(LARGE), "a.bin")
    fake.fault(FROM_S3, response_cut_after(3 * MIB))
    fake.fault(FROM_S3, response_cut_after(0), times=9)
    with pytest.raises(ConnectionFailedError):
        larder.get(file_id, tmp_path)
    assert left_in(tmp_path) == ["a.bin.part", "a.bin.part.log"]
    fake.faults.clear()
    fake.requests.clear()

    received = larder.get(file_id, tmp_path)

    assert received.resumed == 3 * MIB
    assert received.verified == "sha256"
    assert received.path is not None
    assert received.path.read_bytes() == data_of(LARGE)
    [request] = fake.requests_matching(FROM_S3)
    assert request.headers["range"] == f"bytes={3 * MIB}-{LARGE - 1}"
    assert left_in(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("shows_sha256", [True, False])
def test_a_download_that_was_cut_off_after_its_last_byte_is_still_compared(
    larder: Caller, fake: FakeLarder, tmp_path: Path, *, shows_sha256: bool
) -> None:
    fake.shows_sha256 = shows_sha256
    file_id = fake.add_file(data_of(LARGE), "a.bin")
    (tmp_path / "a.bin.part").write_bytes(b"x" + data_of(LARGE)[1:])
    log = f"{fake.base_url} {file_id} {LARGE}\n0 {LARGE}\n"
    (tmp_path / "a.bin.part.log").write_text(log)

    with pytest.raises(ChecksumError, match="arrived damaged"):
        larder.get(file_id, tmp_path)


def test_an_expired_url_is_replaced(larder: Caller, fake: FakeLarder, tmp_path: Path) -> None:
    def cut_and_too_late(request: Request, normal: Callable[[Request], Response]) -> Response:
        answer = response_cut_after(MIB)(request, normal)
        fake.s3.make_stale()
        return answer

    file_id = fake.add_file(data_of(LARGE))
    fake.fault(FROM_S3, cut_and_too_late)

    received = larder.get(file_id, tmp_path)

    assert received.path is not None
    assert received.path.read_bytes() == data_of(LARGE)


def test_a_download_fails_when_s3_refuses_all_urls(
    larder: Caller, fake: FakeLarder, tmp_path: Path
) -> None:
    file_id = fake.add_file(data_of(LARGE))
    fake.fault(FROM_S3, respond_with(s3_error(403, "AccessDenied", "")), times=99)

    with pytest.raises(TransferError, match="S3 does not serve"):
        larder.get(file_id, tmp_path)

    assert len(fake.requests_matching(FROM_S3)) == 3


def test_a_file_that_is_deleted_meanwhile_is_not_found(
    larder: Caller, fake: FakeLarder, tmp_path: Path
) -> None:
    def deleted(_: Request, __: Callable[[Request], Response]) -> Response:
        fake.files.clear()
        return s3_error(403, "AccessDenied", "")

    file_id = fake.add_file(data_of(LARGE))
    fake.fault(FROM_S3, deleted)

    with pytest.raises(ApiError) as refused:
        larder.get(file_id, tmp_path)

    assert refused.value.status == 404


@pytest.mark.parametrize("content_range", [None, "bytes 0-9/20", f"bytes 5-9/{LARGE}"])
def test_another_range_than_requested_is_refused(
    larder: Caller, fake: FakeLarder, tmp_path: Path, content_range: str | None
) -> None:
    def other(request: Request, normal: Callable[[Request], Response]) -> Response:
        answer = normal(request)
        headers = {} if content_range is None else {"content-range": content_range}
        return Response(200 if content_range is None else 206, headers, answer.body)

    file_id = fake.add_file(data_of(LARGE))
    fake.fault(FROM_S3, response_cut_after(MIB))
    fake.fault(FROM_S3, other)

    with pytest.raises(TransferError, match="another range"):
        larder.get(file_id, tmp_path)


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("shows_sha256", [True, False])
def test_a_damaged_file_is_not_kept(
    larder: Caller, fake: FakeLarder, tmp_path: Path, *, size: int, shows_sha256: bool
) -> None:
    fake.shows_sha256 = shows_sha256
    file_id = fake.add_file(data_of(size))
    fake.s3.contents[file_id] = b"x" + data_of(size)[1:]

    with pytest.raises(ChecksumError, match="arrived damaged"):
        larder.get(file_id, tmp_path)

    assert left_in(tmp_path) == []


def test_an_incomplete_small_file_is_not_kept(
    larder: Caller, fake: FakeLarder, tmp_path: Path
) -> None:
    fake.shows_sha256 = False
    file_id = fake.add_file(data_of(SMALL))
    fake.fault("GET .*/content", respond_with(Response(200, {}, [data_of(SMALL - 1)])))

    with pytest.raises(TransferError, match="999 arrived"):
        larder.get(file_id, tmp_path)

    assert not (tmp_path / "a.bin").exists()


def test_an_existing_file_is_not_replaced(larder: Caller, fake: FakeLarder, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_text("mine")
    file_id = fake.add_file(data_of(SMALL), "a.bin")

    with pytest.raises(DestinationError, match=r"a\.bin already exists"):
        larder.get(file_id, tmp_path)

    assert (tmp_path / "a.bin").read_text() == "mine"


def test_an_existing_file_is_replaced_on_request(
    larder: Caller, fake: FakeLarder, tmp_path: Path
) -> None:
    (tmp_path / "a.bin").write_text("mine")
    file_id = fake.add_file(data_of(SMALL), "a.bin")

    larder.get(file_id, tmp_path, overwrite=True)

    assert (tmp_path / "a.bin").read_bytes() == data_of(SMALL)


def test_only_a_regular_file_is_ever_replaced(
    larder: Caller, fake: FakeLarder, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    file_id = fake.add_file(data_of(SMALL))

    with pytest.raises(DestinationError, match="not a regular file"):
        larder.get(file_id, tmp_path / "pipe", overwrite=True)


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/etc/evil",
        "..\\evil",
        "C:\\evil",
        "a/../../evil",
        "..",
        ".",
        "",
        "evil\x00",
        "evil\n",
        "e" * 256,
    ],
)
def test_no_name_from_the_server_leads_out_of_the_folder(
    larder: Caller, fake: FakeLarder, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "a/b"
    folder.mkdir(parents=True)
    file_id = fake.add_file(data_of(SMALL), name)

    received = larder.get(file_id, folder)

    assert received.path is not None
    assert received.path.parent == folder
    assert left_in(folder) in (["evil"], [file_id])
    assert left_in(tmp_path) == ["a"]
    assert left_in(tmp_path / "a") == ["b"]


def test_a_file_with_the_longest_name_can_be_downloaded(
    larder: Caller, fake: FakeLarder, tmp_path: Path
) -> None:
    file_id = fake.add_file(data_of(LARGE), "e" * 255)

    larder.get(file_id, tmp_path)

    assert left_in(tmp_path) == ["e" * 255]


def test_a_missing_folder_is_not_created(larder: Caller, fake: FakeLarder, tmp_path: Path) -> None:
    file_id = fake.add_file(data_of(SMALL))

    with pytest.raises(DestinationError, match="There is no folder"):
        larder.get(file_id, tmp_path / "nowhere/a.bin")


@pytest.mark.parametrize("given_id", ["file-0", "..", "../usage", "", "a/b?c#d", "ä"])
def test_an_invalid_id_is_not_found(
    larder: Caller, fake: FakeLarder, tmp_path: Path, given_id: str
) -> None:
    with pytest.raises(ApiError) as refused:
        larder.get(given_id, tmp_path)

    assert refused.value.status == 404
    [request] = fake.requests
    assert request.path.startswith("/v1/files/")
