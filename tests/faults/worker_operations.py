"""What happens without a request: arrivals, removals, cleanups and the sweep."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from tests.e2e.api import batch_lines
from tests.e2e.parts import complete, post_part
from tests.faults.case import Case, Operation

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

LINES = batch_lines(3)
WRONG = b'{"custom_id": 1}\n'


def _nothing(_: Case) -> None:
    pass


def _announced(case: Case) -> None:
    case.made["upload"] = case.upload(LINES, purpose="batch")


def _called_off(case: Case) -> None:
    _announced(case)
    case.api.json("POST", f"/uploads/{case.made['upload']['id']}/cancel")
    case.becomes(case.made["upload"]["id"], "cancelled", before="cancelled")


def _arrive(case: Case) -> None:
    """The bytes alone complete an upload."""
    upload = case.made["upload"]
    assert case.api.put(upload["transfer"], LINES).status_code == 200
    case.expected.setdefault(upload["id"], ("completed", "completed"))


def _arrive_all_the_same(case: Case) -> None:
    """Bytes of an upload that was called off before."""
    case.api.put(case.made["upload"]["transfer"], LINES)


def _just_stored(case: Case) -> None:
    case.made["file"] = case.api.create_file(LINES, "a.jsonl", "batch")["id"]


def _small(case: Case) -> None:
    case.keep(case.api.create_file(WRONG, "a.jsonl", "batch")["id"], WRONG)


def _unclaimed(case: Case) -> None:
    """Bytes that nothing announced."""
    stack = case.deployment.stack
    key = f"files/{case.project.id}/file-0123456789ab0123456789ab"
    stack.s3.put_object(Bucket=case.deployment.bucket, Key=key, Body=b"x")


def _deleted(case: Case) -> None:
    file_id = case.api.create_file(LINES, "a.jsonl", "batch")["id"]
    case.settled(file_id)
    case.made["file"] = file_id


def _delete(case: Case) -> None:
    case.api.json("DELETE", f"/files/{case.made['file']}")
    case.becomes(case.made["file"], "gone", before="gone")


def _by_ttl(name: str) -> Callable[[Case], None]:
    def act(case: Case) -> None:
        case.deployment.stack.dynamodb.delete_item(
            TableName=case.deployment.table,
            Key={"pk": {"S": f"P#{case.project.id}"}, "sk": {"S": case.made[name]}},
        )

    return act


def _a_pending_upload(case: Case) -> None:
    case.made["upload"] = case.api.create_upload(10)["id"]


def _folder_with_a_file(case: Case) -> None:
    folder = case.made["folder"] = case.space.make_folder("Projects")
    case.made["file"] = case.file(b"in a folder", folderId=folder)
    case.becomes(case.made["file"], "trash", before="trash")
    case.becomes(folder, "trash", before="trash")


def _a_trashed_file(case: Case) -> None:
    case.made["file"] = case.file(b"in the trash")
    case.space.trash(case.made["file"])
    case.becomes(case.made["file"], "gone", before="gone")


def _ask_for_cleanup(message: Callable[[Case], dict[str, object]]) -> Callable[[Case], None]:
    def act(case: Case) -> None:
        body = json.dumps({"project": case.project.id} | message(case))
        case.deployment.sqs.send_message(
            QueueUrl=case.deployment.queues["Cleanups"], MessageBody=body
        )

    return act


def _past() -> int:
    return int(time.time()) - 1


def _an_expired_file(case: Case) -> None:
    file_id = case.api.create_file(b"expired")["id"]
    case.settled(file_id)
    case.update(file_id, "SET expires_at = :past, due_at = :past", past=_past())
    _enter_due(case, file_id)
    case.becomes(file_id, "gone", before="gone")


def _enter_due(case: Case, sort_key: str) -> None:
    """A settled file that never expires has left the index of what is due."""
    case.deployment.stack.dynamodb.update_item(
        TableName=case.deployment.table,
        Key={"pk": {"S": f"P#{case.project.id}"}, "sk": {"S": sort_key}},
        UpdateExpression="SET due_shard = :shard",
        ExpressionAttributeValues={":shard": {"S": "due#07"}},
    )


def _an_old_trashed_file(case: Case) -> None:
    _a_trashed_file(case)
    key = f"trash#{case.made['file']}"
    case.update(
        key,
        "SET deleted_at = :then, expires_at = :past, due_at = :past",
        then=_past() - 30 * 86_400,
        past=_past(),
    )


def _an_overdue_upload(case: Case) -> None:
    upload = case.api.create_upload(1_000)
    post_part(case.api, upload, b"a part")
    case.update(
        upload["id"],
        "SET expires_at = :past, deadline = :past, due_at = :past",
        past=_past(),
    )
    case.becomes(upload["id"], "expired", before="expired")


def _never_validated(*, bytes_lost: bool) -> Callable[[Case], None]:
    """A file that is `uploaded` again, as if the news of its bytes had been lost."""

    def prepare(case: Case) -> None:
        file_id = case.api.create_file(LINES, "a.jsonl", "batch")["id"]
        case.settled(file_id)
        stack = case.deployment.stack
        stack.dynamodb.update_item(
            TableName=case.deployment.table,
            Key={"pk": {"S": f"P#{case.project.id}"}, "sk": {"S": file_id}},
            UpdateExpression="SET #status = :uploaded, due_at = :past",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":uploaded": {"S": "uploaded"},
                ":past": {"N": str(_past())},
            },
        )
        if bytes_lost:
            key = f"{case.project.id}/{file_id}"
            for kind in ("files", "reports"):
                stack.s3.delete_object(Bucket=case.deployment.bucket, Key=f"{kind}/{key}")
            case.becomes(file_id, "gone", before="gone")
        else:
            case.keep(file_id, LINES)

    return prepare


def _a_folder_half_deleted(case: Case) -> None:
    _folder_with_a_file(case)
    case.deployment.stack.dynamodb.update_item(
        TableName=case.deployment.table,
        Key={"pk": {"S": f"P#{case.project.id}"}, "sk": {"S": case.made["folder"]}},
        UpdateExpression="SET deleting = :true, due_shard = :shard, due_at = :past",
        ExpressionAttributeValues={
            ":true": {"BOOL": True},
            ":shard": {"S": "due#03"},
            ":past": {"N": str(_past())},
        },
    )


def _an_audit(case: Case) -> None:
    case.file(b"counted")
    case.deployment.stack.dynamodb.update_item(
        TableName=case.deployment.table,
        Key={"pk": {"S": f"U#{case.project.id}"}, "sk": {"S": "usage"}},
        UpdateExpression="SET due_at = :past",
        ExpressionAttributeValues={":past": {"N": str(_past())}},
    )


WORKERS = (
    Operation("on_object_created, small batch file", "on_object_created", _nothing, _small),
    Operation("on_object_created, upload", "on_object_created", _announced, _arrive),
    Operation("on_object_created, called off", "on_object_created", _called_off, _arrive),
    Operation("on_object_created, unclaimed", "on_object_created", _nothing, _unclaimed),
    Operation("on_file_removed, deleted", "on_file_removed", _deleted, _delete),
    Operation("on_file_removed, file by TTL", "on_file_removed", _deleted, _by_ttl("file")),
    Operation(
        "on_file_removed, upload by TTL", "on_file_removed", _a_pending_upload, _by_ttl("upload")
    ),
    Operation(
        "on_cleanup, folder",
        "on_cleanup",
        _a_folder_half_deleted,
        _ask_for_cleanup(lambda case: {"folder": case.made["folder"]}),
    ),
    Operation(
        "on_cleanup, trash",
        "on_cleanup",
        _a_trashed_file,
        _ask_for_cleanup(lambda _: {"trash_until": int(time.time()) + 1}),
    ),
)

# These lie ready for the sweeper, which comes when all has settled.
SWEPT = (
    Operation("sweep, expired file", "sweep", _an_expired_file, _nothing),
    Operation("sweep, old trash", "sweep", _an_old_trashed_file, _nothing),
    Operation("sweep, overdue upload", "sweep", _an_overdue_upload, _nothing),
    Operation("sweep, never validated", "sweep", _never_validated(bytes_lost=False), _nothing),
    Operation("sweep, no bytes", "sweep", _never_validated(bytes_lost=True), _nothing),
    Operation("sweep, folder", "sweep", _a_folder_half_deleted, _nothing),
    Operation("sweep, audit", "sweep", _an_audit, _nothing),
)


def _complete_small_parts(case: Case) -> httpx.Response:
    upload = case.api.create_upload(len(LINES), purpose="batch")
    part = post_part(case.api, upload, LINES).json()["id"]
    case.becomes(upload["id"], "completed")
    case.keep(upload["id"].replace("upload_", "file-"), LINES)
    return complete(case.api, upload, part_ids=[part])


# What clients do while events, stream and sweeper are off for hours.
LATE = (
    Operation("late, small file", "on_object_created", _nothing, _small),
    Operation("late, upload", "on_object_created", _announced, _arrive),
    Operation("late, called off", "on_object_created", _called_off, _arrive_all_the_same),
    Operation("late, small parts", "uploads_complete", _nothing, _complete_small_parts),
    Operation("late, deleted", "on_file_removed", _just_stored, _delete),
)
