"""What tests do with a set of ports, whatever stands behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.folders import Folder
    from larder.domain.ids import BatchId, FileId, FolderId, TenantId, UploadId
    from larder.domain.quota import Usage
    from larder.domain.trash import TrashedFile, TrashedFolder
    from larder.domain.uploads import Upload
    from larder.services.artifacts.ports import ArtifactRecords
    from larder.services.batches.model_ports import RateLimits, UpstreamRecords
    from larder.services.batches.object_ports import BatchObjects
    from larder.services.batches.ports import BatchRecords
    from larder.services.chat.ports import ActionLog, Readings
    from larder.services.files.ports import FileRecords, ValidationQueue
    from larder.services.object_store import ObjectStore
    from larder.services.projects.ports import (
        AdminLog,
        BatchLimitRecords,
        KeyRegister,
        KeyUses,
        ProjectRecords,
        RequestRates,
        UsageRecords,
    )
    from larder.services.space.folder_trash import FolderTrash
    from larder.services.space.ports import (
        Cleanup,
        CleanupQueue,
        FileSearch,
        FolderRecords,
        TrashRecords,
    )
    from larder.services.upkeep.ports import Deadlines, Removal, SweepPlaces
    from larder.services.uploads.part_store import PartStore
    from larder.services.uploads.ports import UploadRecords
    from larder.services.webhooks.ports import DeliveryRecords, WebhookRecords
    from tests.fakes.clock import ManualClock
    from tests.fakes.webhooks import InMemoryEventBus, InMemoryWakeUps, ScriptedReceivers


@dataclass(frozen=True)
class Snapshot:
    """Everything that is stored, by project and id."""

    files: dict[tuple[TenantId, FileId], File]
    trash: dict[tuple[TenantId, FileId], TrashedFile]
    folders: dict[tuple[TenantId, FolderId], Folder]
    trashed_folders: dict[tuple[TenantId, FolderId], TrashedFolder]
    uploads: dict[tuple[TenantId, UploadId], Upload]
    usage: dict[TenantId, Usage]
    released: set[FileId | UploadId]
    objects: set[tuple[TenantId, FileId]]
    reports: set[tuple[TenantId, FileId]]


def not_at_all(seconds: float) -> None:
    """Wait for no time: between the attempts of a use case in a test."""


class Backend(Protocol):
    """The ports, and the part of the outside world that acts by itself."""

    clock: ManualClock

    @property
    def artifacts(self) -> ArtifactRecords: ...
    @property
    def files(self) -> FileRecords: ...
    @property
    def search(self) -> FileSearch: ...
    @property
    def trash(self) -> TrashRecords: ...
    @property
    def folder_trash(self) -> FolderTrash: ...
    @property
    def folders(self) -> FolderRecords: ...
    @property
    def uploads(self) -> UploadRecords: ...
    @property
    def usage(self) -> UsageRecords: ...
    @property
    def deadlines(self) -> Deadlines: ...
    @property
    def places(self) -> SweepPlaces: ...
    @property
    def projects(self) -> ProjectRecords: ...
    @property
    def keys(self) -> KeyRegister: ...
    @property
    def register(self) -> KeyRegister: ...
    @property
    def log(self) -> AdminLog: ...
    @property
    def uses(self) -> KeyUses: ...
    @property
    def rates(self) -> RequestRates: ...
    @property
    def objects(self) -> ObjectStore: ...
    @property
    def parts(self) -> PartStore: ...
    @property
    def batches(self) -> BatchRecords: ...
    @property
    def batch_limits(self) -> BatchLimitRecords: ...
    @property
    def batch_limit_records(self) -> BatchLimitRecords: ...
    @property
    def batch_objects(self) -> BatchObjects: ...
    @property
    def upstreams(self) -> UpstreamRecords: ...
    @property
    def limits(self) -> RateLimits: ...
    @property
    def validation_queue(self) -> ValidationQueue: ...
    @property
    def cleanups(self) -> CleanupQueue: ...
    @property
    def actions(self) -> ActionLog: ...
    @property
    def readings(self) -> Readings: ...
    @property
    def webhooks(self) -> WebhookRecords: ...
    @property
    def deliveries(self) -> DeliveryRecords: ...
    @property
    def wake_ups(self) -> InMemoryWakeUps: ...
    @property
    def receivers(self) -> ScriptedReceivers: ...
    @property
    def event_bus(self) -> InMemoryEventBus: ...

    def make(self, use_case: Any) -> Any:
        """Return the use case with its ports."""

    def client_put(self, tenant: TenantId, upload: Upload, data: bytes) -> bool:
        """PUT bytes by the upload's signed URL; False when S3 refuses the second write."""

    def client_put_part(self, tenant: TenantId, upload: Upload, number: int, data: bytes) -> bool:
        """PUT a part by its signed URL; False when the multipart upload is over."""

    def collect_ttl(self) -> None:
        """Remove the items whose `ttl` has passed."""

    def removed(self) -> list[Removal]:
        """Return what the stream says was removed since the last time."""

    def announced(self) -> list[tuple[TenantId, FileId]]:
        """Return what was announced on the queue since the last time."""

    def queued_cleanups(self) -> list[tuple[TenantId, Cleanup]]:
        """Take the cleanups from their queue, and return them."""

    def outputs_to_come(self) -> set[FileId]:
        """Return the files that batches have announced."""

    def due_batches(self, now: float) -> set[BatchId]:
        """Return the batches that the sweeper has to look at."""

    def lose_half_written_files(self) -> None:
        """Give up every multipart upload, as S3 does after a day."""

    def contend(self) -> None:
        """Have every further transaction meet another one."""

    def fill_partition(self, tenant: TenantId) -> None:
        """Have the project's partition hold 10 GB: nothing in it can grow from now on."""

    def snapshot(self) -> Snapshot:
        """Return everything that is stored."""
