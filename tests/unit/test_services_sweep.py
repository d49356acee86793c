"""The sweeper: collects what is due, tells of each, and is kept up by nothing."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.files import DAY, VALIDATION_GRACE, File, FileStatus
from larder.domain.folders import CLEARING_GRACE
from larder.domain.projects import AUDIT_INTERVAL
from larder.domain.quota import NOTHING, Amount
from larder.domain.trash import TRASH_LIFE
from larder.domain.uploads import Upload, UploadStatus
from larder.services.files.ports import Settlement
from larder.services.projects.ports import Count, Recount
from larder.services.projects.usage_history import read_usage_history
from larder.services.space.ports import FolderCleanup
from larder.services.upkeep import ports as upkeep_ports
from larder.services.upkeep.audit import NO_DRIFT
from larder.services.upkeep.ports import (
    DueAudit,
    DueBatch,
    DueFile,
    DueFolder,
    DueItem,
    DueTrashedFile,
    DueUpload,
)
from larder.services.upkeep.sweep import KEPT_EVERY, Sweep, SweepResult, seconds_behind
from larder.services.upkeep.sweepers import (
    EXECUTION_CHECK_SECONDS,
    RECOUNT_SECONDS,
    SWEEPERS,
    sweep_batch,
)
from larder.services.uploads.add_part import create_part
from larder.services.uploads.get import GetUpload
from tests.fakes.clock import ManualClock
from tests.samples import TENANT, UPLOAD_CLOSES, a_batch, a_file, a_folder, close_folder, to_trash
from tests.unit.use_cases import announce, complete, receive, store, sweep, trash

if TYPE_CHECKING:
    from larder.domain.batches import Batch
    from larder.domain.ids import BatchId, FileId, TenantId
    from larder.domain.quota import Usage
    from larder.services.upkeep.sweep import Swept
    from tests.backends.memory import MemoryBackend

pytestmark = pytest.mark.usefixtures("tenant")


def usage(ports: MemoryBackend) -> Usage:
    return ports.snapshot().usage[TENANT]


def test_every_kind_of_item_has_a_sweeper() -> None:
    kinds = {
        found
        for _, found in inspect.getmembers(upkeep_ports, inspect.isclass)
        if issubclass(found, DueItem) and found is not DueItem
    }

    assert SWEEPERS.keys() == kinds


def test_nothing_due_is_nothing_done(ports: MemoryBackend) -> None:
    store(ports)
    announce(ports)
    before = ports.snapshot()

    outcomes, _ = sweep(ports)

    assert outcomes == {}
    assert ports.snapshot() == before


def test_an_expired_file_is_released(ports: MemoryBackend) -> None:
    file = store(ports, expires_after=3_600)
    receive(ports, file.id)
    ports.clock.advance(3_600)

    outcomes, reported = sweep(ports)

    assert outcomes == {SweepResult.EXPIRED: 1}
    assert reported[0].due == DueFile(TENANT, file.id)
    assert usage(ports).used == NOTHING
    assert ports.snapshot().files == {}


def test_an_overdue_upload_is_closed(ports: MemoryBackend) -> None:
    upload = announce(ports).upload
    ports.clock.advance(UPLOAD_CLOSES)

    outcomes, reported = sweep(ports)

    assert outcomes == {SweepResult.EXPIRED: 1}
    assert reported[0].due == DueUpload(TENANT, upload.id)
    assert usage(ports).reserved == NOTHING
    closed = ports.uploads.get(TENANT, upload.id)
    assert closed is not None
    assert closed.status is UploadStatus.EXPIRED


def test_an_overdue_upload_whose_bytes_are_there_becomes_its_file(ports: MemoryBackend) -> None:
    upload = announce(ports).upload
    ports.objects.put(TENANT, upload.file_id, b"0123456789")
    ports.clock.advance(UPLOAD_CLOSES + 2 * DAY)

    outcomes, _ = sweep(ports)

    assert outcomes[SweepResult.COMPLETED] == 1
    assert ports.files.get(TENANT, upload.file_id) == upload.to_file()
    assert usage(ports).used == upload.amount
    assert usage(ports).reserved == NOTHING


def test_an_overdue_upload_of_a_full_project_stays_pending(ports: MemoryBackend) -> None:
    upload = announce(ports).upload
    ports.objects.put(TENANT, upload.file_id, b"0123456789")
    ports.clock.advance(UPLOAD_CLOSES)
    ports.fill_partition(TENANT)

    outcomes, _ = sweep(ports)

    assert outcomes == {SweepResult.NOTHING_TO_DO: 1}
    assert ports.uploads.get(TENANT, upload.id) == upload
    assert not ports.reclaim(TENANT)


def test_a_file_that_has_expired_before_its_upload_ended_is_released(
    ports: MemoryBackend,
) -> None:
    upload = announce(ports, expires_after=3_600).upload
    ports.objects.put(TENANT, upload.file_id, b"0123456789")
    ports.clock.advance(UPLOAD_CLOSES)

    sweep(ports)

    assert ports.files.get(TENANT, upload.file_id) is None
    assert usage(ports).left == usage(ports).limit


class TestCompletionThatDied:
    """A request that found all parts, and died before they were one object."""

    def died(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch, step: str, **request: Any
    ) -> Upload:
        upload = announce(ports, 10).upload
        parts = [ports.make(create_part)(TENANT, upload.id, data) for data in (b"56789", b"01234")]
        with monkeypatch.context() as dying:
            dying.setattr(ports.parts, step, lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                complete(ports, upload.id, part_ids=parts[::-1], **request)
        return upload

    def test_it_is_carried_out(self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch) -> None:
        upload = self.died(ports, monkeypatch, "assemble")
        ports.clock.advance(UPLOAD_CLOSES)

        outcomes, _ = sweep(ports)

        assert outcomes == {SweepResult.COMPLETED: 1}
        assert ports.objects.files[TENANT, upload.file_id] == b"0123456789"
        assert usage(ports).used == upload.amount
        assert ports.parts.small == {}

    def test_it_can_be_repeated_after_the_hour(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload = self.died(ports, monkeypatch, "assemble")
        kept = ports.uploads.get(TENANT, upload.id)
        ports.clock.advance(UPLOAD_CLOSES)
        assert kept is not None
        assert kept.completion is not None

        state = complete(ports, upload.id, part_ids=kept.completion.part_ids)

        assert state.status is UploadStatus.COMPLETED

    def test_nobody_else_ends_the_upload(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload = self.died(ports, monkeypatch, "assemble")
        ports.clock.advance(UPLOAD_CLOSES)

        assert not ports.reclaim(TENANT)
        assert ports.make(GetUpload)(TENANT, upload.id).status is UploadStatus.PENDING
        assert usage(ports).reserved == upload.amount

    def test_what_is_refused_expires(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload = self.died(ports, monkeypatch, "assemble", md5="0" * 32)
        ports.clock.advance(UPLOAD_CLOSES)

        outcomes, _ = sweep(ports)

        assert outcomes == {SweepResult.EXPIRED: 1}
        assert (TENANT, upload.file_id) not in ports.objects.files
        assert usage(ports).left == usage(ports).limit

    def test_parts_in_s3_are_joined(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ports.part_threshold = 5
        upload = announce(ports, 10).upload
        ports.client_put_part(TENANT, upload, 1, b"0123456789")
        with monkeypatch.context() as dying:
            dying.setattr(ports.parts, "finish", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                complete(ports, upload.id)
        ports.clock.advance(UPLOAD_CLOSES + 200)

        outcomes, _ = sweep(ports)

        assert outcomes == {SweepResult.COMPLETED: 1}
        assert ports.objects.files[TENANT, upload.file_id] == b"0123456789"

    def test_parts_in_s3_that_nobody_asked_to_join_are_deleted(self, ports: MemoryBackend) -> None:
        ports.part_threshold = 5
        upload = announce(ports, 10).upload
        ports.client_put_part(TENANT, upload, 1, b"0123456789")
        ports.clock.advance(UPLOAD_CLOSES + 200)

        outcomes, _ = sweep(ports)

        assert outcomes == {SweepResult.EXPIRED: 1}
        assert ports.parts.multipart == {}


def test_a_file_whose_bytes_never_came_is_released(ports: MemoryBackend) -> None:
    ports.files.admit(TENANT, a_file())
    ports.clock.advance(VALIDATION_GRACE)

    outcomes, _ = sweep(ports)

    assert outcomes == {SweepResult.ABANDONED: 1}
    assert usage(ports).used == NOTHING


def test_bytes_that_were_never_validated_are_announced_again(ports: MemoryBackend) -> None:
    file = store(ports)
    ports.clock.advance(VALIDATION_GRACE)

    outcomes, _ = sweep(ports)

    assert outcomes == {SweepResult.ANNOUNCED_AGAIN: 1}
    assert ports.announced() == [(TENANT, file.id)]
    assert ports.files.get(TENANT, file.id) == file


def test_they_are_announced_ever_more_rarely(ports: MemoryBackend) -> None:
    file = store(ports)
    announcements = []

    for second in range(0, 8 * VALIDATION_GRACE + 1, 60):
        ports.clock.now = file.created_at + second
        sweep(ports)
        announcements += [second for _ in ports.announced()]

    assert announcements == [n * VALIDATION_GRACE for n in (1, 2, 4, 8)]


def test_they_are_looked_at_no_later_than_they_expire(ports: MemoryBackend) -> None:
    store(ports, expires_after=3_600)
    ports.clock.advance(3_599)
    sweep(ports)
    ports.clock.advance(1)

    outcomes, _ = sweep(ports)

    assert outcomes == {SweepResult.EXPIRED: 1}


def test_a_file_in_its_grace_is_left_alone(ports: MemoryBackend) -> None:
    store(ports)
    ports.clock.advance(VALIDATION_GRACE - 1)

    assert sweep(ports)[0] == {}


@pytest.mark.parametrize("purpose", ["batch", "user_data"])
def test_a_settled_file_is_left_alone(ports: MemoryBackend, purpose: str) -> None:
    file = store(ports, purpose=purpose)
    receive(ports, file.id)
    ports.clock.advance(AUDIT_INTERVAL - 1)

    assert sweep(ports)[0] == {}


def test_what_the_index_still_shows_is_decided_by_the_record(
    ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted, fresh, settled = store(ports), store(ports), store(ports)
    completed = announce(ports).upload
    ports.objects.put(TENANT, completed.file_id, b"0123456789")
    receive(ports, completed.file_id)
    receive(ports, settled.id)
    ports.files.release(TENANT, deleted)
    stale = [
        *(DueFile(TENANT, file.id) for file in (deleted, fresh, settled)),
        DueUpload(TENANT, completed.id),
        DueUpload(TENANT, announce(ports).upload.id),
        DueAudit(type(TENANT)("wks-unknown")),
    ]
    monkeypatch.setattr(ports.deadlines, "due", lambda *_: iter(stale))
    before = ports.snapshot()

    outcomes, _ = sweep(ports)

    assert outcomes == {SweepResult.NOTHING_TO_DO: 6}
    assert ports.snapshot() == before


def test_one_failure_does_not_keep_up_the_rest(
    ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = store(ports, expires_after=3_600), store(ports, expires_after=3_600)
    ports.clock.advance(3_600)
    release = ports.files.release

    def fail_once(tenant: TenantId, file: Any) -> bool:
        if file.id == bad.id:
            message = "DynamoDB is out"
            raise OSError(message)
        return release(tenant, file)

    monkeypatch.setattr(ports.files, "release", fail_once)

    outcomes, reported = sweep(ports)

    assert outcomes == {SweepResult.FAILED: 1, SweepResult.EXPIRED: 1}
    failed = next(swept for swept in reported if swept.result is SweepResult.FAILED)
    assert failed.due == DueFile(TENANT, bad.id)
    assert isinstance(failed.error, OSError)
    assert ports.files.get(TENANT, good.id) is None


def test_an_item_of_a_kind_that_a_later_version_wrote_fails_alone(
    ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = store(ports, expires_after=3_600)
    ports.clock.advance(3_600)
    found = [DueItem(TENANT, "later-1"), DueFile(TENANT, file.id)]
    monkeypatch.setattr(ports.deadlines, "due", lambda *_: iter(found))

    assert sweep(ports)[0] == {SweepResult.FAILED: 1, SweepResult.EXPIRED: 1}


def test_what_failed_is_found_by_the_next_sweep(ports: MemoryBackend) -> None:
    store(ports, expires_after=3_600)
    ports.clock.advance(3_600)
    ports.store.contended = True
    sweep(ports)
    ports.store.contended = False

    assert sweep(ports)[0] == {SweepResult.EXPIRED: 1}


def test_it_stops_when_its_time_is_up(ports: MemoryBackend) -> None:
    for _ in range(3):
        store(ports, expires_after=3_600)
    ports.clock.advance(3_600)
    reported: list[Swept] = []

    outcomes = ports.make(Sweep)(keep_going=lambda: len(reported) < 2, report=reported.append)

    assert outcomes == {SweepResult.EXPIRED: 2}
    assert len(ports.snapshot().files) == 1


def test_every_project_is_swept(ports: MemoryBackend, other: TenantId) -> None:
    store(ports, expires_after=3_600)
    store(ports, tenant=other, expires_after=3_600)
    ports.clock.advance(3_600)

    assert sweep(ports)[0] == {SweepResult.EXPIRED: 2}


def test_an_audit_that_agrees_says_so_and_comes_again_a_day_later(ports: MemoryBackend) -> None:
    file = store(ports)
    receive(ports, file.id)
    ports.clock.advance(AUDIT_INTERVAL)

    first, reported = sweep(ports)
    ports.clock.advance(AUDIT_INTERVAL - 1)
    too_soon, _ = sweep(ports)
    ports.clock.advance(1)
    second, _ = sweep(ports)

    assert first == second == {SweepResult.COUNTERS_EXACT: 1}
    assert reported[0].drift == NO_DRIFT
    assert too_soon == {}


def test_an_audit_keeps_the_usage_of_its_day(ports: MemoryBackend) -> None:
    file = store(ports)
    receive(ports, file.id)
    ports.clock.advance(AUDIT_INTERVAL)
    sweep(ports)
    trash(ports, file.id)
    ports.clock.advance(3 * AUDIT_INTERVAL)
    store(ports)

    found = read_usage_history(TENANT, 30, usage=ports.usage, clock=ports.clock)

    assert [(day.used.files, day.used.bytes) for day in found] == [(1, 10), (2, 20)]
    dates = [date.fromisoformat(day.date) for day in found]
    assert (dates[1] - dates[0]).days == 3
    assert [
        day.used.files
        for day in read_usage_history(TENANT, 3, usage=ports.usage, clock=ports.clock)
    ] == [2]


def test_an_audit_finds_use_that_no_file_accounts_for(ports: MemoryBackend) -> None:
    file = store(ports, b"x" * 10, expires_after=3_600)
    ports.clock.advance(AUDIT_INTERVAL + DAY)
    # The record vanished and its stream record was lost.
    ports.collect_ttl()

    _, reported = sweep(ports)

    assert [swept.result for swept in reported] == [SweepResult.COUNTERS_DRIFTED]
    assert reported[0].drift == Count(used=file.amount, reserved=NOTHING)


def test_an_audit_finds_files_that_no_use_accounts_for(ports: MemoryBackend) -> None:
    file = store(ports, b"x" * 10)
    receive(ports, file.id)
    ports.files.release_quota(TENANT, file, ports.clock())
    ports.clock.advance(AUDIT_INTERVAL)

    _, reported = sweep(ports)

    assert reported[0].result is SweepResult.COUNTERS_DRIFTED
    assert reported[0].drift == Count(used=Amount(-1, -10), reserved=NOTHING)


def test_an_audit_finds_reservations_counted_as_use(ports: MemoryBackend) -> None:
    ports.clock.advance(AUDIT_INTERVAL)
    upload = announce(ports).upload
    ports.store.count(TENANT, left=NOTHING, reserved=NOTHING - upload.amount)

    _, reported = sweep(ports)

    assert reported[0].result is SweepResult.COUNTERS_DRIFTED
    assert reported[0].drift == Count(used=upload.amount, reserved=NOTHING - upload.amount)


def test_an_audit_that_was_disturbed_says_nothing_about_drift(
    ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports.clock.advance(AUDIT_INTERVAL)
    count = ports.usage.go_on_counting

    def count_while_another_stores(*args: Any, **kwargs: Any) -> Recount:
        counted = count(*args, **kwargs)
        store(ports)
        return counted

    monkeypatch.setattr(ports.usage, "go_on_counting", count_while_another_stores)

    assert sweep(ports)[0] == {SweepResult.COUNTERS_BUSY: 1}


class TestLargeProject:
    """Every record takes longer to count than one sweep counts."""

    @pytest.fixture(autouse=True)
    def slow(self, ports: MemoryBackend, tenant: TenantId, monkeypatch: pytest.MonkeyPatch) -> None:
        assert tenant == TENANT
        for _ in range(3):
            receive(ports, store(ports).id)
        ports.clock.advance(AUDIT_INTERVAL)
        stopwatch = ManualClock()
        monkeypatch.setattr(ports, "stopwatch", stopwatch)
        count = ports.usage.go_on_counting

        def count_slowly(*args: Any, **kwargs: Any) -> Recount:
            stopwatch.advance(RECOUNT_SECONDS)
            return count(*args, **kwargs)

        monkeypatch.setattr(ports.usage, "go_on_counting", count_slowly)

    def test_its_audit_goes_on_at_the_next_sweep(self, ports: MemoryBackend) -> None:
        results = [sweep(ports)[0] for _ in range(4)]

        assert results == [
            *([{SweepResult.COUNTERS_UNFINISHED: 1}] * 3),
            {SweepResult.COUNTERS_EXACT: 1},
        ]
        assert ports.usage.kept_recount(TENANT) is None

    def test_a_change_between_two_sweeps_ends_it(self, ports: MemoryBackend) -> None:
        sweep(ports)
        store(ports)

        assert sweep(ports)[0] == {SweepResult.COUNTERS_BUSY: 1}

        assert sweep(ports)[0] == {}
        assert ports.usage.kept_recount(TENANT) is None


class TestFairness:
    def overdue(self, ports: MemoryBackend, number: int) -> list[FileId]:
        """Return so many expired files, the longest expired first."""
        ports.projects.set_limit(TENANT, Amount(files=100, bytes=100))
        ids = []
        for n in range(number):
            file = a_file(0, expires_at=int(ports.clock()) + 1 + n)
            ports.files.admit(TENANT, file)
            ports.files.settle(TENANT, file, Settlement(FileStatus.PROCESSED))
            ids.append(file.id)
        ports.clock.advance(number)
        return ids

    def sweep_some(self, ports: MemoryBackend, number: int) -> list[str | None]:
        """Sweep so many items, and return their ids."""
        swept: list[Swept] = []
        ports.make(Sweep)(keep_going=lambda: len(swept) < number, report=swept.append)
        return [each.due.id for each in swept]

    def test_a_sweep_goes_on_where_the_last_one_ran_out_of_time(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ids = self.overdue(ports, 5)
        monkeypatch.setattr(ports.files, "release", lambda *_: 1 / 0)

        assert self.sweep_some(ports, 3) == ids[:3]
        assert self.sweep_some(ports, 3) == [*ids[3:], ids[0]]
        assert self.sweep_some(ports, 9) == [*ids[1:], ids[0]]
        assert self.sweep_some(ports, 9) == ids

    def test_a_sweep_that_an_item_kills_is_not_killed_by_it_the_next_time(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ids = self.overdue(ports, KEPT_EVERY + 1)
        release = ports.files.release

        def die(tenant: TenantId, file: File) -> bool:
            if file.id == ids[0]:
                raise KeyboardInterrupt
            return release(tenant, file)

        monkeypatch.setattr(ports.files, "release", die)
        with pytest.raises(KeyboardInterrupt):
            self.sweep_some(ports, 1)

        with pytest.raises(KeyboardInterrupt):
            sweep(ports)

        assert ids[-1] not in {file_id for _, file_id in ports.snapshot().files}

    def test_how_far_behind_it_is(self, ports: MemoryBackend) -> None:
        assert ports.make(seconds_behind)() == 0
        self.overdue(ports, 1)
        ports.clock.advance(600)

        assert ports.make(seconds_behind)() == 600


class TestTrash:
    @pytest.mark.parametrize(
        ("expires_after", "life"), [(None, TRASH_LIFE), (3_600, 3_600), (29 * DAY, 29 * DAY)]
    )
    def test_a_trashed_file_is_purged_when_its_time_is_over(
        self, ports: MemoryBackend, expires_after: int | None, life: int
    ) -> None:
        file = store(ports, expires_after=expires_after)
        to_trash(ports, TENANT, file.id)
        ports.usage.schedule_audit(TENANT, int(ports.clock()) + 90 * DAY)

        ports.clock.advance(life - 1)
        assert sweep(ports)[0] == {}
        ports.clock.advance(1)
        outcomes, reported = sweep(ports)

        assert outcomes == {SweepResult.EXPIRED: 1}
        assert reported[0].due == DueTrashedFile(TENANT, file.id)
        assert ports.snapshot().trash == {}
        assert usage(ports).used == NOTHING

    def test_what_was_restored_or_purged_since_is_left_alone(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        restored, purged, fresh = store(ports), store(ports), store(ports)
        for file in (restored, purged, fresh):
            to_trash(ports, TENANT, file.id)
        found = {file.id: ports.trash.get(TENANT, file.id) for file in (restored, purged)}
        assert ports.trash.restore(TENANT, found[restored.id], restored)  # type: ignore[arg-type]
        assert ports.trash.purge(TENANT, [found[purged.id]])  # type: ignore[list-item]
        stale = [DueTrashedFile(TENANT, f.id) for f in (restored, purged, fresh)]
        monkeypatch.setattr(ports.deadlines, "due", lambda *_: iter(stale))
        before = ports.snapshot()

        assert sweep(ports)[0] == {SweepResult.NOTHING_TO_DO: 3}

        assert ports.snapshot() == before

    def test_an_unvalidated_file_is_not_announced_while_it_is_in_the_trash(
        self, ports: MemoryBackend
    ) -> None:
        file = store(ports)
        to_trash(ports, TENANT, file.id)
        ports.clock.advance(VALIDATION_GRACE)

        assert sweep(ports)[0] == {}
        assert ports.announced() == []

    def test_a_restored_file_whose_bytes_never_came_is_released(self, ports: MemoryBackend) -> None:
        file = a_file()
        ports.files.admit(TENANT, file)
        to_trash(ports, TENANT, file.id)
        trashed = ports.trash.get(TENANT, file.id)
        assert trashed is not None
        ports.trash.restore(TENANT, trashed, file)
        ports.clock.advance(VALIDATION_GRACE)

        assert sweep(ports)[0] == {SweepResult.ABANDONED: 1}

        assert usage(ports).used == NOTHING

    def test_an_audit_counts_what_is_in_the_trash(self, ports: MemoryBackend) -> None:
        to_trash(ports, TENANT, store(ports).id)
        ports.clock.advance(AUDIT_INTERVAL)

        assert sweep(ports)[0] == {SweepResult.COUNTERS_EXACT: 1}

    def test_an_audit_is_not_misled_by_a_file_that_moves_meanwhile(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = store(ports)
        receive(ports, file.id)
        ports.clock.advance(AUDIT_INTERVAL)
        count = ports.usage.go_on_counting

        def count_one_key_after_the_other(*args: Any, **kwargs: Any) -> Recount:
            done = count(*args, **kwargs)
            to_trash(ports, TENANT, file.id)
            used = done.counted.used + file.amount
            return replace(done, counted=Count(used=used, reserved=done.counted.reserved))

        monkeypatch.setattr(ports.usage, "go_on_counting", count_one_key_after_the_other)

        assert sweep(ports)[0] == {SweepResult.COUNTERS_BUSY: 1}


class TestFolders:
    def test_a_folder_whose_deletion_has_stopped_is_taken_up_every_quarter_of_an_hour(
        self, ports: MemoryBackend
    ) -> None:
        folder = a_folder(ports, TENANT)
        close_folder(ports, TENANT, folder.id, int(ports.clock()))

        taken_up = []
        for second in range(0, 3 * CLEARING_GRACE, 60):
            outcomes, reported = sweep(ports)
            if outcomes[SweepResult.FOLDER_TAKEN_UP]:
                taken_up.append(second)
                assert reported[0].due == DueFolder(TENANT, folder.id)
            ports.clock.advance(60)

        assert taken_up == [0, CLEARING_GRACE, 2 * CLEARING_GRACE]
        assert ports.cleanups.queued == [(TENANT, FolderCleanup(folder.id))] * 3

    def test_a_folder_that_is_gone_or_open_is_left_alone(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        still_open, gone = a_folder(ports, TENANT, "a"), a_folder(ports, TENANT, "b")
        ports.folders.remove(TENANT, gone)
        stale = [DueFolder(TENANT, folder.id) for folder in (still_open, gone)]
        monkeypatch.setattr(ports.deadlines, "due", lambda *_: iter(stale))
        before = ports.snapshot()

        assert sweep(ports)[0] == {SweepResult.NOTHING_TO_DO: 2}

        assert ports.snapshot() == before
        assert ports.cleanups.queued == []

    def test_a_queue_that_fails_is_asked_again_by_the_next_sweep(
        self, ports: MemoryBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = a_folder(ports, TENANT)
        close_folder(ports, TENANT, folder.id, int(ports.clock()))

        def fail(*_: object) -> None:
            message = "SQS is out"
            raise OSError(message)

        with monkeypatch.context() as patch:
            patch.setattr(ports.cleanups, "enqueue", fail)
            assert sweep(ports)[0] == {SweepResult.FAILED: 1}

        assert sweep(ports)[0] == {SweepResult.FOLDER_TAKEN_UP: 1}


@dataclass
class Machine:
    """`Executions` that remember what was started; `alive` are the running ones."""

    alive: set[tuple[BatchId, int]] = field(default_factory=set)
    started: list[tuple[BatchId, int]] = field(default_factory=list)

    def start(self, tenant: TenantId, batch_id: BatchId, execution: int) -> None:
        assert tenant == TENANT
        self.started.append((batch_id, execution))

    def running(self, batch_id: BatchId, execution: int) -> bool:
        return (batch_id, execution) in self.alive


class TestBatches:
    """A batch that has not ended has a running execution, or gets one at the next sweep."""

    def due(self, ports: MemoryBackend, *, alive: bool) -> tuple[Machine, Batch, SweepResult]:
        batch = a_batch()
        ports.batches.create(TENANT, batch, check_at=int(ports.clock()))
        machine = Machine(alive={(batch.id, batch.execution)} if alive else set())
        [item] = [each for each in ports.deadlines.due(ports.clock()) if each.id == batch.id]
        assert item == DueBatch(TENANT, batch.id)
        swept = sweep_batch(item, batches=ports.batches, executions=machine, clock=ports.clock)
        return machine, batch, swept.result

    def test_one_without_an_execution_gets_another(self, ports: MemoryBackend) -> None:
        machine, batch, result = self.due(ports, alive=False)

        assert result is SweepResult.BATCH_RESTARTED
        assert machine.started == [(batch.id, batch.execution + 1)]
        found = ports.batches.get(TENANT, batch.id)
        assert found is not None
        assert found.execution == batch.execution + 1

    def test_one_that_runs_is_looked_at_again_later(self, ports: MemoryBackend) -> None:
        machine, batch, result = self.due(ports, alive=True)

        assert result is SweepResult.BATCH_RUNNING
        assert machine.started == []
        assert DueBatch(TENANT, batch.id) not in set(ports.deadlines.due(ports.clock()))
        later = ports.clock() + EXECUTION_CHECK_SECONDS
        assert DueBatch(TENANT, batch.id) in set(ports.deadlines.due(later))

    def test_one_that_should_have_ended_is_reported_and_left_running(
        self, ports: MemoryBackend
    ) -> None:
        batch = a_batch()
        ports.batches.create(TENANT, batch, check_at=int(ports.clock()))
        ports.batches.cancel(TENANT, batch, at=int(ports.clock()))
        machine = Machine(alive={(batch.id, batch.execution)})
        item = DueBatch(TENANT, batch.id)

        def result() -> SweepResult:
            sweep = sweep_batch(item, batches=ports.batches, executions=machine, clock=ports.clock)
            return sweep.result

        assert result() is SweepResult.BATCH_RUNNING
        ports.clock.advance(3_600)
        assert result() is SweepResult.BATCH_STUCK
        assert machine.started == []
        later = ports.clock() + EXECUTION_CHECK_SECONDS
        assert item in set(ports.deadlines.due(later))

    def test_one_that_has_ended_is_left_alone(self, ports: MemoryBackend) -> None:
        batch = a_batch()
        ports.batches.create(TENANT, batch, check_at=int(ports.clock()))
        ports.batches.fail(TENANT, batch, [], at=int(ports.clock()))
        machine = Machine()

        swept = sweep_batch(
            DueBatch(TENANT, batch.id),
            batches=ports.batches,
            executions=machine,
            clock=ports.clock,
        )

        assert swept.result is SweepResult.NOTHING_TO_DO
        assert machine.started == []
