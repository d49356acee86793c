"""What each function loads when it starts: every module more makes every cold start longer.

A new function is listed here with what it needs and no more. `bench/cold_start.py` says what it
costs in time.
"""

from __future__ import annotations

import sys

import pytest

from tests.support.imports import FUNCTIONS, import_function, loaded_by
from tests.support.template import FUNCTIONS as FUNCTIONS_OF_TEMPLATE
from tests.support.template import LIMITED, folder_of

CLIENTS = {"aws_lambda_powertools", "botocore", "dateutil", "jmespath", "urllib3"}
API = CLIENTS | {"pybase64", "pydantic", "pydantic_core"}
FORMS = API | {"multipart"}

KEYS = {"dynamodb.attributes"}
ITEMS = KEYS | {"dynamodb.counters", "dynamodb.keys", "dynamodb.transactions"}
FOLDERS = ITEMS | {"dynamodb.folders", "dynamodb.listings", "dynamodb.pages"}
FILES = FOLDERS | {f"dynamodb.{name}" for name in ("file_pages", "files", "item_reads", "items")}
ARTIFACTS = ITEMS | {
    f"dynamodb.{name}"
    for name in ("artifact_items", "artifacts", "item_reads", "items", "listings", "pages")
}
TRASH = FILES | {"dynamodb.trash", "dynamodb.trashed_items", "dynamodb.trash_moves"}
FOLDER_TRASH = TRASH | {"dynamodb.file_search", "dynamodb.trashed_folders", "s3", "sqs"}
UPLOADS = FILES | {"dynamodb.uploads", "s3"}
UPLOADS |= {"dynamodb.name_claims", "dynamodb.trash_moves"}
RECLAIMING = UPLOADS | TRASH | {"dynamodb.deadlines"}
PARTS = UPLOADS | {"s3_parts"}
REPLAYS = {"dynamodb.idempotency"}
BATCHES = ITEMS | {
    "dynamodb.batch_counters",
    "dynamodb.batch_creation",
    "dynamodb.batch_limits",
    "dynamodb.batch_items",
    "dynamodb.batch_moves",
    "dynamodb.batches",
    "dynamodb.items",
    "dynamodb.listings",
    "dynamodb.pages",
}
BATCH_OBJECTS = {"s3", "s3_batch_formats", "s3_batches", "s3_output"}
EXECUTIONS = {"step_functions"} | BATCH_OBJECTS
MODELS = {"dynamodb.rate_limits", "dynamodb.upstreams", "models", "secrets"} | {
    "models.credentials",
    "models.openai_http",
}
CHAT_MODELS = {
    f"models.{name}"
    for name in ("as_it_comes", "openai_chat", "openai_chunks", "openai_streams", "sse")
}
WEBHOOKS = KEYS | {"dynamodb.keys", "dynamodb.webhook_items", "dynamodb.webhooks"}
DELIVERIES = WEBHOOKS | ITEMS | {"dynamodb.deliveries"}
CHANGES = KEYS | {
    "dynamodb.batch_items",
    "dynamodb.changes",
    "dynamodb.items",
    "dynamodb.keys",
    "dynamodb.listings",
    "event_bridge",
}
PROJECTS = ITEMS | {"dynamodb.admin_log", "dynamodb.projects"}
REGISTER = ITEMS | {"dynamodb.admin_log", "dynamodb.api_keys", "dynamodb.key_register"}
LIMITS = {"dynamodb.batch_limits", "dynamodb.deadlines", "dynamodb.usage"}
FINDER = {"dynamodb.file_search"}
FILE_MANAGER = RECLAIMING - {"dynamodb.name_claims", "dynamodb.uploads"} | {
    "documents",
    "dynamodb.actions",
    "dynamodb.file_search",
    "dynamodb.trashed_folders",
    "dynamodb.usage",
    "secrets",
    "sqs",
}

