"""`Idempotency-Key`: the same request is carried out once, and its answer is replayed."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient
from urllib3.filepost import encode_multipart_formdata

from larder.api.http.routes import ROUTES
from larder.domain.errors import ContentionError
from tests.integration.uploads import used
from tests.support.events import recorded
from tests.support.handlers import load

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.integration.conftest import Answer, Functions

UPLOAD = {"filename": "a.bin", "purpose": "user_data", "bytes": 10, "mime_type": "a/b"}


def create(
    functions: Functions,
    tenant: TenantId,
    key: str,
    header: str = "Idempotency-Key",
    **changes: Any,
) -> Answer:
    return functions.call(
        "uploads_create",
        tenant,
        headers={"Content-Type": "application/json", header: key},
        body=json.dumps(UPLOAD | changes),
        isBase64Encoded=False,
    )


def send_file(functions: Functions, tenant: TenantId, boundary: str, data: bytes) -> Answer:
    body, content_type = encode_multipart_formdata(
        {"purpose": "user_data", "file": ("a.txt", data, "text/plain")}, boundary=boundary
    )
    return functions.call(
        "files_create",
        tenant,
        headers={"Content-Type": content_type, "Idempotency-Key": "one"},
        body=base64.b64encode(body).decode(),
        isBase64Encoded=True,
    )


@pytest.mark.parametrize("header", ["Idempotency-Key", "idempotency-key", "Agent-Idempotency-Key"])
def test_the_same_request_is_carried_out_once_and_its_answer_replayed(
    functions: Functions, tenant: TenantId, header: str
) -> None:
    first = create(functions, tenant, "one", header)
    second = create(functions, tenant, "one", header)

    assert first.status == 200
    assert second.raw == first.raw
    assert second.status == first.status
    assert "larder-idempotent-replay" not in first.headers
    assert second.headers["larder-idempotent-replay"] == "true"
    assert used(functions, tenant) == (0, 1, 0, 10)


def test_another_key_is_another_request(functions: Functions, tenant: TenantId) -> None:
    first, second = create(functions, tenant, "one"), create(functions, tenant, "two")

    assert first.json["id"] != second.json["id"]


def test_a_key_with_another_request_is_a_permanent_conflict(
    functions: Functions, tenant: TenantId
) -> None:
    create(functions, tenant, "one")

    answer = create(functions, tenant, "one", bytes=11)

    assert answer.status == 409
    assert (answer.error["type"], answer.error["code"]) == ("idempotency_conflict",) * 2
    assert answer.headers["x-should-retry"] == "false"
    assert used(functions, tenant) == (0, 1, 0, 10)


def test_a_key_on_another_route_is_a_conflict(functions: Functions, tenant: TenantId) -> None:
    upload = create(functions, tenant, "one").json
    path = {"upload_id": upload["id"]}

    answer = functions.call(
        "uploads_cancel", tenant, pathParameters=path, headers={"Idempotency-Key": "one"}
    )

    assert (answer.status, answer.error["code"]) == (409, "idempotency_conflict")
    read = functions.call("uploads_get", tenant, pathParameters=path)
    assert read.json["status"] == "pending"


def test_another_projects_key_is_a_different_key(
    functions: Functions, tenant: TenantId, stranger: TenantId
) -> None:
    ours, theirs = create(functions, tenant, "one"), create(functions, stranger, "one")

    assert (theirs.status, "larder-idempotent-replay" in theirs.headers) == (200, False)
    assert ours.json["id"] != theirs.json["id"]


def test_a_second_request_may_be_retried_while_the_first_is_running(
    functions: Functions, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = load("uploads_create")
    inner: list[Answer] = []

    def repeat_meanwhile(*arguments: Any, **ports: Any) -> Any:
        if not inner:
            inner.append(create(functions, tenant, "one"))
        return create_upload(*arguments, **ports)

    create_upload = module.create_upload
    monkeypatch.setattr(module, "create_upload", repeat_meanwhile)
    outer = create(functions, tenant, "one")

    assert outer.status == 200
    assert (inner[0].status, inner[0].error["code"]) == (409, "idempotency_conflict")
    assert "x-should-retry" not in inner[0].headers
    assert used(functions, tenant) == (0, 1, 0, 10)


def test_a_request_whose_record_is_written_twice_does_not_conflict_with_itself(
    functions: Functions, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def twice(client: BaseClient, operation: str, request: dict[str, Any]) -> Any:
        # As botocore does when the answer to the first is lost.
        if operation == "PutItem":
            call(client, operation, request)
        return call(client, operation, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", twice)
    first, second = create(functions, tenant, "one"), create(functions, tenant, "one")

    assert first.status == 200
    assert second.raw == first.raw
    assert used(functions, tenant) == (0, 1, 0, 10)


@pytest.mark.parametrize("failure", [ContentionError(), RuntimeError("down")])
def test_an_answer_that_asks_for_a_retry_is_not_kept(
    functions: Functions, tenant: TenantId, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise failure

    with monkeypatch.context() as broken:
        broken.setattr(load("uploads_create"), "create_upload", fail)
        first = create(functions, tenant, "one")
    second = create(functions, tenant, "one")

    assert first.status in {429, 500}
    assert (second.status, "larder-idempotent-replay" in second.headers) == (200, False)


USE_CASES = {
    "files_create": "create_file",
    "space_files_create": "create_file",
    "space_files_batch": "change_files",
    "folders_create": "create_folder",
    "trash_restore": "restore_file",
    "parts_create": "create_part",
    "uploads_create": "create_upload",
    "uploads_complete": "complete_upload",
    "uploads_cancel": "cancel_upload",
    "batches_create": "create_batch",
    "batches_cancel": "cancel_batch",
    "batches_retry": "retry_batch",
    "chat": "converse",
    "mcp": "answer",
    "admin_projects_create": "create_project",
    "admin_keys_create": "get_project",
    "admin_keys_rotate": "rotate_key",
    "artifacts_create": "create_artifact",
    "bundles_create": "create_bundle",
}
"""What each function with an idempotency key calls."""


_ASKED = {"model": "nobody's", "messages": [{"role": "user", "content": "What is here?"}]}
OTHER_BODIES = {"chat": {"body": json.dumps(_ASKED), "isBase64Encoded": False}}
"""The recorded request names no model, and the tests' deployment has none of its own."""


