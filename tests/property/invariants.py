"""What holds at every moment, and what holds once everything has settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.files import DAY, VALIDATION_GRACE, File, FileStatus
from larder.domain.folders import CLEARING_GRACE
from larder.domain.ids import parse_bundle_id, parse_file_id
from larder.domain.projects import AUDIT_INTERVAL
from larder.domain.quota import NOTHING
from larder.domain.trash import TRASH_LIFE, TrashState
from larder.domain.uploads import UploadStatus
from larder.services.upkeep.ports import DueAudit
from larder.services.upkeep.sweep import SweepResult
from tests.property.space_invariants import SpaceInvariants
from tests.property.world import TENANTS
from tests.samples import UPLOAD_CLOSES

if TYPE_CHECKING:
    from larder.domain.ids import FileId, FolderId, TenantId, UploadId
    from larder.domain.uploads import Upload
    from tests.backends.backend import Snapshot
    from tests.property.world import Arrival, World


class Invariants:
    """Watches a world: compares what is stored with what was, and with what clients were told.

    `seen` are all files that ever were, `seen_artifacts` all artifacts and bundles, and
    `seen_folders` all folders.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._gone: set[Arrival] = set()
        # For good, though the ledger forgets after a month.
        self._released: set[FileId | UploadId] = set()
        self._space = SpaceInvariants(world)
        self.stored = world.backend.snapshot()
        self.seen: list[Arrival] = []
        self.seen_artifacts: list[Arrival] = []
        self.seen_folders: list[tuple[TenantId, FolderId]] = []
        self.broken = False
        world.watch = self.look

    def look(self) -> None:
        """Check what holds at every moment, in the middle of operations too."""
        before, self.stored = self.stored, self._world.backend.snapshot()
        self._released |= self.stored.released
        for key in self.stored.files:
            if key not in before.files and key not in before.trash:
                (self.seen if parse_file_id(key[1]) else self.seen_artifacts).append(key)
        self.seen_folders += [key for key in self.stored.folders if key not in before.folders]
        try:
            self._check(before, self.stored)
        except AssertionError:
            self.broken = True
            raise

    def _check(self, before: Snapshot, now: Snapshot) -> None:
        for tenant in TENANTS:
            self._counters_are_what_is_stored(tenant, now)
            _nothing_was_admitted_over_the_limit(tenant, before, now)
        self._files_only_move_forward(before, now)
        self._uploads_only_move_forward(before, now)
        self._files_are_not_lost(before, now)
        self._space.check(before, now)

    def _counters_are_what_is_stored(self, tenant: TenantId, now: Snapshot) -> None:
        usage = now.usage[tenant]
        used = reserved = NOTHING
        for (owner, _), file in _files(now).items():
            used += file.amount if owner == tenant else NOTHING
        for (owner, _), upload in now.uploads.items():
            reserved += upload.amount if owner == tenant and _pending(upload) else NOTHING
        # What DynamoDB removed counts until its stream record is worked off.
        # A repair of the counters meanwhile leaves it out for good.
        history = self._world.history
        settled = self._released | history.left_out
        for owner, item, _ in history.vanished:
            if owner == tenant and item.id not in settled and isinstance(item, File):
                used += item.amount
        assert (usage.used, usage.reserved) == (used, reserved), f"counters of {tenant}"

    def _files_only_move_forward(self, before: Snapshot, now: Snapshot) -> None:
        assert not now.files.keys() & now.trash.keys(), "a file is in two places"
        were, are = _files(before), _files(now)
        self._gone |= were.keys() - are.keys()
        assert not self._gone & are.keys(), "a file came back"
        for key in were.keys() & are.keys():
            was, has = were[key].status, are[key].status
            assert was in {has, FileStatus.UPLOADED}, f"{key} went from {was} to {has}"
            immutable = parse_file_id(key[1]) is None
            assert not immutable or are[key].revision == 0, f"the artifact {key} was changed"

    def _uploads_only_move_forward(self, before: Snapshot, now: Snapshot) -> None:
        history, clock = self._world.history, self._world.clock
        assert now.uploads.keys() & before.uploads.keys() == before.uploads.keys() - {
            (tenant, item.id) for tenant, item, _ in history.vanished
        }
        for _, item, _ in history.vanished:
            assert isinstance(item, File) or not _pending(item), "TTL took a pending upload"
        for (tenant, upload_id), upload in now.uploads.items():
            was = before.uploads.get((tenant, upload_id), upload).status
            assert was in {upload.status, UploadStatus.PENDING}, f"{upload_id} was {was}"
            key = (tenant, upload.file_id)
            match upload.status:
                case UploadStatus.COMPLETED:
                    assert key in history.arrived, "completed without its bytes"
                case UploadStatus.CANCELLED:
                    # One whose name may be taken is cancelled when it is, or its bytes failed.
                    asked = key in history.cancels or upload.if_exists is not None
                    assert asked, "cancelled by nobody"
                case UploadStatus.EXPIRED:
                    assert upload.closes_at <= clock.at_most(), "expired too soon"
                    # However late its event, its completion or the sweeper came. A request that
                    # stores the bytes itself may do so later still: nothing claims them.
                    just_now = was is UploadStatus.PENDING
                    assert not (just_now and key in history.arrived), "expired with its bytes in S3"

    def _files_are_not_lost(self, before: Snapshot, now: Snapshot) -> None:
        history, clock = self._world.history, self._world.clock
        for key in _files(now).keys() & history.arrived:
            assert key in now.objects, f"{key} lost its bytes"
        completed = {
            (tenant, upload.file_id)
            for (tenant, _), upload in now.uploads.items()
            if upload.status is UploadStatus.COMPLETED
        }
        for key in before.files.keys() - now.files.keys() - now.trash.keys():
            if key in history.acknowledged | completed:
                expired = before.files[key].expired(clock.at_most())
                assert expired or key in history.deletes, f"{key} was lost"


