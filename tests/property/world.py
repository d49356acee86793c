"""Larder with its clients, queue and stream: use cases as operations, events in any order."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from types import NoneType
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import patch

from larder.domain.artifacts import Retention
from larder.domain.errors import LarderError
from larder.domain.files import File
from larder.domain.ids import upload_of
from larder.domain.limits import MAX_BATCH_FILE_BYTES
from larder.domain.quota import Amount
from larder.domain.uploads import Upload, UploadStatus
from larder.runtime.wiring import Wiring
from larder.services.files.create import CreateFile, NewFile
from larder.services.files.delete import delete_file
from larder.services.projects.usage import GetUsage
from larder.services.upkeep.audit import repair_counters
from larder.services.upkeep.cleanup import run_cleanup
from larder.services.upkeep.clear_removed import clear_file, clear_upload
from larder.services.upkeep.receive_object import ReceiveObject
from larder.services.upkeep.sweep import Sweep, Swept
from larder.services.uploads.add_part import create_part
from larder.services.uploads.cancel import cancel_upload
from larder.services.uploads.complete import CompleteUpload
from larder.services.uploads.create import CreateUpload, NewUpload
from larder.services.uploads.create_named import CreateNamedFile
from larder.services.uploads.get import GetUpload
from tests.backends.backend import not_at_all
from tests.property.operations import CrashError, Interruption, Operation, OutageError, gated, noted
from tests.samples import OTHER, TENANT, a_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from larder.domain.ids import FileId, FolderId, PartId, TenantId, UploadId
    from larder.domain.parts import ArrivedPart
    from larder.domain.same_names import IfExists
    from larder.services.object_store import ObjectStore
    from larder.services.projects.ports import Count, UsageRecords
    from larder.services.space.ports import Cleanup
    from larder.services.upkeep.ports import Removal
    from larder.services.uploads.get import UploadState
    from larder.services.uploads.part_store import Digests, PartStore
    from tests.backends.backend import Backend

TENANTS = (TENANT, OTHER)
LIMIT = Amount(files=4, bytes=300)
PART_THRESHOLD = 120
VALID = (
    b'{"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{"model":"m","input":"x"}}\n'
)

type Arrival = tuple[TenantId, FileId]
type CleanupMessage = tuple[TenantId, Cleanup]


def content(size: int) -> bytes:
    """Return bytes of that size: a valid batch file when it is the size of one."""
    return VALID if size == len(VALID) else b"x" * size


_EXPECTED = (NoneType, LarderError, CrashError, OutageError)


class _Announcing:
    """`ObjectStore` that tells of what it stores, as S3 does."""

    def __init__(self, objects: ObjectStore, stored: Callable[[TenantId, FileId], None]) -> None:
        self._objects = objects
        self._stored = stored

    def put(self, tenant: TenantId, file_id: FileId, data: bytes) -> None:
        self._objects.put(tenant, file_id, data)
        self._stored(tenant, file_id)

    def copy(self, tenant: TenantId, source_id: FileId, target_id: FileId) -> bool:
        copied = self._objects.copy(tenant, source_id, target_id)
        if copied:
            self._stored(tenant, target_id)
        return copied

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objects, name)


class _AnnouncingParts:
    """`PartStore` that tells of the files it makes, as S3 does."""

    def __init__(self, parts: PartStore, stored: Callable[[TenantId, FileId], None]) -> None:
        self._parts = parts
        self._stored = stored

    def finish(self, tenant: TenantId, upload: Upload, parts: Sequence[ArrivedPart]) -> bool:
        made = self._parts.finish(tenant, upload, parts)
        if made:
            self._stored(tenant, upload.file_id)
        return made

    def assemble(
        self,
        tenant: TenantId,
        upload: Upload,
        part_ids: Sequence[PartId],
        accept: Callable[[Digests], None],
    ) -> bool:
        made = self._parts.assemble(tenant, upload, part_ids, accept)
        if made:
            self._stored(tenant, upload.file_id)
        return made

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parts, name)


class _Recounting:
    """`UsageRecords` that notes what was gone when counters were set to a count."""

    def __init__(self, usage: UsageRecords, history: History) -> None:
        self._usage = usage
        self._history = history
        self._gone: list[tuple[Count, set[FileId | UploadId]]] = []

    def recount(self, tenant: TenantId) -> Count:
        counted = self._usage.recount(tenant)
        gone = {item.id for owner, item, _ in self._history.vanished if owner == tenant}
        self._gone.append((counted, gone))
        return counted

    def set_counted(self, tenant: TenantId, version: int, counted: Count, at: int) -> bool:
        done = self._usage.set_counted(tenant, version, counted, at)
        if done:
            (gone,) = (ids for seen, ids in self._gone if seen is counted)
            self._history.left_out |= gone
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._usage, name)


@dataclass
class History:
    """What clients did and were told, by which what happens to their files is judged."""

    arrived: set[Arrival] = field(default_factory=set)
    acknowledged: set[Arrival] = field(default_factory=set)
    deletes: set[Arrival] = field(default_factory=set)
    cancels: set[Arrival] = field(default_factory=set)
    lost: set[Arrival] = field(default_factory=set)
    # Bytes that came after their record had gone.
    late: set[Arrival] = field(default_factory=set)
    vanished: list[Removal] = field(default_factory=list)
    # What had vanished when a repair counted, and may not be given back any more.
    left_out: set[FileId | UploadId] = field(default_factory=set)
    swept: list[Swept] = field(default_factory=list)
    sent: dict[Arrival, list[PartId]] = field(default_factory=dict)
    trashes: set[Arrival] = field(default_factory=set)
    purges: set[Arrival] = field(default_factory=set)
    # Until when a project's trash was to be emptied.
    empties: list[tuple[TenantId, int]] = field(default_factory=list)
    # Folders that were to be deleted if empty, or with all that lies in them.
    folder_deletes: set[tuple[TenantId, FolderId]] = field(default_factory=set)
    recursive_deletes: set[tuple[TenantId, FolderId]] = field(default_factory=set)
    folder_purges: set[tuple[TenantId, FolderId]] = field(default_factory=set)
    folder_restores: set[tuple[TenantId, FolderId]] = field(default_factory=set)


def turns(number: int) -> Callable[[], bool]:
    """Return a `keep_going` that is True so many times."""
    left = iter(range(number))
    return lambda: next(left, None) is not None


class Gated(Wiring):
    """A backend's ports, with a stop before every call that an operation makes."""

    part_threshold = PART_THRESHOLD
    batch_file_limit = MAX_BATCH_FILE_BYTES

    def __init__(
        self, backend: Backend, stored: Callable[[TenantId, FileId], None], history: History
    ) -> None:
        self.clock = self.stopwatch = noted(backend.clock)
        self.pause = not_at_all
        self.artifact_days = {Retention.STANDARD: 0, Retention.EXTENDED: 0}
        self.artifacts = gated(backend.artifacts, "artifacts")
        self.files = gated(backend.files, "files")
        self.uploads = gated(backend.uploads, "uploads")
        usage = cast("UsageRecords", _Recounting(backend.usage, history))
        self.usage = gated(usage, "usage")
        self.trash = gated(backend.trash, "trash")
        self.folders = gated(backend.folders, "folders")
        self.folder_trash = gated(backend.folder_trash, "folder_trash")
        self.search = gated(backend.search, "search")
        self.cleanups = gated(backend.cleanups, "cleanups")
        self.deadlines = gated(backend.deadlines, "deadlines")
        # Without a stop: a sweep here has all the time that it needs.
        self.places = backend.places
        self.projects = gated(backend.projects, "projects")
        self.validation_queue = gated(backend.validation_queue, "validation_queue")
        objects = cast("ObjectStore", _Announcing(backend.objects, stored))
        self.objects = gated(objects, "objects")
        parts = cast("PartStore", _AnnouncingParts(backend.parts, stored))
        self.parts = gated(parts, "parts")


