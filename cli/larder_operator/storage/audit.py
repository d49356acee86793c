"""An audit of the bucket against the table, in one pass over both.

S3 lists keys in order, and so does a Query: records and objects are merged by id, and nothing is
kept but the current one. What differs is read again before it is a finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import merge
from itertools import batched, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from larder.adapters.s3 import FILES, REPORTS, object_key
from larder.domain.ids import (
    FileId,
    UploadId,
    file_of,
    parse_batch_id,
    parse_stored_id,
    parse_upload_id,
)
from larder_operator.storage.checks import still_true
from larder_operator.storage.findings import Finding, Loss

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from larder_operator.storage.bucket import Bucket, StoredObject
    from larder_operator.storage.records import Record, Records

PARTS, BATCHES = "parts", "batches"
KINDS = (BATCHES, FILES, PARTS, REPORTS)
_FOLDERS_AT_ONCE = 1_000


@dataclass(frozen=True)
class StorageAudit:
    """Compares a deployment's bucket with its records."""

    ports: Composition
    bucket: Bucket
    records: Records

    def project(self, tenant: TenantId) -> Iterator[Finding]:
        """Yield what is wrong with a project's files, uploads and batches."""
        yield from self._files(tenant)
        yield from self._leftovers(
            Loss.UNCLAIMED_PARTS, PARTS, tenant, self.records.uploads(tenant), parse_upload_id
        )
        yield from self._leftovers(
            Loss.UNCLAIMED_BATCH, BATCHES, tenant, self.records.batches(tenant), parse_batch_id
        )

    def strangers(self) -> Iterator[Finding]:
        """Yield what belongs to no project, and keys that Larder does not write."""
        ours = {f"{kind}/" for kind in KINDS}
        for top in self.bucket.folders():
            if top not in ours:
                yield self._sum(Loss.FOREIGN, top)
                continue
            for folders in batched(self.bucket.folders(top), _FOLDERS_AT_ONCE, strict=False):
                # Read after the listing: a project is there before its objects.
                known = {f"{top}{project.id}/" for project in self.ports.projects.list()}
                for folder in folders:
                    if folder not in known:
                        yield self._sum(Loss.FOREIGN, folder)

    def _files(self, tenant: TenantId) -> Iterator[Finding]:
        prefix = f"{FILES}/{tenant}/"
        streams: list[Iterable[tuple[str, str, Any]]] = [
            _by_id("file", self.records.artifacts(tenant)),
            _by_id("file", self.records.files(tenant)),
            _by_id("file", self.records.trashed(tenant)),
            _by_id("output", self.records.outputs(tenant)),
            ((file_of(UploadId(each.id)), "upload", each) for each in self.records.uploads(tenant)),
            _by_name("object", self.bucket.objects(prefix)),
            _by_name("report", self.bucket.objects(f"{REPORTS}/{tenant}/")),
            (
                (key.removeprefix(prefix), "multipart", key)
                for key, _ in self.bucket.multipart_uploads(prefix)
            ),
        ]
        merged = merge(*streams, key=itemgetter(0))
        for name, entries in groupby(merged, key=itemgetter(0)):
            found = {kind: value for _, kind, value in entries}
            for finding in self._compared(tenant, name, found):
                if still_true(finding, self.ports):
                    yield finding

    def _compared(self, tenant: TenantId, name: str, found: dict[str, Any]) -> Iterator[Finding]:
        if parse_stored_id(name) is None:
            objects = (each for kind, each in found.items() if kind in {"object", "report"})
            yield from (
                Finding(Loss.FOREIGN, each.key, tenant, bytes=each.size) for each in objects
            )
        elif "file" in found:
            yield from self._with_record(tenant, FileId(name), found["file"], found.get("object"))
        elif "output" not in found:
            yield from _without_record(tenant, FileId(name), found)

    def _with_record(
        self, tenant: TenantId, file_id: FileId, file: Record, stored: StoredObject | None
    ) -> Iterator[Finding]:
        key = object_key(FILES, tenant, file_id)
        if stored is None and not file.waiting:
            kept = self.bucket.deleted_versions(key)
            loss = Loss.DELETED_BYTES if kept else Loss.MISSING_BYTES
            yield Finding(loss, key, tenant, bytes=file.size)
        elif stored is not None and stored.size != file.size:
            yield Finding(Loss.OTHER_SIZE, key, tenant, bytes=stored.size)

    def _leftovers(
        self,
        loss: Loss,
        kind: str,
        tenant: TenantId,
        owners: Iterable[Record],
        parse: Callable[[str], object | None],
    ) -> Iterator[Finding]:
        """Yield what lies below `<kind>/<project>/<id>/` where nothing has that id."""
        prefix = f"{kind}/{tenant}/"
        folders = (
            (folder.removeprefix(prefix).rstrip("/"), "folder", folder)
            for folder in self.bucket.folders(prefix)
        )
        merged = merge(_by_id("owner", owners), folders, key=itemgetter(0))
        for name, entries in groupby(merged, key=itemgetter(0)):
            found = {which: value for _, which, value in entries}
            if "folder" in found and "owner" not in found:
                ours = parse(name) is not None and found["folder"].endswith("/")
                finding = self._sum(loss if ours else Loss.FOREIGN, found["folder"], tenant)
                if still_true(finding, self.ports):
                    yield finding

    def _sum(self, loss: Loss, key: str, tenant: TenantId | None = None) -> Finding:
        objects = size = 0
        for each in self.bucket.objects(key):
            if key.endswith("/") or each.key == key:
                objects += 1
                size += each.size
        return Finding(loss, key, tenant, objects, size)


def _without_record(tenant: TenantId, file_id: FileId, found: dict[str, Any]) -> Iterator[Finding]:
    key = object_key(FILES, tenant, file_id)
    upload: Record | None = found.get("upload")
    if "object" in found and (upload is None or not upload.waiting):
        yield Finding(Loss.UNCLAIMED_BYTES, key, tenant, bytes=found["object"].size)
    if "multipart" in found and upload is None:
        yield Finding(Loss.UNFINISHED_BYTES, key, tenant, objects=0)
    if "report" in found:
        report = found["report"]
        yield Finding(Loss.UNCLAIMED_REPORT, report.key, tenant, bytes=report.size)


def _by_id(kind: str, records: Iterable[Record]) -> Iterator[tuple[str, str, Any]]:
    return ((record.id, kind, record) for record in records)


def _by_name(kind: str, objects: Iterable[StoredObject]) -> Iterator[tuple[str, str, Any]]:
    return ((each.key.split("/", 2)[2], kind, each) for each in objects)