def test_every_post_of_a_project_takes_an_idempotency_key() -> None:
    posts = [route for route in ROUTES if route.method == "POST" and route.surface != "public"]

    assert set(USE_CASES) == {route.function for route in posts}


@pytest.mark.parametrize(("function", "use_case"), USE_CASES.items())
def test_every_idempotent_function_forgets_a_failure(
    functions: Functions,
    tenant: TenantId,
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    use_case: str,
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise TimeoutError

    headers = recorded(function)["headers"] | {"Idempotency-Key": "one"}
    changes = {"headers": headers} | OTHER_BODIES.get(function, {})
    with monkeypatch.context() as broken:
        broken.setattr(load(function), use_case, fail)
        first = functions.call(function, tenant, **changes)
    second = functions.call(function, tenant, **changes)

    assert first.status == 500
    # No upstream serves the model that the chat asks for.
    assert second.status in ({400} if function == "chat" else {200, 404})
    assert "larder-idempotent-replay" not in second.headers


def test_a_refusal_is_replayed_too(functions: Functions, tenant: TenantId) -> None:
    first = create(functions, tenant, "one", purpose="fun")
    second = create(functions, tenant, "one", purpose="fun")

    assert (first.status, first.error["param"]) == (400, "purpose")
    assert (second.status, second.raw) == (400, first.raw)
    assert second.headers["larder-idempotent-replay"] == "true"


def test_a_form_repeated_with_another_boundary_is_the_same_request(
    functions: Functions, tenant: TenantId
) -> None:
    first = send_file(functions, tenant, "boundary-1", b"data")
    second = send_file(functions, tenant, "boundary-2", b"data")
    other = send_file(functions, tenant, "boundary-1", b"other")

    assert second.raw == first.raw
    assert other.error["code"] == "idempotency_conflict"
    assert used(functions, tenant) == (1, 0, 4, 0)


@pytest.mark.parametrize("key", ["", " ", "a b", "ü", "x" * 256])
def test_a_malformed_key_is_refused(functions: Functions, tenant: TenantId, key: str) -> None:
    answer = create(functions, tenant, key)

    assert (answer.status, answer.error["param"]) == (400, "Idempotency-Key")
    assert used(functions, tenant) == (0, 0, 0, 0)
