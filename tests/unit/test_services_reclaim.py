"""Reclaiming: expired never counts, for an admission nor for who asks for the usage."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.errors import (
    ContentionError,
    ProjectFullError,
    QuotaExceededError,
    ThrottledError,
)
from larder.domain.files import FileStatus
from larder.domain.ids import TenantId, new_folder_id
from larder.domain.quota import NOTHING, Amount, Held
from larder.domain.trash import TRASH_LIFE
from larder.domain.uploads import UploadStatus
from larder.services.files.create import CreateFile, NewFile
from larder.services.files.ports import Settlement
from larder.services.projects.usage import GetUsage
from larder.services.quota import admit
from larder.services.upkeep.ports import DueFile, DueFolder, DueTrashedFile, DueUpload
from larder.services.upkeep.reclaim import RECLAIM_SECONDS
from tests.fakes.clock import ManualClock
from tests.samples import TENANT, UPLOAD_CLOSES, a_file, a_project, to_trash
from tests.unit.use_cases import announce, store

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.quota import Usage
    from tests.backends.memory import MemoryBackend


def reclaim(ports: MemoryBackend, tenant: TenantId = TENANT) -> bool:
    return ports.reclaim(tenant)


def usage(ports: MemoryBackend, tenant: TenantId = TENANT) -> Usage:
    return ports.make(GetUsage)(tenant)


@pytest.mark.usefixtures("tenant")
class TestReclaim:
    def test_expired_files_and_overdue_uploads_are_released(self, ports: MemoryBackend) -> None:
        file = store(ports, expires_after=3_600)
        upload = announce(ports).upload
        ports.clock.advance(UPLOAD_CLOSES)

        assert not reclaim(ports)

        assert ports.files.get(TENANT, file.id) is None
        closed = ports.uploads.get(TENANT, upload.id)
        assert closed is not None
        assert closed.status is UploadStatus.EXPIRED
        assert ports.snapshot().usage[TENANT].left == ports.snapshot().usage[TENANT].limit

    def test_an_upload_whose_bytes_are_there_is_completed_and_counts(
        self, ports: MemoryBackend
    ) -> None:
        upload = announce(ports, 7).upload
        ports.objects.put(TENANT, upload.file_id, b"x" * 7)
        ports.clock.advance(UPLOAD_CLOSES)

        assert not reclaim(ports)

        assert ports.files.get(TENANT, upload.file_id) == upload.to_file()
        assert usage(ports).used == Amount(files=1, bytes=7)
        assert usage(ports).reserved == NOTHING

    def test_what_has_not_expired_stays(self, ports: MemoryBackend) -> None:
        store(ports, expires_after=2 * UPLOAD_CLOSES)
        store(ports)
        announce(ports)
        before = ports.snapshot()
        ports.clock.advance(UPLOAD_CLOSES - 1)

        assert not reclaim(ports)

        assert ports.snapshot() == before

    def test_another_project_s_files_stay(self, ports: MemoryBackend, other: TenantId) -> None:
        file = store(ports, tenant=other, expires_after=3_600)
        ports.clock.advance(3_600)

        assert not reclaim(ports)

        assert ports.files.get(other, file.id) == file

    def test_what_the_index_still_shows_is_decided_by_the_record(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settled, released = store(ports), store(ports)
        open_upload = announce(ports).upload
        ports.files.settle(TENANT, settled, Settlement(FileStatus.PROCESSED))
        ports.files.release(TENANT, released)
        stale = [
            DueFile(TENANT, settled.id),
            DueFile(TENANT, released.id),
            DueTrashedFile(TENANT, settled.id),
            DueUpload(TENANT, open_upload.id),
        ]
        monkeypatch.setattr(ports.deadlines, "expired", lambda *_: iter(stale))
        before = ports.snapshot()

        assert not reclaim(ports)

        assert ports.snapshot() == before


class TestTooManyForOneRequest:
    """Every item takes a second here."""

    @pytest.fixture(autouse=True)
    def slow(self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch) -> None:
        a_project(ports, limit=Amount(files=20, bytes=20))
        stopwatch = ManualClock()
        monkeypatch.setattr(ports, "stopwatch", stopwatch)
        get = ports.files.get

        def get_slowly(*args: Any) -> File | None:
            stopwatch.advance(1)
            return get(*args)

        monkeypatch.setattr(ports.files, "get", get_slowly)
        for _ in range(20):
            ports.files.admit(TENANT, a_file(1, expires_at=int(ports.clock()) + 1))
        ports.clock.advance(1)

    def test_a_request_reclaims_for_its_time_and_says_that_more_is_left(
        self, ports: MemoryBackend
    ) -> None:
        assert reclaim(ports)

        assert len(ports.snapshot().files) == 20 - RECLAIM_SECONDS

    def test_requests_reclaim_all_of_it_together(self, ports: MemoryBackend) -> None:
        rounds = 1
        while reclaim(ports):
            rounds += 1

        assert rounds == 20 // RECLAIM_SECONDS
        assert ports.snapshot().files == {}

    def test_the_usage_is_exact_all_the_same(self, ports: MemoryBackend) -> None:
        found = usage(ports)

        assert found.used == NOTHING
        assert found.left == found.limit
        assert len(ports.snapshot().files) == 20 - RECLAIM_SECONDS

    def test_usage_is_counted_again_if_something_was_released_meanwhile(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        add_up = ports.usage.expired_files
        others = iter(list(ports.snapshot().files.values())[-2:])

        def add_up_while_others_release(*args: Any, **kwargs: Any) -> Amount:
            for file in others:
                ports.files.release(TENANT, file)
                break
            return add_up(*args, **kwargs)

        monkeypatch.setattr(ports.usage, "expired_files", add_up_while_others_release)

        assert usage(ports).used == NOTHING

    def test_a_file_that_there_will_be_room_for_is_not_refused_for_good(
        self, ports: MemoryBackend
    ) -> None:
        new = NewFile("a.txt", b"x" * (RECLAIM_SECONDS + 1), "user_data", "text/plain")

        with pytest.raises(ContentionError):
            ports.make(CreateFile)(TENANT, new)

        assert ports.make(CreateFile)(TENANT, new).bytes == RECLAIM_SECONDS + 1

    def test_a_file_that_there_is_never_room_for_is_refused_in_the_end(
        self, ports: MemoryBackend
    ) -> None:
        new = NewFile("a.txt", b"x" * 21, "user_data", "text/plain")
        for _ in range(20 // RECLAIM_SECONDS - 1):
            with pytest.raises(ContentionError):
                ports.make(CreateFile)(TENANT, new)

        with pytest.raises(QuotaExceededError):
            ports.make(CreateFile)(TENANT, new)


@pytest.mark.usefixtures("tenant")
class TestAdmitReclaiming:
    def attempts(self, ports: MemoryBackend, *errors: Exception | None) -> int:
        """Admit with an admission that fails so, and return how often it was called."""
        planned = list(errors)

        def admission() -> None:
            error = planned.pop(0)
            if error is not None:
                raise error

        try:
            admit(TENANT, admission, reclaim=ports.reclaim, held_quota=ports.held_quota)
        finally:
            self.calls = len(errors) - len(planned)
        return self.calls

    def full(self, ports: MemoryBackend) -> QuotaExceededError:
        return QuotaExceededError(ports.snapshot().usage[TENANT], Amount(1, 1))

    def test_room_is_taken_without_looking_further(self, ports: MemoryBackend) -> None:
        expired = store(ports, expires_after=3_600)
        ports.clock.advance(3_600)

        assert self.attempts(ports, None) == 1

        assert ports.files.get(TENANT, expired.id) == expired

    def test_a_full_quota_is_tried_once_more_after_reclaiming(self, ports: MemoryBackend) -> None:
        expired = store(ports, expires_after=3_600)
        ports.clock.advance(3_600)

        assert self.attempts(ports, self.full(ports), None) == 2

        assert ports.files.get(TENANT, expired.id) is None

    def test_a_full_project_is_tried_once_more_after_reclaiming(self, ports: MemoryBackend) -> None:
        assert self.attempts(ports, ProjectFullError(), None) == 2

    def test_it_is_tried_again_even_when_another_reclaimed(self, ports: MemoryBackend) -> None:
        assert self.attempts(ports, self.full(ports), None) == 2

    def test_a_quota_that_stays_full_is_refused(self, ports: MemoryBackend) -> None:
        with pytest.raises(QuotaExceededError):
            self.attempts(ports, self.full(ports), self.full(ports))

        assert self.calls == 2

    def test_the_refusal_says_what_fills_the_project_unseen(self, ports: MemoryBackend) -> None:
        store(ports, b"x" * 100)
        for _ in range(2):
            to_trash(ports, TENANT, store(ports, b"x" * 100).id)
        first = announce(ports, 300).upload
        ports.clock.advance(60)
        last = announce(ports, 100).upload

        with pytest.raises(QuotaExceededError) as refused:
            store(ports, b"x" * 301)

        latest = datetime.fromtimestamp(last.closes_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert refused.value.message == (
            "The project's storage quota would be exceeded: 5 of 10 files and 700 of 1000 bytes "
            "are in use, and this request asks for 1 file of 301 bytes. In use: 3 files with 300 "
            "bytes, 2 of them in the trash; reserved: 400 bytes by pending uploads "
            f"(2: {first.id}, {last.id}), until {latest} at the latest. "
            "Delete files that are no longer needed, empty the trash "
            "(DELETE /v1/storage/trash), cancel uploads that nobody continues "
            "(GET /v1/uploads lists them, POST /v1/uploads/{upload_id}/cancel), "
            "or have the project's limits raised."
        )

    def test_a_refusal_looks_at_a_bounded_number_of_items(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("larder.services.upkeep.held.MAX_LOOKED_AT", 2)
        for _ in range(3):
            to_trash(ports, TENANT, store(ports, b"x" * 300).id)

        with pytest.raises(QuotaExceededError, match="at least 2 of them in the trash"):
            store(ports, b"x" * 200)

    def test_a_refusal_names_a_few_uploads(self, ports: MemoryBackend) -> None:
        named = [announce(ports, 200).upload.id for _ in range(5)][:3]

        with pytest.raises(QuotaExceededError) as refused:
            store(ports)

        assert all(upload_id in refused.value.message for upload_id in named)
        assert f"(5: {', '.join(named)}, …), until" in refused.value.message

    def test_a_refusal_that_cannot_look_further_is_still_one(self, ports: MemoryBackend) -> None:
        def throttled(_: TenantId) -> Held:
            raise ThrottledError("dynamodb.Query ThrottlingException")

        def admission() -> None:
            raise self.full(ports)

        with pytest.raises(QuotaExceededError, match="In use: 0 files"):
            admit(TENANT, admission, reclaim=ports.reclaim, held_quota=throttled)

    def test_contention_is_not_taken_for_a_full_quota(self, ports: MemoryBackend) -> None:
        with pytest.raises(ContentionError):
            self.attempts(ports, ContentionError())

        assert self.calls == 1


@pytest.mark.usefixtures("tenant")
class TestUsage:
    def test_it_tells_what_is_used_reserved_and_allowed(self, ports: MemoryBackend) -> None:
        store(ports, b"x" * 10)
        announce(ports, 7)

        found = usage(ports)

        assert found.used == Amount(files=1, bytes=10)
        assert found.reserved == Amount(files=1, bytes=7)
        assert found.limit == Amount(files=10, bytes=1_000)

    def test_expired_files_and_uploads_do_not_count(self, ports: MemoryBackend) -> None:
        store(ports, b"x" * 10, expires_after=3_600)
        announce(ports, 7)
        ports.clock.advance(UPLOAD_CLOSES)

        found = usage(ports)

        assert found.used == NOTHING
        assert found.reserved == NOTHING

    def test_an_unknown_project_has_none(self, ports: MemoryBackend) -> None:
        with pytest.raises(LookupError):
            usage(ports, TenantId("wks-unknown"))


@pytest.mark.usefixtures("tenant")
class TestTrash:
    def test_what_is_in_the_trash_counts_until_its_time_is_over(self, ports: MemoryBackend) -> None:
        file = store(ports, b"x" * 10)
        to_trash(ports, TENANT, file.id)

        ports.clock.advance(TRASH_LIFE - 1)
        assert usage(ports).used == Amount(files=1, bytes=10)
        ports.clock.advance(1)

        assert usage(ports).used == NOTHING
        assert not ports.files.exists(TENANT, file.id)

    def test_a_trashed_file_that_would_have_expired_does_not_count(
        self, ports: MemoryBackend
    ) -> None:
        file = store(ports, expires_after=3_600)
        to_trash(ports, TENANT, file.id)
        ports.clock.advance(3_600)

        assert not reclaim(ports)

        assert usage(ports).used == NOTHING

    def test_what_was_restored_since_stays(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = store(ports)
        stale = [
            DueTrashedFile(TENANT, file.id),
            DueFolder(TENANT, new_folder_id(ports.clock())),
        ]
        monkeypatch.setattr(ports.deadlines, "expired", lambda *_: iter(stale))

        assert not reclaim(ports)

        assert ports.files.get(TENANT, file.id) == file
