"""Direct uploads: reserved, then completed, cancelled or expired, each once."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.errors import (
    ConflictError,
    InvalidParameterError,
    NotFoundError,
    QuotaExceededError,
)
from larder.domain.files import DAY, FileStatus, Purpose
from larder.domain.ids import upload_of
from larder.domain.limits import MAX_BATCH_FILE_BYTES
from larder.domain.parts import MAX_UPLOAD_BYTES, PART_THRESHOLD
from larder.domain.quota import NOTHING, Amount
from larder.domain.uploads import UPLOAD_LIFE, UploadStatus
from larder.services.files.delete import delete_file
from larder.services.uploads.add_part import create_part
from larder.services.uploads.cancel import cancel_upload
from larder.services.uploads.complete import CompleteUpload
from larder.services.uploads.get import GetUpload, UploadState
from larder.services.uploads.part_store import PartsTransfer
from tests.fakes.clock import START
from tests.samples import TENANT, UPLOAD_CLOSES, a_file_id, a_project
from tests.unit.use_cases import announce, complete, receive, store

if TYPE_CHECKING:
    from larder.domain.ids import FileId, TenantId
    from larder.domain.quota import Usage
    from larder.domain.uploads import Upload
    from larder.services.object_store import ObjectStat
    from tests.backends.memory import MemoryBackend

pytestmark = pytest.mark.usefixtures("tenant")

DATA = b"0123456789"
MD5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()


def usage(ports: MemoryBackend) -> Usage:
    return ports.snapshot().usage[TENANT]


def get(ports: MemoryBackend, upload_id: str, tenant: TenantId = TENANT) -> UploadState:
    return ports.make(GetUpload)(tenant, upload_id)


def cancel(ports: MemoryBackend, upload_id: str, tenant: TenantId = TENANT) -> UploadState:
    return ports.make(cancel_upload)(tenant, upload_id)


def arrived(ports: MemoryBackend, data: bytes = DATA) -> Upload:
    """Return a pending upload of ten bytes to which `data` was PUT."""
    upload = announce(ports).upload
    ports.objects.put(TENANT, upload.file_id, data)
    return upload


class TestCreate:
    def test_an_upload_is_pending_for_an_hour(self, ports: MemoryBackend) -> None:
        state = announce(ports)

        assert state.status is UploadStatus.PENDING
        assert state.upload.expires_at == int(START) + 3_600
        assert state.file is None

    def test_it_comes_with_the_put_that_delivers_its_bytes(self, ports: MemoryBackend) -> None:
        state = announce(ports, 123)

        assert state.transfer == ports.objects.sign_put(TENANT, state.upload, START)

    def test_it_reserves_room_and_uses_none(self, ports: MemoryBackend) -> None:
        announce(ports, 123)

        assert usage(ports).reserved == Amount(files=1, bytes=123)
        assert usage(ports).used == NOTHING

    def test_its_file_lives_from_the_announcement_on(self, ports: MemoryBackend) -> None:
        state = announce(ports, purpose="batch", expires_after=7_200)

        assert state.upload.purpose is Purpose.BATCH
        assert state.upload.file_expires_at == int(START) + 7_200

    def test_a_checksum_is_kept_in_lower_case(self, ports: MemoryBackend) -> None:
        assert announce(ports, sha256="AB" * 32).upload.sha256 == "ab" * 32

    @pytest.mark.parametrize("sha256", ["", "ab", "xy" * 32, "ab" * 33, "ab" * 32 + "\n"])
    def test_a_malformed_checksum_is_refused(self, ports: MemoryBackend, sha256: str) -> None:
        with pytest.raises(InvalidParameterError) as refused:
            announce(ports, sha256=sha256)

        assert refused.value.param == "sha256"

    def test_nothing_has_one_checksum(self, ports: MemoryBackend) -> None:
        of_nothing = hashlib.sha256(b"").hexdigest()

        with pytest.raises(InvalidParameterError, match=f"is {of_nothing}, not abab") as refused:
            announce(ports, 0, sha256="ab" * 32)

        assert refused.value.param == "sha256"
        assert announce(ports, 0, sha256=of_nothing).upload.sha256 == of_nothing

    @pytest.mark.parametrize("size", [-1, MAX_UPLOAD_BYTES + 1])
    def test_a_size_that_no_put_delivers_is_refused(self, ports: MemoryBackend, size: int) -> None:
        with pytest.raises(InvalidParameterError) as refused:
            announce(ports, size)

        assert refused.value.param == "bytes"
        assert ports.snapshot().uploads == {}

    def test_5_gib_and_nothing_at_all_can_be_announced(self, ports: MemoryBackend) -> None:
        large = a_project(
            ports, tenant=type(TENANT)("wks-9"), limit=Amount(files=2, bytes=MAX_UPLOAD_BYTES)
        )

        assert announce(ports, MAX_UPLOAD_BYTES, tenant=large).upload.bytes == MAX_UPLOAD_BYTES
        assert announce(ports, 0, tenant=large).upload.bytes == 0

    def test_a_batch_file_of_more_than_2_gib_is_refused(self, ports: MemoryBackend) -> None:
        room = Amount(files=2, bytes=3 * MAX_BATCH_FILE_BYTES)
        large = a_project(ports, tenant=type(TENANT)("wks-9"), limit=room)

        with pytest.raises(InvalidParameterError, match="Split it at line ends") as refused:
            announce(ports, MAX_BATCH_FILE_BYTES + 1, tenant=large, purpose="batch")

        assert (refused.value.param, refused.value.code) == ("bytes", "file_too_large")
        assert ports.snapshot().uploads == {}
        announce(ports, MAX_BATCH_FILE_BYTES, tenant=large, purpose="batch")
        announce(ports, MAX_BATCH_FILE_BYTES + 1, tenant=large, purpose="user_data")

    def test_the_deployment_says_how_large_a_batch_file_may_be(self, ports: MemoryBackend) -> None:
        ports.batch_file_limit = 9

        with pytest.raises(InvalidParameterError, match="at most 9 bytes, not 10"):
            announce(ports, 10, purpose="batch")

    @pytest.mark.parametrize("beyond", [False, True])
    def test_only_beyond_the_threshold_it_comes_in_parts(
        self, ports: MemoryBackend, *, beyond: bool
    ) -> None:
        large = a_project(
            ports, tenant=type(TENANT)("wks-9"), limit=Amount(files=1, bytes=2 * PART_THRESHOLD)
        )

        state = announce(ports, PART_THRESHOLD + beyond, tenant=large)

        assert isinstance(state.transfer, PartsTransfer) is beyond

    @pytest.mark.parametrize(("purpose", "expires_after"), [("batch_output", None), ("batch", 1)])
    def test_a_bad_parameter_reserves_nothing(
        self, ports: MemoryBackend, purpose: str, expires_after: int | None
    ) -> None:
        with pytest.raises(InvalidParameterError):
            announce(ports, purpose=purpose, expires_after=expires_after)

        assert usage(ports).reserved == NOTHING

    def test_over_the_quota_nothing_is_reserved(self, ports: MemoryBackend) -> None:
        with pytest.raises(QuotaExceededError):
            announce(ports, 1_001)

        assert ports.snapshot().uploads == {}

    def test_overdue_uploads_make_room_for_new_ones(self, ports: MemoryBackend) -> None:
        old = announce(ports, 1_000).upload
        ports.clock.advance(UPLOAD_CLOSES)

        announce(ports, 1_000)

        assert usage(ports).reserved == Amount(files=1, bytes=1_000)
        assert get(ports, old.id).status is UploadStatus.EXPIRED


class TestGet:
    def test_a_pending_upload_comes_with_a_fresh_put(self, ports: MemoryBackend) -> None:
        upload = announce(ports).upload
        ports.clock.advance(600)

        state = get(ports, upload.id)

        assert state.status is UploadStatus.PENDING
        assert state.transfer == ports.objects.sign_put(TENANT, upload, START + 600)

    def test_a_completed_upload_comes_with_its_file(self, ports: MemoryBackend) -> None:
        upload = arrived(ports)
        complete(ports, upload.id)

        state = get(ports, upload.id)

        assert state.status is UploadStatus.COMPLETED
        assert state.file == upload.to_file()
        assert state.transfer is None

    def test_a_put_that_began_in_time_may_take_a_while(self, ports: MemoryBackend) -> None:
        upload = announce(ports).upload
        ports.clock.advance(UPLOAD_LIFE)

        state = get(ports, upload.id)

        assert state.status is UploadStatus.PENDING
        assert state.transfer is None
        ports.objects.put(TENANT, upload.file_id, DATA)
        assert complete(ports, upload.id).status is UploadStatus.COMPLETED

    def test_an_overdue_upload_whose_bytes_are_there_is_completed(
        self, ports: MemoryBackend
    ) -> None:
        upload = arrived(ports)
        ports.clock.advance(UPLOAD_CLOSES + 2 * DAY)

        state = get(ports, upload.id)

        assert state.status is UploadStatus.COMPLETED
        assert state.file == upload.to_file()

    def test_an_overdue_upload_is_expired_before_anyone_collects_it(
        self, ports: MemoryBackend
    ) -> None:
        upload = announce(ports).upload
        ports.clock.advance(UPLOAD_CLOSES)

        state = get(ports, upload.id)

        assert state.status is UploadStatus.EXPIRED
        assert state.transfer is None

    def test_a_cancelled_upload_has_no_put(self, ports: MemoryBackend) -> None:
        upload = announce(ports).upload
        cancel(ports, upload.id)

        assert get(ports, upload.id).transfer is None
        assert get(ports, upload.id).status is UploadStatus.CANCELLED

    def test_the_file_of_a_completed_upload_may_be_gone(self, ports: MemoryBackend) -> None:
        upload = arrived(ports)
        complete(ports, upload.id)
        ports.make(delete_file)(TENANT, upload.file_id)

        state = get(ports, upload.id)

        assert state.status is UploadStatus.COMPLETED
        assert state.file is None

    def test_the_file_of_a_completed_upload_may_have_expired(self, ports: MemoryBackend) -> None:
        upload = announce(ports, expires_after=3_600).upload
        ports.objects.put(TENANT, upload.file_id, DATA)
        complete(ports, upload.id)
        ports.clock.advance(3_600)

        assert get(ports, upload.id).file is None


class TestNotThere:
    @pytest.mark.parametrize("use", [get, complete, cancel])
    @pytest.mark.parametrize(
        "upload_id", ["", "nonsense", upload_of(a_file_id(number=7)), a_file_id(number=7)]
    )
    def test_an_unknown_id(self, ports: MemoryBackend, use: object, upload_id: str) -> None:
        assert callable(use)
        with pytest.raises(NotFoundError) as refused:
            use(ports, upload_id)

        assert refused.value.message == f"No such Upload object: {upload_id} (not found)"

    @pytest.mark.parametrize("use", [get, complete, cancel])
    def test_an_upload_of_another_project(
        self, ports: MemoryBackend, other: TenantId, use: object
    ) -> None:
        assert callable(use)
        upload = announce(ports).upload

        with pytest.raises(NotFoundError):
            use(ports, upload.id, tenant=other)

        assert get(ports, upload.id).status is UploadStatus.PENDING


class TestComplete:
    def test_arrived_bytes_become_the_file(self, ports: MemoryBackend) -> None:
        upload = arrived(ports)

        state = complete(ports, upload.id)

        assert state.status is UploadStatus.COMPLETED
        assert state.file == upload.to_file()
        assert ports.files.get(TENANT, upload.file_id) == upload.to_file()
        assert usage(ports).used == Amount(files=1, bytes=10)
        assert usage(ports).reserved == NOTHING

    def test_twice_is_the_same_answer(self, ports: MemoryBackend) -> None:
        upload = arrived(ports)
        first = complete(ports, upload.id)
        before = ports.snapshot()

        second = complete(ports, upload.id)

        assert (second.status, second.file) == (first.status, first.file)
        assert ports.snapshot() == before

    def test_after_the_arrival_completed_it_the_file_is_as_it_is_now(
        self, ports: MemoryBackend
    ) -> None:
        upload = arrived(ports)
        receive(ports, upload.file_id)

        state = complete(ports, upload.id)

        digest = hashlib.sha256(DATA).hexdigest()
        assert state.file == replace(upload.to_file(), status=FileStatus.PROCESSED, sha256=digest)

    def test_without_its_bytes_it_stays_pending(self, ports: MemoryBackend) -> None:
        upload = announce(ports).upload

        with pytest.raises(InvalidParameterError, match="have not arrived") as refused:
            complete(ports, upload.id)

        assert refused.value.code == "upload_incomplete"
        assert get(ports, upload.id).status is UploadStatus.PENDING

    def test_bytes_of_another_size_are_refused_and_nothing_is_charged(
        self, ports: MemoryBackend
    ) -> None:
        upload = arrived(ports, b"012345678")

        with pytest.raises(InvalidParameterError, match="10 bytes, 9 arrived") as refused:
            complete(ports, upload.id)

        assert refused.value.param == "bytes"
        assert usage(ports).used == NOTHING
        assert get(ports, upload.id).status is UploadStatus.PENDING

    @pytest.mark.parametrize("md5", [MD5, MD5.upper()])
    def test_the_right_md5_is_accepted(self, ports: MemoryBackend, md5: str) -> None:
        upload = arrived(ports)

        assert complete(ports, upload.id, md5=md5).status is UploadStatus.COMPLETED

    def test_a_wrong_md5_is_refused_and_nothing_is_lost(self, ports: MemoryBackend) -> None:
        upload = arrived(ports)

        with pytest.raises(InvalidParameterError, match=MD5) as refused:
            complete(ports, upload.id, md5="0" * 32)

        assert refused.value.param == "md5"
        assert get(ports, upload.id).status is UploadStatus.PENDING
        assert complete(ports, upload.id).status is UploadStatus.COMPLETED

    def test_a_wrong_md5_is_refused_after_the_arrival_completed_it_too(
        self, ports: MemoryBackend
    ) -> None:
        upload = arrived(ports)
        receive(ports, upload.file_id)

        with pytest.raises(InvalidParameterError):
            complete(ports, upload.id, md5="0" * 32)

    def test_the_md5_of_a_file_that_was_deleted_since_is_not_checked(
        self, ports: MemoryBackend
    ) -> None:
        upload = arrived(ports)
        complete(ports, upload.id)
        ports.make(delete_file)(TENANT, upload.file_id)
        ports.objects.delete(TENANT, upload.file_id)

        state = complete(ports, upload.id, md5=MD5)

        assert state.status is UploadStatus.COMPLETED
        assert state.file is None

    def test_parts_are_unknown_to_an_upload_of_one_put(self, ports: MemoryBackend) -> None:
        upload = arrived(ports)

        with pytest.raises(
            InvalidParameterError, match=r"No such part of upload \w+: part_1"
        ) as refused:
            complete(ports, upload.id, part_ids=["part_1"])

        assert refused.value.param == "part_ids"
        assert get(ports, upload.id).status is UploadStatus.PENDING

    def test_a_cancelled_upload_is_not_completed(self, ports: MemoryBackend) -> None:
        upload = arrived(ports)
        cancel(ports, upload.id)

        with pytest.raises(ConflictError) as refused:
            complete(ports, upload.id)

        assert refused.value.code == "upload_cancelled"
        assert refused.value.permanent
        assert ports.snapshot().files == {}

    def test_an_upload_that_is_cancelled_meanwhile_is_not_completed(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload = arrived(ports)
        stat = ports.objects.stat

        def stat_while_another_cancels(tenant: TenantId, file_id: FileId) -> ObjectStat | None:
            cancel(ports, upload.id)
            return stat(tenant, file_id)

        monkeypatch.setattr(ports.objects, "stat", stat_while_another_cancels)

        with pytest.raises(ConflictError) as refused:
            complete(ports, upload.id)

        assert refused.value.code == "upload_cancelled"

    def test_arrived_bytes_become_the_file_however_late(self, ports: MemoryBackend) -> None:
        upload = arrived(ports)
        ports.clock.advance(UPLOAD_CLOSES + 2 * DAY)

        state = complete(ports, upload.id, md5=MD5)

        assert state.file == ports.files.get(TENANT, upload.file_id)
        assert usage(ports).used == Amount(files=1, bytes=10)

    def test_an_overdue_upload_without_its_bytes_is_not_completed(
        self, ports: MemoryBackend
    ) -> None:
        upload = announce(ports).upload
        ports.clock.advance(UPLOAD_CLOSES)

        with pytest.raises(ConflictError) as refused:
            complete(ports, upload.id)

        assert refused.value.code == "upload_expired"
        assert refused.value.permanent
        assert ports.snapshot().files == {}


class TestCancel:
    def test_it_frees_what_was_reserved(self, ports: MemoryBackend) -> None:
        upload = announce(ports).upload

        state = cancel(ports, upload.id)

        assert state.status is UploadStatus.CANCELLED
        assert usage(ports).reserved == NOTHING
        assert usage(ports).left == usage(ports).limit

    def test_twice_is_the_same_answer(self, ports: MemoryBackend) -> None:
        upload = announce(ports).upload
        cancel(ports, upload.id)
        before = ports.snapshot()

        assert cancel(ports, upload.id).status is UploadStatus.CANCELLED

        assert ports.snapshot() == before

    def test_bytes_that_arrive_later_are_deleted(self, ports: MemoryBackend) -> None:
        upload = arrived(ports)
        cancel(ports, upload.id)

        receive(ports, upload.file_id)

        assert ports.snapshot().objects == set()
        assert ports.snapshot().files == {}

    def test_an_upload_that_completes_meanwhile_is_not_cancelled(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload = arrived(ports)
        close = ports.uploads.close

        def close_after_another_completed(*args: Any) -> bool:
            complete(ports, upload.id)
            return close(*args)

        monkeypatch.setattr(ports.uploads, "close", close_after_another_completed)

        with pytest.raises(ConflictError) as refused:
            cancel(ports, upload.id)

        assert refused.value.code == "upload_completed"

    def test_a_completed_upload_is_not_cancelled(self, ports: MemoryBackend) -> None:
        upload = arrived(ports)
        complete(ports, upload.id)

        with pytest.raises(ConflictError, match=f"Delete {upload.file_id}") as refused:
            cancel(ports, upload.id)

        assert refused.value.code == "upload_completed"
        assert refused.value.permanent
        assert ports.files.get(TENANT, upload.file_id) is not None

    def test_an_expired_upload_is_not_cancelled(self, ports: MemoryBackend) -> None:
        upload = announce(ports).upload
        ports.clock.advance(UPLOAD_CLOSES)
        get(ports, upload.id)

        with pytest.raises(ConflictError) as refused:
            cancel(ports, upload.id)

        assert refused.value.code == "upload_expired"


def test_small_files_and_uploads_share_the_quota(ports: MemoryBackend) -> None:
    announce(ports, 600)

    with pytest.raises(QuotaExceededError):
        store(ports, b"x" * 401)
    store(ports, b"x" * 400)

    assert usage(ports).left == Amount(files=8, bytes=0)


def test_more_parts_than_can_be_joined_in_time_are_refused_when_they_come(
    ports: MemoryBackend, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("larder.services.uploads.add_part", "tests.fakes.uploads"):
        monkeypatch.setattr(f"{module}.MAX_SMALL_PARTS", 2)
    upload = announce(ports, 10).upload
    add = ports.make(create_part)
    one, two = add(tenant, upload.id, b"01234"), add(tenant, upload.id, b"56789")

    with pytest.raises(InvalidParameterError, match="has 2 parts, the most") as refused:
        add(tenant, upload.id, b"x")

    assert refused.value.param == "data"
    done = ports.make(CompleteUpload)(tenant, upload.id, part_ids=[one, two], md5=None)
    assert done.status is UploadStatus.COMPLETED