PLENTY = 1_000


@contextmanager
def small_world() -> Iterator[None]:
    """Make ids by number, and let two files fill a transaction instead of fifty.

    Ids decide order and shards: the same test has to make the same ones.
    """
    serial = iter(range(10**9))
    with (
        patch("larder.domain.ids.secrets.token_hex", lambda _: f"{next(serial):012x}"),
        patch("larder.services.space.trash_folder.MAX_FILES_PER_TRANSACTION", 2),
        patch("larder.services.space.purge_folder.MAX_FILES_PER_TRANSACTION", 2),
        patch("larder.services.space.purge.MAX_FILES_PER_TRANSACTION", 2),
        patch("larder.services.space.folder_trash.MAX_RESTORED", 2),
        patch("larder.services.space.folder_trash.MAX_REOPENED", 1),
    ):
        yield


class World:
    """The ports, gated; the messages under way; and the operations that clients have begun.

    `watch` is called after every port call.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.clock = backend.clock
        self.history = History()
        self.validation_queue: list[Arrival] = []
        self.removals: list[Removal] = []
        self.cleanups: list[CleanupMessage] = []
        self.watch: Callable[[], None] = lambda: None
        for tenant in TENANTS:
            a_project(backend, tenant, LIMIT)
        self.ports = Gated(backend, self._stored, self.history)

    def step(self, operation: Operation, interruption: Interruption | None = None) -> None:
        """Step the operation, and see what came of it."""
        operation.step(interruption)
        if operation.done and not isinstance(operation.error, _EXPECTED):
            raise operation.error
        self.look()

    def finish(self, operation: Operation) -> Operation:
        """Step the operation to its end, and return it."""
        while not operation.done:
            self.step(operation)
        return operation

    def drain(self) -> None:
        """Deliver all messages, and those that come of them."""
        while self.validation_queue or self.removals or self.cleanups:
            if self.validation_queue:
                self.finish(self.receive(self.validation_queue[0]))
            elif self.removals:
                self.finish(self.clear(self.removals[0]))
            else:
                self.finish(self.clean(self.cleanups[0]))

    # What clients do.

    def create_file(
        self,
        tenant: TenantId,
        size: int,
        purpose: str,
        expires_after: int | None = None,
        *,
        folder: FolderId | None = None,
    ) -> Operation:
        """Begin a small upload."""

        def use_case() -> File:
            new = NewFile("notes.txt", content(size), purpose, "text/plain", expires_after, folder)
            file = self.ports.make(CreateFile)(tenant, new)
            self.history.acknowledged.add((tenant, file.id))
            return file

        return Operation("create_file", use_case)

    def create_named(
        self, tenant: TenantId, if_exists: IfExists, *, folder: FolderId | None = None
    ) -> Operation:
        """Begin a small upload whose name may be taken."""

        def use_case() -> File:
            new = NewFile("notes.txt", content(10), "user_data", "text/plain", None, folder)
            file: File = self.ports.make(CreateNamedFile)(tenant, new, if_exists)
            self.history.acknowledged.add((tenant, file.id))
            return file

        return Operation(if_exists, use_case)

    def create_upload(
        self,
        tenant: TenantId,
        size: int,
        purpose: str,
        expires_after: int | None = None,
        *,
        folder: FolderId | None = None,
        if_exists: IfExists | None = None,
    ) -> Operation:
        """Announce a direct upload."""
        new = NewUpload(
            "notes.txt",
            size,
            purpose,
            "text/plain",
            expires_after,
            folder_id=folder,
            if_exists=if_exists,
        )
        return Operation("create_upload", lambda: self.ports.make(CreateUpload)(tenant, new))

    def put(self, tenant: TenantId, upload: Upload) -> bool:
        """PUT the announced bytes to S3, which announces them; False when some are there.

        Above the threshold they are one part, and nothing is announced before they are joined.
        """
        if upload.plan is not None:
            return self.backend.client_put_part(tenant, upload, 1, content(upload.bytes))
        if not self.backend.client_put(tenant, upload, content(upload.bytes)):
            return False
        self._stored(tenant, upload.file_id)
        self.look()
        return True

    def send_part(self, tenant: TenantId, upload: Upload, data: bytes | None = None) -> Operation:
        """Begin to send a part of request size: those bytes, or else all of the upload's."""

        def use_case() -> PartId:
            sent = content(upload.bytes) if data is None else data
            part_id = self.ports.make(create_part)(tenant, upload.id, sent)
            self.history.sent.setdefault((tenant, upload.file_id), []).append(part_id)
            return part_id

        return Operation("send_part", use_case)

    def complete(
        self,
        tenant: TenantId,
        upload: Upload,
        part_ids: list[PartId] | None = None,
        md5: str | None = None,
    ) -> Operation:
        """Begin to complete an upload: of those parts, or else of the first one sent, if any."""

        def use_case() -> UploadState:
            sent = self.history.sent.get((tenant, upload.file_id), [])[:1]
            state = self.ports.make(CompleteUpload)(
                tenant, upload.id, part_ids=sent if part_ids is None else part_ids, md5=md5
            )
            self._is_true(tenant, state, UploadStatus.COMPLETED)
            self.history.acknowledged.add((tenant, upload.file_id))
            return state

        return Operation("complete", use_case)

    def get_upload(self, tenant: TenantId, upload: Upload) -> Operation:
        """Begin to get an upload."""
        return Operation("get_upload", lambda: self.ports.make(GetUpload)(tenant, upload.id))

    def cancel(self, tenant: TenantId, upload: Upload) -> Operation:
        """Begin to call an upload off."""
        self.history.cancels.add((tenant, upload.file_id))

        def use_case() -> UploadState:
            state = self.ports.make(cancel_upload)(tenant, upload.id)
            self._is_true(tenant, state, UploadStatus.CANCELLED)
            return state

        return Operation("cancel", use_case)

    def delete(self, tenant: TenantId, file_id: FileId) -> Operation:
        """Begin to delete a file."""
        self.history.deletes.add((tenant, file_id))
        return Operation("delete", lambda: self.ports.make(delete_file)(tenant, file_id))

    def delete_and_clear(self, tenant: TenantId, file: File) -> Operation:
        """Begin to delete a file and, at once, to clear up after it."""
        self.history.deletes.add((tenant, file.id))

        def use_case() -> None:
            self.ports.make(delete_file)(tenant, file.id)
            self.ports.make(clear_file)(tenant, file, self.clock())
            self.removals += self.backend.removed()
            self.removals[:] = [gone for gone in self.removals if gone[1].id != file.id]

        return Operation("delete_and_clear", use_case)

    def read_usage(self, tenant: TenantId) -> Operation:
        """Begin to read the usage, which reclaims what has expired."""
        return Operation("read_usage", lambda: self.ports.make(GetUsage)(tenant))

    def set_limit(self, tenant: TenantId, limit: Amount) -> Operation:
        """Begin to change the project's limits."""
        return Operation("set_limit", lambda: self.ports.projects.set_limit(tenant, limit))

    # What workers do; a message leaves its queue when its worker has returned.

    def receive(self, arrival: Arrival, *, again: bool = False) -> Operation:
        """Begin to receive bytes; `again`: the queue will deliver the message once more."""

        def use_case() -> None:
            tenant, file_id = arrival
            self.ports.make(ReceiveObject)(tenant, file_id)
            if not again and arrival in self.validation_queue:
                self.validation_queue.remove(arrival)

        return Operation("receive", use_case)

    def clear(self, removal: Removal, *, again: bool = False) -> Operation:
        """Begin to clear up after a removed record."""

        def use_case() -> None:
            tenant, item, gone_at = removal
            if isinstance(item, File):
                self.ports.make(clear_file)(tenant, item, gone_at)
            else:
                self.ports.make(clear_upload)(tenant, item, gone_at)
            if not again and removal in self.removals:
                self.removals.remove(removal)

        return Operation("clear", use_case)

    def clean(
        self, message: CleanupMessage, *, again: bool = False, patience: int = PLENTY
    ) -> Operation:
        """Begin to carry out a cleanup, or the first `patience` turns of it."""
        keep_going = turns(patience)

        def use_case() -> None:
            self.ports.make(run_cleanup)(*message, keep_going=keep_going)
            if not again and message in self.cleanups:
                self.cleanups.remove(message)

        return Operation("clean", use_case)

    def sweep(self) -> Operation:
        """Begin a sweep."""
        return Operation(
            "sweep",
            lambda: self.ports.make(Sweep)(
                keep_going=lambda: True, report=self.history.swept.append
            ),
        )

    # What operators do.

    def repair(self, tenant: TenantId) -> Operation:
        """Begin to repair the project's counters."""

        def use_case() -> bool:
            return self.ports.make(repair_counters)(tenant)

        return Operation("repair", use_case)

    # What happens by itself.

    def lose(self, arrival: Arrival) -> None:
        """Let the queue lose a message for good."""
        self.validation_queue.remove(arrival)
        self.history.lost.add(arrival)

    def collect_ttl(self) -> None:
        """Let DynamoDB remove what is a day past its expiry."""
        self.look()
        self.backend.collect_ttl()
        vanished = self.backend.removed()
        self.history.vanished += vanished
        self.removals += vanished
        self.look()

    def _is_true(self, tenant: TenantId, told: UploadState, status: UploadStatus) -> None:
        """Check that an upload has the end that a client is about to be told."""
        assert told.status is status
        record = self.backend.uploads.get(tenant, told.upload.id)
        assert record is None or record.status is status, f"told {status}, is {record.status}"

    def _stored(self, tenant: TenantId, file_id: FileId) -> None:
        self.history.arrived.add((tenant, file_id))
        recorded = self.backend.files.exists(tenant, file_id)
        if not recorded and self.backend.uploads.get(tenant, upload_of(file_id)) is None:
            self.history.late.add((tenant, file_id))
        self.validation_queue.append((tenant, file_id))

    def look(self) -> None:
        """Take in the messages that came about, and call `watch`."""
        self.validation_queue += self.backend.announced()
        self.removals += self.backend.removed()
        self.cleanups += self.backend.queued_cleanups()
        self.watch()
