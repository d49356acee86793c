"""The calls of AWS that each operation makes, all of them and in order: what it waits and pays for.

`docs/costs.md` puts prices on this table.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import botocore.client
import pytest

from larder.domain.limits import MAX_INLINE_BYTES
from larder.services.projects.projects import create_key
from tests.integration.conftest import recorded
from tests.integration.test_files import get, upload
from tests.integration.test_uploads import DATA, create, on_upload, put
from tests.integration.test_workers import arrive, removal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Functions
    from tests.moto_stack import MotoStack

    type Record = Callable[[], Any]

# A GetItem is strongly consistent. Of a TransactWriteItems, the number of items.
CALLS = {
    "authorize": ["GetItem"],
    "files_content": ["GetItem", "GetObject"],
    "files_content, a HEAD": ["GetItem", "HeadObject"],
    "files_content, above 4 MiB": ["GetItem"],
    "files_create": ["TransactWriteItems 2", "PutObject"],
    "files_delete": ["GetItem", "TransactWriteItems 3"],
    "files_get": ["GetItem"],
    "files_list": ["Query"],
    "files_list, of 2.1 MB": ["Query", "Query", "Query"],
    "files_url": ["GetItem"],
    "files_validation": ["GetItem", "GetObject"],
    "on_file_removed": [
        *("TransactGetItems 2", "TransactWriteItems 2", "DeleteObject", "DeleteObject"),
    ],
    "on_object_created, a batch file": [
        *("GetItem", "GetObject", "PutObject", "TransactWriteItems 1"),
    ],
    "on_object_created, with its digest": ["GetItem", "HeadObject", "TransactWriteItems 1"],
    "unknown_route": [],
    "uploads_cancel": ["GetItem", "TransactWriteItems 3"],
    "uploads_complete": ["GetItem", "HeadObject", "TransactWriteItems 3", "GetItem"],
    "uploads_create": ["TransactWriteItems 2"],
    "uploads_get": ["GetItem"],
    "usage_get": ["Query", "GetItem"],
}


@contextmanager
def recording() -> Iterator[list[str]]:
    """Record the operations that botocore's clients are asked for."""
    called: list[str] = []
    call = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

    def recorded_call(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
        items = parameters.get("TransactItems")
        called.append(operation if items is None else f"{operation} {len(items)}")
        return call(self, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", recorded_call)
        yield called


@pytest.fixture
def file_id(functions: Functions, tenant: TenantId) -> str:
    made: str = upload(functions, tenant).json["id"]
    return made


@pytest.fixture
def upload_id(functions: Functions, tenant: TenantId) -> str:
    made: str = create(functions, tenant).json["id"]
    return made


@pytest.mark.parametrize(
    "operation",
    ["files_content", "files_delete", "files_get", "files_url"],
)
def test_an_operation_on_a_file_makes_the_calls_it_is_listed_with(
    functions: Functions, tenant: TenantId, file_id: str, operation: str
) -> None:
    with recording() as called:
        answer = get(functions, tenant, file_id, operation)

    assert answer.status == 200
    assert called == CALLS[operation]


def test_a_look_at_content_does_not_read_it(
    functions: Functions, tenant: TenantId, file_id: str
) -> None:
    with recording() as called:
        get(functions, tenant, file_id, "files_content", httpMethod="HEAD")

    assert called == CALLS["files_content, a HEAD"]


def test_content_that_s3_serves_costs_no_call_of_s3(functions: Functions, tenant: TenantId) -> None:
    large = create(functions, tenant, bytes=MAX_INLINE_BYTES + 1).json["id"]
    data = bytes(MAX_INLINE_BYTES + 1)
    put(functions.stack, tenant, large, data)
    file_id = on_upload(functions, tenant, "complete", large).json["file"]["id"]

    with recording() as called:
        answer = get(functions, tenant, file_id, "files_content")

    assert answer.status == 302
    assert called == CALLS["files_content, above 4 MiB"]


def test_an_upload_is_one_transaction_and_one_object(
    functions: Functions, tenant: TenantId
) -> None:
    with recording() as called:
        upload(functions, tenant)

    assert called == CALLS["files_create"]


def test_a_list_is_one_query(functions: Functions, tenant: TenantId, file_id: str) -> None:
    with recording() as called:
        answer = functions.call("files_list", tenant, queryStringParameters=None)

    assert [file["id"] for file in answer.json["data"]] == [file_id]
    assert called == CALLS["files_list"]


def test_a_list_is_one_query_for_each_mb(
    functions: Functions, tenant: TenantId, stack: MotoStack
) -> None:
    for _ in range(7):
        file_id = upload(functions, tenant).json["id"]
        stack.dynamodb.update_item(
            TableName=stack.settings.store_table,
            Key={"pk": {"S": f"P#{tenant}"}, "sk": {"S": file_id}},
            UpdateExpression="SET status_details = :details",
            ExpressionAttributeValues={":details": {"S": "x" * 300_000}},
        )

    with recording() as called:
        answer = functions.call("files_list", tenant, queryStringParameters=None)

    assert len(answer.json["data"]) == 6  # as many as an answer has room for
    assert called == CALLS["files_list, of 2.1 MB"]


def test_a_report_is_read_with_its_file(
    functions: Functions, tenant: TenantId, file_id: str
) -> None:
    arrive(functions, tenant, file_id)

    with recording() as called:
        get(functions, tenant, file_id, "files_validation")

    assert called == CALLS["files_validation"]


def test_usage_is_read_with_what_has_expired(functions: Functions, tenant: TenantId) -> None:
    with recording() as called:
        functions.call("usage_get", tenant)

    assert called == CALLS["usage_get"]


def test_an_authorizer_that_misses_the_cache_reads_one_key(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    secret, _ = create_key(tenant, keys=ports.keys, pepper=ports.pepper, clock=ports.clock)
    event = recorded("authorize")
    event["headers"] = {"authorization": f"Bearer {secret}"}
    functions.invoke("authorize", event)  # reads the pepper, once

    with recording() as called:
        answer = functions.invoke("authorize", event)

    assert answer["context"]["tenant"] == tenant
    assert called == CALLS["authorize"]


def test_an_announced_upload_is_one_transaction(functions: Functions, tenant: TenantId) -> None:
    with recording() as called:
        create(functions, tenant, sha256=hashlib.sha256(DATA).hexdigest())

    assert called == CALLS["uploads_create"]


@pytest.mark.parametrize("verb", ["cancel", "get"])
def test_an_operation_on_an_upload_makes_the_calls_it_is_listed_with(
    functions: Functions, tenant: TenantId, upload_id: str, verb: str
) -> None:
    with recording() as called:
        answer = on_upload(functions, tenant, verb, upload_id)

    assert answer.status == 200
    assert called == CALLS[f"uploads_{verb}"]


def test_a_completion_looks_at_the_object(
    functions: Functions, tenant: TenantId, upload_id: str, stack: MotoStack
) -> None:
    put(stack, tenant, upload_id)

    with recording() as called:
        answer = on_upload(functions, tenant, "complete", upload_id)

    assert answer.json["status"] == "completed"
    assert called == CALLS["uploads_complete"]


def test_an_unknown_route_calls_nothing(functions: Functions) -> None:
    with recording() as called:
        functions.invoke("unknown_route", recorded("unknown_route"))

    assert called == CALLS["unknown_route"]


def test_an_arrival_is_read_and_settled(
    functions: Functions, tenant: TenantId, file_id: str
) -> None:
    with recording() as called:
        arrive(functions, tenant, file_id)

    assert called == CALLS["on_object_created, a batch file"]


def test_an_arrival_whose_digest_is_known_is_not_read(
    functions: Functions, tenant: TenantId
) -> None:
    file = upload(functions, tenant, fields={"purpose": "user_data"}).json

    with recording() as called:
        arrive(functions, tenant, file["id"])

    assert called == CALLS["on_object_created, with its digest"]


def test_a_removed_record_is_cleared_up_after(
    functions: Functions, tenant: TenantId, file_id: str, stack: MotoStack
) -> None:
    event = removal(stack, tenant, file_id)
    stack.dynamodb.delete_item(
        TableName=stack.settings.store_table, Key=event["Records"][0]["dynamodb"]["Keys"]
    )

    with recording() as called:
        functions.invoke("on_file_removed", event)

    assert called == CALLS["on_file_removed"]
