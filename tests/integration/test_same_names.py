"""New files of a name that is taken, on both ways to store a file."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from urllib3.filepost import encode_multipart_formdata

from larder.domain.uploads import UPLOAD_LIFE
from tests.integration.space import folder, on
from tests.integration.uploads import DATA, create, on_upload, used
from tests.integration.uploads import put as put_bytes
from tests.integration.workers import arrive, later
from tests.support.events import recorded
from tests.support.handlers import load

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.integration.conftest import Answer, Functions
    from tests.moto_stack import MotoStack


def send(
    functions: Functions, tenant: TenantId, if_exists: str | None, name: str = "a.bin", **form: str
) -> Answer:
    body, content_type = encode_multipart_formdata({**form, "file": (name, DATA, "text/plain")})
    return functions.call(
        "space_files_create",
        tenant,
        headers={"Content-Type": content_type},
        queryStringParameters={"ifExists": if_exists} if if_exists is not None else None,
        body=base64.b64encode(body).decode(),
        isBase64Encoded=True,
    )


def sent(functions: Functions, tenant: TenantId, if_exists: str | None, **form: str) -> Any:
    answer = send(functions, tenant, if_exists, **form)
    assert answer.status == 200, answer.raw
    return answer.json


def names(functions: Functions, tenant: TenantId) -> list[str]:
    listed = on(functions, tenant, "space_files_list", query={"sort": "name"}).json["files"]
    return [file["name"] for file in listed]


def in_trash(functions: Functions, tenant: TenantId) -> list[str]:
    return [file["fileId"] for file in on(functions, tenant, "trash_list").json["files"]]


def announce(functions: Functions, stack: MotoStack, tenant: TenantId, if_exists: str) -> str:
    """Announce a file and send its bytes; return the upload's id."""
    upload_id: str = create(functions, tenant, if_exists=if_exists).json["id"]
    put_bytes(stack, tenant, upload_id)
    return upload_id


def file_of(upload_id: str) -> str:
    return upload_id.replace("upload_", "file-")


def test_without_the_parameter_two_files_have_the_same_name(
    functions: Functions, tenant: TenantId
) -> None:
    for if_exists in (None, None, ""):
        sent(functions, tenant, if_exists)

    assert names(functions, tenant) == ["a.bin"] * 3


def test_a_replaced_file_is_in_the_trash_and_comes_back(
    functions: Functions, tenant: TenantId
) -> None:
    place = folder(functions, tenant, "Reports")
    old = sent(functions, tenant, None, folderId=place, name="A.bin")
    beside = sent(functions, tenant, None)

    new = sent(functions, tenant, "replace", folderId=place, tags="x,y")

    assert (new["name"], new["folderId"], new["tags"]) == ("a.bin", place, ["x", "y"])
    assert in_trash(functions, tenant) == [old["fileId"]]
    assert on(functions, tenant, "space_files_get", id=beside["fileId"]).status == 200
    assert used(functions, tenant) == (3, 0, 30, 0)
    whole = on(functions, tenant, "space_files_get", id=new["fileId"]).json
    assert base64.b64decode(whole["data"]["content"]) == DATA
    back = on(functions, tenant, "trash_restore", id=old["fileId"])
    assert back.json["folderId"] == place


def test_a_renamed_file_gets_the_next_free_number(functions: Functions, tenant: TenantId) -> None:
    first, *others = [sent(functions, tenant, "rename") for _ in range(3)]

    assert [first["name"], *(other["name"] for other in others)] == [
        "a.bin",
        "a (2).bin",
        "a (3).bin",
    ]
    assert in_trash(functions, tenant) == []


def test_a_file_that_must_be_new_is_refused_and_nothing_is_kept(
    functions: Functions, tenant: TenantId
) -> None:
    old = sent(functions, tenant, "fail")

    refused = send(functions, tenant, "fail", name="A.BIN")

    assert (refused.status, refused.error["code"]) == (409, "file_exists")
    assert refused.headers["x-should-retry"] == "false"
    assert old["fileId"] in refused.error["message"]
    assert names(functions, tenant) == ["a.bin"]
    assert used(functions, tenant) == (1, 0, 10, 0)


def test_another_value_is_refused(functions: Functions, tenant: TenantId) -> None:
    form = send(functions, tenant, "overwrite")
    upload = create(functions, tenant, if_exists="overwrite")

    assert (form.status, form.error["param"]) == (400, "ifExists")
    assert (upload.status, upload.error["param"]) == (400, "if_exists")
    assert used(functions, tenant) == (0, 0, 0, 0)