WANTED: dict[str, tuple[set[str], set[str]]] = {
    "admin_keys_create": (API, REGISTER | PROJECTS | REPLAYS),
    "admin_keys_list": (API, REGISTER | PROJECTS),
    "admin_keys_revoke": (API, REGISTER),
    "admin_keys_rotate": (API, REGISTER | REPLAYS),
    "admin_log_list": (API, KEYS | {"dynamodb.admin_log", "dynamodb.keys"}),
    "admin_projects_create": (API, PROJECTS | LIMITS | REPLAYS),
    "admin_projects_get": (API, PROJECTS | LIMITS),
    "admin_projects_list": (API, PROJECTS),
    "admin_projects_update": (API, PROJECTS | LIMITS | {"dynamodb.batch_limit_records"}),
    "artifacts_content": (API, ARTIFACTS | {"s3"}),
    "artifacts_create": (API, ARTIFACTS | RECLAIMING | REPLAYS),
    "artifacts_delete": (API, ARTIFACTS | FILES),
    "artifacts_get": (API, ARTIFACTS | {"s3"}),
    "artifacts_list": (API, ARTIFACTS),
    "authorize": (CLIENTS, KEYS | {"dynamodb.api_keys"}),
    "batch_finish": (CLIENTS | {"msgspec"}, BATCHES | BATCH_OBJECTS),
    "batch_plan": (CLIENTS | {"msgspec"}, BATCHES | FILES | ARTIFACTS | BATCH_OBJECTS),
    "batch_run_shard": (CLIENTS | {"msgspec"}, BATCHES | BATCH_OBJECTS | MODELS),
    "batches_cancel": (API, BATCHES | REPLAYS),
    "batches_create": (
        API | {"msgspec"},
        BATCHES | FILES | ARTIFACTS | EXECUTIONS | REPLAYS,
    ),
    "batches_get": (API, BATCHES),
    "batches_list": (API, BATCHES),
    "batches_retry": (API, BATCHES | RECLAIMING | EXECUTIONS | REPLAYS),
    "bundles_create": (API, ARTIFACTS | RECLAIMING | REPLAYS),
    "bundles_delete": (API, ARTIFACTS | FILES),
    "bundles_get": (API, ARTIFACTS),
    "bundles_list": (API, ARTIFACTS),
    "chat": (API | {"msgspec"}, FILE_MANAGER | REPLAYS | MODELS | CHAT_MODELS),
    "console_page": (CLIENTS - {"dateutil", "urllib3"} | {"larder_console"}, set()),
    "console_sessions_create": (API, KEYS | {"dynamodb.api_keys"}),
    "console_sessions_delete": (API, KEYS | {"dynamodb.api_keys"}),
    "files_content": (API, FILES | {"s3"}),
    "files_create": (FORMS | {"msgspec"}, RECLAIMING | REPLAYS),
    "files_delete": (API, FILES),
    "files_get": (API, FILES),
    "files_list": (API, FILES),
    "files_url": (API, FILES | {"s3"}),
    "files_validation": (API, FILES | {"s3"}),
    "folders_create": (API, FOLDERS | REPLAYS),
    "folders_delete": (API, FOLDER_TRASH),
    "folders_get": (API, FOLDERS | FINDER | {"dynamodb.items"}),
    "folders_list": (API, FOLDERS | {"secrets"}),
    "folders_update": (API, FOLDERS),
    "healthz": (CLIENTS - {"dateutil", "urllib3"}, set()),
    "keys_me": (API, KEYS | {"dynamodb.api_keys"}),
    "mcp": (API | {"msgspec"}, FILE_MANAGER | REPLAYS),
    "on_change": (CLIENTS, CHANGES | DELIVERIES | {"sqs", "s3"}),
    "on_cleanup": (CLIENTS, FOLDER_TRASH),
    "on_delivery": (CLIENTS, DELIVERIES | {"s3", "secrets", "sqs", "webhook_http"}),
    "on_file_removed": (CLIENTS, UPLOADS),
    "on_object_created": (CLIENTS | {"msgspec"}, UPLOADS),
    "parts_create": (FORMS, PARTS | REPLAYS),
    "reference": (CLIENTS - {"dateutil", "urllib3"} | {"larder_reference"}, set()),
    "space_files_batch": (API, FOLDER_TRASH - FINDER | REPLAYS),
    "space_files_create": (FORMS | {"msgspec"}, RECLAIMING | REPLAYS),
    "space_files_get": (API, FILES | {"s3"}),
    "space_files_list": (API, FOLDERS | FINDER | {"dynamodb.items", "secrets"}),
    "space_files_trash": (API, TRASH),
    "space_files_update": (API, FILES),
    "sweep": (
        CLIENTS,
        RECLAIMING
        | FOLDER_TRASH - FINDER
        | BATCHES
        | EXECUTIONS
        | WEBHOOKS
        | {"dynamodb.usage", "s3_parts"},
    ),
    "tags_list": (
        API,
        KEYS
        | FINDER
        | {f"dynamodb.{name}" for name in ("items", "keys", "listings", "pages")}
        | {"secrets"},
    ),
    "trash_empty": (API, FOLDER_TRASH),
    "trash_list": (API, TRASH | {"dynamodb.trashed_folders", "secrets"}),
    "trash_purge": (API, FOLDER_TRASH),
    "trash_restore": (API, FOLDER_TRASH | REPLAYS),
    "unknown_route": (API - {"dateutil", "urllib3"}, set()),
    "uploads_cancel": (API, PARTS | REPLAYS),
    "uploads_complete": (API, PARTS | REPLAYS),
    "uploads_create": (API, PARTS | RECLAIMING | REPLAYS),
    "uploads_get": (API, PARTS),
    "upstreams_list": (API, KEYS | {"dynamodb.keys", "dynamodb.upstreams"}),
    "uploads_list": (API, UPLOADS - {"s3"}),
    "usage_get": (API, RECLAIMING | {"dynamodb.batch_limits", "dynamodb.usage"}),
    "usage_history": (API, ITEMS | {"dynamodb.deadlines", "dynamodb.usage"}),
    "webhooks_deliveries": (API, DELIVERIES),
    "webhooks_list": (API, WEBHOOKS),
}

COUNTING = {folder_of(FUNCTIONS_OF_TEMPLATE[name]) for name in LIMITED}
RATES = KEYS | {"dynamodb.request_rates"}

# Small, and what others need.
ALONG = {"annotated_types", "certifi", "six", "typing_extensions", "typing_inspection"}

OURS = {"larder", "larder_jsonl"}

# What costs a tenth of a start or more and has no business in any function.
NEVER = {
    "aws_lambda_powertools.event_handler.middlewares.openapi_validation",
    "aws_lambda_powertools.event_handler.openapi.compat",
    "aws_lambda_powertools.event_handler.openapi.models",
    "aws_lambda_powertools.utilities.idempotency",
    "aws_lambda_powertools.utilities.parser",
    "boto3",
    "pydantic.v1",
}


def test_every_function_is_listed() -> None:
    assert sorted(WANTED) == FUNCTIONS


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_loads_what_it_is_listed_with_and_no_more(function: str) -> None:
    libraries, adapters = WANTED[function]
    if function in COUNTING:
        adapters = adapters | RATES

    loaded = loaded_by(import_function(function))

    found = {name.split(".")[0] for name in loaded if not name.startswith("_")}
    assert found - sys.stdlib_module_names - ALONG - OURS == libraries
    parts = {
        name.removeprefix("larder.adapters.")
        for name in loaded
        if name.startswith("larder.adapters.")
    }
    assert parts - {"aws", "dynamodb"} == adapters
    assert loaded & NEVER == set()
