"""Direct uploads: announce, PUT, then S3's event or `complete`, in either order."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.parts import MAX_UPLOAD_BYTES
from larder.domain.quota import Amount
from tests.integration.uploads import DATA, age, create, on_upload, put, used
from tests.support.events import arrival

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Functions
    from tests.moto_stack import MotoStack


def test_an_upload_reserves_quota_and_says_where_to_put_the_bytes(
    functions: Functions, tenant: TenantId
) -> None:
    answer = create(functions, tenant, sha256=hashlib.sha256(DATA).hexdigest().upper())

    upload = answer.json
    assert answer.status == 200
    assert set(upload) == {
        "id",
        "object",
        "bytes",
        "created_at",
        "filename",
        "purpose",
        "status",
        "expires_at",
        "file",
        "transfer",
    }
    assert (upload["object"], upload["status"], upload["file"]) == ("upload", "pending", None)
    assert upload["expires_at"] == upload["created_at"] + 3600
    assert upload["transfer"]["method"] == "PUT"
    assert upload["transfer"]["headers"]["Content-Length"] == "10"
    assert upload["transfer"]["headers"]["If-None-Match"] == "*"
    assert "x-amz-checksum-sha256" in upload["transfer"]["headers"]
    signed = upload["transfer"]["url"].partition("X-Amz-SignedHeaders=")[2].partition("&")[0]
    assert {"content-length", "if-none-match", "x-amz-checksum-sha256"} < set(signed.split("%3B"))
    assert used(functions, tenant) == (0, 1, 0, 10)


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"bytes": -1}, "bytes"),
        ({"bytes": MAX_UPLOAD_BYTES + 1}, "bytes"),
        ({"bytes": "10"}, "bytes"),
        ({"bytes": "four"}, "bytes"),
        ({"bytes": None}, "bytes"),
        ({"bytes": True}, "bytes"),
        ({"bytes": 1.5}, "bytes"),
        ({"bytes": 10**40}, "bytes"),
        ({"filename": "a\x00b"}, "filename"),
        ({"filename": "a\nb"}, "filename"),
        ({"filename": "/"}, "filename"),
        ({"filename": "a/.."}, "filename"),
        ({"filename": ""}, "filename"),
        ({"filename": "x" * 256}, "filename"),
        ({"filename": None}, "filename"),
        ({"purpose": "fun"}, "purpose"),
        ({"purpose": "batch_output"}, "purpose"),
        ({"sha256": "abc"}, "sha256"),
        *(
            ({"expires_after": {"anchor": "created_at", "seconds": seconds}}, f"expires_after{at}")
            for seconds, at in [
                (1, "[seconds]"),
                (3_599, "[seconds]"),
                (2_592_001, "[seconds]"),
                (-1, "[seconds]"),
                ("soon", ".seconds"),
            ]
        ),
        ({"expires_after": {"anchor": "later", "seconds": 3600}}, "expires_after.anchor"),
        ({"mime_type": "a\r\nb"}, "mime_type"),
    ],
)
def test_an_invalid_value_is_named_and_reserves_nothing(
    functions: Functions, tenant: TenantId, changes: dict[str, Any], param: str
) -> None:
    answer = create(functions, tenant, **changes)

    assert answer.status == 400
    assert answer.error["param"] == param
    assert used(functions, tenant) == (0, 0, 0, 0)


@pytest.mark.parametrize("body", ["", "{}", "[]", "{", "null", "\ud800", '"x"', "{}x"])
def test_a_body_that_is_not_a_complete_json_object_is_refused(
    functions: Functions, tenant: TenantId, body: str
) -> None:
    raw = body.encode("utf-8", "surrogatepass")
    answer = functions.call(
        "uploads_create",
        tenant,
        body=base64.b64encode(raw).decode(),
        isBase64Encoded=True,
    )

    assert answer.status == 400
    assert answer.error["type"] == "invalid_request_error"


def test_completing_turns_the_reservation_into_a_file(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    upload = create(functions, tenant).json
    put(stack, tenant, upload["id"])

    answer = on_upload(functions, tenant, "complete", upload["id"], '{"part_ids":[]}')

    assert answer.status == 200
    assert answer.json["status"] == "completed"
    assert answer.json["file"]["id"] == upload["id"].replace("upload_", "file-")
    assert answer.json["file"]["bytes"] == 10
    assert answer.json["transfer"] is None
    assert used(functions, tenant) == (1, 0, 10, 0)


def test_completing_twice_returns_the_same(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    upload = create(functions, tenant).json
    put(stack, tenant, upload["id"])
    first = on_upload(functions, tenant, "complete", upload["id"])

    second = on_upload(functions, tenant, "complete", upload["id"])

    assert second.json == first.json
    assert used(functions, tenant) == (1, 0, 10, 0)
    listed = functions.call("files_list", tenant, queryStringParameters=None).json["data"]
    assert [file["id"] for file in listed] == [first.json["file"]["id"]]


def test_the_event_alone_completes_an_upload(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    upload = create(functions, tenant).json
    key = put(stack, tenant, upload["id"])

    functions.invoke("on_object_created", arrival(key))

    state = on_upload(functions, tenant, "get", upload["id"]).json
    assert (state["status"], state["file"]["status"]) == ("completed", "processed")
    assert on_upload(functions, tenant, "complete", upload["id"]).json == state
    assert used(functions, tenant) == (1, 0, 10, 0)


def test_completing_before_the_bytes_arrive_is_refused_and_loses_nothing(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    upload = create(functions, tenant).json

    early = on_upload(functions, tenant, "complete", upload["id"])
    put(stack, tenant, upload["id"])
    late = on_upload(functions, tenant, "complete", upload["id"])

    assert early.status == 400
    assert early.error["code"] == "upload_incomplete"
    assert "transfer" in early.error["message"]
    assert (late.status, late.json["status"]) == (200, "completed")


def test_bytes_of_another_size_are_refused_and_deleted_for_another_try(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    upload = create(functions, tenant).json
    key = put(stack, tenant, upload["id"], b"other")

    answer = on_upload(functions, tenant, "complete", upload["id"])
    functions.invoke("on_object_created", arrival(key))

    assert answer.status == 400
    assert answer.error["param"] == "bytes"
    assert stack.object_keys() == set()
    assert on_upload(functions, tenant, "get", upload["id"]).json["status"] == "pending"


@pytest.mark.parametrize("event_first", [False, True])
def test_a_wrong_md5_is_refused_and_the_right_one_named(
    functions: Functions, stack: MotoStack, tenant: TenantId, *, event_first: bool
) -> None:
    upload = create(functions, tenant).json
    key = put(stack, tenant, upload["id"])
    if event_first:
        functions.invoke("on_object_created", arrival(key))
    right = hashlib.md5(DATA).hexdigest()  # noqa: S324 - OpenAI's protocol

    wrong = on_upload(functions, tenant, "complete", upload["id"], json.dumps({"md5": "0" * 32}))
    corrected = on_upload(functions, tenant, "complete", upload["id"], json.dumps({"md5": right}))

    assert wrong.status == 400
    assert wrong.error["param"] == "md5"
    assert right in wrong.error["message"]
    assert corrected.status == 200


def test_a_part_that_does_not_exist_is_refused(functions: Functions, tenant: TenantId) -> None:
    upload = create(functions, tenant).json

    answer = on_upload(functions, tenant, "complete", upload["id"], '{"part_ids":["part_1"]}')

    assert answer.status == 400
    assert answer.error["param"] == "part_ids"
    assert "part_1" in answer.error["message"]


@pytest.mark.parametrize("route", ["files_get", "files_content", "files_url", "files_validation"])
def test_a_file_that_is_still_being_uploaded_is_not_found(
    functions: Functions, tenant: TenantId, route: str
) -> None:
    upload = create(functions, tenant).json
    file_id = upload["id"].replace("upload_", "file-")

    answer = functions.call(
        route, tenant, pathParameters={"file_id": file_id}, queryStringParameters=None
    )

    assert answer.status == 404
    assert functions.call("files_list", tenant, queryStringParameters=None).json["data"] == []


def test_cancelling_frees_the_reservation_and_bytes_that_arrive_later_are_deleted(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    upload = create(functions, tenant).json

    first = on_upload(functions, tenant, "cancel", upload["id"])
    second = on_upload(functions, tenant, "cancel", upload["id"])
    key = put(stack, tenant, upload["id"])
    functions.invoke("on_object_created", arrival(key))

    assert (first.status, first.json["status"]) == (200, "cancelled")
    assert second.json == first.json
    assert used(functions, tenant) == (0, 0, 0, 0)
    assert stack.object_keys() == set()
    refused = on_upload(functions, tenant, "complete", upload["id"])
    assert (refused.status, refused.error["code"]) == (409, "upload_cancelled")
    assert refused.headers["x-should-retry"] == "false"


def test_a_completed_upload_cannot_be_cancelled(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    upload = create(functions, tenant).json
    key = put(stack, tenant, upload["id"])
    file_id = on_upload(functions, tenant, "complete", upload["id"]).json["file"]["id"]

    answer = on_upload(functions, tenant, "cancel", upload["id"])

    assert (answer.status, answer.error["code"]) == (409, "upload_completed")
    assert file_id in answer.error["message"]
    assert answer.headers["x-should-retry"] == "false"
    assert stack.object_keys() == {key}
    assert used(functions, tenant) == (1, 0, 10, 0)


def test_a_pending_upload_is_read_with_a_fresh_transfer(
    functions: Functions, tenant: TenantId
) -> None:
    upload = create(functions, tenant).json

    answer = on_upload(functions, tenant, "get", upload["id"])

    assert answer.json["status"] == "pending"
    assert answer.json["transfer"]["expires_at"] <= upload["expires_at"]


def test_an_overdue_upload_is_expired_and_its_quota_is_free(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    upload = create(functions, tenant).json
    age(stack, tenant, upload["id"])

    answer = on_upload(functions, tenant, "get", upload["id"])

    assert (answer.json["status"], answer.json["transfer"]) == ("expired", None)
    assert used(functions, tenant) == (0, 0, 0, 0)
    late = on_upload(functions, tenant, "complete", upload["id"])
    assert (late.status, late.error["code"]) == (409, "upload_expired")


@pytest.mark.parametrize("verb", ["get", "complete", "cancel"])
def test_another_projects_upload_does_not_exist(
    functions: Functions, tenant: TenantId, stranger: TenantId, verb: str
) -> None:
    upload = create(functions, tenant).json

    answer = on_upload(functions, stranger, verb, upload["id"])

    assert answer.status == 404
    assert answer.error["message"] == f"No such Upload object: {upload['id']} (not found)"
    assert used(functions, tenant) == (0, 1, 0, 10)


def test_of_32_uploads_10_are_admitted_if_there_is_room_for_10(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    ports.projects.set_limit(tenant, Amount(files=200, bytes=100))

    answers = [create(functions, tenant) for _ in range(32)]

    assert [answer.status for answer in answers].count(200) == 10
    assert used(functions, tenant) == (0, 10, 0, 100)
    assert answers[-1].error["code"] == "storage_quota_exceeded"


def test_a_batch_file_over_2_gib_is_refused_when_it_is_announced(
    functions: Functions, tenant: TenantId
) -> None:
    answer = create(functions, tenant, purpose="batch", bytes=2 * 2**30 + 1)

    assert answer.status == 400
    assert (answer.error["param"], answer.error["code"]) == ("bytes", "file_too_large")
    assert used(functions, tenant) == (0, 0, 0, 0)


def listed(functions: Functions, tenant: TenantId, **query: str) -> dict[str, Any]:
    answer = functions.call("uploads_list", tenant, queryStringParameters=query or None)
    assert answer.status == 200
    page: dict[str, Any] = answer.json
    return page


def test_pending_uploads_are_listed_as_they_are_but_for_their_transfer(
    functions: Functions, tenant: TenantId
) -> None:
    older, newer = create(functions, tenant).json, create(functions, tenant, filename="b").json

    assert listed(functions, tenant) == {
        "object": "list",
        "data": [{**newer, "transfer": None}, {**older, "transfer": None}],
        "first_id": newer["id"],
        "last_id": older["id"],
        "has_more": False,
    }


def test_a_page_of_uploads_leads_to_the_next(functions: Functions, tenant: TenantId) -> None:
    first, second, third = (create(functions, tenant).json["id"] for _ in range(3))

    page = listed(functions, tenant, limit="2", after="")
    rest = listed(functions, tenant, limit="2", after=page["last_id"])

    assert ([each["id"] for each in page["data"]], page["has_more"]) == ([third, second], True)
    assert ([each["id"] for each in rest["data"]], rest["has_more"]) == ([first], False)


def test_uploads_that_have_ended_are_not_listed(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    completed, cancelled, overdue, kept = (create(functions, tenant).json for _ in range(4))
    put(stack, tenant, completed["id"])
    on_upload(functions, tenant, "complete", completed["id"], '{"part_ids": []}')
    on_upload(functions, tenant, "cancel", cancelled["id"])
    age(stack, tenant, overdue["id"])

    assert [each["id"] for each in listed(functions, tenant)["data"]] == [kept["id"]]


def test_no_uploads_are_an_empty_page(
    functions: Functions, tenant: TenantId, stranger: TenantId
) -> None:
    create(functions, stranger)

    assert listed(functions, tenant, limit="") == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


@pytest.mark.parametrize(
    ("query", "param", "code"),
    [
        ({"limit": "0"}, "limit", "integer_below_min_value"),
        ({"limit": "101"}, "limit", "integer_above_max_value"),
        ({"limit": "many"}, "limit", None),
        ({"after": "upload_1"}, "after", None),
        ({"after": "file-" + "0" * 24}, "after", None),
        ({"after": "x" * 2_000}, "after", None),
    ],
)
def test_a_wrong_page_of_uploads_is_refused(
    functions: Functions, tenant: TenantId, query: dict[str, str], param: str, code: str | None
) -> None:
    answer = functions.call("uploads_list", tenant, queryStringParameters=query)

    assert (answer.status, answer.error["param"], answer.error["code"]) == (400, param, code)
