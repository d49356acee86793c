"""Uploads over connections that fail, with both clients."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from larder_client import (
    ApiError,
    ChecksumError,
    ConnectionFailedError,
    FileChangedError,
    FileResumeStore,
    TransferError,
    UnexpectedAnswerError,
    UploadEndedError,
)
from tests.fakes.http_faults import (
    Response,
    api_error,
    cut_after,
    respond_with,
    response_lost,
    s3_error,
)
from tests.fakes.larder_clients import Caller, Watch
from tests.fakes.larder_http import MIB, PART_SIZE, FakeLarder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fakes.http_faults import Request

SMALL, MEDIUM, LARGE = 1_000, 3 * MIB, 9 * PART_SIZE + 1
PART = "PUT /s3/upload_.*/{}"
ANY_PART = "PUT /s3/upload_.*/.*"

OTHER_OPTIONS: dict[str, dict[str, Any]] = {
    "content": {},
    "purpose": {"purpose": "batch"},
    "expiry": {"expires_after": 3_600},
    "name": {"filename": "other.jsonl"},
    "folder": {"folder_id": "folder-1"},
}


@pytest.fixture
def fake() -> FakeLarder:
    return FakeLarder()


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def larder(fake: FakeLarder, request: pytest.FixtureRequest) -> Caller:
    return Caller(fake, asynchronous=request.param)


@pytest.fixture
def store(tmp_path: Path) -> FileResumeStore:
    return FileResumeStore(tmp_path / "state/larder/uploads")


@pytest.fixture
def a_file(tmp_path: Path) -> Callable[[int], Path]:
    def make(size: int, name: str = "requests.jsonl") -> Path:
        path = tmp_path / name
        path.write_bytes(data_of(size))
        return path

    return make


@cache
def data_of(size: int) -> bytes:
    return hashlib.shake_128(b"any").digest(size)


def numbers(fake: FakeLarder) -> list[int]:
    """Return the numbers of the parts that were sent, sorted."""
    return sorted(
        int(request.path.rpartition("/")[2]) for request in fake.requests_matching(ANY_PART)
    )


@pytest.mark.parametrize("size", [0, 1, SMALL])
def test_a_small_file_goes_in_one_request(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path], size: int
) -> None:
    sent = larder.put(a_file(size), purpose="batch")

    assert (sent.way, sent.file.filename, sent.file.purpose) == (
        "request",
        "requests.jsonl",
        "batch",
    )
    assert fake.s3.contents[sent.file.id] == data_of(size)
    assert len(fake.requests) == 1


def test_a_larger_file_goes_to_s3_by_one_put_with_its_checksum(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path]
) -> None:
    sent = larder.put(a_file(MEDIUM), expires_after=7_200, folder_id="folder-1")

    [upload] = fake.uploads.values()
    assert upload.announced == {
        "filename": "requests.jsonl",
        "purpose": "user_data",
        "bytes": MEDIUM,
        "mime_type": "application/jsonl",
        "expires_after": {"anchor": "created_at", "seconds": 7_200},
        "folder_id": "folder-1",
        "sha256": hashlib.sha256(data_of(MEDIUM)).hexdigest(),
    }
    assert sent.way == "put"
    assert fake.s3.contents[sent.file.id] == data_of(MEDIUM)


def test_the_largest_files_go_in_parts_of_exact_sizes(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path]
) -> None:
    watch = Watch()

    sent = larder.put(a_file(LARGE), progress=watch)

    assert sent.way == "parts"
    assert fake.s3.contents[sent.file.id] == data_of(LARGE)
    assert numbers(fake) == list(range(1, 11))
    assert watch.phases == {
        "checking": [LARGE, LARGE],
        "sending": [LARGE, LARGE],
        "joining": [0, 0],
    }


def test_the_checksum_is_left_out_on_request(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path]
) -> None:
    larder.put(a_file(LARGE), checksum=False)

    [upload] = fake.uploads.values()
    assert "sha256" not in upload.announced


def test_a_file_that_the_api_finds_too_large_goes_to_s3(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path]
) -> None:
    fake.fault(
        "POST /v1/files", respond_with(api_error(413, "Too large.", code="request_too_large"))
    )

    sent = larder.put(a_file(SMALL))

    assert sent.way == "put"
    assert fake.s3.contents[sent.file.id] == data_of(SMALL)


def test_a_part_is_retried_when_the_connection_drops_in_the_middle(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path]
) -> None:
    fake.fault(PART.format(3), cut_after(PART_SIZE // 2), times=2)
    watch = Watch()

    sent = larder.put(a_file(LARGE), progress=watch)

    assert fake.s3.contents[sent.file.id] == data_of(LARGE)
    assert numbers(fake) == [1, 2, 3, 3, 3, 4, 5, 6, 7, 8, 9, 10]
    assert watch.phases["sending"] == [LARGE, LARGE]
    assert len(larder.pauses) == 2


@pytest.mark.parametrize(
    "answer",
    [
        Response(500),
        s3_error(503, "SlowDown", "Please reduce your request rate."),
        s3_error(400, "RequestTimeout", "Your socket connection was not read from."),
    ],
    ids=["500", "slow down", "timeout"],
)
def test_a_part_is_retried_after_a_temporary_error_of_s3(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path], answer: Response
) -> None:
    fake.fault(PART.format(2), respond_with(answer))

    sent = larder.put(a_file(LARGE))

    assert fake.s3.contents[sent.file.id] == data_of(LARGE)


def test_the_next_call_sends_only_what_is_missing(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path], store: FileResumeStore
) -> None:
    path = a_file(LARGE)
    fake.fault(PART.format(7), cut_after(10), times=3)
    with pytest.raises(ConnectionFailedError, match=r"larder\.test dropped the connection"):
        larder.put(path, store)
    [upload] = fake.uploads.values()
    arrived = set(upload.parts)
    assert arrived
    fake.requests.clear()
    watch = Watch()

    sent = larder.put(path, store, progress=watch)

    assert numbers(fake) == [number for number in range(1, 11) if number not in arrived]
    assert sent.resumed == sum(upload.part_length(number) for number in arrived)
    assert fake.s3.contents[sent.file.id] == data_of(LARGE)
    assert len(fake.uploads) == 1
    assert watch.phases == {
        "checking": [sent.resumed] * 2,
        "sending": [LARGE, LARGE],
        "joining": [0, 0],
    }


def test_a_single_put_that_was_cut_off_is_repeated_for_the_same_upload(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path], store: FileResumeStore
) -> None:
    path = a_file(MEDIUM)
    fake.fault("PUT .*", cut_after(MIB), times=3)
    with pytest.raises(ConnectionFailedError):
        larder.put(path, store)

    sent = larder.put(path, store)

    assert fake.s3.contents[sent.file.id] == data_of(MEDIUM)
    assert len(fake.uploads) == 1


def test_a_put_whose_answer_was_lost_counts_as_stored(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path]
) -> None:
    fake.fault("PUT .*", response_lost)

    sent = larder.put(a_file(MEDIUM))

    assert fake.s3.contents[sent.file.id] == data_of(MEDIUM)
    assert len(fake.requests_matching("PUT .*")) == 2


def test_an_upload_that_is_already_completed_is_not_sent_again(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path], store: FileResumeStore
) -> None:
    path = a_file(LARGE)
    fake.fault("POST .*/complete", response_lost)
    fake.fault("POST .*/complete", cut_after(0), times=2)
    with pytest.raises(ConnectionFailedError):
        larder.put(path, store)
    fake.requests.clear()

    sent = larder.put(path, store)

    assert sent.file.id in fake.files
    assert [request.method for request in fake.requests] == ["GET"]


def test_another_client_may_complete_the_upload_meanwhile(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path]
) -> None:
    def faster(request: Request, normal: Callable[[Request], Response]) -> Response:
        [upload] = fake.uploads.values()
        data = data_of(LARGE)
        for number in upload.numbers:
            upload.parts[number] = data[(number - 1) * PART_SIZE : number * PART_SIZE]
        complete = f"/v1/uploads/{upload.id}/complete"
        normal(type(request)("POST", complete, {}, {"authorization": "Bearer zk_live_key"}))
        return normal(request)

    fake.fault(PART.format(1), faster)

    sent = larder.put(a_file(LARGE))

    assert fake.s3.contents[sent.file.id] == data_of(LARGE)


@pytest.mark.parametrize("size", [MEDIUM, LARGE])
def test_expired_urls_are_replaced(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path], size: int
) -> None:
    def too_late(request: Request, normal: Callable[[Request], Response]) -> Response:
        answer = normal(request)
        fake.s3.make_stale()
        return answer

    fake.fault("POST /v1/uploads", too_late)
    watch = Watch()

    sent = larder.put(a_file(size), progress=watch)

    assert fake.s3.contents[sent.file.id] == data_of(size)
    assert watch.phases["sending"] == [size, size]


def test_an_upload_fails_when_s3_refuses_all_urls(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path]
) -> None:
    fake.fault("PUT .*", respond_with(s3_error(403, "AccessDenied", "")), times=1_000)

    with pytest.raises(TransferError, match="even new ones"):
        larder.put(a_file(LARGE))

    assert [upload.status for upload in fake.uploads.values()] == ["cancelled"]


def test_a_part_that_changed_after_it_was_sent_starts_a_new_upload(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path], store: FileResumeStore
) -> None:
    path = a_file(LARGE)
    fake.fault(PART.format(7), cut_after(10), times=3)
    with pytest.raises(ConnectionFailedError):
        larder.put(path, store)
    before = path.stat()
    [upload] = fake.uploads.values()
    changed = bytearray(data_of(LARGE))
    changed[(min(upload.parts) - 1) * PART_SIZE] ^= 1
    path.write_bytes(changed)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    sent = larder.put(path, store)

    assert fake.s3.contents[sent.file.id] == changed
    assert [upload.status for upload in fake.uploads.values()] == ["cancelled", "completed"]


@pytest.mark.parametrize("change", OTHER_OPTIONS)
def test_other_options_start_a_new_upload_and_cancel_the_old_one(
    larder: Caller,
    fake: FakeLarder,
    a_file: Callable[[int], Path],
    store: FileResumeStore,
    change: str,
) -> None:
    path = a_file(LARGE)
    fake.fault("PUT .*", cut_after(10), times=100)
    with pytest.raises(ConnectionFailedError):
        larder.put(path, store)
    fake.faults.clear()
    if change == "content":
        path.write_bytes(data_of(LARGE + 1))

    sent = larder.put(path, store, **OTHER_OPTIONS[change])

    assert fake.s3.contents[sent.file.id] == path.read_bytes()
    assert [upload.status for upload in fake.uploads.values()] == ["cancelled", "completed"]


@pytest.mark.parametrize("status", ["expired", "cancelled", "unknown"])
def test_an_upload_that_has_ended_is_replaced_by_a_new_one(
    larder: Caller,
    fake: FakeLarder,
    a_file: Callable[[int], Path],
    store: FileResumeStore,
    status: str,
) -> None:
    path = a_file(LARGE)
    fake.fault("PUT .*", cut_after(10), times=100)
    with pytest.raises(ConnectionFailedError):
        larder.put(path, store)
    fake.faults.clear()
    [upload] = fake.uploads.values()
    upload.status = status
    if status == "unknown":
        fake.uploads.clear()

    sent = larder.put(path, store)

    assert fake.s3.contents[sent.file.id] == data_of(LARGE)


def test_an_upload_that_ends_meanwhile_is_an_error(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path]
) -> None:
    def expires(request: Request, normal: Callable[[Request], Response]) -> Response:
        [upload] = fake.uploads.values()
        upload.status = "expired"
        return normal(request)

    fake.fault(PART.format(5), expires)

    with pytest.raises(UploadEndedError, match="is expired: send the file again"):
        larder.put(a_file(LARGE))


def test_a_file_that_shrinks_while_it_is_sent_is_not_stored(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path]
) -> None:
    path = a_file(LARGE)

    def shrink(request: Request, normal: Callable[[Request], Response]) -> Response:
        os.truncate(path, 10)
        return normal(request)

    fake.fault("POST /v1/uploads", shrink)

    with pytest.raises(FileChangedError, match="changed while it was being sent"):
        larder.put(path)

    assert not fake.files
    assert [upload.status for upload in fake.uploads.values()] == ["cancelled"]


@pytest.mark.parametrize(("size", "error"), [(MEDIUM, ChecksumError), (LARGE, FileChangedError)])
def test_a_file_that_is_rewritten_while_it_is_sent_is_not_stored(
    larder: Caller,
    fake: FakeLarder,
    a_file: Callable[[int], Path],
    size: int,
    error: type[Exception],
) -> None:
    path = a_file(size)

    def rewrite(request: Request, normal: Callable[[Request], Response]) -> Response:
        path.write_bytes(b"x" * size)
        return normal(request)

    fake.fault("POST /v1/uploads", rewrite)

    with pytest.raises(error):
        larder.put(path)

    assert not fake.files
    assert [upload.status for upload in fake.uploads.values()] == ["cancelled"]


def test_without_a_sha256_a_part_that_arrived_damaged_is_noticed(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path]
) -> None:
    fake.fault(PART.format(4), respond_with(Response(200, {"etag": '"00"'})))

    with pytest.raises(ChecksumError, match="part 4"):
        larder.put(a_file(LARGE), checksum=False)

    assert [upload.status for upload in fake.uploads.values()] == ["cancelled"]


def test_without_a_sha256_a_put_that_arrived_damaged_is_noticed(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path]
) -> None:
    fake.fault("PUT /s3/upload_.*", respond_with(Response(200, {"etag": '"00"'})))

    with pytest.raises(ChecksumError, match="S3 stored other bytes than were sent"):
        larder.put(a_file(MEDIUM), checksum=False)

    assert not fake.files
    assert [upload.status for upload in fake.uploads.values()] == ["cancelled"]


@pytest.mark.parametrize("size", [MEDIUM, LARGE])
def test_a_file_without_a_sha256_is_read_once(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path], size: int
) -> None:
    watch = Watch()

    sent = larder.put(a_file(size), checksum=False, progress=watch)

    last = "joining" if size == LARGE else "checking"
    assert watch.phases == {"sending": [size, size], last: [0, 0]}
    assert fake.s3.contents[sent.file.id] == data_of(size)


@pytest.mark.parametrize("larger", [False, True])
def test_a_file_above_the_checksum_limit_is_not_read_twice(
    larder: Caller,
    fake: FakeLarder,
    a_file: Callable[[int], Path],
    monkeypatch: pytest.MonkeyPatch,
    *,
    larger: bool,
) -> None:
    monkeypatch.setattr("larder_client.transfer.upload.CHECKSUM_LIMIT", LARGE - larger)

    larder.put(a_file(LARGE))

    [upload] = fake.uploads.values()
    assert ("sha256" in upload.announced) is not larger


@pytest.mark.parametrize("size", [SMALL, MEDIUM])
def test_a_retry_after_a_lost_answer_has_the_same_idempotency_key(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path], size: int
) -> None:
    fake.fault("POST .*", response_lost)

    larder.put(a_file(size))

    first, second = [
        request for request in fake.requests if request.path.endswith(("files", "uploads"))
    ]
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


def test_a_refusal_is_raised_with_larders_message(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path]
) -> None:
    message = "The project's storage quota would be exceeded."
    fake.fault(
        "POST /v1/uploads", respond_with(api_error(400, message, code="storage_quota_exceeded"))
    )

    with pytest.raises(ApiError, match=message) as refused:
        larder.put(a_file(LARGE))

    assert (refused.value.status, refused.value.code) == (400, "storage_quota_exceeded")
    assert not larder.pauses


def test_a_permanent_conflict_is_not_retried(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path]
) -> None:
    conflict = api_error(409, "No.", code="idempotency_conflict", **{"x-should-retry": "false"})
    fake.fault("POST /v1/uploads", respond_with(conflict), times=9)

    with pytest.raises(ApiError, match=r"No\."):
        larder.put(a_file(LARGE))

    assert len(fake.requests) == 1


def test_a_refused_upload_is_not_resumed(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path], store: FileResumeStore
) -> None:
    path = a_file(LARGE)
    fake.fault("POST .*/complete", respond_with(api_error(400, "The sha256 differs.", code="x")))
    with pytest.raises(ApiError, match="The sha256 differs"):
        larder.put(path, store)

    sent = larder.put(path, store)

    assert fake.s3.contents[sent.file.id] == data_of(LARGE)
    assert [upload.status for upload in fake.uploads.values()] == ["cancelled", "completed"]


def test_an_upload_can_be_resumed_after_its_key_was_revoked(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path], store: FileResumeStore
) -> None:
    path = a_file(LARGE)
    fake.fault("POST .*/complete", respond_with(api_error(401, "Incorrect API key provided.")))
    with pytest.raises(ApiError, match="Incorrect API key"):
        larder.put(path, store)
    fake.requests.clear()

    sent = larder.put(path, store)

    assert numbers(fake) == []
    assert fake.s3.contents[sent.file.id] == data_of(LARGE)


@pytest.mark.parametrize(
    "answer",
    [
        Response(200, {}, [b"<html>"]),
        Response(200, {}, [b'{"id":"\xff"}']),
        Response(404, {}, [b"Not Page"]),
        Response(404, {}, [b'{"error":{"message":"\xff"}}']),
    ],
)
def test_an_answer_that_is_not_larders_hints_at_the_base_url(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path], answer: Response
) -> None:
    fake.fault("POST .*", respond_with(answer))

    with pytest.raises(UnexpectedAnswerError, match="is the base URL right"):
        larder.put(a_file(SMALL))


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_path_that_is_not_a_file_is_an_os_error(
    larder: Caller, tmp_path: Path, name: str
) -> None:
    with pytest.raises(OSError, match=r"No such file|Not a regular file"):
        larder.put(tmp_path / name)


def test_an_unreadable_entry_of_the_resume_store_is_ignored(
    larder: Caller, fake: FakeLarder, a_file: Callable[[int], Path], store: FileResumeStore
) -> None:
    path = a_file(LARGE)
    fake.fault("PUT .*", cut_after(10), times=100)
    with pytest.raises(ConnectionFailedError):
        larder.put(path, store)
    fake.faults.clear()
    [entry] = (path.parent / "state/larder/uploads").iterdir()
    entry.write_text("{")

    larder.put(path, store)

    assert [upload.status for upload in fake.uploads.values()] == ["pending", "completed"]
    assert not list((path.parent / "state/larder/uploads").iterdir())
