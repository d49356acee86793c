"""Validate a batch file, and store the report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from larder.domain.files import FileStatus
from larder.services.files.ports import Settlement
from larder_jsonl import BatchValidator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.services.clock import Clock
    from larder.services.object_store import ObjectStore


def validate(
    tenant: TenantId, file: File, blocks: Iterable[bytes], *, objects: ObjectStore, clock: Clock
) -> Settlement:
    """Validate the file's bytes, store the report, and return the status that the file gets."""
    started = clock()
    validator = BatchValidator()
    for block in blocks:
        validator.feed(block)
    report = validator.finish()
    now = clock()
    times = {"validated_at": int(now), "duration_ms": round((now - started) * 1000)}
    stored = {"object": "file.validation", "file_id": file.id, **report.as_dict(), **times}
    objects.put_report(tenant, file.id, json.dumps(stored).encode())
    return Settlement(
        FileStatus.PROCESSED if report.valid else FileStatus.ERROR,
        details=report.summary,
        sha256=report.sha256,
    )
