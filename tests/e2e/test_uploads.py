from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tests.e2e.api import batch_lines, eventually

if TYPE_CHECKING:
    from tests.e2e.api import Api, Json
    from tests.e2e.projects import NewProject, Project
    from tests.e2e.stack import Stack


def file_id_of(upload: Json) -> str:
    return "file-" + str(upload["id"]).removeprefix("upload_")


def test_uploaded_bytes_become_a_file_without_complete(api: Api) -> None:
    data = batch_lines(20)
    upload = api.create_upload(len(data), purpose="batch", filename="direct.jsonl")
    assert upload["status"] == "pending"
    assert upload["file"] is None

    assert api.put(upload["transfer"], data).status_code == 200
    done = eventually(
        lambda: api.json("GET", f"/uploads/{upload['id']}"), lambda it: it["status"] == "completed"
    )

    file = api.settled(done["file"]["id"])
    assert (file["status"], file["filename"], file["bytes"], file["purpose"]) == (
        "processed",
        "direct.jsonl",
        len(data),
        "batch",
    )
    assert api.content(file["id"]).content == data


def test_complete_returns_the_same_before_and_after_the_event(
    new_project: NewProject,
) -> None:
    with new_project().api() as api:
        first = api.create_upload(4)
        second = api.create_upload(4)
        assert api.put(first["transfer"], b"data").status_code == 200
        completed_first = api.complete(first["id"])
        assert api.put(second["transfer"], b"data").status_code == 200
        eventually(
            lambda: api.json("GET", f"/uploads/{second['id']}")["status"],
            lambda status: status == "completed",
        )

        event_first = api.complete(second["id"])

        for completed in (completed_first, event_first):
            assert completed["status"] == "completed"
            assert completed["file"]["id"] == file_id_of(completed)
            assert api.settled(completed["file"]["id"])["status"] == "processed"
        assert api.usage()["files"] == {"used": 2, "reserved": 0, "limit": 200}
        assert api.usage()["bytes"]["used"] == 8


def test_concurrent_completions_make_one_file(new_project: NewProject) -> None:
    with new_project().api() as api:
        upload = api.create_upload(4)
        api.put(upload["transfer"], b"data")

        def complete(_: Any) -> str:
            file_id: str = api.complete(upload["id"])["file"]["id"]
            return file_id

        with ThreadPoolExecutor(8) as pool:
            file_ids = set(pool.map(complete, range(8)))

        assert file_ids == {file_id_of(upload)}
        assert api.listed() == [file_id_of(upload)]
        assert api.in_use() == (1, 4)


def test_an_empty_file_can_be_uploaded_directly(api: Api) -> None:
    file = api.upload_directly(b"", filename="empty.txt")

    assert api.file(file["id"])["bytes"] == 0
    assert api.content(file["id"]).content == b""


def test_get_returns_a_fresh_transfer_while_the_upload_is_pending(api: Api) -> None:
    upload = api.create_upload(4)

    again = api.json("GET", f"/uploads/{upload['id']}")

    assert {**again, "transfer": None} == {**upload, "transfer": None}
    assert api.put(again["transfer"], b"data").status_code == 200
    completed = api.complete(upload["id"])
    assert completed.get("transfer") is None


def test_cancelling_frees_the_reservation_and_can_be_repeated(new_project: NewProject) -> None:
    with new_project(files=1, size=100).api() as api:
        upload = api.create_upload(100)
        assert api.post_file(b"x").status_code == 400

        cancelled = api.json("POST", f"/uploads/{upload['id']}/cancel")

        assert cancelled["status"] == "cancelled"
        assert api.in_use() == (0, 0)
        assert api.json("POST", f"/uploads/{upload['id']}/cancel") == cancelled
        assert api.in_use() == (0, 0)
        assert api.post_file(b"\0" * 100).status_code == 200


def test_bytes_that_arrive_after_cancelling_are_deleted(
    project: Project, api: Api, stack: Stack
) -> None:
    upload = api.create_upload(4)
    api.json("POST", f"/uploads/{upload['id']}/cancel")
    in_use = api.in_use()
    object_key = f"files/{project.id}/{file_id_of(upload)}"

    api.put(upload["transfer"], b"late")

    eventually(lambda: stack.stored(object_key), lambda stored: not stored, 30)
    assert api.json("GET", f"/uploads/{upload['id']}")["status"] == "cancelled"
    assert api.send("GET", f"/files/{file_id_of(upload)}").status_code == 404
    assert api.in_use() == in_use


def test_pending_uploads_are_listed_a_page_at_a_time(new_project: NewProject) -> None:
    with new_project().api() as api, new_project().api() as stranger:
        oldest, middle, newest = (api.create_upload(4)["id"] for _ in range(3))
        stranger.create_upload(4)

        page = api.json("GET", "/uploads", params={"limit": 2})
        rest = api.json("GET", "/uploads", params={"limit": 2, "after": page["last_id"]})

        assert ([each["id"] for each in page["data"]], page["has_more"]) == ([newest, middle], True)
        assert ([each["id"] for each in rest["data"]], rest["has_more"]) == ([oldest], False)
        api.json("POST", f"/uploads/{middle}/cancel")
        upload = api.json("GET", f"/uploads/{newest}")
        assert api.put(upload["transfer"], b"data").status_code == 200
        left = eventually(
            lambda: [each["id"] for each in api.json("GET", "/uploads")["data"]],
            lambda ids: newest not in ids,
        )
        assert left == [oldest]
