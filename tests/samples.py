"""Files, uploads and projects to begin a test with; what a test is about it names itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from larder.domain.artifacts import (
    Artifact,
    ArtifactType,
    Bundle,
    Member,
    Retention,
    file_of_bundle,
)
from larder.domain.batches import Batch
from larder.domain.events import Event, EventType
from larder.domain.files import DAY, File, FileStatus, Purpose
from larder.domain.folders import Folder
from larder.domain.ids import (
    FileId,
    TenantId,
    new_artifact_id,
    new_batch_id,
    new_file_id,
    new_folder_id,
    new_webhook_id,
    upload_of,
)
from larder.domain.projects import AUDIT_INTERVAL, Project
from larder.domain.quota import Amount
from larder.domain.trash import TrashedFolder
from larder.domain.uploads import PUT_GRACE, UPLOAD_LIFE, Upload
from larder.domain.upstreams import Upstream
from larder.domain.webhook_secrets import SecretVersion
from larder.domain.webhooks import Webhook
from larder.services.object_store import StoredBytes
from tests.fakes.clock import START

if TYPE_CHECKING:
    from larder.domain.artifacts import Encoding
    from larder.domain.ids import FolderId
    from tests.backends.backend import Backend

TENANT = TenantId("wks-000000000000000000000001")
OTHER = TenantId("wks-000000000000000000000002")
ROOM = Amount(files=10, bytes=1_000)
UPLOAD_CLOSES = UPLOAD_LIFE + PUT_GRACE
"""Seconds after which a small upload is overdue."""
WORST_CHARACTER = "\U0001d160"
"""An eighth note. Folding turns its four bytes into twelve, more than any other character's."""


def a_file_id(at: float = START, number: int | None = None) -> FileId:
    """Return a new id for the time `at`; with `number`, one that sorts by it within `at`."""
    if number is None:
        return new_file_id(at)
    return FileId(f"file-{int(at * 1000):012x}{number:012x}")


def a_file(  # noqa: PLR0913
    size: int = 10,
    *,
    id: FileId | None = None,  # noqa: A002 - as the field is called
    purpose: Purpose = Purpose.USER_DATA,
    filename: str = "notes.txt",
    mime_type: str = "text/plain",
    expires_at: int | None = None,
    status: FileStatus = FileStatus.UPLOADED,
    sha256: str | None = None,
    folder: FolderId | None = None,
    tags: tuple[str, ...] = (),
    favorite: bool = False,
) -> File:
    """Return a file of `size` bytes."""
    return File(
        id=id or a_file_id(),
        filename=filename,
        bytes=size,
        purpose=purpose,
        mime_type=mime_type,
        expires_at=expires_at,
        status=status,
        sha256=sha256,
        folder_id=folder,
        tags=tags,
        favorite=favorite,
    )


def an_artifact(
    size: int = 10,
    *,
    at: float = START,
    type: ArtifactType = ArtifactType.TEXT_CONTEXT,  # noqa: A002 - as the field is called
    expires_at: int | None = None,
    encoding: Encoding = "utf-8",
    metadata: str = "{}",
) -> Artifact:
    """Return an artifact of `size` bytes, created at the time `at`."""
    file = a_file(size, id=new_artifact_id(at), expires_at=expires_at)
    return Artifact(file, type, Retention.STANDARD, encoding, metadata)


def a_bundle(*members: Member, at: float = START) -> Bundle:
    """Return a bundle of the members, or of an artifact that need not exist."""
    listed = members or (Member(new_artifact_id(START), "system"),)
    return Bundle(file_of_bundle(listed, at), "agent_prefix", listed, "{}")


def an_upload(
    size: int = 10,
    *,
    at: float = START,
    purpose: Purpose = Purpose.USER_DATA,
    file_expires_at: int | None = None,
    sha256: str | None = None,
    folder: FolderId | None = None,
) -> Upload:
    """Return an upload of `size` bytes, created at the time `at`."""
    return Upload(
        id=upload_of(new_file_id(at)),
        filename="notes.txt",
        bytes=size,
        purpose=purpose,
        mime_type="text/plain",
        expires_at=int(at) + UPLOAD_LIFE,
        file_expires_at=file_expires_at,
        sha256=sha256,
        folder_id=folder,
    )


