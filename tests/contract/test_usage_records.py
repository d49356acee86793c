"""Counters: they change with the records, and can be recounted from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.files import FileStatus
from larder.domain.quota import NOTHING, Amount, Usage
from larder.domain.trash import TRASH_LIFE
from larder.domain.uploads import UploadStatus
from larder.services.files.ports import Settlement
from larder.services.projects.ports import Count, Recount, UsageDay
from tests.fakes.clock import START
from tests.samples import OTHER, ROOM, TENANT, a_file, a_folder, a_project, an_upload, to_trash

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import TenantId
    from tests.backends.backend import Backend


NOW = int(START)
NO_COUNT = Count(used=NOTHING, reserved=NOTHING)


def version(backend: Backend, tenant: TenantId = TENANT) -> int:
    usage = backend.usage.get(tenant)
    assert usage is not None
    return usage.version


def test_a_new_project_has_its_whole_quota_left(backend: Backend, tenant: TenantId) -> None:
    assert backend.usage.get(tenant) == Usage(limit=ROOM, left=ROOM, reserved=NOTHING, version=0)


def test_an_unknown_project_has_no_counters(backend: Backend) -> None:
    assert backend.usage.get(OTHER) is None


def test_a_recount_adds_up_files_trash_and_pending_uploads_and_no_folders(
    backend: Backend, tenant: TenantId
) -> None:
    live, trashed = a_file(1), a_file(20)
    pending, completed, cancelled = an_upload(300), an_upload(40), an_upload(5)
    for file in (live, trashed):
        backend.files.admit(tenant, file)
    for upload in (pending, completed, cancelled):
        backend.uploads.reserve(tenant, upload)
    to_trash(backend, tenant, trashed.id)
    a_folder(backend, tenant)
    backend.uploads.complete(tenant, completed, completed.to_file())
    backend.uploads.close(tenant, cancelled, UploadStatus.CANCELLED)

    counted = backend.usage.recount(tenant)

    assert counted == Count(used=Amount(files=3, bytes=61), reserved=Amount(files=1, bytes=300))
    usage = backend.usage.get(tenant)
    assert usage is not None
    assert (usage.used, usage.reserved) == (counted.used, counted.reserved)


def test_a_recount_of_nothing_is_nothing(backend: Backend, tenant: TenantId) -> None:
    assert backend.usage.recount(tenant) == Count(used=NOTHING, reserved=NOTHING)


def test_a_recount_looks_at_one_project(
    backend: Backend, tenant: TenantId, other: TenantId
) -> None:
    backend.files.admit(other, a_file(20))

    assert backend.usage.recount(tenant).used == NOTHING


def test_a_recount_reads_more_than_dynamodb_does_at_once(backend: Backend) -> None:
    tenant = a_project(backend, limit=Amount(files=10, bytes=10))
    for _ in range(5):
        backend.files.admit(tenant, a_file(1, mime_type="x" * 350_000))

    assert backend.usage.recount(tenant).used == Amount(files=5, bytes=5)


def test_counters_are_set_to_what_was_counted_and_limits_stay(
    backend: Backend, tenant: TenantId
) -> None:
    backend.files.admit(tenant, a_file(100))
    counted = Count(used=Amount(files=2, bytes=30), reserved=Amount(files=1, bytes=4))

    assert backend.usage.set_counted(tenant, version(backend), counted, NOW)

    assert backend.usage.get(tenant) == Usage(
        limit=ROOM,
        left=ROOM - Amount(files=3, bytes=34),
        reserved=Amount(files=1, bytes=4),
        version=2,
        recounted_at=NOW,
    )


def test_counters_that_have_changed_are_not_set(backend: Backend, tenant: TenantId) -> None:
    before = version(backend)
    backend.files.admit(tenant, a_file(100))
    after = backend.usage.get(tenant)

    assert not backend.usage.set_counted(tenant, before, NO_COUNT, NOW)

    assert backend.usage.get(tenant) == after


@pytest.mark.parametrize(("gone_at", "given_back"), [(NOW - 1, 0), (NOW, 0), (NOW + 1, 30)])
def test_what_was_gone_when_the_counters_were_set_is_not_given_back(
    backend: Backend, tenant: TenantId, gone_at: int, given_back: int
) -> None:
    file, upload = a_file(10), an_upload(20)
    assert backend.usage.set_counted(tenant, version(backend), NO_COUNT, NOW)
    before = backend.usage.get(tenant)
    assert before is not None

    done = [
        backend.files.release_quota(tenant, file, gone_at),
        backend.uploads.release_quota(tenant, upload, gone_at),
    ]

    assert done == [given_back > 0] * 2
    after = backend.usage.get(tenant)
    assert after is not None
    assert (after.left - before.left).bytes == given_back


def test_a_file_that_is_removed_with_its_quota_is_given_back_whenever_counters_were_set(
    backend: Backend, tenant: TenantId
) -> None:
    file = a_file(10)
    backend.files.admit(tenant, file)
    counted = backend.usage.recount(tenant)
    assert backend.usage.set_counted(tenant, version(backend), counted, NOW + 10**6)

    assert backend.files.release(tenant, file)

    assert backend.usage.recount(tenant) == NO_COUNT
    usage = backend.usage.get(tenant)
    assert usage is not None
    assert usage.left == usage.limit


def test_a_recount_says_when_the_first_counted_thing_expires(
    backend: Backend, tenant: TenantId
) -> None:
    backend.files.admit(tenant, a_file(1))
    assert backend.usage.recount(tenant).first_expiry is None

    trashed = a_file(1)
    backend.files.admit(tenant, trashed)
    to_trash(backend, tenant, trashed.id)
    purged_at = NOW + TRASH_LIFE
    assert backend.usage.recount(tenant).first_expiry == purged_at
    backend.files.admit(tenant, a_file(1, expires_at=NOW + 9_000))
    assert backend.usage.recount(tenant).first_expiry == NOW + 9_000
    upload = an_upload(1)
    backend.uploads.reserve(tenant, upload)
    assert backend.usage.recount(tenant).first_expiry == upload.closes_at
    backend.uploads.close(tenant, upload, UploadStatus.CANCELLED)
    assert backend.usage.recount(tenant).first_expiry == NOW + 9_000


def test_an_unknown_projects_counters_are_not_made(backend: Backend) -> None:
    assert not backend.usage.set_counted(OTHER, 0, NO_COUNT, NOW)

    assert backend.usage.get(OTHER) is None


def _admit(backend: Backend) -> None:
    backend.files.admit(TENANT, a_file(1))


def _release(backend: Backend) -> None:
    file = next(iter(backend.snapshot().files.values()))
    assert backend.files.release(TENANT, file)


def _reserve(backend: Backend) -> None:
    backend.uploads.reserve(TENANT, an_upload(1))


def _complete(backend: Backend) -> None:
    upload = next(iter(backend.snapshot().uploads.values()))
    assert backend.uploads.complete(TENANT, upload, upload.to_file())


def _close(backend: Backend) -> None:
    upload = next(iter(backend.snapshot().uploads.values()))
    assert backend.uploads.close(TENANT, upload, UploadStatus.CANCELLED)


def _give_back_a_file(backend: Backend) -> None:
    assert backend.files.release_quota(TENANT, a_file(1), backend.clock())


def _give_back_an_upload(backend: Backend) -> None:
    assert backend.uploads.release_quota(TENANT, an_upload(1), backend.clock())


def _set_limit(backend: Backend) -> None:
    backend.projects.set_limit(TENANT, Amount(files=5, bytes=5))


def _move_to_the_trash_and_back(backend: Backend) -> None:
    (file,) = backend.snapshot().files.values()
    before = version(backend)
    to_trash(backend, TENANT, file.id)
    between = version(backend)
    trashed = backend.trash.get(TENANT, file.id)
    assert trashed is not None
    assert backend.trash.restore(TENANT, trashed, file)
    assert before < between < version(backend)


def _purge(backend: Backend) -> None:
    (file,) = backend.snapshot().files.values()
    to_trash(backend, TENANT, file.id)
    trashed = backend.trash.get(TENANT, file.id)
    assert trashed is not None
    assert backend.trash.purge(TENANT, [trashed])


@pytest.mark.parametrize(
    "change",
    [
        _admit,
        _release,
        _reserve,
        _complete,
        _close,
        _give_back_a_file,
        _give_back_an_upload,
        _set_limit,
        _move_to_the_trash_and_back,
        _purge,
    ],
)
def test_a_change_that_would_disturb_a_recount_changes_the_counters_version(
    backend: Backend, tenant: TenantId, change: Callable[[Backend], None]
) -> None:
    backend.files.admit(tenant, a_file(1))
    backend.uploads.reserve(tenant, an_upload(1))
    before = version(backend)

    change(backend)

    assert version(backend) > before


def test_a_change_without_effect_on_counters_keeps_their_version(
    backend: Backend, tenant: TenantId
) -> None:
    file = a_file(1)
    backend.files.admit(tenant, file)
    before = version(backend)

    backend.files.settle(tenant, file, Settlement(FileStatus.PROCESSED))
    backend.usage.schedule_audit(tenant, 1_760_000_000)
    backend.usage.recount(tenant)

    assert version(backend) == before


def test_expired_files_are_added_up_live_and_in_the_trash(
    backend: Backend, tenant: TenantId, other: TenantId
) -> None:
    soon = int(backend.clock()) + 100
    for owner, file in [
        (tenant, a_file(1, expires_at=soon)),
        (tenant, a_file(10, expires_at=soon + TRASH_LIFE)),
        (tenant, a_file(100)),
        (other, a_file(200, expires_at=soon)),
    ]:
        backend.files.admit(owner, file)
    trashed, released = a_file(20), a_file(40, expires_at=soon)
    for file in (trashed, released):
        backend.files.admit(tenant, file)
    to_trash(backend, tenant, trashed.id)
    backend.files.release(tenant, released)
    backend.uploads.reserve(tenant, an_upload(80))
    later = int(backend.clock()) + TRASH_LIFE

    found = backend.usage.expired_files(tenant, later, keep_going=lambda: True)

    assert found == Amount(files=2, bytes=21)


def test_more_expired_files_than_one_read_takes_are_added_up(
    backend: Backend, tenant: TenantId
) -> None:
    backend.projects.set_limit(tenant, Amount(files=1_000, bytes=1_000))
    soon = int(backend.clock()) + 100
    for _ in range(120):
        backend.files.admit(tenant, a_file(2, expires_at=soon))

    found = backend.usage.expired_files(tenant, soon, keep_going=lambda: True)

    assert found == Amount(files=120, bytes=240)


def test_expired_files_are_added_up_only_while_there_is_time(
    backend: Backend, tenant: TenantId
) -> None:
    soon = int(backend.clock()) + 100
    backend.files.admit(tenant, a_file(2, expires_at=soon))

    assert backend.usage.expired_files(tenant, soon, keep_going=lambda: False) == NOTHING


def test_a_recount_goes_on_where_it_stopped(backend: Backend, tenant: TenantId) -> None:
    # More than DynamoDB returns at once.
    backend.projects.set_limit(tenant, Amount(files=2_000, bytes=2_000))
    for _ in range(3):
        backend.files.admit(tenant, a_file(1, filename="x" * 200))
    backend.uploads.reserve(tenant, an_upload(7))
    step = Recount(5, Count(used=NOTHING, reserved=NOTHING), after="")
    steps = 0
    while step.after is not None:
        step = backend.usage.go_on_counting(tenant, step, keep_going=lambda: False)
        steps += 1

    assert step == Recount(5, backend.usage.recount(tenant), after=None)
    assert step.counted == Count(used=Amount(3, 3), reserved=Amount(1, 7))


def test_an_unfinished_recount_is_kept_until_the_next_audit_is_scheduled(
    backend: Backend, tenant: TenantId
) -> None:
    unfinished = Recount(3, Count(used=Amount(1, 2), reserved=Amount(3, 4)), after="file-1")
    before = backend.usage.get(tenant)
    assert backend.usage.kept_recount(tenant) is None

    backend.usage.keep_recount(tenant, unfinished)

    assert backend.usage.kept_recount(tenant) == unfinished
    assert backend.usage.get(tenant) == before
    backend.usage.schedule_audit(tenant, 10**9)
    assert backend.usage.kept_recount(tenant) is None


def test_the_usage_of_days_is_kept_in_order_and_by_project(
    backend: Backend, tenant: TenantId
) -> None:
    days = [
        UsageDay(date, Amount(files=number, bytes=10 * number))
        for number, date in enumerate(["2026-01-31", "2026-02-01", "2026-02-02"])
    ]
    for day in reversed(days):
        backend.usage.keep_day(tenant, day)
    backend.usage.keep_day(OTHER, UsageDay("2026-02-02", Amount(files=9, bytes=9)))

    assert list(backend.usage.days(tenant, "2026-01-01")) == days
    assert list(backend.usage.days(tenant, "2026-02-01")) == days[1:]
    assert list(backend.usage.days(tenant, "2026-02-03")) == []
    assert version(backend) == 0


def test_the_last_look_at_a_day_is_kept(backend: Backend, tenant: TenantId) -> None:
    for files in (1, 2):
        backend.usage.keep_day(tenant, UsageDay("2026-02-01", Amount(files=files, bytes=0)))

    [day] = backend.usage.days(tenant, "2026-02-01")

    assert day.used.files == 2