def test_a_form_for_a_folder_that_is_gone_is_refused(
    functions: Functions, tenant: TenantId
) -> None:
    refused = send(functions, tenant, "replace", folderId="folder-" + "0" * 24)

    assert (refused.status, refused.error["param"]) == (404, "folderId")


def test_nothing_is_replaced_by_bytes_that_do_not_arrive(
    functions: Functions, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = sent(functions, tenant, None)

    def fail(*_: Any, **__: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr(type(load("space_files_create").ports.objects), "put", fail)

    assert send(functions, tenant, "replace").status == 500
    assert on(functions, tenant, "space_files_list").json["files"][0]["fileId"] == old["fileId"]
    assert used(functions, tenant) == (1, 0, 10, 0)


def test_an_upload_replaces_when_it_completes_and_not_before(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    upload_id = announce(functions, stack, tenant, "replace")
    old = sent(functions, tenant, None)

    completed = on_upload(functions, tenant, "complete", upload_id).json

    assert completed["file"]["filename"] == "a.bin"
    assert in_trash(functions, tenant) == [old["fileId"]]
    assert names(functions, tenant) == ["a.bin"]
    assert on_upload(functions, tenant, "complete", upload_id).json == completed


def test_the_event_of_the_bytes_replaces_too(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    old = sent(functions, tenant, None)
    upload_id = announce(functions, stack, tenant, "replace")

    arrive(functions, tenant, file_of(upload_id))

    assert in_trash(functions, tenant) == [old["fileId"]]
    assert names(functions, tenant) == ["a.bin"]


def test_the_sweeper_replaces_when_the_event_was_lost(
    functions: Functions,
    stack: MotoStack,
    tenant: TenantId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = sent(functions, tenant, None)
    upload_id = announce(functions, stack, tenant, "replace")
    later(monkeypatch, 2 * UPLOAD_LIFE)

    functions.invoke("sweep", recorded("sweep"))

    assert on_upload(functions, tenant, "get", upload_id).json["status"] == "completed"
    assert in_trash(functions, tenant) == [old["fileId"]]


def test_reads_leave_an_overdue_upload_to_those_who_may_name_it(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    upload_id = announce(functions, stack, tenant, "replace")
    stack.dynamodb.update_item(
        TableName=stack.settings.store_table,
        Key={"pk": {"S": f"P#{tenant}"}, "sk": {"S": upload_id}},
        UpdateExpression="SET deadline = :past, expires_at = :past",
        ExpressionAttributeValues={":past": {"N": "1"}},
    )

    assert on_upload(functions, tenant, "get", upload_id).json["status"] == "pending"
    assert used(functions, tenant) == (0, 1, 0, 10)
    assert on_upload(functions, tenant, "complete", upload_id).json["status"] == "completed"


@pytest.mark.parametrize("event_first", [True, False])
def test_an_upload_that_must_be_new_is_cancelled_and_says_why(
    functions: Functions,
    stack: MotoStack,
    tenant: TenantId,
    event_first: bool,  # noqa: FBT001
) -> None:
    upload_id = announce(functions, stack, tenant, "fail")
    old = sent(functions, tenant, None)
    if event_first:
        arrive(functions, tenant, file_of(upload_id))

    refused = on_upload(functions, tenant, "complete", upload_id)

    assert (refused.status, refused.error["code"]) == (409, "file_exists")
    assert old["fileId"] in refused.error["message"]
    assert on_upload(functions, tenant, "get", upload_id).json["status"] == "cancelled"
    assert used(functions, tenant) == (1, 0, 10, 0)
    arrive(functions, tenant, file_of(upload_id))
    key = {"Bucket": stack.settings.files_bucket, "Prefix": f"files/{tenant}/"}
    held = [each["Key"] for each in stack.s3.list_objects_v2(**key)["Contents"]]
    assert held == [f"files/{tenant}/{old['fileId']}"]


def test_the_event_may_be_faster_than_the_request(
    functions: Functions, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = type(load("space_files_create").ports.objects)
    put = objects.put

    def put_and_arrive(self: Any, owner: Any, file_id: str, data: bytes) -> None:
        put(self, owner, file_id, data)
        arrive(functions, tenant, file_id)

    monkeypatch.setattr(objects, "put", put_and_arrive)

    assert sent(functions, tenant, "rename")["status"] == "processed"
    assert sent(functions, tenant, "rename")["name"] == "a (2).bin"
    assert send(functions, tenant, "fail").error["code"] == "file_exists"
