"""What the recorded events speak of: their project, its key, a file, an upload and a batch."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from larder.domain.api_keys import KeyRecord, digest_of
from larder.domain.artifacts import (
    Artifact,
    ArtifactType,
    Bundle,
    Member,
    Retention,
    file_of_bundle,
)
from larder.domain.batches import Batch
from larder.domain.files import DAY, File, FileStatus, Purpose
from larder.domain.folders import Folder
from larder.domain.ids import (
    ArtifactId,
    BatchId,
    BundleId,
    FileId,
    FolderId,
    TenantId,
    UploadId,
    WebhookId,
)
from larder.domain.projects import Project
from larder.domain.quota import Amount
from larder.domain.scopes import BEFORE_SCOPES
from larder.domain.uploads import Upload
from larder.services.batches.finish import finish_batch
from larder.services.batches.plan import Next, PlanBatch
from larder.services.files.ports import Settlement
from larder.services.space.delete_folder import DeleteFolder

if TYPE_CHECKING:
    from larder.runtime.composition import Composition
    from tests.moto_stack import MotoStack

EVENTS = Path(__file__).parents[2] / "events"


def recorded(name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads((EVENTS / f"{name}.json").read_text()))


_CALLER = recorded("authorize")["headers"]["Authorization"]
_AUTHORIZED = recorded("files_get")["requestContext"]["authorizer"]

SECRET: str = _CALLER.removeprefix("Bearer ")
KEY_ID: str = _AUTHORIZED["keyId"]
# What the authorizer of the recordings made of the secret: its pepper is gone.
CALLER_ID = "key_0000000000000000"
DIGEST: str = recorded("keys_me")["requestContext"]["authorizer"]["keyDigest"]
TENANT = TenantId(_AUTHORIZED["tenant"])
FILE_ID = FileId(recorded("files_get")["pathParameters"]["file_id"])
FOLDER_ID = FolderId(recorded("folders_get")["pathParameters"]["folder_id"])
BATCH_ID = BatchId(recorded("batches_get")["pathParameters"]["batch_id"])
ARTIFACT_ID = ArtifactId(FileId(recorded("artifacts_get")["pathParameters"]["artifact_id"]))
BUNDLE_ID = BundleId(FileId(recorded("bundles_get")["pathParameters"]["bundle_id"]))
WEBHOOK_ID = WebhookId(recorded("webhooks_deliveries")["pathParameters"]["webhook_id"])
UPLOAD_ID = UploadId(recorded("uploads_get")["pathParameters"]["upload_id"])

# The file is the last part of the recorded form.
CONTENT = (
    base64.b64decode(recorded("files_create")["body"])
    .rsplit(b"\r\n--", 1)[0]
    .split(b"\r\n\r\n")[-1]
)
REPORT: dict[str, Any] = {
    "object": "file.validation",
    "file_id": FILE_ID,
    "valid": True,
    "total_lines": 2,
    "request_count": 2,
    "error_count": 0,
    "errors": [],
    "endpoint": "/v1/chat/completions",
    "model": "gpt-5-mini",
}


@dataclass(frozen=True)
class World:
    """The stores, holding the events' project and its key."""

    stack: MotoStack
    ports: Composition

    @classmethod
    def begin(cls, stack: MotoStack, ports: Composition) -> World:
        world = cls(stack, ports)
        world._clear()
        now = int(time.time())
        ports.projects.create(
            Project(TENANT, "events", now), Amount(files=10, bytes=10_000), audit_at=now + DAY
        )
        key = KeyRecord(KEY_ID, TENANT, DIGEST, SECRET[-4:], now, scopes=BEFORE_SCOPES)
        ports.keys.add(key)
        digest = digest_of(SECRET, ports.pepper())
        ports.keys.add(replace(key, id=CALLER_ID, digest=digest))
        return world

    def store_file(self, *, lives: int = DAY) -> None:
        """Store the events' file, validated, to expire in that many seconds."""
        file = File(
            id=FILE_ID,
            filename="questions.jsonl",
            bytes=len(CONTENT),
            purpose=Purpose.BATCH,
            mime_type="application/jsonl",
            expires_at=int(time.time()) + lives,
        )
        self.ports.files.admit(TENANT, file)
        self.ports.objects.put(TENANT, FILE_ID, CONTENT)
        self.ports.objects.put_report(TENANT, FILE_ID, json.dumps(REPORT).encode())
        self.ports.files.settle(TENANT, file, Settlement(FileStatus.PROCESSED))

    def store_artifact(self) -> None:
        """Store the events' artifact, with the content of the events' file."""
        file = File(
            id=ARTIFACT_ID,
            filename=ARTIFACT_ID,
            bytes=len(CONTENT),
            purpose=Purpose.USER_DATA,
            mime_type="text/plain",
            expires_at=None,
        )
        made = Artifact(file, ArtifactType.TEXT_CONTEXT, Retention.STANDARD, "utf-8", "{}")
        self.ports.artifacts.admit(TENANT, made)
        self.ports.objects.put(TENANT, ARTIFACT_ID, CONTENT)

    def store_bundle(self) -> None:
        """Store the events' bundle, of the events' artifact."""
        members = (Member(ARTIFACT_ID, "system"),)
        file = replace(file_of_bundle(members, time.time()), id=BUNDLE_ID)
        self.ports.artifacts.admit(TENANT, Bundle(file, "agent_prefix", members, "{}"))

    def create_batch(self) -> None:
        """Create the events' batch of the events' file, in status `validating`."""
        batch = Batch(
            id=BATCH_ID,
            input_file_id=FILE_ID,
            input_name="questions.jsonl",
            endpoint=REPORT["endpoint"],
            completion_window="24h",
            expires_at=int(time.time()) + DAY,
            execution=1,
        )
        self.ports.batches.create(TENANT, batch, check_at=int(time.time()) + DAY)

    def plan_batch(self) -> None:
        """Move the events' batch to `in_progress`."""
        step = self.ports.make(PlanBatch)(TENANT, BATCH_ID)
        assert step.next is Next.RUN

    def finish_batch(self) -> None:
        """End the events' batch, which was cancelled."""
        finish = self.ports.make(finish_batch)
        while finish(TENANT, BATCH_ID, keep_going=lambda: True) is not Next.STOP:
            pass

    def batch(self) -> Batch:
        """Return the events' batch as it is now."""
        batch = self.ports.batches.get(TENANT, BATCH_ID)
        assert batch is not None
        return batch

    def trash_file(self) -> None:
        """Move the events' file to the trash."""
        file = self.ports.files.get(TENANT, FILE_ID)
        assert file is not None
        assert self.ports.trash.put(TENANT, [file], time.time())

    def make_folder(self) -> None:
        """Make the events' folder."""
        folder = Folder(FOLDER_ID, "Projects", parent_id=None)
        assert self.ports.folders.create(TENANT, folder, 0)

    def fill_folder(self) -> None:
        """Move the events' file into the events' folder."""
        file = self.ports.files.get(TENANT, FILE_ID)
        assert file is not None
        moved = replace(file, folder_id=FOLDER_ID, revision=1)
        assert self.ports.files.revise(TENANT, file, moved)

    def begin_to_delete_folder(self) -> None:
        """Move the events' folder to the trash; what is in it is left to the cleanup."""
        delete_folder = self.ports.make(DeleteFolder)
        assert not delete_folder(TENANT, FOLDER_ID, recursive=True, keep_going=lambda: False)

    def reserve_upload(self, upload_id: UploadId = UPLOAD_ID) -> None:
        """Create an upload, the events' own by default, whose bytes are still to come."""
        upload = Upload(
            id=upload_id,
            filename="questions.jsonl",
            bytes=len(CONTENT),
            purpose=Purpose.BATCH,
            mime_type="application/jsonl",
            expires_at=int(time.time()) + 3600,
            file_expires_at=int(time.time()) + DAY,
        )
        self.ports.uploads.reserve(TENANT, upload)

    def receive_bytes(self, file_id: FileId) -> None:
        """Put the bytes where a client's PUT puts them."""
        self.ports.objects.put(TENANT, file_id, CONTENT)

    def remove_record(self, object_id: FileId | UploadId) -> None:
        """Remove a record as TTL does: without giving its quota back."""
        self.stack.dynamodb.delete_item(
            TableName=self.stack.settings.store_table,
            Key={"pk": {"S": f"P#{TENANT}"}, "sk": {"S": object_id}},
        )

    def taken(self) -> tuple[int, int]:
        """Return how many files the project's counters hold as used and as reserved."""
        usage = self.ports.usage.get(TENANT)
        assert usage is not None
        return usage.used.files, usage.reserved.files

    def _clear(self) -> None:
        keys = {
            self.stack.settings.store_table: ("pk", "sk"),
            self.stack.settings.keys_table: ("pk",),
        }
        for table, names in keys.items():
            for item in self.stack.dynamodb.scan(TableName=table)["Items"]:
                self.stack.dynamodb.delete_item(
                    TableName=table, Key={name: item[name] for name in names}
                )
        for key in self.stack.object_keys():
            self.stack.s3.delete_object(Bucket=self.stack.settings.files_bucket, Key=key)