def _files(stored: Snapshot) -> dict[Arrival, File]:
    """Return all files, live or in the trash."""
    return stored.files | {key: trashed.file for key, trashed in stored.trash.items()}


def _nothing_was_admitted_over_the_limit(tenant: TenantId, before: Snapshot, now: Snapshot) -> None:
    taken_before = before.usage[tenant].limit - before.usage[tenant].left
    taken = now.usage[tenant].limit - now.usage[tenant].left
    if taken.files > taken_before.files or taken.bytes > taken_before.bytes:
        left = now.usage[tenant].left
        assert left.files >= 0, f"{tenant} has too many files"
        assert left.bytes >= 0, f"{tenant} has too many bytes"


def _pending(upload: Upload) -> bool:
    return upload.status is UploadStatus.PENDING


def check_settling(world: World) -> None:
    """Let the world settle, checking at each stage what has to hold from there on."""
    world.drain()
    _sweep_after(world, max(VALIDATION_GRACE, CLEARING_GRACE))
    stored = world.backend.snapshot()
    for key, file in stored.files.items():
        in_time = key not in world.history.lost
        assert not (in_time and file.status is FileStatus.UPLOADED), f"{key} was never validated"
    _no_folder_is_on_its_way(stored)

    _sweep_after(world, UPLOAD_CLOSES)
    stored = world.backend.snapshot()
    assert not any(_pending(upload) for upload in stored.uploads.values()), "pending for ever"
    assert all(stored.usage[tenant].reserved == NOTHING for tenant in TENANTS)
    # Bytes that nothing announced and nothing claims wait for their upload's record to go.
    assert stored.objects - _files(stored).keys() <= world.history.lost

    # A message that was lost may put off the next look by as much as the file's age.
    wait = UPLOAD_CLOSES
    while any(file.status is FileStatus.UPLOADED for file in stored.files.values()):
        assert wait < 100 * DAY, "never validated"
        wait *= 2
        _sweep_after(world, wait)
        stored = world.backend.snapshot()

    _sweep_after(world, 2 * DAY)
    world.collect_ttl()
    world.drain()
    check_order(world)
    stored = world.backend.snapshot()
    if stored.trash or stored.trashed_folders:
        _sweep_after(world, TRASH_LIFE)
        stored = world.backend.snapshot()
        assert not stored.trash, "in the trash for ever"
        assert not stored.trashed_folders, "in the trash for ever"
        check_order(world)
    _an_audit_agrees(world)


def _no_folder_is_on_its_way(stored: Snapshot) -> None:
    for folder in stored.folders.values():
        assert not folder.deleting, f"{folder.id} is half deleted for ever"
        assert folder.restored_with is None, f"{folder.id} is half restored for ever"
    for key, trashed in stored.trashed_folders.items():
        kept = trashed.within is not None or trashed.state is TrashState.KEPT
        assert kept, f"{key} is {trashed.state} for ever"
        assert trashed.within is None or (key[0], trashed.within) in stored.trashed_folders


def _sweep_after(world: World, wait: float) -> None:
    world.clock.advance(wait)
    world.finish(world.sweep())
    world.drain()


def check_order(world: World) -> None:
    """Check that records, bytes, reports and counters agree, and that nothing waits for anything.

    What holds after the queues' retries and a sweep.
    """
    stored = world.backend.snapshot()
    for key, file in stored.files.items():
        assert file.status is not FileStatus.UPLOADED, f"{key} is not settled"
        assert not file.expired(world.clock()), f"{key} is expired"
    for key, trashed in stored.trash.items():
        assert not trashed.expired(world.clock()), f"{key} is not purged"
    files = _files(stored)
    with_bytes = {key for key in stored.files if parse_bundle_id(key[1]) is None}
    assert with_bytes <= stored.objects, "a file without its bytes"
    # A small upload that failed half-way may lie in the trash; restored, it would be collected.
    assert stored.trash.keys() & world.history.arrived <= stored.objects
    # Nothing tells of bytes that came too late, once their announcement is lost for good: they
    # are the dead letter that an operator has to redrive.
    unknown = stored.objects - files.keys()
    assert unknown <= world.history.late & world.history.lost, "bytes without a file"
    assert stored.reports <= files.keys(), "a report without its file"
    assert not any(_pending(upload) for upload in stored.uploads.values())
    _no_folder_is_on_its_way(stored)
    for tenant in TENANTS:
        usage = stored.usage[tenant]
        assert usage.reserved == NOTHING
        used = sum((file.amount for (t, _), file in files.items() if t == tenant), NOTHING)
        assert usage.used == used
        assert usage.left + used == usage.limit


def _an_audit_agrees(world: World) -> None:
    world.history.swept.clear()
    _sweep_after(world, AUDIT_INTERVAL)
    audits = {
        swept.due.tenant: swept.result
        for swept in world.history.swept
        if isinstance(swept.due, DueAudit)
    }
    assert audits == dict.fromkeys(TENANTS, SweepResult.COUNTERS_EXACT)
    assert SweepResult.FAILED not in {swept.result for swept in world.history.swept}
