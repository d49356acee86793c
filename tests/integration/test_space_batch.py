"""`POST /v1/storage/files:batch`: what is refused as a whole, and what has a result of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from larder.services.space.change_files import MAX_OPERATIONS
from tests.integration.space import folder, hurried, on, put
from tests.samples import a_file_id

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.integration.conftest import Functions

GONE = a_file_id(7)


def batch(functions: Functions, tenant: TenantId, *operations: dict[str, Any]) -> list[Any]:
    body = {"operations": operations}
    answer = on(functions, tenant, "space_files_batch", body=body)
    assert answer.status == 200, answer.raw
    results: list[Any] = answer.json["results"]
    return results


def test_each_operation_has_a_result_in_order(functions: Functions, tenant: TenantId) -> None:
    place = folder(functions, tenant, "Reports")
    file_id = put(functions, tenant)["fileId"]

    moved, trashed, refused, restored = batch(
        functions,
        tenant,
        {"op": "move", "fileId": file_id, "folderId": place},
        {"op": "trash", "fileId": file_id},
        {"op": "tag", "fileId": file_id, "addTags": ["a"]},
        {"op": "restore", "fileId": file_id},
    )

    file = on(functions, tenant, "space_files_list").json["files"][0]
    assert file["folderId"] == place
    done = {"fileId": file_id, "ok": True, "status": 200, "error": None}
    assert restored == done | {"op": "restore", "file": file}
    assert moved["file"]["folderId"] == place
    assert trashed == done | {"op": "trash", "file": None}
    assert (refused["ok"], refused["status"], refused["file"]) == (False, 404, None)
    assert refused["error"] == {
        "message": f"No such File object: {file_id} (not found)",
        "type": "invalid_request_error",
        "param": "id",
        "code": None,
    }


def test_a_file_is_restored_out_of_a_deleted_folder(functions: Functions, tenant: TenantId) -> None:
    place = folder(functions, tenant, "Reports")
    file_id = put(functions, tenant, folderId=place)["fileId"]
    on(functions, tenant, "folders_delete", id=place, query={"recursive": "true"})

    [restored] = batch(functions, tenant, {"op": "restore", "fileId": file_id})

    [again] = on(functions, tenant, "folders_list").json["folders"]
    assert again["name"] == "Reports"
    assert restored["file"]["folderId"] == again["folderId"] != place


def test_a_result_names_the_parameter_at_fault_as_the_request_did(
    functions: Functions, tenant: TenantId
) -> None:
    file_id = put(functions, tenant)["fileId"]

    [result] = batch(functions, tenant, {"op": "tag", "fileId": file_id, "addTags": ["x" * 65]})

    assert (result["error"]["param"], result["error"]["type"]) == (
        "addTags",
        "invalid_request_error",
    )


def test_null_moves_to_the_root(functions: Functions, tenant: TenantId) -> None:
    file = put(functions, tenant, folderId=folder(functions, tenant, "Reports"))

    [result] = batch(functions, tenant, {"op": "move", "fileId": file["fileId"], "folderId": None})

    assert result["file"]["folderId"] is None


def test_a_mark_is_removed(functions: Functions, tenant: TenantId) -> None:
    file_id = put(functions, tenant)["fileId"]

    on_and_off = batch(
        functions,
        tenant,
        {"op": "favorite", "fileId": file_id, "favorite": True},
        {"op": "favorite", "fileId": file_id, "favorite": False},
    )

    assert [result["file"]["favorite"] for result in on_and_off] == [True, False]


@pytest.mark.parametrize(
    ("operations", "param", "says"),
    [
        ([], "operations", "at least 1 item"),
        ([{"op": "trash", "fileId": GONE}] * (MAX_OPERATIONS + 1), "operations", "at most 100"),
        ([{"op": "purge", "fileId": GONE}], "operations.0.op", "'move', 'tag'"),
        ([{"op": "trash"}], "operations.0.fileId", "required"),
        ([{"op": "move", "fileId": GONE}], "operations.0", "'move' needs folderId"),
        ([{"op": "tag", "fileId": GONE}], "operations.0", "'tag' needs addTags or removeTags"),
        (
            [{"op": "trash", "fileId": GONE}, {"op": "trash", "fileId": GONE, "favorite": True}],
            "operations.1",
            "'trash' takes nothing besides op and fileId",
        ),
        ([{"op": "favorite", "fileId": GONE, "favorite": 1}], "operations.0.favorite", "boolean"),
        ([{"op": "trash", "fileId": GONE, "file": 1}], "operations.0.file", "not permitted"),
        ("all", "operations", "array"),
    ],
)
def test_a_malformed_request_does_nothing(
    functions: Functions, tenant: TenantId, operations: Any, param: str, says: str
) -> None:
    file_id = put(functions, tenant)["fileId"]
    sent = json.loads(json.dumps(operations).replace(GONE, file_id))

    answer = on(functions, tenant, "space_files_batch", body={"operations": sent})

    assert (answer.status, answer.error["param"]) == (400, param)
    assert says in answer.error["message"]
    assert [file["fileId"] for file in on(functions, tenant, "space_files_list").json["files"]] == [
        file_id
    ]


def test_what_the_request_had_no_time_for_says_so(functions: Functions, tenant: TenantId) -> None:
    file_id = put(functions, tenant)["fileId"]
    operation = {"op": "trash", "fileId": file_id}

    answer = hurried(
        functions,
        tenant,
        "space_files_batch",
        body=json.dumps({"operations": [operation]}),
        isBase64Encoded=False,
    )

    [result] = json.loads(answer["body"])["results"]
    assert (answer["statusCode"], result["ok"]) == (200, False)
    assert (result["error"]["type"], result["error"]["code"]) == (
        "rate_limit_error",
        "not_reached",
    )
    assert on(functions, tenant, "space_files_list").json["files"] != []


def test_the_largest_answer_fits_into_a_response(functions: Functions, tenant: TenantId) -> None:
    name = "\U0001f4c4" * 63
    tags = ",".join(f"{number:02}" + '"' * 62 for number in range(50))
    file_id = put(functions, tenant, name, tags=tags)["fileId"]
    operation = {"op": "favorite", "fileId": file_id, "favorite": True}

    body = {"operations": [operation] * MAX_OPERATIONS}
    answer = on(functions, tenant, "space_files_batch", body=body)

    assert answer.status == 200
    assert len(answer.raw) < 2 * 2**20
