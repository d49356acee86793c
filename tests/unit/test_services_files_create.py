"""Storing a small file: record first, then bytes; nothing charged for what fails."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import InvalidParameterError, NotFoundError, QuotaExceededError
from larder.domain.files import File, FileStatus, Purpose
from larder.domain.quota import NOTHING, Amount
from larder.services.files.delete import delete_file
from larder.services.object_store import StoredBytes
from larder.services.upkeep.receive_object import Arrival
from tests.fakes.clock import START
from tests.samples import TENANT, a_file, a_folder, close_folder, to_trash
from tests.unit.use_cases import VALID_LINE, receive, store

if TYPE_CHECKING:
    from larder.domain.ids import FileId, TenantId
    from tests.backends.memory import MemoryBackend

SHA256 = "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882"
"""Of the bytes that are stored where a test says nothing of them."""

pytestmark = pytest.mark.usefixtures("tenant")


def used(ports: MemoryBackend) -> Amount:
    return ports.snapshot().usage[TENANT].used


def test_the_answer_is_the_record_of_what_was_sent(ports: MemoryBackend) -> None:
    file = store(ports, b"0123456789", filename="a.jsonl", purpose="fine-tune")

    assert file == File(
        id=file.id,
        filename="a.jsonl",
        bytes=10,
        purpose=Purpose.FINE_TUNE,
        mime_type="text/plain",
        expires_at=None,
        status=FileStatus.UPLOADED,
        sha256=SHA256,
    )
    assert ports.files.get(TENANT, file.id) == file


@pytest.mark.parametrize(
    ("data", "status"), [(VALID_LINE, FileStatus.PROCESSED), (b"not json", FileStatus.ERROR)]
)
def test_the_status_of_a_batch_file_is_final_in_the_answer(
    ports: MemoryBackend, data: bytes, status: FileStatus
) -> None:
    file = store(ports, data, purpose="batch")

    assert file.status is status
    assert (file.status_details is None) == (status is FileStatus.PROCESSED)
    assert file.expires_at == int(START) + 30 * 86_400
    assert ports.files.get(TENANT, file.id) == file
    report = json.loads(ports.objects.get_report(TENANT, file.id) or b"")
    assert (report["valid"], report["file_id"]) == (status is FileStatus.PROCESSED, file.id)


def test_the_event_of_a_batch_file_that_was_validated_changes_nothing(
    ports: MemoryBackend,
) -> None:
    file = store(ports, VALID_LINE, purpose="batch")
    before, report = ports.snapshot(), ports.objects.get_report(TENANT, file.id)
    ports.clock.advance(60)

    assert receive(ports, file.id) is Arrival.ALREADY_SETTLED

    assert ports.snapshot() == before
    assert ports.objects.get_report(TENANT, file.id) == report


def test_a_batch_file_deleted_while_it_is_validated_leaves_nothing_behind(
    ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = ports.objects.put

    def delete_meanwhile(tenant: TenantId, file_id: FileId, data: bytes) -> None:
        ports.make(delete_file)(tenant, file_id)
        ports.objects.delete(tenant, file_id)
        put(tenant, file_id, data)

    monkeypatch.setattr(ports.objects, "put", delete_meanwhile)
    file = store(ports, VALID_LINE, purpose="batch")

    assert receive(ports, file.id) is Arrival.UNCLAIMED

    left = ports.snapshot()
    assert (left.files, left.objects, left.reports) == ({}, set(), set())
    assert used(ports) == NOTHING


def test_a_report_that_cannot_be_stored_leaves_nothing_charged(
    ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("S3 is away")

    monkeypatch.setattr(ports.objects, "put_report", fail)

    with pytest.raises(OSError, match="away"):
        store(ports, VALID_LINE, purpose="batch")

    assert ports.snapshot().files == {}
    assert used(ports) == NOTHING


def test_the_bytes_are_stored_as_they_were_sent(ports: MemoryBackend) -> None:
    file = store(ports, b"\x00\xff\r\n")

    stored = ports.objects.read(TENANT, file.id, byte_range=None, if_none_match=None)

    assert isinstance(stored, StoredBytes)
    assert stored.data == b"\x00\xff\r\n"


def test_an_empty_file_is_a_file(ports: MemoryBackend) -> None:
    file = store(ports, b"")

    assert file.bytes == 0
    assert used(ports) == Amount(files=1, bytes=0)


def test_a_file_expires_as_the_client_said(ports: MemoryBackend) -> None:
    file = store(ports, expires_after=3_600)

    assert file.expires_at == int(START) + 3_600


@pytest.mark.parametrize("sha256", [SHA256, SHA256.upper()])
def test_bytes_of_the_digest_that_the_client_says_are_stored(
    ports: MemoryBackend, sha256: str
) -> None:
    assert store(ports, b"0123456789", sha256=sha256).sha256 == SHA256


def test_bytes_of_another_digest_are_refused_and_nothing_is_charged(ports: MemoryBackend) -> None:
    before = ports.snapshot()

    with pytest.raises(InvalidParameterError, match=f"is {SHA256}, not {'0' * 64}") as refused:
        store(ports, b"0123456789", sha256="0" * 64)

    assert refused.value.param == "sha256"
    assert ports.snapshot() == before


@pytest.mark.parametrize("sha256", ["", "ab", "xy" * 32, SHA256 + "0"])
def test_a_malformed_digest_is_refused(ports: MemoryBackend, sha256: str) -> None:
    with pytest.raises(InvalidParameterError, match="64 hex digits") as refused:
        store(ports, b"0123456789", sha256=sha256)

    assert refused.value.param == "sha256"


@pytest.mark.parametrize(
    ("purpose", "expires_after"), [("batch_output", None), ("nonsense", None), ("batch", 3_599)]
)
def test_a_bad_parameter_stores_nothing(
    ports: MemoryBackend, purpose: str, expires_after: int | None
) -> None:
    before = ports.snapshot()

    with pytest.raises(InvalidParameterError):
        store(ports, purpose=purpose, expires_after=expires_after)

    assert ports.snapshot() == before


def test_a_file_over_the_quota_stores_no_bytes(ports: MemoryBackend) -> None:
    with pytest.raises(QuotaExceededError):
        store(ports, b"x" * 1_001)

    assert ports.snapshot().objects == set()
    assert used(ports) == NOTHING


def test_expired_files_make_room_for_new_ones(ports: MemoryBackend) -> None:
    old = store(ports, b"x" * 1_000, expires_after=3_600)
    ports.clock.advance(3_600)

    new = store(ports, b"y" * 1_000)

    assert ports.snapshot().files.keys() == {(TENANT, new.id)}
    assert ports.files.get(TENANT, old.id) is None
    assert used(ports) == Amount(files=1, bytes=1_000)


def test_files_that_have_not_expired_make_no_room(ports: MemoryBackend) -> None:
    old = store(ports, b"x" * 1_000, expires_after=3_600)
    ports.clock.advance(3_599)

    with pytest.raises(QuotaExceededError):
        store(ports, b"y")

    assert ports.snapshot().files.keys() == {(TENANT, old.id)}


def test_the_record_precedes_the_bytes_and_goes_when_they_fail(
    ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded: list[object] = []

    def fail(*_: object) -> None:
        recorded.extend(ports.snapshot().files)
        message = "S3 is out"
        raise OSError(message)

    monkeypatch.setattr(ports.objects, "put", fail)

    with pytest.raises(OSError, match="S3 is out"):
        store(ports)

    assert len(recorded) == 1
    assert ports.snapshot().files == {}
    assert used(ports) == NOTHING


def test_a_file_belongs_to_its_project_alone(ports: MemoryBackend, other: TenantId) -> None:
    file = store(ports)
    ports.files.admit(other, a_file())

    assert ports.files.get(other, file.id) is None
    assert used(ports) == Amount(files=1, bytes=10)


class TestInTheSpace:
    def test_a_file_lies_in_its_folder_with_its_tags(self, ports: MemoryBackend) -> None:
        folder = a_folder(ports, TENANT).id

        file = store(ports, folder=folder, tags=(" b ", "a", "b"))

        assert (file.folder_id, file.tags, file.favorite) == (folder, ("b", "a"), False)
        assert (file.revision, file.updated_at) == (0, file.created_at)
        assert ports.files.get(TENANT, file.id) == file

    def test_the_root_is_no_folder(self, ports: MemoryBackend) -> None:
        assert store(ports, folder="root").folder_id is None

    @pytest.mark.parametrize("folder", ["", "folder-1", "folder-" + "0" * 24])
    def test_a_folder_that_does_not_exist_is_not_found_and_nothing_is_stored(
        self, ports: MemoryBackend, folder: str
    ) -> None:
        with pytest.raises(NotFoundError, match="No such Folder") as refused:
            store(ports, folder=folder)

        assert refused.value.param == "folder_id"
        assert used(ports) == NOTHING
        assert ports.snapshot().objects == set()

    def test_a_folder_that_is_being_deleted_is_not_found(self, ports: MemoryBackend) -> None:
        folder = a_folder(ports, TENANT).id
        close_folder(ports, TENANT, folder, int(START))

        with pytest.raises(NotFoundError):
            store(ports, folder=folder)

    @pytest.mark.parametrize("tags", [("",), ("a,b",), ("x" * 65,), tuple(map(str, range(51)))])
    def test_malformed_tags_are_refused_and_nothing_is_stored(
        self, ports: MemoryBackend, tags: tuple[str, ...]
    ) -> None:
        with pytest.raises(InvalidParameterError) as refused:
            store(ports, tags=tags)

        assert refused.value.param == "tags"
        assert used(ports) == NOTHING

    @pytest.mark.parametrize(
        ("claimed", "kept"),
        [("Image/PNG", "image/png"), (None, "text/csv"), ("application/octet-stream", "text/csv")],
    )
    def test_the_media_type_is_the_client_s_else_the_name_s(
        self, ports: MemoryBackend, claimed: str | None, kept: str
    ) -> None:
        assert store(ports, filename="a.csv", mime_type=claimed).mime_type == kept

    def test_a_file_that_is_trashed_before_its_bytes_fail_stays_in_the_trash(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(tenant: TenantId, file_id: FileId, _: bytes) -> None:
            to_trash(ports, tenant, file_id)
            message = "S3 is out"
            raise OSError(message)

        monkeypatch.setattr(ports.objects, "put", fail)

        with pytest.raises(OSError, match="S3 is out"):
            store(ports)

        assert len(ports.snapshot().trash) == 1
        assert used(ports) == Amount(files=1, bytes=10)
