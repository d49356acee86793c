"""Uploads: the state that a reader sees, and the file that they become."""

from __future__ import annotations

from dataclasses import replace

import pytest

from larder.domain.files import File, FileStatus, Purpose
from larder.domain.quota import Amount
from larder.domain.uploads import UploadStatus
from tests.fakes.clock import START
from tests.samples import an_upload


def test_a_pending_upload_takes_bytes_for_its_hour() -> None:
    upload = an_upload()

    assert upload.takes_bytes(upload.expires_at - 0.001)
    assert not upload.takes_bytes(upload.expires_at)


@pytest.mark.parametrize(
    ("size", "grace"),
    [(10, 15 * 60), (64 * 2**20, 15 * 60 + 536), (5 * 2**30, 15 * 60 + 42_949)],
)
def test_it_is_overdue_when_a_put_at_1_mbit_a_second_has_ended(size: int, grace: int) -> None:
    upload = an_upload(size)

    assert not upload.overdue(upload.expires_at + grace - 0.001)
    assert upload.overdue(upload.expires_at + grace)


def test_an_upload_in_parts_waits_for_one_part() -> None:
    upload = replace(an_upload(5 * 2**30), multipart_id="m")

    assert upload.closes_at == upload.expires_at + 15 * 60 + 35 * 2**20 // 125_000


@pytest.mark.parametrize(
    "status", [UploadStatus.COMPLETED, UploadStatus.CANCELLED, UploadStatus.EXPIRED]
)
def test_an_ended_upload_stays_ended(status: UploadStatus) -> None:
    upload = replace(an_upload(), status=status)

    assert not upload.takes_bytes(START)
    assert not upload.overdue(upload.closes_at + 1)


def test_an_upload_reserves_one_file_and_its_bytes() -> None:
    assert an_upload(123).amount == Amount(files=1, bytes=123)


def test_an_upload_becomes_the_announced_file() -> None:
    upload = an_upload(123, purpose=Purpose.BATCH, file_expires_at=1_750_100_000, sha256="ab" * 32)

    assert upload.to_file() == File(
        id=upload.file_id,
        filename=upload.filename,
        bytes=123,
        purpose=Purpose.BATCH,
        mime_type=upload.mime_type,
        expires_at=1_750_100_000,
        status=FileStatus.UPLOADED,
        sha256="ab" * 32,
    )
    assert upload.to_file().created_at == upload.created_at == int(START)
