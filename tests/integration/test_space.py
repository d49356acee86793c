"""The routes of the Space: each handler with its recorded event, under its own policy."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.files import VALIDATION_GRACE
from larder.domain.folders import CLEARING_GRACE
from larder.domain.trash import TRASH_LIFE
from tests.integration.space import cleanups, folder, hurried, on, put
from tests.integration.uploads import age, used
from tests.integration.workers import later
from tests.support.events import recorded
from tests.support.handlers import FakeContext, load
from tests.support.template import FUNCTIONS

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.integration.conftest import Functions
    from tests.moto_stack import MotoStack


def found(functions: Functions, tenant: TenantId, **query: str) -> list[str]:
    answer = on(functions, tenant, "space_files_list", query=query or None)
    assert answer.status == 200, answer.raw
    return [file["name"] for file in answer.json["files"]]


def trashed(functions: Functions, tenant: TenantId) -> list[str]:
    answer = on(functions, tenant, "trash_list")
    assert answer.status == 200, answer.raw
    return [file["name"] for file in answer.json["files"]]


def test_a_file_is_uploaded_read_changed_and_found(functions: Functions, tenant: TenantId) -> None:
    place = folder(functions, tenant, "Reports")
    file = put(functions, tenant, folderId=place, tags="q1")

    whole = on(functions, tenant, "space_files_get", id=file["fileId"]).json
    changes = {"name": "final.pdf", "addTags": ["done"], "favorite": True}
    changed = on(functions, tenant, "space_files_update", id=file["fileId"], body=changes).json

    assert base64.b64decode(whole["data"]["content"]) == b"a report"
    assert (changed["name"], changed["tags"], changed["favorite"]) == (
        "final.pdf",
        ["q1", "done"],
        True,
    )
    assert found(functions, tenant, folderId=place, tag="done") == ["final.pdf"]


@pytest.mark.parametrize("sort", ["createdAt", "name", "sizeBytes"])
@pytest.mark.parametrize("where", ["anywhere", "in a folder"])
def test_files_are_found_in_every_order(
    functions: Functions, tenant: TenantId, sort: str, where: str
) -> None:
    place = folder(functions, tenant, "Reports")
    form = {"folderId": place} if where == "in a folder" else {}
    for name, data in (("a", b"1"), ("b", b"22"), ("c", b"333")):
        put(functions, tenant, name, data, **form)

    names = found(functions, tenant, sort=sort, order="asc", **form)

    assert names == ["a", "b", "c"]


def test_a_cursor_leads_to_the_next_page(functions: Functions, tenant: TenantId) -> None:
    for name in "abc":
        put(functions, tenant, name)

    first = on(functions, tenant, "space_files_list", query={"limit": "2"}).json
    second = on(
        functions,
        tenant,
        "space_files_list",
        query={"limit": "2", "cursor": first["pagination"]["cursor"]},
    ).json

    assert [file["name"] for file in first["files"] + second["files"]] == ["c", "b", "a"]


def test_a_file_with_missing_content_is_not_found(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    file = put(functions, tenant)
    key = f"files/{tenant}/{file['fileId']}"
    stack.s3.delete_object(Bucket=stack.settings.files_bucket, Key=key)

    assert on(functions, tenant, "space_files_get", id=file["fileId"]).status == 404


def test_a_full_project_reclaims_expired_files_for_a_new_one(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    file = put(functions, tenant)
    age(stack, tenant, file["fileId"])
    stack.dynamodb.update_item(
        TableName=stack.settings.store_table,
        Key={"pk": {"S": f"U#{tenant}"}, "sk": {"S": "usage"}},
        UpdateExpression="SET files_left = :none",
        ExpressionAttributeValues={":none": {"N": "0"}},
    )

    assert put(functions, tenant)["name"] == "report.pdf"


def test_a_failing_store_releases_the_quota_of_a_new_file(
    functions: Functions, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr(type(load("space_files_create").ports.objects), "put", fail)

    assert functions.call("space_files_create", tenant).status == 500
    assert used(functions, tenant) == (0, 0, 0, 0)


def test_a_file_goes_to_the_trash_and_back(functions: Functions, tenant: TenantId) -> None:
    place = folder(functions, tenant, "Reports")
    file = put(functions, tenant, folderId=place)

    gone = on(functions, tenant, "space_files_trash", id=file["fileId"])
    in_trash = trashed(functions, tenant)
    back = on(functions, tenant, "trash_restore", id=file["fileId"])

    assert gone.json == {"fileId": file["fileId"], "isDeleted": True}
    assert in_trash == ["report.pdf"]
    assert back.json["folderId"] == place
    assert trashed(functions, tenant) == []


def test_a_restored_file_that_was_never_validated_is_queued_again(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    file = put(functions, tenant)
    on(functions, tenant, "space_files_trash", id=file["fileId"])

    on(functions, tenant, "trash_restore", id=file["fileId"])

    [message] = stack.sqs.receive_message(QueueUrl=stack.settings.events_queue_url)["Messages"]
    assert file["fileId"] in message["Body"]


def test_the_trash_is_purged_by_file_or_as_a_whole(functions: Functions, tenant: TenantId) -> None:
    files = [put(functions, tenant, name) for name in "abc"]
    for file in files:
        on(functions, tenant, "space_files_trash", id=file["fileId"])

    one = on(functions, tenant, "trash_purge", id=files[0]["fileId"])
    rest = on(functions, tenant, "trash_empty")

    assert (one.status, rest.status) == (200, 200)
    assert rest.json == {"purgedFiles": 2, "isEmpty": True}
    assert used(functions, tenant) == (0, 0, 0, 0)


def test_a_trash_too_full_for_one_request_is_emptied_in_the_background(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    file = put(functions, tenant)
    on(functions, tenant, "space_files_trash", id=file["fileId"])

    answer = hurried(functions, tenant, "trash_empty")
    [event] = cleanups(stack)
    functions.invoke("on_cleanup", event, FakeContext(remaining_ms=0))
    [again] = cleanups(stack)
    functions.invoke("on_cleanup", again)

    assert answer["statusCode"] == 202
    assert used(functions, tenant) == (0, 0, 0, 0)


@pytest.mark.parametrize(("remaining_ms", "left"), [(40_001, 0), (40_000, 1)])
def test_a_cleanup_stops_after_20_of_its_60_seconds(
    functions: Functions, stack: MotoStack, tenant: TenantId, remaining_ms: int, left: int
) -> None:
    file = put(functions, tenant)
    on(functions, tenant, "space_files_trash", id=file["fileId"])
    hurried(functions, tenant, "trash_empty")
    [event] = cleanups(stack)

    functions.invoke("on_cleanup", event, FakeContext(remaining_ms=remaining_ms))

    assert FUNCTIONS["OnCleanup"]["Timeout"] == 60
    assert len(cleanups(stack)) == used(functions, tenant)[0] == left


def test_folders_are_listed_changed_and_moved(functions: Functions, tenant: TenantId) -> None:
    place, other = folder(functions, tenant, "Reports"), folder(functions, tenant, "Archive")
    inner = folder(functions, tenant, "2026", parentId=place)

    moved = on(
        functions, tenant, "folders_update", id=inner, body={"parentId": other, "name": "old"}
    )
    listed = on(functions, tenant, "folders_list", query={"parentId": other}).json
    roots = on(functions, tenant, "folders_list").json

    assert moved.status == 200, moved.raw
    assert [each["name"] for each in listed["folders"]] == ["old"]
    assert [each["name"] for each in roots["folders"]] == ["Archive", "Reports"]
    assert on(functions, tenant, "folders_get", id=inner).json["parentId"] == other


def test_a_folder_says_how_much_lies_directly_in_it(functions: Functions, tenant: TenantId) -> None:
    place = folder(functions, tenant, "Reports")
    inner = folder(functions, tenant, "2026", parentId=place)
    for target in (place, place, inner):
        put(functions, tenant, folderId=target)

    counts = [on(functions, tenant, "folders_get", id=each).json for each in (place, inner)]

    assert [(each["fileCount"], each["folderCount"]) for each in counts] == [(2, 1), (1, 0)]


def test_a_folder_is_deleted_with_its_contents(functions: Functions, tenant: TenantId) -> None:
    place = folder(functions, tenant, "Reports")
    inner = folder(functions, tenant, "2026", parentId=place)
    put(functions, tenant, folderId=inner)

    refused = [on(functions, tenant, "folders_delete", id=full) for full in (place, inner)]
    listed = on(functions, tenant, "folders_list", query={"parentId": place}).json["folders"]
    deleted = on(functions, tenant, "folders_delete", id=place, query={"recursive": "true"})

    for answer in refused:
        assert (answer.status, answer.error["code"]) == (409, "folder_not_empty")
        assert "recursive=true" in answer.error["message"]
        assert answer.headers["x-should-retry"] == "false"
    assert [each["folderId"] for each in listed] == [inner]
    assert deleted.status == 200
    assert trashed(functions, tenant) == []
    [row] = on(functions, tenant, "trash_list").json["folders"]
    assert (row["kind"], row["folderId"], row["path"]) == ("folder", place, "/Reports")
    assert (row["fileCount"], row["folderCount"], row["sizeBytes"]) == (1, 1, "8")
    [sub] = on(functions, tenant, "trash_list", query={"folderId": place}).json["folders"]
    assert (sub["folderId"], sub["path"], sub["fileCount"]) == (inner, None, None)
    [file] = on(functions, tenant, "trash_list", query={"folderId": inner}).json["files"]
    assert (file["kind"], file["name"], file["folderId"]) == ("file", "report.pdf", inner)


def test_a_folder_too_full_for_one_request_is_emptied_in_the_background(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    place = folder(functions, tenant, "Reports")
    inner = folder(functions, tenant, "2026", parentId=place)
    put(functions, tenant, folderId=inner)

    answer = hurried(
        functions,
        tenant,
        "folders_delete",
        path=f"/v1/storage/folders/{place}",
        pathParameters={"folder_id": place},
        queryStringParameters={"recursive": "true"},
        multiValueQueryStringParameters={"recursive": ["true"]},
    )
    [event] = cleanups(stack)
    functions.invoke("on_cleanup", event)

    assert answer["statusCode"] == 202
    [row] = on(functions, tenant, "trash_list").json["folders"]
    assert (row["fileCount"], row["folderCount"]) == (1, 1)
    assert on(functions, tenant, "folders_get", id=place).status == 404


def in_a_hurry(functions: Functions, tenant: TenantId, name: str, folder_id: str) -> Any:
    path = "/v1/storage/folders/{}" if name == "folders_delete" else "/v1/storage/trash/{}"
    answer = hurried(
        functions,
        tenant,
        name,
        path=path.format(folder_id) + ("/restore" if name == "trash_restore" else ""),
        queryStringParameters={"recursive": "true"},
        multiValueQueryStringParameters={"recursive": ["true"]},
    )
    return answer["statusCode"], json.loads(answer["body"])


def test_a_folder_is_restored_with_everything_in_it(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    place = folder(functions, tenant, "Reports")
    inner = folder(functions, tenant, "2026", parentId=place)
    put(functions, tenant, folderId=inner)
    on(functions, tenant, "folders_delete", id=place, query={"recursive": "true"})
    folder(functions, tenant, "reports")

    begun = in_a_hurry(functions, tenant, "trash_restore", place)
    [event] = cleanups(stack)
    functions.invoke("on_cleanup", event)
    again = on(functions, tenant, "trash_restore", id=place)

    assert (begun[0], begun[1]["isRestored"]) == (202, False)
    assert (again.status, again.json["isRestored"]) == (200, True)
    assert (again.json["folderId"], again.json["name"]) == (place, "Reports (2)")
    assert found(functions, tenant, folderId=inner) == ["report.pdf"]
    assert on(functions, tenant, "trash_list").json["folders"] == []


def test_a_file_is_restored_out_of_a_deleted_folder(functions: Functions, tenant: TenantId) -> None:
    place = folder(functions, tenant, "Reports")
    file = put(functions, tenant, folderId=place)
    on(functions, tenant, "folders_delete", id=place, query={"recursive": "true"})

    back = on(functions, tenant, "trash_restore", id=file["fileId"])

    [row] = on(functions, tenant, "folders_list").json["folders"]
    assert row["name"] == "Reports"
    assert back.json["folderId"] == row["folderId"] != place


def test_a_folder_is_purged_with_everything_in_it(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    place = folder(functions, tenant, "Reports")
    inner = folder(functions, tenant, "2026", parentId=place)
    put(functions, tenant, folderId=inner)
    on(functions, tenant, "folders_delete", id=place, query={"recursive": "true"})

    begun = in_a_hurry(functions, tenant, "trash_purge", place)
    [event] = cleanups(stack)
    functions.invoke("on_cleanup", event)

    assert begun == (202, {"folderId": place, "isDeleted": False})
    assert on(functions, tenant, "trash_purge", id=place).status == 404
    assert used(functions, tenant) == (0, 0, 0, 0)


@pytest.mark.parametrize("name", ["trash_restore", "trash_purge", "trash_empty"])
def test_a_folder_that_is_still_moving_to_the_trash(
    functions: Functions, stack: MotoStack, tenant: TenantId, name: str
) -> None:
    place = folder(functions, tenant, "Reports")
    folder(functions, tenant, "2026", parentId=place)
    put(functions, tenant, folderId=place)
    in_a_hurry(functions, tenant, "folders_delete", place)

    if name == "trash_empty":
        assert hurried(functions, tenant, name)["statusCode"] == 202
        assert on(functions, tenant, name).json == {"purgedFiles": 1, "isEmpty": True}
    else:
        status, body = in_a_hurry(functions, tenant, name, place)
        assert (status, body["error"]["code"]) == (409, "folder_busy")
        assert on(functions, tenant, name, id=place).status == 200
    assert cleanups(stack)


def test_the_sweep_purges_a_folder_after_thirty_days(
    functions: Functions, stack: MotoStack, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder(functions, tenant, "Reports")
    put(functions, tenant, folderId=place)
    on(functions, tenant, "folders_delete", id=place, query={"recursive": "true"})
    later(monkeypatch, TRASH_LIFE)

    functions.invoke("sweep", recorded("sweep"))

    [event] = cleanups(stack)
    functions.invoke("on_cleanup", event)
    assert used(functions, tenant) == (0, 0, 0, 0)


def test_the_sweep_resumes_emptying_a_folder(
    functions: Functions, stack: MotoStack, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder(functions, tenant, "Reports")
    put(functions, tenant, folderId=place)
    hurried(
        functions,
        tenant,
        "folders_delete",
        path=f"/v1/storage/folders/{place}",
        pathParameters={"folder_id": place},
        queryStringParameters={"recursive": "true"},
        multiValueQueryStringParameters={"recursive": ["true"]},
    )
    assert cleanups(stack)
    later(monkeypatch, CLEARING_GRACE + VALIDATION_GRACE)

    functions.invoke("sweep", recorded("sweep"))

    [event] = cleanups(stack)
    functions.invoke("on_cleanup", event)
    assert on(functions, tenant, "folders_get", id=place).status == 404


def test_tags_are_listed_with_counts_page_by_page(functions: Functions, tenant: TenantId) -> None:
    put(functions, tenant, "a", tags="x,y")
    put(functions, tenant, "b", tags="y")

    first = on(functions, tenant, "tags_list", query={"limit": "1"}).json
    cursor = first["pagination"]["cursor"]
    second = on(functions, tenant, "tags_list", query={"limit": "1", "cursor": cursor}).json

    assert (first["tags"], second["tags"]) == (
        [{"tag": "x", "count": 1}],
        [{"tag": "y", "count": 2}],
    )
    assert first["isExact"]
    assert second["pagination"] == {"hasMore": False, "cursor": None}
    refused = on(functions, tenant, "trash_list", query={"cursor": cursor})
    assert (refused.status, refused.error["param"]) == (400, "cursor")