def a_batch(
    input_file: FileId | None = None,
    *,
    at: float = START,
    metadata: dict[str, str] | None = None,
    output_lifetime: int | None = None,
    total: int = 0,
) -> Batch:
    """Return a batch that was created at the time `at`, and whose first execution is started."""
    return Batch(
        id=new_batch_id(at),
        input_file_id=input_file or a_file_id(),
        input_name="questions.jsonl",
        endpoint="/v1/chat/completions",
        completion_window="24h",
        expires_at=int(at) + DAY,
        metadata=metadata,
        output_lifetime=output_lifetime,
        total=total,
        execution=1,
    )


def an_upstream(name: str = "vllm", **changes: Any) -> Upstream:
    """Return an upstream for every model."""
    return replace(Upstream(name, "http://127.0.0.1:8000/v1", ("*",), int(START)), **changes)


def a_webhook(backend: Backend, tenant: TenantId = TENANT, **changes: Any) -> Webhook:
    """Add a webhook for all events."""
    now = backend.clock()
    made = Webhook(
        id=new_webhook_id(now),
        url="https://receiver.example/hook",
        events=tuple(EventType),
        created_at=int(now),
        secrets=(SecretVersion("salt"),),
    )
    webhook = replace(made, **changes)
    backend.webhooks.add(tenant, webhook)
    return webhook


def an_event(at: float = START, tenant: TenantId = TENANT, **changes: Any) -> Event:
    """Return an event of a new file."""
    file_id = new_file_id(at)
    event = Event(tenant, EventType.FILE_PROCESSED, file_id, at, {"id": file_id})
    return replace(event, **changes)


def a_project(backend: Backend, tenant: TenantId = TENANT, limit: Amount = ROOM) -> TenantId:
    """Register a project with these limits."""
    now = int(backend.clock())
    project = Project(id=tenant, name=f"project-{tenant[-1]}", created_at=now)
    assert backend.projects.create(project, limit, now + AUDIT_INTERVAL)
    return tenant


def gone(backend: Backend) -> list[tuple[TenantId, File | Upload]]:
    """Return what the stream says was removed since the last time."""
    return [(tenant, item) for tenant, item, _ in backend.removed()]


def a_folder(
    backend: Backend,
    tenant: TenantId,
    name: str = "reports",
    *,
    parent: FolderId | None = None,
    id: FolderId | None = None,  # noqa: A002 - as the field is called
) -> Folder:
    """Record a folder, and return it as it was recorded."""
    folder = Folder(id or new_folder_id(backend.clock()), name, parent)
    assert backend.folders.create(tenant, folder, backend.folders.tree(tenant).version)
    return folder


def close_folder(
    backend: Backend, tenant: TenantId, folder_id: FolderId, due_at: int, *, others: int = 0
) -> TrashedFolder | None:
    """Begin to move a folder to the trash, and return it as it is there."""
    tree = backend.folders.tree(tenant)
    folder = tree.folders.get(folder_id)
    if folder is None:
        folder = Folder(folder_id, "gone", None)
    root = TrashedFolder(folder, int(START), version=tree.version)
    inside = tree.with_all_in_it(folder_id)[1 : 1 + others] if others else []
    begun = backend.folder_trash.begin(tenant, root, [each.id for each in inside], due_at)
    return backend.folder_trash.get(tenant, folder_id) if begun else None


def to_trash(backend: Backend, tenant: TenantId, file_id: FileId) -> None:
    """Move the live file to the trash."""
    file = backend.files.get(tenant, file_id)
    assert file is not None
    assert backend.trash.put(tenant, [file], backend.clock())


def stored_bytes(backend: Backend, file_id: FileId, tenant: TenantId = TENANT) -> bytes | None:
    """Return the bytes of a file, None when there are none."""
    found = backend.objects.read(tenant, file_id, byte_range=None, if_none_match=None)
    if found is None:
        return None
    assert isinstance(found, StoredBytes)
    return found.data
