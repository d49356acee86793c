"""Every key string of the Store table: built and read here and nowhere else.

| item            | pk            | sk                        |
|-----------------|---------------|---------------------------|
| file            | `P#<project>` | `file-…`                  |
| trashed file    | `P#<project>` | `trash#file-…`            |
| artifact        | `P#<project>` | `art_…`                   |
| bundle          | `P#<project>` | `bnd_…`                   |
| folder          | `P#<project>` | `folder-…`                |
| trashed folder  | `P#<project>` | `trash#folder-…`          |
| folder tree     | `P#<project>` | `folders`                 |
| upload          | `P#<project>` | `upload_…`                |
| batch           | `P#<project>` | `batch_…`                 |
| claimed name    | `P#<project>` | `name#…`                  |
| input's batches | `P#<project>` | `input#file-…`            |
| output to come  | `P#<project>` | `output#file-…`           |
| usage counter   | `U#<project>` | `usage`                   |
| batches counter | `U#<project>` | `batches`                 |
| a day's usage   | `U#<project>` | `day#YYYY-MM-DD`          |
| webhook         | `W#<project>` | `wh_…`                    |
| delivery        | `W#<project>` | `delivery#wh_…#msg_…`     |
| queued delivery | `W#<project>` | `queued#wh_…#<when>#msg_…` |
| ledger          | `L#<id>`      | `released`                |
| project         | `PROJECTS`    | its name                  |
| operators' log  | `LOG`         | `log_…`                   |
| upstream        | `UPSTREAMS`   | its name                  |
| action          | `C#<project>` | `act_…`                   |
| reading         | `C#<project>` | `read#<key id>`           |
| upstream's rate | `R#<name>`    | when the window begins    |
| how far a sweep came | `SWEEP` | `places`                  |
| kept answer     | `I#<project>` | a digest of the request's idempotency key |
| batch's request | `I#<project>` | `batch#` and a digest of the request and its key |
"""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING

from larder.domain.ids import (
    ARTIFACT_PREFIX,
    BATCH_PREFIX,
    BUNDLE_PREFIX,
    FILE_PREFIX,
    FOLDER_PREFIX,
    UPLOAD_PREFIX,
    BatchId,
    FileId,
    FolderId,
    TenantId,
    UploadId,
    WebhookId,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    type Key = dict[str, AttributeValueTypeDef]

BY_DUE = "by_due"
BY_EXPIRY = "by_expiry"
BY_PURPOSE = "by_purpose"

PROJECTS = "PROJECTS"
LOG = "LOG"
UPSTREAMS = "UPSTREAMS"
FOLDERS = "folders"
TRASH_PREFIX = "trash#"
TRASHED_FOLDER = TRASH_PREFIX + FOLDER_PREFIX
USAGE = "usage"
BATCHES = "batches"
DAY_PREFIX = "day#"

_PROJECT = "P#"
_USAGE = "U#"
_WEBHOOKS = "W#"

DUE_SHARDS = 16


def project_partition(tenant: TenantId) -> str:
    """Return the partition of a project's files, uploads and folders."""
    return _PROJECT + tenant


def item_key(tenant: TenantId, object_id: FileId | UploadId | FolderId | BatchId) -> Key:
    """Return the key of a live file, an artifact, a bundle, an upload, a folder or a batch."""
    return {"pk": {"S": project_partition(tenant)}, "sk": {"S": object_id}}


def purpose_position(purpose: str, file_id: str) -> str:
    """Return the place of a live file in the index `by_purpose`: by purpose, then by age."""
    return f"{purpose}/{file_id}"


def trash_key(tenant: TenantId, object_id: FileId | FolderId) -> Key:
    """Return the key of a file or a folder in the trash."""
    return {"pk": {"S": project_partition(tenant)}, "sk": {"S": TRASH_PREFIX + object_id}}


def name_key(tenant: TenantId, folder_id: FolderId | None, folded_name: str) -> Key:
    """Return the key of the item that says which file last took a name in a folder."""
    place = f"{folder_id or ''}/{folded_name}"
    digest = hashlib.sha256(place.encode()).hexdigest()
    return {"pk": {"S": project_partition(tenant)}, "sk": {"S": f"name#{digest}"}}


def input_key(tenant: TenantId, file_id: FileId) -> Key:
    """Return the key of the item that counts the batches which run on a file.

    Apart from the file's own item, which moves to the trash and back.
    """
    return {"pk": {"S": project_partition(tenant)}, "sk": {"S": f"input#{file_id}"}}


def output_key(tenant: TenantId, file_id: FileId) -> Key:
    """Return the key of the item that announces a file whose bytes a batch is writing."""
    return {"pk": {"S": project_partition(tenant)}, "sk": {"S": f"output#{file_id}"}}


def tree_key(tenant: TenantId) -> Key:
    """Return the key of the item whose version every change of a project's folders changes."""
    return {"pk": {"S": project_partition(tenant)}, "sk": {"S": FOLDERS}}


def usage_key(tenant: TenantId) -> Key:
    """Return the key of a project's counters: a partition of their own, apart from list reads."""
    return {"pk": {"S": _USAGE + tenant}, "sk": {"S": USAGE}}


def batches_key(tenant: TenantId) -> Key:
    """Return the key of the counters of a project's running batches."""
    return {"pk": {"S": _USAGE + tenant}, "sk": {"S": BATCHES}}


def usage_partition(tenant: TenantId) -> str:
    """Return the partition of a project's counters and of the usage of its days."""
    return _USAGE + tenant


def day_key(tenant: TenantId, day: str) -> Key:
    """Return the key of a project's usage on that day, `YYYY-MM-DD`."""
    return {"pk": {"S": usage_partition(tenant)}, "sk": {"S": DAY_PREFIX + day}}


def webhooks_partition(tenant: TenantId) -> str:
    """Return the partition of a project's webhooks and their deliveries.

    Its own, so that their worker may read and write nothing else.
    """
    return _WEBHOOKS + tenant


def webhook_key(tenant: TenantId, webhook_id: WebhookId) -> Key:
    """Return the key of a webhook."""
    return {"pk": {"S": webhooks_partition(tenant)}, "sk": {"S": webhook_id}}


def delivery_key(tenant: TenantId, webhook_id: WebhookId, delivery_id: str) -> Key:
    """Return the key of a delivery's record."""
    sort_key = deliveries_prefix(webhook_id) + delivery_id
    return {"pk": {"S": webhooks_partition(tenant)}, "sk": {"S": sort_key}}


def deliveries_prefix(webhook_id: WebhookId) -> str:
    """Return what the keys of a webhook's deliveries begin with."""
    return f"delivery#{webhook_id}#"


def queued_key(tenant: TenantId, webhook_id: WebhookId, at: int, delivery_id: str) -> Key:
    """Return the key of a delivery's place in the queue of its webhook."""
    sort_key = f"{queue_prefix(webhook_id)}{at:012}#{delivery_id}"
    return {"pk": {"S": webhooks_partition(tenant)}, "sk": {"S": sort_key}}


def queue_prefix(webhook_id: WebhookId) -> str:
    """Return what the keys of a webhook's queue begin with."""
    return f"queued#{webhook_id}#"


def ledger_key(object_id: FileId | UploadId) -> Key:
    """Return the key of the proof that a file's or an upload's quota was given back."""
    return {"pk": {"S": f"L#{object_id}"}, "sk": {"S": "released"}}


def replays_partition(tenant: TenantId) -> str:
    """Return the partition of the answers that a project's idempotency keys repeat."""
    return f"I#{tenant}"


def request_key(tenant: TenantId, digest: str) -> Key:
    """Return the key of the item that says which batch a request with an idempotency key made."""
    return {"pk": {"S": replays_partition(tenant)}, "sk": {"S": f"batch#{digest}"}}


def project_key(name: str) -> Key:
    """Return the key of a project's entry in the register."""
    return {"pk": {"S": PROJECTS}, "sk": {"S": name}}


def log_key(entry_id: str) -> Key:
    """Return the key of an entry of the operators' log."""
    return {"pk": {"S": LOG}, "sk": {"S": entry_id}}


def upstream_key(name: str) -> Key:
    """Return the key of an upstream."""
    return {"pk": {"S": UPSTREAMS}, "sk": {"S": name}}


def chat_partition(tenant: TenantId) -> str:
    """Return the partition of what a project's file manager keeps."""
    return f"C#{tenant}"


def action_key(tenant: TenantId, action_id: str) -> Key:
    """Return the key of an action of the file manager."""
    return {"pk": {"S": chat_partition(tenant)}, "sk": {"S": action_id}}


def reading_key(tenant: TenantId, key_id: str) -> Key:
    """Return the key of the item that says until when a key's model knows text of files."""
    return {"pk": {"S": chat_partition(tenant)}, "sk": {"S": f"read#{key_id}"}}


def places_key() -> Key:
    """Return the key of how far the last sweep came."""
    return {"pk": {"S": "SWEEP"}, "sk": {"S": "places"}}


def rate_key(upstream: str, window: int) -> Key:
    """Return the key of what an upstream is asked for in the window that begins at that time."""
    return {"pk": {"S": f"R#{upstream}"}, "sk": {"S": str(window)}}


def tenant_of(key: Mapping[str, AttributeValueTypeDef]) -> TenantId:
    """Return the project that an item of `P#`, `U#` or `W#` belongs to."""
    return TenantId(key["pk"]["S"].split("#", 1)[-1])


def file_id_of(key: Mapping[str, AttributeValueTypeDef]) -> FileId | None:
    """Return the file's id when the key is that of a file, live or trashed."""
    sk = key["sk"]["S"].removeprefix(TRASH_PREFIX)
    return FileId(sk) if sk.startswith(FILE_PREFIX) else None


def counted_id_of(key: Mapping[str, AttributeValueTypeDef]) -> FileId | None:
    """Return the id when the key is that of a file, live or trashed, an artifact or a bundle."""
    sk = key["sk"]["S"]
    return FileId(sk) if sk.startswith((ARTIFACT_PREFIX, BUNDLE_PREFIX)) else file_id_of(key)


def upload_id_of(key: Mapping[str, AttributeValueTypeDef]) -> UploadId | None:
    """Return the upload's id when the key is that of an upload."""
    sk = key["sk"]["S"]
    return UploadId(sk) if sk.startswith(UPLOAD_PREFIX) else None


def folder_id_of(key: Mapping[str, AttributeValueTypeDef]) -> FolderId | None:
    """Return the folder's id when the key is that of a folder."""
    sk = key["sk"]["S"]
    return FolderId(sk) if sk.startswith(FOLDER_PREFIX) else None


def trashed_folder_id_of(key: Mapping[str, AttributeValueTypeDef]) -> FolderId | None:
    """Return the folder's id when the key is that of a folder in the trash."""
    sk = key["sk"]["S"]
    return FolderId(sk.removeprefix(TRASH_PREFIX)) if sk.startswith(TRASHED_FOLDER) else None


def batch_id_of(key: Mapping[str, AttributeValueTypeDef]) -> BatchId | None:
    """Return the batch's id when the key is that of a batch."""
    sk = key["sk"]["S"]
    return BatchId(sk) if sk.startswith(BATCH_PREFIX) else None


def is_trashed(key: Mapping[str, AttributeValueTypeDef]) -> bool:
    """Tell whether the key is that of a file in the trash."""
    return key["sk"]["S"].startswith(TRASH_PREFIX)


def due_shard(name: str) -> str:
    """Return the partition of the index `by_due` for an id or a project.

    Sharded rather than bucketed by day: today's uploads all expire on the same day, and one
    index partition takes at most 1,000 writes a second.
    """
    return f"due#{zlib.crc32(name.encode()) % DUE_SHARDS:02d}"


def due_shards() -> list[str]:
    """Return every partition of the index `by_due`."""
    return [f"due#{shard:02d}" for shard in range(DUE_SHARDS)]
