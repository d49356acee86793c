"""Ids of files, artifacts, uploads, folders, batches: 48 bits of milliseconds, 48 random, in hex.

An id sorts by its creation time to the millisecond and carries it, so an object's `created_at`
is read from its id. An upload and the file that it becomes share the 24 digits: the id of a file
is chosen when its upload is created, and either id gives the other without a lookup.
"""

from __future__ import annotations

import re
import secrets
from typing import NewType

TenantId = NewType("TenantId", str)
FileId = NewType("FileId", str)
ArtifactId = NewType("ArtifactId", FileId)
"""Also the id of its file, which is in no list of files: what takes a file's id takes it."""
BundleId = NewType("BundleId", FileId)
UploadId = NewType("UploadId", str)
FolderId = NewType("FolderId", str)
PartId = NewType("PartId", str)
BatchId = NewType("BatchId", str)
WebhookId = NewType("WebhookId", str)

FILE_PREFIX = "file-"
ARTIFACT_PREFIX = "art_"
BUNDLE_PREFIX = "bnd_"
UPLOAD_PREFIX = "upload_"
FOLDER_PREFIX = "folder-"
PART_PREFIX = "part_"
BATCH_PREFIX = "batch_"
ACTION_PREFIX = "act_"
WEBHOOK_PREFIX = "wh_"
TENANT_PREFIX = "wks-"
LOG_PREFIX = "log_"

_DIGITS = re.compile(r"[0-9a-f]{24}")


def _new_digits(now: float) -> str:
    return f"{int(now * 1000):012x}{secrets.token_hex(6)}"


def id_pattern(prefix: str) -> str:
    """Return the regular expression that ids with this prefix match, for JSON Schema."""
    return f"^{prefix}{_DIGITS.pattern}$"


FOLDER_OR_ROOT = f"{id_pattern(FOLDER_PREFIX)}|^root$"
"""What a reference to a folder matches."""


def new_file_id(now: float) -> FileId:
    """Return a new file id for the time `now` (unix seconds)."""
    return FileId(FILE_PREFIX + _new_digits(now))


def new_artifact_id(now: float) -> ArtifactId:
    """Return a new artifact id for the time `now` (unix seconds)."""
    return ArtifactId(FileId(ARTIFACT_PREFIX + _new_digits(now)))


def new_bundle_id(now: float) -> BundleId:
    """Return a new bundle id for the time `now` (unix seconds)."""
    return BundleId(FileId(BUNDLE_PREFIX + _new_digits(now)))


def new_tenant_id(now: float) -> TenantId:
    """Return a new project id for the time `now` (unix seconds)."""
    return TenantId(TENANT_PREFIX + _new_digits(now))


def new_part_id(now: float) -> PartId:
    """Return a new id for a part of an upload, for the time `now` (unix seconds)."""
    return PartId(PART_PREFIX + _new_digits(now))


def new_folder_id(now: float) -> FolderId:
    """Return a new folder id for the time `now` (unix seconds)."""
    return FolderId(FOLDER_PREFIX + _new_digits(now))


def new_log_id(now: float) -> str:
    """Return a new id for an entry of the operators' log, for the time `now` (unix seconds)."""
    return LOG_PREFIX + _new_digits(now)


def is_log_id(raw: str) -> bool:
    """Tell whether `raw` is a well-formed id of an entry of the operators' log."""
    return _well_formed(LOG_PREFIX, raw)


def _well_formed(prefix: str, raw: str) -> bool:
    return raw.startswith(prefix) and _DIGITS.fullmatch(raw, len(prefix)) is not None


def parse_tenant_id(raw: str) -> TenantId | None:
    """Return `raw` as a project id, or None when it is not a well-formed one."""
    return TenantId(raw) if _well_formed(TENANT_PREFIX, raw) else None


def parse_part_id(raw: str) -> PartId | None:
    """Return `raw` as a part id, or None when it is not a well-formed one."""
    return PartId(raw) if _well_formed(PART_PREFIX, raw) else None


def parse_file_id(raw: str) -> FileId | None:
    """Return `raw` as a file id, or None when it is not a well-formed one."""
    return FileId(raw) if _well_formed(FILE_PREFIX, raw) else None


def parse_artifact_id(raw: str) -> ArtifactId | None:
    """Return `raw` as an artifact id, or None when it is not a well-formed one."""
    return ArtifactId(FileId(raw)) if _well_formed(ARTIFACT_PREFIX, raw) else None


def parse_bundle_id(raw: str) -> BundleId | None:
    """Return `raw` as a bundle id, or None when it is not a well-formed one."""
    return BundleId(FileId(raw)) if _well_formed(BUNDLE_PREFIX, raw) else None


def parse_stored_id(raw: str) -> FileId | None:
    """Return `raw` as the id of a file or an artifact: of what has bytes."""
    return parse_file_id(raw) or parse_artifact_id(raw)


def parse_upload_id(raw: str) -> UploadId | None:
    """Return `raw` as an upload id, or None when it is not a well-formed one."""
    return UploadId(raw) if _well_formed(UPLOAD_PREFIX, raw) else None


def parse_folder_id(raw: str) -> FolderId | None:
    """Return `raw` as a folder id, or None when it is not a well-formed one."""
    return FolderId(raw) if _well_formed(FOLDER_PREFIX, raw) else None


def upload_of(file_id: FileId) -> UploadId:
    """Return the id of the upload that the file came from, if it came from one."""
    return UploadId(UPLOAD_PREFIX + file_id.removeprefix(FILE_PREFIX))


def file_of(upload_id: UploadId) -> FileId:
    """Return the id of the file that the upload becomes."""
    return FileId(FILE_PREFIX + upload_id.removeprefix(UPLOAD_PREFIX))


def created_at(object_id: FileId | UploadId | PartId | FolderId | BatchId) -> int:
    """Return when the id was made, in whole unix seconds."""
    return int(object_id[-24:-12], 16) // 1000


def first_upload_id(at: float) -> UploadId:
    """Return the id that sorts before that of every upload created at the time `at` or later."""
    return UploadId(f"{UPLOAD_PREFIX}{int(at * 1000):012x}{'0' * 12}")


def new_batch_id(now: float) -> BatchId:
    """Return a new batch id for the time `now` (unix seconds)."""
    return BatchId(BATCH_PREFIX + _new_digits(now))


def parse_batch_id(raw: str) -> BatchId | None:
    """Return `raw` as a batch id, or None when it is not a well-formed one."""
    return BatchId(raw) if _well_formed(BATCH_PREFIX, raw) else None


def new_webhook_id(now: float) -> WebhookId:
    """Return a new webhook id for the time `now` (unix seconds)."""
    return WebhookId(WEBHOOK_PREFIX + _new_digits(now))


def parse_webhook_id(raw: str) -> WebhookId | None:
    """Return `raw` as a webhook id, or None when it is not a well-formed one."""
    return WebhookId(raw) if _well_formed(WEBHOOK_PREFIX, raw) else None


def new_request_id(now: float) -> str:
    """Return a new id for one answered line of a batch, for the time `now` (unix seconds)."""
    return "batch_req_" + _new_digits(now)


def new_action_id(now: float) -> str:
    """Return a new id for an action of the file manager, for the time `now` (unix seconds)."""
    return ACTION_PREFIX + _new_digits(now)


def new_plan_id(now: float) -> str:
    """Return a new id for a plan that a person has to confirm, for the time `now`."""
    return "plan_" + _new_digits(now)
