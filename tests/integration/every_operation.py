"""Every operation of the functions, prepared for one call, and the calls of AWS that it makes.

A GetItem is strongly consistent. Of a TransactWriteItems, the number of items.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration import artifact_operations as artifacts
from tests.integration import batch_operations as batches
from tests.integration import chat_operations as chat
from tests.integration import operations
from tests.integration import space_operations as space
from tests.integration import webhook_operations as webhooks

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.operations import Act, World

SHARDS = ", ".join(["Query"] * 16)

A_TREE = "GetItem, Query"
MOVE_A_FOLDER = (
    f"GetItem, {A_TREE}, Query, TransactWriteItems 4, Query, TransactWriteItems 3, GetItem"
)
PURGE_A_FOLDER = (
    "GetItem, Query, Query, TransactWriteItems 4, Query, TransactWriteItems 1, GetItem, GetItem"
)
RESTORE_A_FOLDER = (
    f"GetItem, Query, {A_TREE}, {A_TREE}, GetItem, {A_TREE}, TransactWriteItems 3, Query, "
    "TransactWriteItems 5, SendMessage, Query, TransactWriteItems 2, GetItem, GetItem, GetItem, "
    "GetItem"
)
FINALIZE = (
    "GetItem, GetObject, ListObjectsV2, TransactWriteItems 3, GetItem, GetObject, ListObjectsV2, "
)
JOIN = "GetObject, GetObject, PutObject, "
END = "TransactGetItems 2, TransactWriteItems 8, ListObjectsV2, DeleteObjects"

DELIVER = (
    "UpdateItem, Query, GetItem, GetSecretValue, TransactWriteItems 2, Query, Query, UpdateItem"
)

OPERATIONS: dict[str, tuple[Callable[[World], Act], str]] = {
    "admin_keys_create": (
        operations.admin("admin_keys_create"),
        "Query, Query, TransactWriteItems 2",
    ),
    "admin_keys_list": (operations.admin("admin_keys_list"), "Query, Query"),
    "admin_keys_revoke": (
        operations.admin("admin_keys_revoke"),
        "Query, GetItem, TransactWriteItems 2",
    ),
    "admin_keys_rotate": (
        operations.admin("admin_keys_rotate"),
        "Query, GetItem, Query, TransactWriteItems 3",
    ),
    "admin_log_list": (operations.admin("admin_log_list"), "Query"),
    "admin_projects_create": (
        operations.admin("admin_projects_create"),
        "TransactWriteItems 3, GetItem, GetItem",
    ),
    "admin_projects_get": (operations.admin("admin_projects_get"), "Query, GetItem, GetItem"),
    "admin_projects_list": (operations.admin("admin_projects_list"), "Query"),
    "admin_projects_update": (
        operations.admin("admin_projects_update"),
        ("Query, GetItem, GetItem, TransactWriteItems 2, TransactWriteItems 2, GetItem, GetItem"),
    ),
    "artifacts_content": (artifacts.on_an_artifact("content"), "GetItem, GetObject"),
    "artifacts_create": (artifacts.artifacts_create, "TransactWriteItems 2, PutObject"),
    "artifacts_create, of a file": (
        artifacts.artifacts_create_of_a_file,
        "GetItem, GetObject, TransactWriteItems 2, CopyObject",
    ),
    "artifacts_delete": (artifacts.on_an_artifact("delete"), "GetItem, TransactWriteItems 3"),
    "artifacts_get": (artifacts.on_an_artifact("get"), "GetItem, GetObject"),
    "artifacts_list": (artifacts.listed("artifacts"), "Query"),
    "authorize": (operations.authorize, "GetItem"),
    "authorize, first of the day": (operations.authorize_first, "GetItem, UpdateItem"),
    "batch_finish": (
        batches.batch_finish,
        FINALIZE + JOIN + END,
    ),
    "batch_finish, cancelled": (
        batches.batch_finish_cancelled,
        FINALIZE + "GetObject, GetObject, PutObject, ListObjectsV2, " + JOIN + "PutObject, " + END,
    ),
    "batch_plan": (
        batches.batch_plan,
        (
            "GetItem, GetItem, GetObject, GetObject, CopyObject, GetObject, PutObject, PutObject, "
            "TransactWriteItems 2, GetItem"
        ),
    ),
    "batch_plan, in vain": (
        batches.batch_plan_in_vain,
        "GetItem, GetItem, GetObject, GetObject, TransactGetItems 2, TransactWriteItems 4, GetItem",
    ),
    "batch_plan, before the file is validated": (batches.batch_plan_early, "GetItem, GetItem"),
    "batch_run_shard": (
        batches.batch_run_shard,
        (
            "GetItem, GetObject, ListObjectsV2, GetObject, Query, GetObject, PutObject, "
            "UpdateItem, GetItem"
        ),
    ),
    "batches_cancel": (batches.on_a_batch("cancel"), "GetItem, TransactWriteItems 1, GetItem"),
    "batch_plan, a retry": (
        batches.batch_plan_retry,
        "GetItem, GetItem, HeadObject, GetObject, GetObject, PutObject",
    ),
    "batches_create": (batches.batches_create, "GetItem, TransactWriteItems 3, StartExecution"),
    "batches_create, once": (
        batches.batches_create_once,
        "PutItem, GetItem, TransactWriteItems 4, StartExecution, UpdateItem",
    ),
    "batches_create, a validated file": (
        batches.batches_create_counted,
        "GetItem, GetObject, TransactWriteItems 3, StartExecution",
    ),
    "batches_get": (batches.on_a_batch("get"), "GetItem"),
    "batches_list": (batches.batches_list, "Query"),
    "batches_retry": (
        batches.batches_retry,
        "GetItem, TransactWriteItems 2, TransactWriteItems 4, StartExecution",
    ),
    "bundles_create": (artifacts.bundles_create, "BatchGetItem, TransactWriteItems 2"),
    "bundles_delete": (artifacts.on_a_bundle("delete"), "GetItem, TransactWriteItems 3"),
    "bundles_get": (artifacts.on_a_bundle("get"), "GetItem, BatchGetItem"),
    "bundles_list": (artifacts.listed("bundles"), "Query"),
    "console_page": (operations.a_page("console_page"), ""),
    "console_sessions_create": (operations.console_sessions_create, "GetItem, PutItem"),
    "console_sessions_create, by a link": (
        operations.console_sessions_create_by_link,
        "UpdateItem, PutItem",
    ),
    "console_sessions_delete": (operations.console_sessions_delete, "DeleteItem"),
    "files_content": (operations.on_a_file("files_content"), "GetItem, GetObject"),
    "files_content, a HEAD": (
        operations.on_a_file("files_content", httpMethod="HEAD"),
        "GetItem, HeadObject",
    ),
    "files_content, above 4 MiB": (operations.content_above_4_mib, "GetItem"),
    "files_create": (
        operations.files_create,
        "TransactWriteItems 2, PutObject, PutObject, TransactWriteItems 1",
    ),
    "files_create, not a batch file": (
        operations.files_create_unchecked,
        "TransactWriteItems 2, PutObject",
    ),
    "files_create, in a folder": (
        operations.files_create_in_a_folder,
        "TransactWriteItems 3, PutObject, PutObject, TransactWriteItems 1",
    ),
    "files_create, once": (
        operations.files_create_once,
        "PutItem, TransactWriteItems 2, PutObject, PutObject, TransactWriteItems 1, UpdateItem",
    ),
    "files_delete": (operations.on_a_file("files_delete"), "GetItem, TransactWriteItems 3"),
    "files_get": (operations.on_a_file("files_get"), "GetItem"),
    "files_list": (operations.files_list, "Query"),
    "files_list, of 2.1 MB": (operations.files_list_of_2_mb, "Query, Query, Query"),
    "files_url": (operations.on_a_file("files_url"), "GetItem"),
    "files_validation": (operations.files_validation, "GetItem, GetObject"),
    "folders_create": (space.folders_create, "GetItem, Query, TransactWriteItems 2"),
    "folders_delete": (space.folders_delete, "GetItem, Query, Query, TransactWriteItems 2"),
    "folders_delete, full": (
        space.folders_delete_full,
        f"GetItem, {A_TREE}, TransactWriteItems 3, {MOVE_A_FOLDER}",
    ),
    "folders_get": (space.folders_get, "GetItem, Query, Query"),
    "folders_list": (space.a_list("folders_list"), "Query"),
    "folders_update": (space.folders_update, "GetItem, Query, TransactWriteItems 2"),
    "healthz": (operations.a_page("healthz"), ""),
    "keys_me": (operations.keys_me, "GetItem"),
    "on_cleanup, a folder": (
        space.on_cleanup_of_a_folder,
        MOVE_A_FOLDER,
    ),
    "on_cleanup, the trash": (space.on_cleanup_of_the_trash, "Query, TransactWriteItems 3"),
    "on_change": (operations.on_change, "PutEvents, Query, PutEvents, Query"),
    "on_change, for a webhook": (
        webhooks.on_change,
        "PutEvents, Query, TransactWriteItems 2, UpdateItem, SendMessage, PutEvents, Query",
    ),
    "on_delivery": (
        webhooks.on_delivery,
        DELIVER,
    ),
    "on_delivery, that fails": (
        webhooks.on_delivery_that_fails,
        (
            "UpdateItem, Query, GetItem, GetSecretValue, TransactWriteItems 3, Query, Query, "
            "UpdateItem, SendMessage"
        ),
    ),
    "on_delivery, that is given up": (
        webhooks.on_delivery_that_is_given_up,
        (
            "UpdateItem, Query, GetItem, GetSecretValue, SendMessage, TransactWriteItems 2, Query, "
            "Query, UpdateItem"
        ),
    ),
    "on_delivery, of a dead letter": (
        webhooks.on_delivery_of_a_dead_letter,
        (
            "GetItem, GetItem, TransactWriteItems 2, TransactWriteItems 2, UpdateItem, "
            "SendMessage, " + DELIVER
        ),
    ),
    "webhooks_deliveries": (webhooks.webhooks_deliveries, "GetItem, Query"),
    "webhooks_list": (webhooks.webhooks_list, "Query"),
    "on_file_removed": (
        operations.on_file_removed,
        "TransactGetItems 3, TransactWriteItems 2, DeleteObject, DeleteObject",
    ),
    "on_object_created, a batch file": (
        operations.on_object_created(),
        "GetItem, GetObject, PutObject, TransactWriteItems 1",
    ),
    "on_object_created, with its digest": (
        operations.on_object_created(purpose="user_data"),
        "GetItem, HeadObject, TransactWriteItems 1",
    ),
    "parts_create": (operations.parts_create, "GetItem, TransactWriteItems 1, PutObject"),
    "reference": (operations.a_page("reference"), ""),
    "space_files_batch": (
        space.space_files_batch,
        (
            "GetItem, TransactWriteItems 1, GetItem, TransactWriteItems 3, "
            "GetItem, TransactWriteItems 3, SendMessage"
        ),
    ),
    "space_files_create": (space.space_files_create, "TransactWriteItems 2, PutObject"),
    "space_files_create, in a folder": (
        space.space_files_create_in_a_folder,
        "TransactWriteItems 3, PutObject",
    ),
    "space_files_create, in place of another": (
        space.space_files_create_in_place,
        "TransactWriteItems 2, PutObject, GetItem, Query, TransactWriteItems 6",
    ),
    "space_files_get": (space.on_a_space_file("space_files_get"), "GetItem, GetObject"),
    "space_files_list": (space.a_list("space_files_list"), "Query"),
    "space_files_list, in a folder": (space.files_in_a_folder, "GetItem, Query"),
    "space_files_trash": (
        space.on_a_space_file("space_files_trash"),
        "GetItem, TransactWriteItems 3",
    ),
    "space_files_update": (
        space.on_a_space_file("space_files_update", body={"name": "a"}),
        "GetItem, TransactWriteItems 1",
    ),
    "space_files_update, moved": (space.space_files_update_moved, "GetItem, TransactWriteItems 2"),
    "chat": (chat.chat, "Query"),
    "mcp": (chat.a_tool("search_files"), "Query"),
    "mcp, a rename": (
        chat.on_a_file("rename_file", name="b.txt"),
        "GetItem, GetItem, PutItem, GetItem, GetItem, TransactWriteItems 1",
    ),
    "mcp, to the trash": (
        chat.on_files("trash_files"),
        "GetItem, GetItem, PutItem, GetItem, TransactWriteItems 3",
    ),
    "mcp, a folder": (
        chat.a_tool("create_folder", name="New"),
        "GetItem, PutItem, GetItem, Query, TransactWriteItems 2",
    ),
    "mcp, text": (chat.on_a_file("read_file"), "GetItem, GetObject, PutItem"),
    "sweep, nothing due": (operations.sweep, f"{SHARDS}, GetItem, {SHARDS}"),
    "sweep, an expired file": (
        operations.sweep_an_expired_file,
        f"{SHARDS}, GetItem, {SHARDS}, PutItem, GetItem, TransactWriteItems 3, PutItem",
    ),
    "sweep, an audit": (
        operations.sweep_an_audit,
        (
            f"{SHARDS}, GetItem, {SHARDS}, PutItem, GetItem, PutItem, GetItem, Query, GetItem, "
            "TransactWriteItems 1, PutItem"
        ),
    ),
    "tags_list": (space.a_list("tags_list"), "Query"),
    "trash_empty": (space.trash_empty, "Query, TransactWriteItems 3"),
    "trash_list": (space.a_list("trash_list"), "Query"),
    "trash_list, of a folder": (space.in_a_trashed_folder, "GetItem, Query"),
    "trash_purge, a folder": (
        space.on_a_trashed_folder("trash_purge"),
        f"GetItem, TransactWriteItems 1, GetItem, {PURGE_A_FOLDER}",
    ),
    "trash_restore, a folder": (
        space.on_a_trashed_folder("trash_restore"),
        f"GetItem, {A_TREE}, TransactWriteItems 1, GetItem, {RESTORE_A_FOLDER}",
    ),
    "trash_restore, a file of a folder": (
        space.a_file_of_a_trashed_folder,
        (
            f"GetItem, GetItem, TransactWriteItems 5, {A_TREE}, GetItem, TransactWriteItems 2, "
            "TransactWriteItems 5, SendMessage"
        ),
    ),
    "trash_purge": (space.on_a_trashed_file("trash_purge"), "GetItem, TransactWriteItems 3"),
    "trash_restore": (space.on_a_trashed_file("trash_restore"), "GetItem, TransactWriteItems 3"),
    "unknown_route": (operations.unknown_route, ""),
    "uploads_cancel": (operations.on_an_upload("cancel"), "GetItem, TransactWriteItems 3"),
    "uploads_complete": (
        operations.uploads_complete,
        "GetItem, HeadObject, TransactWriteItems 3, GetItem",
    ),
    "uploads_complete, in place of another": (
        operations.uploads_complete_in_place,
        "GetItem, HeadObject, GetItem, Query, TransactWriteItems 6, GetItem",
    ),
    "uploads_create": (operations.uploads_create, "TransactWriteItems 2"),
    "uploads_get": (operations.on_an_upload("get"), "GetItem"),
    "upstreams_list": (batches.upstreams_list, "Query"),
    "uploads_list": (operations.uploads_list, "Query"),
    "usage_get": (operations.usage_get, "Query, GetItem, GetItem"),
    "usage_history": (operations.usage_history, "GetItem, Query"),
}
