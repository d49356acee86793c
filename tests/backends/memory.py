"""The fakes, together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.documents import FileTexts
from larder.domain.artifacts import Retention
from larder.domain.limits import MAX_BATCH_FILE_BYTES
from larder.domain.parts import PART_THRESHOLD
from larder.runtime.wiring import Wiring
from tests.backends.backend import Snapshot, not_at_all
from tests.fakes.actions import FixedKey, InMemoryActionLog, InMemoryReadings
from tests.fakes.api_keys import InMemoryKeys
from tests.fakes.artifacts import InMemoryArtifacts
from tests.fakes.batch_objects import InMemoryBatchObjects
from tests.fakes.batches import InMemoryBatches, InMemoryBatchLimits
from tests.fakes.cleanup_queue import InMemoryCleanupQueue
from tests.fakes.clock import ManualClock
from tests.fakes.deadlines import InMemoryDeadlines, InMemorySweepPlaces
from tests.fakes.file_search import InMemoryFileSearch
from tests.fakes.files import InMemoryFiles
from tests.fakes.folder_trash import InMemoryFolderTrash
from tests.fakes.folders import InMemoryFolders
from tests.fakes.objects import InMemoryObjects
from tests.fakes.parts import InMemoryParts
from tests.fakes.rate_limits import InMemoryRateLimits
from tests.fakes.request_rates import InMemoryRequestRates
from tests.fakes.store import InMemoryStore
from tests.fakes.trash import InMemoryTrash
from tests.fakes.uploads import InMemoryUploads
from tests.fakes.upstreams import InMemoryUpstreams
from tests.fakes.usage import InMemoryProjects, InMemoryUsage
from tests.fakes.validation_queue import InMemoryValidationQueue
from tests.fakes.webhooks import (
    InMemoryDeliveries,
    InMemoryEventBus,
    InMemoryWakeUps,
    InMemoryWebhooks,
    ScriptedReceivers,
)

if TYPE_CHECKING:
    from larder.domain.ids import BatchId, FileId, TenantId
    from larder.domain.uploads import Upload
    from larder.services.chat.ports import SigningKey
    from larder.services.space.ports import Cleanup
    from larder.services.upkeep.ports import Removal


class MemoryBackend(Wiring):
    """`Backend` in memory."""

    def __init__(self) -> None:
        self.clock = self.stopwatch = ManualClock()
        self.pause = not_at_all
        self.part_threshold = PART_THRESHOLD
        self.batch_file_limit = MAX_BATCH_FILE_BYTES
        self.artifact_days = {Retention.STANDARD: 0, Retention.EXTENDED: 0}
        self.store = InMemoryStore()
        self.artifacts = InMemoryArtifacts(self.store)
        self.files = InMemoryFiles(self.store)
        self.search = InMemoryFileSearch(self.store)
        self.trash = InMemoryTrash(self.store, self.clock)
        self.folders = InMemoryFolders(self.store)
        self.folder_trash = InMemoryFolderTrash(self.store, self.clock)
        self.uploads = InMemoryUploads(self.store, self.clock)
        self.usage = InMemoryUsage(self.store)
        self.webhooks = InMemoryWebhooks()
        self.deadlines = InMemoryDeadlines(self.store, self.webhooks)
        self.places = InMemorySweepPlaces()
        self.projects = InMemoryProjects(self.store)
        self.log = self.store.log
        self.keys = self.register = self.uses = InMemoryKeys(self.log)
        self.rates = InMemoryRequestRates()
        self.objects = InMemoryObjects()
        self.parts = InMemoryParts(self.objects)
        self.batches = InMemoryBatches(self.store)
        self.batch_limits = self.batch_limit_records = InMemoryBatchLimits(self.batches)
        self.batch_objects = InMemoryBatchObjects(self.objects)
        self.upstreams = InMemoryUpstreams()
        self.limits = InMemoryRateLimits()
        self.validation_queue = InMemoryValidationQueue()
        self.cleanups = InMemoryCleanupQueue()
        self.actions = InMemoryActionLog()
        self.readings = InMemoryReadings()
        self.cursor_key: SigningKey = FixedKey()
        self.documents = FileTexts()
        self.deliveries = InMemoryDeliveries(self.webhooks)
        self.wake_ups = InMemoryWakeUps()
        self.receivers = ScriptedReceivers()
        self.event_bus = InMemoryEventBus()
        self.webhook_secret = lambda: b"a secret"
        self.private_webhooks = False
        self.jitter = lambda: 0.0

    def client_put(self, tenant: TenantId, upload: Upload, data: bytes) -> bool:
        if (tenant, upload.file_id) in self.objects.files:
            return False
        self.objects.put(tenant, upload.file_id, data)
        return True

    def client_put_part(self, tenant: TenantId, upload: Upload, number: int, data: bytes) -> bool:  # noqa: ARG002
        held = self.parts.multipart.get(upload.multipart_id or "")
        if held is None:
            return False
        held[number] = data
        return True

    def collect_ttl(self) -> None:
        self.store.collect_ttl(self.clock())

    def removed(self) -> list[Removal]:
        removed, self.store.removed = self.store.removed, []
        return removed

    def announced(self) -> list[tuple[TenantId, FileId]]:
        announced, self.validation_queue.announced = self.validation_queue.announced, []
        return announced

    def queued_cleanups(self) -> list[tuple[TenantId, Cleanup]]:
        queued, self.cleanups.queued = self.cleanups.queued, []
        return queued

    def outputs_to_come(self) -> set[FileId]:
        return {file_id for _, file_id in self.store.announced}

    def due_batches(self, now: float) -> set[BatchId]:
        return {batch_id for (_, batch_id), at in self.store.batches_due.items() if at <= now}

    def lose_half_written_files(self) -> None:
        self.batch_objects.half_written.clear()

    def contend(self) -> None:
        self.store.contended = True

    def fill_partition(self, tenant: TenantId) -> None:
        self.store.full.add(tenant)

    def snapshot(self) -> Snapshot:
        return Snapshot(
            files={key: row.file for key, row in self.store.files.items()},
            trash=dict(self.store.trash),
            folders={key: row.folder for key, row in self.store.folders.items()},
            trashed_folders={key: row.trashed for key, row in self.store.trashed_folders.items()},
            uploads={key: row.upload for key, row in self.store.uploads.items()},
            usage={tenant: row.usage for tenant, row in self.store.usage.items()},
            released=set(self.store.ledger),
            objects=set(self.objects.files),
            reports=set(self.objects.reports),
        )
