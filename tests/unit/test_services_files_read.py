"""Finding, downloading and deleting files: expired, deleted and foreign ones are not there."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import (
    ConflictError,
    InvalidParameterError,
    NotFoundError,
)
from larder.domain.files import FileStatus, Purpose
from larder.domain.limits import MAX_INLINE_BYTES
from larder.domain.quota import NOTHING
from larder.services.files.content import Inline, Redirect, Wanted, open_content
from larder.services.files.delete import delete_file
from larder.services.files.get import get_file
from larder.services.files.ports import Settlement
from larder.services.files.url import download_url
from larder.services.files.validation import get_validation
from larder.services.object_store import NotModified, StoredBytes
from tests.fakes.clock import START
from tests.samples import TENANT, a_file, a_file_id, gone, to_trash
from tests.unit.use_cases import receive, store

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from tests.backends.memory import MemoryBackend

    type Read = Callable[[MemoryBackend, str], object]

pytestmark = pytest.mark.usefixtures("tenant")


def get(ports: MemoryBackend, file_id: str, tenant: TenantId = TENANT) -> File:
    return ports.make(get_file)(tenant, file_id)


def content(
    ports: MemoryBackend,
    file_id: str,
    byte_range: str | None = None,
    if_none_match: str | None = None,
    *,
    only_text: bool = False,
) -> Inline | Redirect:
    wanted = Wanted(byte_range, if_none_match, only_text)
    return ports.make(open_content)(TENANT, file_id, wanted=wanted)


def url(ports: MemoryBackend, file_id: str, lifetime: int = 300) -> object:
    return ports.make(download_url)(TENANT, file_id, lifetime=lifetime)


def validation(ports: MemoryBackend, file_id: str) -> bytes:
    return ports.make(get_validation)(TENANT, file_id)


def delete(ports: MemoryBackend, file_id: str, tenant: TenantId = TENANT) -> str:
    return ports.make(delete_file)(tenant, file_id)


@pytest.mark.parametrize("read", [get, content, url, validation, delete])
class TestNotThere:
    """One answer for every id that is not a live file of this project."""

    def check(self, ports: MemoryBackend, read: Read, file_id: str) -> None:
        with pytest.raises(NotFoundError) as refused:
            read(ports, file_id)
        assert refused.value.message == f"No such File object: {file_id} (not found)"

    def test_a_random_id(self, ports: MemoryBackend, read: Read) -> None:
        self.check(ports, read, a_file_id())

    def test_a_malformed_id(self, ports: MemoryBackend, read: Read) -> None:
        self.check(ports, read, "file-../../etc/passwd")

    def test_an_id_of_another_project(
        self, ports: MemoryBackend, read: Read, other: TenantId
    ) -> None:
        self.check(ports, read, store(ports, tenant=other, purpose="batch").id)

    def test_an_expired_file(self, ports: MemoryBackend, read: Read) -> None:
        file = store(ports, purpose="batch", expires_after=3_600)
        ports.clock.advance(3_600)

        self.check(ports, read, file.id)

    def test_a_deleted_file(self, ports: MemoryBackend, read: Read) -> None:
        file = store(ports, purpose="batch")
        delete(ports, file.id)

        self.check(ports, read, file.id)

    def test_a_file_in_the_trash(self, ports: MemoryBackend, read: Read) -> None:
        file = store(ports, purpose="batch")
        to_trash(ports, TENANT, file.id)

        self.check(ports, read, file.id)


def test_a_file_is_found_until_the_second_of_its_expiry(ports: MemoryBackend) -> None:
    file = store(ports, expires_after=3_600)
    ports.clock.advance(3_599.9)

    assert get(ports, file.id) == file


def test_up_to_4_mib_the_bytes_come_directly(ports: MemoryBackend) -> None:
    file = store(ports, b"0123456789")

    assert content(ports, file.id) == Inline(
        file,
        StoredBytes(
            b"0123456789",
            f'"{hashlib.md5(b"0123456789", usedforsecurity=False).hexdigest()}"',
        ),
    )


def test_ranges_and_conditions_are_passed_on(ports: MemoryBackend) -> None:
    file = store(ports, b"0123456789")
    whole = content(ports, file.id)
    assert isinstance(whole, Inline)
    assert isinstance(whole.result, StoredBytes)
    etag = whole.result.etag

    part = content(ports, file.id, byte_range="bytes=2-4")
    unchanged = content(ports, file.id, if_none_match=etag)

    assert part == Inline(file, StoredBytes(b"234", etag, "bytes 2-4/10"))
    assert unchanged == Inline(file, NotModified(etag))


@pytest.mark.parametrize("size", [MAX_INLINE_BYTES, MAX_INLINE_BYTES + 1])
def test_above_4_mib_the_answer_is_where_the_bytes_are(ports: MemoryBackend, size: int) -> None:
    # Put in place without its quota: the size alone is what decides.
    file = a_file(size)
    ports.files.admit(TENANT, a_file(0))
    ports.store.files[TENANT, file.id] = next(iter(ports.store.files.values()))
    ports.store.files[TENANT, file.id].file = file
    ports.objects.put(TENANT, file.id, b"x" * size)

    answer = content(ports, file.id)

    assert isinstance(answer, Inline if size <= MAX_INLINE_BYTES else Redirect)
    if isinstance(answer, Redirect):
        assert answer.request.expires_at == int(START) + 300


def test_a_file_whose_bytes_have_not_arrived_has_no_content(ports: MemoryBackend) -> None:
    file = a_file()
    ports.files.admit(TENANT, file)

    with pytest.raises(NotFoundError):
        content(ports, file.id)


@pytest.mark.parametrize("lifetime", [60, 300, 3_600])
def test_a_link_lives_as_long_as_was_asked(ports: MemoryBackend, lifetime: int) -> None:
    file = store(ports)

    link = ports.make(download_url)(TENANT, file.id, lifetime=lifetime)

    assert link.expires_at == int(START) + lifetime
    assert file.id in link.url


@pytest.mark.parametrize("lifetime", [-1, 0, 59, 3_601])
def test_a_link_s_life_has_bounds(ports: MemoryBackend, lifetime: int) -> None:
    file = store(ports)

    with pytest.raises(InvalidParameterError, match="between 60 and 3600") as refused:
        url(ports, file.id, lifetime)

    assert refused.value.param == "expiry"


def test_a_deleted_file_frees_its_quota_at_once(ports: MemoryBackend) -> None:
    file = store(ports)

    assert delete(ports, file.id) == file.id

    assert ports.snapshot().usage[TENANT].used == NOTHING
    assert gone(ports) == [(TENANT, file)]


def test_a_file_that_another_deletes_first_is_not_there(
    ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = store(ports)
    found = ports.files.get(TENANT, file.id)
    delete(ports, file.id)
    monkeypatch.setattr(ports.files, "get", lambda *_: found)

    with pytest.raises(NotFoundError):
        delete(ports, file.id)


def test_nobody_deletes_another_project_s_file(ports: MemoryBackend, other: TenantId) -> None:
    file = store(ports)

    with pytest.raises(NotFoundError):
        delete(ports, file.id, other)

    assert get(ports, file.id) == file


def test_a_validated_file_has_its_report(ports: MemoryBackend) -> None:
    file = store(ports, b"not json", purpose="batch")
    receive(ports, file.id)

    assert b'"object": "file.validation"' in validation(ports, file.id)


def test_a_report_of_an_earlier_version_is_returned_as_it_is(ports: MemoryBackend) -> None:
    file = an_unvalidated_file(ports)
    report = b'{"object": "file.validation", "valid": true, "error_count": 0, "errors": []}'
    ports.objects.put_report(TENANT, file.id, report)
    ports.files.settle(TENANT, file, Settlement(FileStatus.PROCESSED))

    assert validation(ports, file.id) == report


def an_unvalidated_file(ports: MemoryBackend) -> File:
    """Return a batch file whose bytes came directly to S3."""
    file = a_file(purpose=Purpose.BATCH)
    ports.files.admit(TENANT, file)
    return file


def test_before_its_validation_a_file_is_to_be_asked_for_again(ports: MemoryBackend) -> None:
    file = an_unvalidated_file(ports)

    with pytest.raises(ConflictError) as refused:
        validation(ports, file.id)

    assert refused.value.code == "validation_pending"
    assert not refused.value.permanent


def test_only_batch_files_are_validated(ports: MemoryBackend) -> None:
    file = store(ports, purpose="user_data")
    receive(ports, file.id)

    with pytest.raises(NotFoundError, match="No such Validation object"):
        validation(ports, file.id)


def test_a_missing_report_of_a_validated_file_is_our_fault(ports: MemoryBackend) -> None:
    file = an_unvalidated_file(ports)
    ports.files.settle(TENANT, file, Settlement(FileStatus.PROCESSED))

    with pytest.raises(LookupError, match="missing"):
        validation(ports, file.id)
