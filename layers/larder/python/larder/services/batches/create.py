"""Create a batch."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from larder.domain.batches import (
    Batch,
    checked_metadata,
    window_seconds,
)
from larder.domain.errors import InvalidParameterError
from larder.domain.files import FileStatus, Purpose, checked_lifetime
from larder.domain.ids import created_at, new_batch_id
from larder.services.batches.get import get_batch
from larder.services.batches.prompts import find_referred
from larder.services.batches.start import START_GRACE, start_batch
from larder.services.files.get import get_file
from larder_jsonl.endpoints import ENDPOINTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.services.artifacts.ports import ArtifactRecords
    from larder.services.batches.ports import BatchRecords, Executions
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class NewBatch:
    """What the client asks for; `output_lifetime` in seconds, None for the default.

    `request_key` is the client's idempotency key, None without one.
    """

    input_file_id: str
    endpoint: str
    completion_window: str = "24h"
    metadata: Mapping[str, str] | None = None
    output_lifetime: int | None = None
    request_key: str | None = None

    @property
    def digest(self) -> str | None:
        """What tells this request from every other one; None without an idempotency key."""
        if self.request_key is None:
            return None
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class CreateBatch:
    """Record a batch and start its execution."""

    batches: BatchRecords
    files: FileRecords
    objects: ObjectStore
    artifacts: ArtifactRecords
    executions: Executions
    clock: Clock

    def __call__(self, tenant: TenantId, new: NewBatch) -> Batch:
        """Return the new batch, in status `validating`.

        A request with an idempotency key whose batch was recorded, but whose answer was not,
        returns that batch.

        What is wrong inside the file shows later, as OpenAI has it: the batch goes to `failed`.

        Raises:
            InvalidParameterError: a parameter is out of range, the file is not for batches, or what
                it refers to does not exist or cannot be put in.
            NotFoundError: the project has no such file.
            BatchLimitError: the project has as many batches or requests as it may have.
        """
        if new.endpoint not in ENDPOINTS:
            raise InvalidParameterError(
                f"endpoint must be one of {', '.join(ENDPOINTS)}, not '{new.endpoint[:64]}'.",
                param="endpoint",
            )
        window = window_seconds(new.completion_window)
        metadata = checked_metadata(new.metadata)
        lifetime = checked_lifetime(new.output_lifetime, param="output_expires_after.seconds")
        file = get_file(
            tenant, new.input_file_id, files=self.files, clock=self.clock, param="input_file_id"
        )
        if file.purpose is not Purpose.BATCH:
            raise InvalidParameterError(
                f"{file.id} has the purpose '{file.purpose}'; a batch reads files with the "
                f"purpose '{Purpose.BATCH}'.",
                param="input_file_id",
            )
        now = self.clock()
        batch_id = new_batch_id(now)
        batch = Batch(
            id=batch_id,
            input_file_id=file.id,
            input_name=file.filename,
            endpoint=new.endpoint,
            completion_window=new.completion_window,
            expires_at=created_at(batch_id) + window,
            metadata=metadata,
            output_lifetime=lifetime,
            total=self._requests_in(tenant, file),
            execution=1,
        )
        check_at = int(now) + START_GRACE
        made = self.batches.create(tenant, batch, check_at=check_at, request=new.digest)
        if made != batch.id:
            batch = get_batch(tenant, made, batches=self.batches)
        return start_batch(
            tenant, batch, batches=self.batches, executions=self.executions, clock=self.clock
        )

    def _requests_in(self, tenant: TenantId, file: File) -> int:
        """Return the number of requests in the file, 0 while that is not known.

        Raises:
            InvalidParameterError: what they refer to cannot be put in.
        """
        if file.status is not FileStatus.PROCESSED:
            return 0
        found = self.objects.get_report(tenant, file.id)
        if found is None:
            return 0
        report = json.loads(found)
        if report.get("references"):
            self._check_references(tenant, report)
        return int(report["request_count"])

    def _check_references(self, tenant: TenantId, report: Mapping[str, Any]) -> None:
        referred = find_referred(tenant, report, artifacts=self.artifacts, clock=self.clock)
        for error in referred.errors:
            raise InvalidParameterError(error.message, param=error.param, code=error.code)
