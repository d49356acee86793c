"""For each recorded event: what is stored before it, and what has to be true after it."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from larder.domain.api_keys import digest_of
from larder.domain.batches import BatchStatus
from larder.domain.files import FileStatus
from larder.domain.ids import file_of, new_file_id, upload_of
from larder.domain.webhook_secrets import SecretVersion
from larder.domain.webhooks import Webhook
from tests.containers.world import (
    ARTIFACT_ID,
    BATCH_ID,
    BUNDLE_ID,
    CALLER_ID,
    CONTENT,
    FILE_ID,
    FOLDER_ID,
    KEY_ID,
    REPORT,
    TENANT,
    UPLOAD_ID,
    WEBHOOK_ID,
    World,
)

if TYPE_CHECKING:
    from collections.abc import Callable

FUNCTIONS = {path.parent.name for path in Path(__file__).parents[2].glob("functions/*/app.py")}


def nothing(world: World) -> None:
    """Begin with the project and its key alone."""


def file(world: World) -> None:
    world.store_file()


def expired_file(world: World) -> None:
    world.store_file(lives=-1)


def upload(world: World) -> None:
    world.reserve_upload()


def new_upload(world: World) -> None:
    # A list reads back to the oldest upload that can be open, which the events' own is not.
    world.reserve_upload(upload_of(new_file_id(time.time())))


def upload_with_bytes(world: World) -> None:
    world.reserve_upload()
    world.receive_bytes(file_of(UPLOAD_ID))


def removed_file(world: World) -> None:
    world.store_file()
    world.remove_record(FILE_ID)


def removed_file_and_upload(world: World) -> None:
    removed_file(world)
    world.reserve_upload()
    world.remove_record(UPLOAD_ID)


def trashed_file(world: World) -> None:
    world.store_file()
    world.trash_file()


def artifact(world: World) -> None:
    world.store_artifact()


def bundle(world: World) -> None:
    world.store_artifact()
    world.store_bundle()


def folder(world: World) -> None:
    world.make_folder()


def folder_with_file(world: World) -> None:
    world.make_folder()
    world.store_file()
    world.fill_folder()


def folder_on_its_way(world: World) -> None:
    folder_with_file(world)
    world.begin_to_delete_folder()


def batch(world: World) -> None:
    world.store_file()
    world.create_batch()


def planned_batch(world: World) -> None:
    batch(world)
    world.plan_batch()


def cancelled_batch(world: World) -> None:
    planned_batch(world)
    assert world.ports.batches.cancel(TENANT, world.batch(), at=world.batch().created_at)


def ended_batch(world: World) -> None:
    cancelled_batch(world)
    world.finish_batch()


def body(answer: Any) -> Any:
    assert answer["statusCode"] == 200, answer
    return json.loads(answer["body"])


def created(answer: Any, world: World) -> None:
    assert body(answer)["bytes"] == len(CONTENT)
    made = body(answer)["id"]
    # The recorded request has a batch file, which is validated before the answer.
    assert world.stack.object_keys() == {f"{kind}/{TENANT}/{made}" for kind in ("files", "reports")}


def listed(answer: Any, _: World) -> None:
    assert [entry["id"] for entry in body(answer)["data"]] == [FILE_ID]


def found(answer: Any, _: World) -> None:
    assert body(answer)["id"] == FILE_ID


def downloaded(answer: Any, _: World) -> None:
    assert answer["isBase64Encoded"]
    assert base64.b64decode(answer["body"]) == CONTENT


def linked(answer: Any, _: World) -> None:
    assert httpx.get(body(answer)["url"]).content == CONTENT


def reported(answer: Any, _: World) -> None:
    assert body(answer) == REPORT


def deleted(answer: Any, world: World) -> None:
    assert body(answer) == {"id": FILE_ID, "object": "file", "deleted": True}
    assert world.taken() == (0, 0)


def reserved(answer: Any, world: World) -> None:
    assert body(answer)["transfer"]["method"] == "PUT"
    assert world.taken() == (0, 1)


def pending(answer: Any, _: World) -> None:
    assert (body(answer)["id"], body(answer)["status"]) == (UPLOAD_ID, "pending")


def completed(answer: Any, world: World) -> None:
    assert body(answer)["status"] == "completed"
    assert world.taken() == (1, 0)


def taken(answer: Any, world: World) -> None:
    part = body(answer)["id"]
    assert world.stack.object_keys() == {f"parts/{TENANT}/{UPLOAD_ID}/{part}"}


def refused(answer: Any, _: World) -> None:
    assert answer["statusCode"] == 405, answer
    assert answer["multiValueHeaders"]["Allow"] == ["GET"]


def cancelled(answer: Any, world: World) -> None:
    assert body(answer)["status"] == "cancelled"
    assert world.taken() == (0, 0)


def counted(answer: Any, _: World) -> None:
    assert body(answer)["bytes"]["used"] == len(CONTENT)


def used_today(answer: Any, _: World) -> None:
    [today] = body(answer)["data"]
    assert (today["files"], today["bytes"]) == (1, len(CONTENT))


def no_upstreams(answer: Any, _: World) -> None:
    assert body(answer)["data"] == []


def found_by_an_agent(answer: Any, _: World) -> None:
    result = body(answer)["result"]
    assert [row["id"] for row in result["structuredContent"]["files"]] == [FILE_ID]


def refused_without_a_model(answer: Any, _: World) -> None:
    assert answer["statusCode"] == 400, answer
    assert json.loads(answer["body"])["error"]["param"] == "model"


def allowed(answer: Any, _: World) -> None:
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    context = answer["context"]
    assert (context["tenant"], context["keyId"], context["expiresAt"]) == (TENANT, CALLER_ID, "")
    assert context["scopes"] == "read write batches console"


def key_shown(answer: Any, _: World) -> None:
    assert (body(answer)["id"], body(answer)["project"]) == (KEY_ID, {"id": TENANT})


def page_shown(answer: Any, _: World) -> None:
    assert answer["statusCode"] == 200, answer
    assert "<title>Larder</title>" in answer["body"]


def document_served(answer: Any, _: World) -> None:
    assert body(answer)["servers"] == [
        {"url": "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod"}
    ]


def reference_shown(answer: Any, _: World) -> None:
    assert answer["statusCode"] == 200, answer
    assert "<title>Larder API reference</title>" in answer["body"]


def alive(answer: Any, _: World) -> None:
    assert body(answer) == {"status": "ok"}


def signed_in(answer: Any, _: World) -> None:
    assert body(answer)["project"] == TENANT


def kept_for_it_is_a_key(answer: Any, _: World) -> None:
    assert answer["statusCode"] == 400, answer


def validated(answer: Any, world: World) -> None:
    assert answer == {"batchItemFailures": []}
    file = world.ports.files.get(TENANT, file_of(UPLOAD_ID))
    assert file is not None
    assert file.status is FileStatus.PROCESSED


def ignored(answer: Any, _: World) -> None:
    assert answer == {"batchItemFailures": []}


def cleared(answer: Any, world: World) -> None:
    assert answer == {"batchItemFailures": []}
    assert world.taken() == (0, 0)
    assert world.stack.object_keys() == set()


def webhook(world: World) -> None:
    """A webhook with nothing to deliver: its receiver does not exist."""
    now = int(time.time())
    world.ports.webhooks.add(
        TENANT,
        Webhook(
            WEBHOOK_ID, "https://receiver.example/", ("file.failed",), now, (SecretVersion("salt"),)
        ),
    )


def woken(answer: Any, world: World) -> None:
    assert answer == {"batchItemFailures": []}
    found = world.ports.webhooks.get(TENANT, WEBHOOK_ID)
    assert found is not None
    assert found.due_at is None


def webhooks_shown(answer: Any, _: World) -> None:
    assert [each["id"] for each in body(answer)["data"]] == [WEBHOOK_ID]


def no_deliveries(answer: Any, _: World) -> None:
    assert body(answer)["data"] == []


def put_as_events(answer: Any, _: World) -> None:
    assert answer == {"batchItemFailures": []}


def swept(answer: Any, world: World) -> None:
    assert answer == {"expired": 1}
    assert world.taken() == (0, 0)


def put(answer: Any, world: World) -> None:
    assert body(answer)["tags"] == ["reports", "2026", "q1"]
    assert world.taken() == (1, 0)


def shown(answer: Any, _: World) -> None:
    assert [entry["fileId"] for entry in body(answer)["files"]] == [FILE_ID]


def whole(answer: Any, _: World) -> None:
    assert base64.b64decode(body(answer)["data"]["content"]) == CONTENT


def renamed(answer: Any, world: World) -> None:
    assert body(answer)["name"] == "Q4 Report Final.pdf"
    file = world.ports.files.get(TENANT, FILE_ID)
    assert file is not None
    assert (file.tags, file.favorite) == (("important",), True)


def trashed(answer: Any, world: World) -> None:
    assert body(answer) == {"fileId": FILE_ID, "isDeleted": True}
    assert world.ports.trash.get(TENANT, FILE_ID) is not None
    assert world.taken() == (1, 0)


def tagged_and_trashed(answer: Any, world: World) -> None:
    assert [result["ok"] for result in body(answer)["results"]] == [True, True]
    held = world.ports.trash.get(TENANT, FILE_ID)
    assert held is not None
    assert held.file.tags == ("reports",)


def restored(answer: Any, world: World) -> None:
    assert body(answer)["fileId"] == FILE_ID
    assert world.ports.files.get(TENANT, FILE_ID) is not None


def purged(answer: Any, world: World) -> None:
    assert body(answer) == {"fileId": FILE_ID, "isDeleted": True}
    assert world.taken() == (0, 0)


def emptied(answer: Any, world: World) -> None:
    assert body(answer) == {"purgedFiles": 1, "isEmpty": True}
    assert world.taken() == (0, 0)


def no_tags(answer: Any, _: World) -> None:
    assert (body(answer)["tags"], body(answer)["isExact"]) == ([], True)


def made(answer: Any, world: World) -> None:
    [folder] = world.ports.folders.tree(TENANT).folders.values()
    assert (body(answer)["folderId"], body(answer)["name"]) == (folder.id, "Projects")


def folders_shown(answer: Any, _: World) -> None:
    assert [entry["folderId"] for entry in body(answer)["folders"]] == [FOLDER_ID]


def folder_found(answer: Any, _: World) -> None:
    assert body(answer)["folderId"] == FOLDER_ID


def folder_renamed(answer: Any, world: World) -> None:
    folder = world.ports.folders.get(TENANT, FOLDER_ID)
    assert folder is not None
    assert body(answer)["name"] == folder.name == "Archive"


def folder_gone(answer: Any, world: World) -> None:
    assert body(answer) == {"folderId": FOLDER_ID, "isDeleted": True}
    assert world.ports.folders.get(TENANT, FOLDER_ID) is None
    assert world.ports.trash.get(TENANT, FILE_ID) is not None


def folder_cleared(answer: Any, world: World) -> None:
    assert answer == {"batchItemFailures": []}
    assert world.ports.folders.get(TENANT, FOLDER_ID) is None
    assert world.ports.trash.get(TENANT, FILE_ID) is not None


def trash_cleared(answer: Any, world: World) -> None:
    assert answer == {"batchItemFailures": []}
    assert world.taken() == (0, 0)


def batch_created(answer: Any, world: World) -> None:
    [made] = world.ports.batches.page(TENANT, limit=10, after=None).batches
    assert (body(answer)["id"], body(answer)["status"]) == (made.id, "validating")
    assert world.ports.executions.running(made.id, made.execution)


def batch_found(answer: Any, _: World) -> None:
    assert (body(answer)["id"], body(answer)["status"]) == (BATCH_ID, "validating")


def uploads_listed(answer: Any, _: World) -> None:
    [listed] = body(answer)["data"]
    assert (listed["filename"], listed["status"]) == ("questions.jsonl", "pending")


def batches_listed(answer: Any, _: World) -> None:
    assert [each["id"] for each in body(answer)["data"]] == [BATCH_ID]


def batch_cancelling(answer: Any, world: World) -> None:
    assert body(answer)["status"] == "cancelling"
    assert world.batch().status is BatchStatus.CANCELLING


def batch_retried(answer: Any, world: World) -> None:
    made = body(answer)
    assert (made["status"], made["request_counts"]["total"]) == ("validating", 2)
    assert made["metadata"] == {"larder_retry_of": BATCH_ID}
    assert world.batch().retried_by == made["id"]
    assert world.ports.executions.running(made["id"], 1)


def batch_planned(answer: Any, world: World) -> None:
    assert answer == {"next": "run", "seconds": 0}
    assert (world.batch().status, world.batch().total) == (BatchStatus.IN_PROGRESS, 2)


def shard_without_upstreams(answer: Any, world: World) -> None:
    """The operator has set up no server: each line gets an error, and the shard is done."""
    assert answer == {"more": False, "seconds": 0}
    assert world.ports.batch_objects.stored_chunks(TENANT, BATCH_ID, range(1)).keys() == {0}


def batch_ended(answer: Any, world: World) -> None:
    assert answer == {"next": "stop"}
    ended = world.batch()
    assert (ended.status, ended.progress.failed) == (BatchStatus.CANCELLED, 2)
    assert ended.error_file_id is not None
    assert world.ports.files.get(TENANT, ended.error_file_id) is not None
    left = {key for key in world.stack.object_keys() if key.startswith("batches/")}
    # What a retry needs.
    assert left == {f"batches/{TENANT}/{BATCH_ID}/{name}" for name in ("input", "unanswered")}


def key_made(answer: Any, world: World) -> None:
    made = body(answer)
    assert (made["name"], made["scopes"]) == ("the nightly job", ["read", "batches"])
    assert world.ports.keys.find(digest_of(made["secret"], world.ports.pepper())) is not None


def keys_listed(answer: Any, _: World) -> None:
    assert {each["id"] for each in body(answer)["data"]} == {KEY_ID, CALLER_ID}


def key_revoked(answer: Any, _: World) -> None:
    assert body(answer) == {"id": KEY_ID, "object": "key", "revoked": True}


def key_rotated(answer: Any, world: World) -> None:
    new = body(answer)
    old = world.ports.register.find_by_id(KEY_ID)
    assert old is not None
    assert old.replaced_by == new["id"]


def artifact_made(answer: Any, world: World) -> None:
    made = body(answer)
    assert (made["artifact_type"], made["project_id"]) == ("text_context", TENANT)
    assert made["metadata"] == {"team": "research"}
    assert world.stack.object_keys() == {f"files/{TENANT}/{made['id']}"}


def artifacts_listed(answer: Any, _: World) -> None:
    assert [each["id"] for each in body(answer)["data"]] == [ARTIFACT_ID]


def artifact_found(answer: Any, _: World) -> None:
    assert (body(answer)["id"], body(answer)["content"]) == (ARTIFACT_ID, CONTENT.decode())


def artifact_deleted(answer: Any, world: World) -> None:
    assert body(answer) == {"id": ARTIFACT_ID, "object": "artifact", "deleted": True}
    assert world.taken() == (0, 0)


def bundle_made(answer: Any, world: World) -> None:
    assert body(answer)["artifacts"] == [{"artifact_id": ARTIFACT_ID, "role": "system"}]
    assert world.taken() == (2, 0)


def bundles_listed(answer: Any, _: World) -> None:
    assert [each["id"] for each in body(answer)["data"]] == [BUNDLE_ID]


def bundle_found(answer: Any, _: World) -> None:
    reference = {"artifact_id": ARTIFACT_ID, "role": "system", "deleted": False}
    assert (body(answer)["id"], body(answer)["artifacts"]) == (BUNDLE_ID, [reference])


def bundle_deleted(answer: Any, world: World) -> None:
    assert body(answer) == {"id": BUNDLE_ID, "object": "bundle", "deleted": True}
    assert world.taken() == (1, 0)


def log_listed(answer: Any, _: World) -> None:
    assert body(answer)["object"] == "list"


def project_made(answer: Any, world: World) -> None:
    made = body(answer)
    assert (made["name"], made["usage"]["files"]["limit"]) == ("research", 1000)
    assert "research" in {project.name for project in world.ports.projects.list()}


def project_shown(answer: Any, _: World) -> None:
    assert (body(answer)["id"], body(answer)["usage"]["files"]["limit"]) == (TENANT, 10)


def projects_listed(answer: Any, _: World) -> None:
    assert TENANT in {each["id"] for each in body(answer)["data"]}


def project_limited(answer: Any, _: World) -> None:
    usage = body(answer)["usage"]
    assert (usage["bytes"]["limit"], usage["batches"]["limit"]) == (20_000, 2)


@dataclass(frozen=True)
class Case:
    """What is there before the event, and what has to be true after it."""

    given: Callable[[World], None]
    then: Callable[[Any, World], None]


CASES = {
    "admin_keys_create": Case(nothing, key_made),
    "admin_keys_list": Case(nothing, keys_listed),
    "admin_keys_revoke": Case(nothing, key_revoked),
    "admin_keys_rotate": Case(nothing, key_rotated),
    "admin_log_list": Case(nothing, log_listed),
    "admin_projects_create": Case(nothing, project_made),
    "admin_projects_get": Case(nothing, project_shown),
    "admin_projects_list": Case(nothing, projects_listed),
    "admin_projects_update": Case(nothing, project_limited),
    "artifacts_content": Case(artifact, downloaded),
    "artifacts_create": Case(nothing, artifact_made),
    "artifacts_delete": Case(artifact, artifact_deleted),
    "artifacts_get": Case(artifact, artifact_found),
    "artifacts_list": Case(artifact, artifacts_listed),
    "authorize": Case(nothing, allowed),
    "authorize_x_api_key": Case(nothing, allowed),
    "batch_finish": Case(cancelled_batch, batch_ended),
    "batch_plan": Case(batch, batch_planned),
    "batch_run_shard": Case(planned_batch, shard_without_upstreams),
    "batches_cancel": Case(batch, batch_cancelling),
    "batches_create": Case(file, batch_created),
    "batches_get": Case(batch, batch_found),
    "batches_list": Case(batch, batches_listed),
    "batches_retry": Case(ended_batch, batch_retried),
    "bundles_create": Case(artifact, bundle_made),
    "bundles_delete": Case(bundle, bundle_deleted),
    "bundles_get": Case(bundle, bundle_found),
    "bundles_list": Case(bundle, bundles_listed),
    "files_content": Case(file, downloaded),
    "files_create": Case(nothing, created),
    "files_delete": Case(file, deleted),
    "files_get": Case(file, found),
    "chat": Case(nothing, refused_without_a_model),
    "console_page": Case(nothing, page_shown),
    "console_sessions_create": Case(nothing, signed_in),
    "console_sessions_delete": Case(nothing, kept_for_it_is_a_key),
    "files_list": Case(file, listed),
    "files_url": Case(file, linked),
    "files_validation": Case(file, reported),
    "folders_create": Case(nothing, made),
    "folders_delete": Case(folder_with_file, folder_gone),
    "folders_get": Case(folder, folder_found),
    "folders_list": Case(folder, folders_shown),
    "folders_update": Case(folder, folder_renamed),
    "healthz": Case(nothing, alive),
    "keys_me": Case(nothing, key_shown),
    "mcp": Case(file, found_by_an_agent),
    "on_change": Case(nothing, put_as_events),
    "on_cleanup": Case(folder_on_its_way, folder_cleared),
    "on_cleanup_trash": Case(trashed_file, trash_cleared),
    "on_delivery": Case(webhook, woken),
    "on_file_removed": Case(removed_file, cleared),
    "on_file_removed_by_ttl": Case(removed_file_and_upload, cleared),
    "on_object_created": Case(upload_with_bytes, validated),
    "on_object_created_test_event": Case(nothing, ignored),
    "parts_create": Case(upload, taken),
    "reference": Case(nothing, document_served),
    "reference_page": Case(nothing, reference_shown),
    "space_files_batch": Case(file, tagged_and_trashed),
    "space_files_create": Case(nothing, put),
    "space_files_get": Case(file, whole),
    "space_files_list": Case(file, shown),
    "space_files_trash": Case(file, trashed),
    "space_files_update": Case(file, renamed),
    "sweep": Case(expired_file, swept),
    "tags_list": Case(file, no_tags),
    "trash_empty": Case(trashed_file, emptied),
    "trash_list": Case(trashed_file, shown),
    "trash_purge": Case(trashed_file, purged),
    "trash_restore": Case(trashed_file, restored),
    "unknown_route": Case(nothing, refused),
    "uploads_cancel": Case(upload, cancelled),
    "uploads_complete": Case(upload_with_bytes, completed),
    "uploads_create": Case(nothing, reserved),
    "uploads_get": Case(upload, pending),
    "upstreams_list": Case(nothing, no_upstreams),
    "uploads_list": Case(new_upload, uploads_listed),
    "usage_get": Case(file, counted),
    "usage_history": Case(file, used_today),
    "webhooks_deliveries": Case(webhook, no_deliveries),
    "webhooks_list": Case(webhook, webhooks_shown),
}


def function_of(event: str) -> str:
    """Return the function that an event is for: several of one function differ in their endings."""
    return max((name for name in FUNCTIONS if event.startswith(name)), key=len)
