"""Uploads in parts, on either store."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import InvalidParameterError
from larder.domain.ids import new_part_id
from larder.domain.quota import Amount
from larder.domain.uploads import Upload, UploadStatus
from larder.services.upkeep.ports import DueUpload
from tests.samples import an_upload

if TYPE_CHECKING:
    from larder.domain.ids import PartId, TenantId
    from larder.services.uploads.part_store import Digests
    from tests.backends.backend import Backend

PART = 16 * 2**20
SIZE = PART + 5


@pytest.fixture
def upload(backend: Backend, tenant: TenantId) -> Upload:
    """A pending upload in two parts, the second of 5 bytes."""
    backend.projects.set_limit(tenant, Amount(files=10, bytes=2 * SIZE))
    plain = an_upload(SIZE)
    upload = replace(plain, multipart_id=backend.parts.begin(tenant, plain.file_id))
    backend.uploads.reserve(tenant, upload)
    return upload


@pytest.fixture
def small(backend: Backend, tenant: TenantId) -> Upload:
    """A pending upload of 10 bytes."""
    upload = an_upload(10)
    backend.uploads.reserve(tenant, upload)
    return upload


def send_both(backend: Backend, tenant: TenantId, upload: Upload) -> None:
    backend.client_put_part(tenant, upload, 1, b"a" * PART)
    backend.client_put_part(tenant, upload, 2, b"b" * 5)


def send_small(backend: Backend, tenant: TenantId, upload: Upload, data: bytes) -> PartId:
    part_id = new_part_id(backend.clock())
    assert backend.uploads.take_part(tenant, upload, len(data), limit=100)
    backend.parts.put_small(tenant, upload.id, part_id, data)
    return part_id


def accept(_: Digests) -> None:
    """Accept whatever was assembled."""


def test_the_record_names_the_multipart_upload(
    backend: Backend, tenant: TenantId, upload: Upload
) -> None:
    assert backend.uploads.get(tenant, upload.id) == upload


def test_parts_that_have_arrived_are_listed_by_number(
    backend: Backend, tenant: TenantId, upload: Upload
) -> None:
    before = backend.parts.arrived(tenant, upload)
    send_both(backend, tenant, upload)

    arrived = backend.parts.arrived(tenant, upload)

    assert before == ()
    assert arrived is not None
    assert [(part.number, part.size) for part in arrived] == [(1, PART), (2, 5)]
    assert arrived[1].md5 == hashlib.md5(b"bbbbb", usedforsecurity=False).hexdigest()


def test_the_parts_become_one_file(backend: Backend, tenant: TenantId, upload: Upload) -> None:
    send_both(backend, tenant, upload)
    arrived = backend.parts.arrived(tenant, upload) or ()

    assert backend.parts.finish(tenant, upload, arrived)

    assert backend.parts.arrived(tenant, upload) is None
    stat = backend.objects.stat(tenant, upload.file_id)
    assert stat is not None
    assert stat.size == SIZE


def test_cleared_parts_are_gone(backend: Backend, tenant: TenantId, upload: Upload) -> None:
    send_both(backend, tenant, upload)

    backend.parts.clear(tenant, upload)
    backend.parts.clear(tenant, upload)

    assert backend.parts.arrived(tenant, upload) is None


def test_an_ended_upload_makes_no_file(backend: Backend, tenant: TenantId, upload: Upload) -> None:
    send_both(backend, tenant, upload)
    arrived = backend.parts.arrived(tenant, upload) or ()
    backend.parts.clear(tenant, upload)

    assert not backend.parts.finish(tenant, upload, arrived)


def test_small_parts_are_joined_in_the_given_order(
    backend: Backend, tenant: TenantId, small: Upload
) -> None:
    one = send_small(backend, tenant, small, b"world")
    two = send_small(backend, tenant, small, b"hello")
    digests: list[Digests] = []

    assert backend.parts.small_parts(tenant, small.id) == {one: 5, two: 5}
    assert backend.parts.assemble(tenant, small, [two, one], digests.append)

    stream = backend.objects.stream(tenant, small.file_id)
    assert stream is not None
    with stream as blocks:
        assert b"".join(blocks) == b"helloworld"
    assert digests[0].sha256 == hashlib.sha256(b"helloworld").hexdigest()
    assert digests[0].md5 == hashlib.md5(b"helloworld", usedforsecurity=False).hexdigest()


def test_a_joined_file_has_no_md5_from_s3(
    backend: Backend, tenant: TenantId, small: Upload
) -> None:
    part = send_small(backend, tenant, small, b"helloworld")
    backend.parts.assemble(tenant, small, [part], accept)
    together = backend.objects.stat(tenant, small.file_id)
    backend.objects.put(tenant, small.file_id, b"helloworld")
    at_once = backend.objects.stat(tenant, small.file_id)

    assert together is not None
    assert together.multipart
    assert at_once is not None
    assert not at_once.multipart


def test_a_refused_assembly_makes_no_file_and_can_be_tried_again(
    backend: Backend, tenant: TenantId, small: Upload
) -> None:
    part = send_small(backend, tenant, small, b"helloworld")

    def refuse(_: Digests) -> None:
        raise InvalidParameterError("no")

    with pytest.raises(InvalidParameterError):
        backend.parts.assemble(tenant, small, [part], refuse)

    assert backend.objects.stat(tenant, small.file_id) is None
    assert backend.parts.assemble(tenant, small, [part], accept)


def test_small_parts_that_are_gone_make_no_file(
    backend: Backend, tenant: TenantId, small: Upload
) -> None:
    part = send_small(backend, tenant, small, b"helloworld")
    upload = backend.uploads.get(tenant, small.id)
    assert upload is not None
    backend.parts.clear(tenant, upload)

    assert not backend.parts.assemble(tenant, small, [part], accept)

    assert backend.objects.stat(tenant, small.file_id) is None


def test_small_parts_are_cleared(backend: Backend, tenant: TenantId, small: Upload) -> None:
    send_small(backend, tenant, small, b"hello")
    upload = backend.uploads.get(tenant, small.id)
    assert upload is not None

    backend.parts.clear(tenant, upload)

    assert backend.parts.small_parts(tenant, small.id) == {}


def test_parts_are_accepted_up_to_the_limit(
    backend: Backend, tenant: TenantId, small: Upload
) -> None:
    assert backend.uploads.take_part(tenant, small, 15, limit=20)
    assert not backend.uploads.take_part(tenant, small, 6, limit=20)
    assert backend.uploads.take_part(tenant, small, 5, limit=20)

    upload = backend.uploads.get(tenant, small.id)
    assert upload is not None
    assert upload.part_bytes == 20


def test_as_many_parts_are_accepted_as_can_be_joined_in_time(
    backend: Backend, tenant: TenantId, small: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("larder.adapters.dynamodb.uploads", "tests.fakes.uploads"):
        monkeypatch.setattr(f"{module}.MAX_SMALL_PARTS", 2)

    accepted = [backend.uploads.take_part(tenant, small, 1, limit=20) for _ in range(3)]

    assert accepted == [True, True, False]
    upload = backend.uploads.get(tenant, small.id)
    assert upload is not None
    assert (upload.part_count, upload.part_bytes) == (2, 2)


def test_an_ended_upload_accepts_no_parts(
    backend: Backend, tenant: TenantId, small: Upload
) -> None:
    backend.uploads.close(tenant, small, UploadStatus.CANCELLED)

    assert not backend.uploads.take_part(tenant, small, 1, limit=20)


@pytest.mark.parametrize("end", [UploadStatus.CANCELLED, UploadStatus.COMPLETED])
def test_an_ended_upload_is_due_until_its_parts_are_cleared(
    backend: Backend, tenant: TenantId, upload: Upload, end: UploadStatus
) -> None:
    if end is UploadStatus.COMPLETED:
        backend.uploads.complete(tenant, upload, upload.to_file())
    else:
        backend.uploads.close(tenant, upload, end)

    due = list(backend.deadlines.due(backend.clock()))
    backend.uploads.cleared(tenant, upload)

    assert due == [DueUpload(tenant, upload.id)]
    assert list(backend.deadlines.due(backend.clock())) == []


def test_a_part_that_arrives_after_the_upload_was_read_is_cleared_too(
    backend: Backend, tenant: TenantId, small: Upload
) -> None:
    send_small(backend, tenant, small, b"hello")

    assert backend.uploads.close(tenant, small, UploadStatus.CANCELLED)

    assert list(backend.deadlines.due(backend.clock())) == [DueUpload(tenant, small.id)]
