"""The routes of files: each handler with its recorded event."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import TYPE_CHECKING, Never

import pytest

from larder.adapters.dynamodb import file_pages
from larder.adapters.dynamodb.files import DynamoFiles
from larder.domain.errors import ExpiredBacklogError
from larder.domain.quota import MAX_PROJECT_FILES, NOTHING, Amount
from larder.services.projects.ports import Count
from tests.integration.files import GOOD_LINE, get, upload

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Functions
    from tests.moto_stack import MotoStack


def test_the_recorded_upload_is_stored_and_answered_in_openais_shape(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    answer = functions.call("files_create", tenant)

    file = answer.json
    assert answer.status == 200
    assert set(file) == {
        "id",
        "object",
        "bytes",
        "created_at",
        "filename",
        "purpose",
        "status",
        "status_details",
        "expires_at",
    }
    assert file["object"] == "file"
    assert file["status"] == "processed"
    assert file["expires_at"] == file["created_at"] + 86_400
    assert stack.object_keys() == {
        f"files/{tenant}/{file['id']}",
        f"reports/{tenant}/{file['id']}",
    }


def test_a_file_can_be_read_right_after_its_creation(
    functions: Functions, tenant: TenantId
) -> None:
    file = upload(functions, tenant).json

    answer = get(functions, tenant, file["id"])

    assert answer.status == 200
    assert answer.json == file


@pytest.mark.parametrize("said", [True, False])
def test_the_digest_of_an_upload_is_returned_at_once(
    functions: Functions, tenant: TenantId, *, said: bool
) -> None:
    digest = hashlib.sha256(GOOD_LINE).hexdigest()

    answer = upload(functions, tenant, fields={"sha256": digest.upper()} if said else {})

    assert answer.status == 200
    assert answer.headers["larder-sha256"] == digest


@pytest.mark.parametrize(
    ("said", "says"), [("0" * 64, hashlib.sha256(GOOD_LINE).hexdigest()), ("abc", "64 hex digits")]
)
def test_bytes_with_another_digest_than_announced_are_refused(
    functions: Functions, stack: MotoStack, tenant: TenantId, said: str, says: str
) -> None:
    answer = upload(functions, tenant, fields={"sha256": said})

    assert (answer.status, answer.error["param"]) == (400, "sha256")
    assert says in answer.error["message"]
    assert stack.object_keys() == set()
    assert functions.call("usage_get", tenant).json["files"]["used"] == 0


def test_the_content_has_the_exact_bytes_and_the_given_name(
    functions: Functions, tenant: TenantId
) -> None:
    data = bytes(range(256)) * 7
    file = upload(
        functions, tenant, data, filename="Übung 1.jsonl", fields={"purpose": "user_data"}
    ).json

    answer = get(functions, tenant, file["id"], "files_content")

    assert answer.status == 200
    assert answer.binary
    assert base64.b64decode(answer.raw) == data
    assert answer.headers["content-length"] == str(len(data))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"_bung 1.jsonl\"; filename*=UTF-8''%C3%9Cbung%201.jsonl"
    )


def test_a_range_returns_the_requested_bytes(functions: Functions, tenant: TenantId) -> None:
    file = upload(functions, tenant, b"0123456789").json

    headers = {"Range": "bytes=2-4", "Accept": "*/*"}
    answer = get(functions, tenant, file["id"], "files_content", headers=headers)

    assert answer.status == 206
    assert base64.b64decode(answer.raw) == b"234"
    assert answer.headers["content-range"] == "bytes 2-4/10"


@pytest.mark.parametrize("asked", ["bytes=5-2", "lines=0-1", "bytes=0-1,4-5"])
def test_a_range_that_is_none_of_ours_is_ignored(
    functions: Functions, tenant: TenantId, asked: str
) -> None:
    file = upload(functions, tenant, b"0123456789").json

    headers = {"Range": asked, "Accept": "*/*"}
    answer = get(functions, tenant, file["id"], "files_content", headers=headers)

    assert answer.status == 200
    assert base64.b64decode(answer.raw) == b"0123456789"


def test_a_client_that_says_nothing_of_what_it_accepts_gets_text_as_text(
    functions: Functions, tenant: TenantId
) -> None:
    data = 'a "line"\r\n\té€😀\\'.encode()
    file = upload(functions, tenant, data, fields={"purpose": "user_data"}).json

    whole = get(functions, tenant, file["id"], "files_content", headers={})
    part = get(functions, tenant, file["id"], "files_content", headers={"Range": "bytes=2-6"})

    assert (whole.status, whole.binary, whole.raw.encode()) == (200, False, data)
    assert (part.status, part.binary, part.raw.encode()) == (206, False, data[2:7])
    assert whole.headers["content-length"] == str(len(data))


@pytest.mark.parametrize("data", [bytes(range(256)), b"text\x00", "é".encode()[:1]])
def test_a_client_that_says_nothing_of_what_it_accepts_is_sent_to_s3_for_other_bytes(
    functions: Functions, tenant: TenantId, data: bytes
) -> None:
    file = upload(functions, tenant, data, fields={"purpose": "user_data"}).json

    answer = get(functions, tenant, file["id"], "files_content", headers={})

    assert (answer.status, answer.raw) == (302, "")
    assert f"/files/{tenant}/{file['id']}?" in answer.headers["location"]


def test_a_range_outside_the_file_is_not_satisfiable(
    functions: Functions, tenant: TenantId
) -> None:
    file = upload(functions, tenant, b"0123456789").json

    answer = get(functions, tenant, file["id"], "files_content", headers={"Range": "bytes=20-"})

    assert answer.status == 416
    assert answer.headers["content-range"] == "bytes */10"
    assert answer.error["param"] == "Range"


def test_a_current_copy_is_not_sent_again(functions: Functions, tenant: TenantId) -> None:
    file = upload(functions, tenant).json
    etag = get(functions, tenant, file["id"], "files_content").headers["etag"]

    answer = get(functions, tenant, file["id"], "files_content", headers={"If-None-Match": etag})

    assert answer.status == 304
    assert answer.raw == ""


def test_the_digest_of_a_file_is_in_a_header(functions: Functions, tenant: TenantId) -> None:
    file = upload(functions, tenant, b"0123456789").json
    digest = hashlib.sha256(b"0123456789").hexdigest()

    answers = [
        get(functions, tenant, file["id"]),
        get(functions, tenant, file["id"], "files_content"),
    ]

    assert [answer.headers["larder-sha256"] for answer in answers] == [digest] * 2


def test_a_head_request_describes_the_content_without_sending_it(
    functions: Functions, tenant: TenantId
) -> None:
    file = upload(functions, tenant, b"0123456789").json

    answer = get(functions, tenant, file["id"], "files_content", httpMethod="HEAD")

    assert (answer.status, answer.raw) == (200, "")
    assert answer.headers["content-length"] == "10"
    assert answer.headers["larder-content-length"] == "10"
    assert answer.headers["etag"] == '"781e5e245d69b566979b86e28d23f2c7"'


def test_content_above_4_mib_is_a_redirect_to_s3(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    created = functions.call(
        "uploads_create",
        tenant,
        body=json.dumps(
            {"filename": "big.bin", "purpose": "user_data", "bytes": 5 * 2**20, "mime_type": "a/b"}
        ),
        isBase64Encoded=False,
    ).json
    file_id = created["id"].replace("upload_", "file-")
    stack.s3.put_object(
        Bucket=stack.settings.files_bucket, Key=f"files/{tenant}/{file_id}", Body=bytes(5 * 2**20)
    )
    functions.call(
        "uploads_complete",
        tenant,
        pathParameters={"upload_id": created["id"]},
        body="{}",
        isBase64Encoded=False,
    )

    answer = get(functions, tenant, file_id, "files_content")

    assert answer.status == 302
    assert f"/files/{tenant}/{file_id}?" in answer.headers["location"]
    assert "response-content-disposition=attachment" in answer.headers["location"]


def test_content_whose_bytes_have_not_arrived_is_not_found(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    file = upload(functions, tenant).json
    stack.s3.delete_object(Bucket=stack.settings.files_bucket, Key=f"files/{tenant}/{file['id']}")

    answer = get(functions, tenant, file["id"], "files_content")

    assert answer.status == 404
    assert answer.error["message"] == f"No such File object: {file['id']} (not found)"


def test_a_link_is_signed_for_the_requested_time(functions: Functions, tenant: TenantId) -> None:
    file = upload(functions, tenant).json

    answer = get(functions, tenant, file["id"], "files_url", queryStringParameters={"expiry": "60"})

    assert answer.status == 200
    assert "X-Amz-Expires=60" in answer.json["url"]
    assert abs(answer.json["expires_at"] - time.time() - 60) < 5


@pytest.mark.parametrize("expiry", ["59", "3601", "soon", "-1", ""])
def test_a_link_for_an_invalid_time_is_refused(
    functions: Functions, tenant: TenantId, expiry: str
) -> None:
    file = upload(functions, tenant).json

    answer = get(
        functions, tenant, file["id"], "files_url", queryStringParameters={"expiry": expiry}
    )

    assert answer.status == 400
    assert answer.error["param"] == "expiry"


def test_deletion_is_final_and_frees_the_quota_at_once(
    functions: Functions, tenant: TenantId
) -> None:
    file = upload(functions, tenant).json

    answer = get(functions, tenant, file["id"], "files_delete")

    assert answer.json == {"id": file["id"], "object": "file", "deleted": True}
    assert get(functions, tenant, file["id"]).status == 404
    assert get(functions, tenant, file["id"], "files_delete").status == 404
    usage = functions.call("usage_get", tenant).json
    assert usage["files"] == {"used": 0, "reserved": 0, "limit": 200}
    assert usage["bytes"] == {"used": 0, "reserved": 0, "limit": 2**28}


@pytest.mark.parametrize(
    "route", ["files_get", "files_content", "files_url", "files_validation", "files_delete"]
)
@pytest.mark.parametrize(
    "file_id",
    [
        "file-0123456789abcdef01234567",
        "file-XYZ",
        "nonsense",
        "upload_0123456789abcdef01234567",
        "P#x",
        "\x00",
        "😀",
    ],
)
def test_every_route_answers_an_unknown_id_in_the_same_way(
    functions: Functions, tenant: TenantId, route: str, file_id: str
) -> None:
    answer = get(functions, tenant, file_id, route, queryStringParameters=None)

    assert answer.status == 404
    assert answer.error == {
        "message": f"No such File object: {file_id} (not found)",
        "type": "invalid_request_error",
        "param": "id",
        "code": None,
    }


@pytest.mark.parametrize(
    "route", ["files_get", "files_content", "files_url", "files_validation", "files_delete"]
)
def test_another_projects_file_does_not_exist(
    functions: Functions, tenant: TenantId, stranger: TenantId, route: str
) -> None:
    file = upload(functions, tenant).json

    answer = get(functions, stranger, file["id"], route, queryStringParameters=None)

    assert answer.status == 404
    assert answer.error["message"] == f"No such File object: {file['id']} (not found)"
    assert get(functions, tenant, file["id"]).status == 200


def test_the_list_is_newest_first_and_pages_exactly(functions: Functions, tenant: TenantId) -> None:
    ids = []
    for _ in range(5):
        ids.append(upload(functions, tenant).json["id"])
        time.sleep(0.002)

    first = functions.call("files_list", tenant, queryStringParameters={"limit": "3"}).json
    second = functions.call(
        "files_list", tenant, queryStringParameters={"limit": "3", "after": first["last_id"]}
    ).json

    assert [file["id"] for file in first["data"] + second["data"]] == ids[::-1]
    assert (first["has_more"], second["has_more"]) == (True, False)
    assert (first["object"], first["first_id"], first["last_id"]) == ("list", ids[4], ids[2])


def test_has_more_is_exact_at_the_last_file_of_a_purpose(
    functions: Functions, tenant: TenantId
) -> None:
    purposes = ("user_data", "vision", "user_data", "vision", "vision", "user_data")
    made = []
    for purpose in purposes:
        made.append(upload(functions, tenant, fields={"purpose": purpose}).json["id"])
        time.sleep(0.002)

    pages = [
        functions.call(
            "files_list",
            tenant,
            queryStringParameters={"limit": str(limit), "purpose": "user_data"},
        ).json
        for limit in (1, 2, 3, 4)
    ]
    beyond = functions.call("files_list", tenant, queryStringParameters={"after": made[0]}).json

    user_data = [made[5], made[2], made[0]]
    assert [[file["id"] for file in page["data"]] for page in pages] == [
        user_data[:1], user_data[:2], user_data, user_data,
    ]  # fmt: skip
    assert [page["has_more"] for page in pages] == [True, True, False, False]
    assert beyond == {
        "object": "list",
        "data": [],
        "first_id": "",
        "last_id": "",
        "has_more": False,
    }


def test_an_empty_list_has_empty_ids(functions: Functions, tenant: TenantId) -> None:
    answer = functions.call("files_list", tenant, queryStringParameters=None)

    assert answer.json == {
        "object": "list",
        "data": [],
        "first_id": "",
        "last_id": "",
        "has_more": False,
    }


@pytest.mark.parametrize(
    ("query", "param", "code"),
    [
        ({"limit": "10001"}, "limit", "integer_above_max_value"),
        ({"limit": "0"}, "limit", "integer_below_min_value"),
        ({"limit": "-1"}, "limit", "integer_below_min_value"),
        ({"limit": "-99999999999999999999"}, "limit", "integer_below_min_value"),
        ({"limit": "ten"}, "limit", None),
        ({"order": "newest"}, "order", None),
        ({"after": "file-xyz"}, "after", None),
        ({"purpose": "fun"}, "purpose", None),
    ],
)
def test_a_list_parameter_out_of_range_is_named(
    functions: Functions, tenant: TenantId, query: dict[str, str], param: str, code: str | None
) -> None:
    answer = functions.call("files_list", tenant, queryStringParameters=query)

    assert answer.status == 400
    assert answer.error["type"] == "invalid_request_error"
    assert (answer.error["param"], answer.error["code"]) == (param, code)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"purpose": "fun"}, "purpose"),
        ({"purpose": "batch_output"}, "purpose"),
        *(
            (
                {"expires_after[seconds]": seconds, "expires_after[anchor]": "created_at"},
                "expires_after[seconds]",
            )
            for seconds in ("60", "3599", "2592001", "", "soon", "1e4", "\uff13\uff16\uff10\uff10")
        ),
        ({"expires_after[seconds]": "2592001"}, "expires_after[seconds]"),
        ({"expires_after[seconds]": "1e5"}, "expires_after[seconds]"),
        ({"expires_after[anchor]": "created_at"}, "expires_after[seconds]"),
        (
            {"expires_after[anchor]": "last_active_at", "expires_after[seconds]": "3600"},
            "expires_after[anchor]",
        ),
    ],
)
def test_a_wrong_field_is_named_and_costs_nothing(
    functions: Functions, tenant: TenantId, fields: dict[str, str], param: str
) -> None:
    answer = upload(functions, tenant, fields=fields)

    assert answer.status == 400
    assert answer.error["param"] == param
    assert_nothing_stored(functions, tenant)


def assert_nothing_stored(functions: Functions, tenant: TenantId) -> None:
    usage = functions.call("usage_get", tenant).json
    assert (usage["files"]["used"], usage["bytes"]["used"]) == (0, 0)
    assert functions.call("files_list", tenant, queryStringParameters=None).json["data"] == []


def test_a_body_over_2_mib_is_too_large(functions: Functions, tenant: TenantId) -> None:
    answer = upload(functions, tenant, bytes(2 * 2**20 + 1))

    assert answer.status == 413
    assert answer.error["code"] == "request_too_large"
    assert "POST /v1/uploads" in answer.error["message"]
    assert_nothing_stored(functions, tenant)


def test_a_rare_purpose_is_found_by_its_index(
    functions: Functions, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    rare = upload(functions, tenant).json
    for _ in range(12):
        upload(functions, tenant, fields={"purpose": "user_data"})
    monkeypatch.setattr(file_pages, "_PROBE", 1)

    page = functions.call(
        "files_list", tenant, queryStringParameters={"purpose": "batch", "limit": "1"}
    ).json

    assert [file["id"] for file in page["data"]] == [rare["id"]]
    assert not page["has_more"]


def test_behind_too_many_expired_files_a_list_asks_for_patience(
    functions: Functions, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    def backlog(*_: object) -> Never:
        raise ExpiredBacklogError

    monkeypatch.setattr(DynamoFiles, "page", backlog)

    answer = functions.call("files_list", tenant, queryStringParameters=None)

    assert answer.status == 429
    assert answer.headers["retry-after"] == "60"
    assert (answer.error["type"], answer.error["code"]) == (
        "rate_limit_error",
        "rate_limit_exceeded",
    )


def test_a_full_quota_is_explained(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    ports.projects.set_limit(tenant, Amount(files=1, bytes=2**28))
    upload(functions, tenant)

    answer = upload(functions, tenant)

    assert answer.status == 400
    assert (answer.error["type"], answer.error["code"]) == (
        "insufficient_quota",
        "storage_quota_exceeded",
    )
    assert "1 of 1 files" in answer.error["message"]


def test_a_full_project_is_refused_with_its_own_code(
    functions: Functions,
    tenant: TenantId,
    ports: Composition,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ports.projects.set_limit(tenant, Amount(files=MAX_PROJECT_FILES, bytes=2**28))
    all_files = Count(used=Amount(MAX_PROJECT_FILES, 0), reserved=NOTHING)
    assert ports.usage.set_counted(tenant, 1, all_files, 0)

    answer = upload(functions, tenant)

    assert answer.status == 400
    assert (answer.error["type"], answer.error["code"]) == ("insufficient_quota", "project_full")
    assert "DELETE /v1/files/{file_id}" in answer.error["message"]
    assert '"ProjectFull":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_a_full_quota_in_bytes_is_explained_with_its_numbers(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    ports.projects.set_limit(tenant, Amount(files=5, bytes=1_500))
    upload(functions, tenant, bytes(1_000))

    refused = upload(functions, tenant, bytes(501))
    admitted = upload(functions, tenant, bytes(500))

    assert (refused.status, refused.error["code"]) == (400, "storage_quota_exceeded")
    for number in ("1000", "1500", "501"):
        assert number in refused.error["message"].replace(",", "")
    assert admitted.status == 200


def test_a_failing_store_releases_the_quota_and_reveals_nothing(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    stack.s3.delete_bucket(Bucket=stack.settings.files_bucket)

    answer = upload(functions, tenant)

    assert answer.status == 500
    assert (answer.error["type"], answer.error["code"]) == ("api_error", "internal_error")
    assert "bucket" not in answer.raw.lower()
    assert functions.call("usage_get", tenant).json["files"]["used"] == 0
