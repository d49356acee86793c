"""Uploads: the state that a reader sees, and the file that they become."""

from __future__ import annotations

from dataclasses import replace

import pytest

from larder.domain.files import File, FileStatus, Purpose
from larder.domain.quota import Amount
from larder.domain.uploads import UploadStatus
from tests.fakes.clock import START
from tests.samples import an_upload


def test_a_pending_upload_is_expired_from_its_second_on() -> None:
    upload = an_upload()

    assert upload.status_at(upload.expires_at - 0.001) is UploadStatus.PENDING
    assert upload.status_at(upload.expires_at) is UploadStatus.EXPIRED


@pytest.mark.parametrize(
    "status", [UploadStatus.COMPLETED, UploadStatus.CANCELLED, UploadStatus.EXPIRED]
)
def test_an_ended_upload_stays_ended(status: UploadStatus) -> None:
    upload = replace(an_upload(), status=status)

    assert upload.status_at(START) is status
    assert upload.status_at(upload.expires_at + 1) is status


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
