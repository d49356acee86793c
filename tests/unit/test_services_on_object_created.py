"""Arrived bytes: claimed for their record, validated once, deleted when nothing can claim them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.files import DAY, File, FileStatus, Purpose
from larder.domain.quota import NOTHING, Amount
from larder.domain.uploads import UploadStatus
from larder.services.files.delete import delete_file
from larder.services.upkeep.receive_object import Arrival
from larder.services.uploads.complete import CompleteUpload
from tests.fakes.clock import START
from tests.samples import TENANT, UPLOAD_CLOSES, a_file, a_file_id, to_trash
from tests.unit.use_cases import VALID_LINE, announce, receive, store

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.domain.uploads import Upload
    from tests.backends.memory import MemoryBackend

pytestmark = pytest.mark.usefixtures("tenant")


def status(ports: MemoryBackend, file: File) -> FileStatus | None:
    found = ports.files.get(TENANT, file.id)
    return None if found is None else found.status


def arrived(ports: MemoryBackend, data: bytes = b"0123456789", **announced: Any) -> Upload:
    """Return a pending upload to which `data` was PUT."""
    upload = announce(ports, **announced).upload
    ports.objects.put(TENANT, upload.file_id, data)
    return upload


@pytest.mark.parametrize("purpose", [p for p in Purpose if p not in {"batch", "batch_output"}])
def test_a_file_that_is_not_validated_is_processed_as_it_is(
    ports: MemoryBackend, purpose: str
) -> None:
    file = store(ports, b"not json", purpose=purpose)

    assert receive(ports, file.id) is Arrival.PROCESSED

    assert ports.files.get(TENANT, file.id) == replace(file, status=FileStatus.PROCESSED)
    assert ports.snapshot().reports == set()


def a_batch_file(ports: MemoryBackend, data: bytes) -> File:
    """Return the record of a batch file whose bytes came directly to S3."""
    return arrived(ports, data, size=len(data), purpose="batch").to_file()


def test_a_valid_batch_file_is_processed_with_its_checksum(ports: MemoryBackend) -> None:
    file = a_batch_file(ports, VALID_LINE)

    assert receive(ports, file.id) is Arrival.PROCESSED

    assert ports.files.get(TENANT, file.id) == replace(
        file, status=FileStatus.PROCESSED, sha256=hashlib.sha256(VALID_LINE).hexdigest()
    )


def test_a_batch_file_with_mistakes_is_in_error_and_says_what_is_wrong(
    ports: MemoryBackend,
) -> None:
    file = a_batch_file(ports, VALID_LINE + b"not json\n")

    assert receive(ports, file.id) is Arrival.REJECTED

    settled = ports.files.get(TENANT, file.id)
    assert settled is not None
    assert settled.status is FileStatus.ERROR
    assert settled.status_details is not None
    assert "1 of 2 lines" in settled.status_details


def test_a_batch_file_with_warnings_alone_is_processed(ports: MemoryBackend) -> None:
    file = a_batch_file(ports, VALID_LINE.replace(b'"input"', b'"stream":true,"input"'))

    assert receive(ports, file.id) is Arrival.PROCESSED

    settled = ports.files.get(TENANT, file.id)
    assert settled is not None
    assert settled.status_details is None


def test_the_report_has_the_shape_that_clients_read(ports: MemoryBackend) -> None:
    doubtful = VALID_LINE.replace(b'"a"', b'"b"').replace(b'"input"', b'"stream":true,"input"')
    data = VALID_LINE + b"not json\n" + doubtful
    file = a_batch_file(ports, data)

    receive(ports, file.id)

    report = json.loads(ports.objects.get_report(TENANT, file.id) or b"")
    (error,), (warning,) = report.pop("errors"), report.pop("warnings")
    assert report == {
        "object": "file.validation",
        "file_id": file.id,
        "valid": False,
        "total_lines": 3,
        "request_count": 3,
        "error_count": 1,
        "warning_count": 1,
        "counts": {"invalid_json_line": 1, "streaming_ignored": 1},
        "endpoint": "/v1/embeddings",
        "model": "m",
        "models": {"m": 2},
        "inputs": 2,
        "references": [],
        "sha256": hashlib.sha256(data).hexdigest(),
        "validated_at": int(START),
        "duration_ms": 0,
    }
    assert error.keys() == warning.keys() == {
        "code", "line", "offset", "message", "param", "severity",
    }  # fmt: skip
    assert (error["code"], error["line"], error["severity"]) == ("invalid_json_line", 2, "error")
    assert (warning["code"], warning["line"], warning["severity"]) == (
        "streaming_ignored",
        3,
        "warning",
    )


def test_an_arrival_announced_twice_changes_nothing_more(ports: MemoryBackend) -> None:
    file = a_batch_file(ports, VALID_LINE)
    receive(ports, file.id)
    before = ports.snapshot()
    report = ports.objects.get_report(TENANT, file.id)
    ports.clock.advance(60)

    assert receive(ports, file.id) is Arrival.ALREADY_SETTLED

    assert ports.snapshot() == before
    assert ports.objects.get_report(TENANT, file.id) == report


@pytest.mark.parametrize("purpose", ["batch", "user_data"])
def test_the_arrival_completes_its_upload(ports: MemoryBackend, purpose: str) -> None:
    upload = arrived(ports, VALID_LINE, size=len(VALID_LINE), purpose=purpose)

    assert receive(ports, upload.file_id) is Arrival.PROCESSED

    ended = ports.uploads.get(TENANT, upload.id)
    assert ended is not None
    assert ended.status is UploadStatus.COMPLETED
    assert status(ports, upload.to_file()) is FileStatus.PROCESSED
    assert ports.snapshot().usage[TENANT].used == Amount(files=1, bytes=len(VALID_LINE))
    assert ports.snapshot().usage[TENANT].reserved == NOTHING


def test_a_promised_checksum_stays_with_an_unvalidated_file(ports: MemoryBackend) -> None:
    digest = hashlib.sha256(b"0123456789").hexdigest()
    upload = arrived(ports, sha256=digest)

    receive(ports, upload.file_id)

    settled = ports.files.get(TENANT, upload.file_id)
    assert settled is not None
    assert settled.sha256 == digest


def test_bytes_of_a_cancelled_upload_are_deleted(ports: MemoryBackend) -> None:
    upload = arrived(ports)
    ports.uploads.close(TENANT, upload, UploadStatus.CANCELLED)

    assert receive(ports, upload.file_id) is Arrival.UNCLAIMED

    assert ports.snapshot().objects == set()
    assert ports.snapshot().files == {}


def test_an_arrival_completes_its_upload_however_late_its_event_is(ports: MemoryBackend) -> None:
    upload = arrived(ports)
    ports.clock.advance(UPLOAD_CLOSES + 2 * DAY)

    assert receive(ports, upload.file_id) is Arrival.PROCESSED

    assert status(ports, upload.to_file()) is FileStatus.PROCESSED
    assert ports.snapshot().usage[TENANT].used == Amount(files=1, bytes=10)
    assert ports.snapshot().usage[TENANT].reserved == NOTHING


def test_bytes_of_another_size_do_not_keep_an_overdue_upload(ports: MemoryBackend) -> None:
    upload = arrived(ports, b"012345678")
    ports.clock.advance(UPLOAD_CLOSES)

    assert receive(ports, upload.file_id) is Arrival.UNCLAIMED

    assert ports.snapshot().objects == set()
    assert ports.snapshot().usage[TENANT].reserved == NOTHING


def test_bytes_of_another_size_are_deleted_and_leave_the_upload_open(
    ports: MemoryBackend,
) -> None:
    upload = arrived(ports, b"012345678")

    assert receive(ports, upload.file_id) is Arrival.UNCLAIMED

    assert ports.snapshot().objects == set()
    assert ports.uploads.get(TENANT, upload.id) == upload


def test_an_announcement_without_bytes_leaves_the_upload_open(ports: MemoryBackend) -> None:
    upload = announce(ports).upload

    assert receive(ports, upload.file_id) is Arrival.UNCLAIMED

    assert ports.uploads.get(TENANT, upload.id) == upload


def test_bytes_without_any_record_are_deleted(ports: MemoryBackend) -> None:
    file_id = a_file_id()
    ports.objects.put(TENANT, file_id, b"?")

    assert receive(ports, file_id) is Arrival.UNCLAIMED

    assert ports.snapshot().objects == set()


def test_bytes_under_another_project_s_name_claim_nothing(
    ports: MemoryBackend, other: TenantId
) -> None:
    upload = arrived(ports)
    ports.objects.put(other, upload.file_id, b"0123456789")

    assert receive(ports, upload.file_id, tenant=other) is Arrival.UNCLAIMED

    assert ports.snapshot().objects == {(TENANT, upload.file_id)}
    assert ports.uploads.get(TENANT, upload.id) == upload


def test_bytes_of_a_file_in_the_trash_stay(ports: MemoryBackend) -> None:
    file = store(ports)
    to_trash(ports, TENANT, file.id)

    assert receive(ports, file.id) is Arrival.UNCLAIMED

    assert ports.snapshot().objects == {(TENANT, file.id)}


def test_a_deleted_file_does_not_come_back(ports: MemoryBackend) -> None:
    file = store(ports)
    ports.make(delete_file)(TENANT, file.id)

    assert receive(ports, file.id) is Arrival.UNCLAIMED

    assert ports.snapshot().files == {}
    assert ports.snapshot().objects == set()


def test_a_file_deleted_while_it_is_validated_leaves_nothing_behind(
    ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = arrived(ports, VALID_LINE, size=len(VALID_LINE), purpose="batch")
    completed = ports.make(CompleteUpload)(TENANT, upload.id, part_ids=(), md5=None)
    file = completed.file
    assert file is not None
    put_report = ports.objects.put_report

    def delete_meanwhile(*args: Any) -> None:
        ports.make(delete_file)(TENANT, file.id)
        ports.objects.delete(TENANT, file.id)
        put_report(*args)

    monkeypatch.setattr(ports.objects, "put_report", delete_meanwhile)

    assert receive(ports, file.id) is Arrival.ALREADY_SETTLED

    assert ports.snapshot().files == {}
    assert ports.snapshot().objects == set()
    assert ports.snapshot().reports == set()


@pytest.mark.parametrize(
    ("purpose", "sha256"),
    [(Purpose.BATCH, None), (Purpose.USER_DATA, None), (Purpose.USER_DATA, "5" * 64)],
)
def test_a_record_whose_bytes_are_not_there_is_left_to_the_sweeper(
    ports: MemoryBackend, purpose: Purpose, sha256: str | None
) -> None:
    # As when its upload failed half-way, and it was trashed and restored since.
    file = a_file(purpose=purpose, sha256=sha256)
    ports.files.admit(TENANT, file)

    assert receive(ports, file.id) is Arrival.ALREADY_SETTLED

    assert status(ports, file) is FileStatus.UPLOADED


def test_an_expired_file_is_left_to_its_collection(ports: MemoryBackend) -> None:
    file = store(ports, expires_after=3_600)
    ports.clock.advance(3_600)

    assert receive(ports, file.id) is Arrival.ALREADY_SETTLED

    assert status(ports, file) is FileStatus.UPLOADED
    assert ports.snapshot().reports == set()


def test_an_upload_into_a_full_project_stays_pending_and_its_event_is_done(
    ports: MemoryBackend,
) -> None:
    upload = arrived(ports)
    ports.fill_partition(TENANT)

    assert receive(ports, upload.file_id) is Arrival.PROJECT_FULL

    assert ports.uploads.get(TENANT, upload.id) == upload
    assert (TENANT, upload.file_id) in ports.snapshot().objects


def test_a_validation_settles_in_a_full_project(ports: MemoryBackend) -> None:
    upload = arrived(ports, VALID_LINE, size=len(VALID_LINE), purpose="batch")
    file = ports.make(CompleteUpload)(TENANT, upload.id, part_ids=(), md5=None).file
    assert file is not None
    ports.fill_partition(TENANT)

    assert receive(ports, file.id) is Arrival.PROCESSED
    assert receive(ports, file.id) is Arrival.ALREADY_SETTLED
