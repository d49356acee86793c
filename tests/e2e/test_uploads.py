from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.api import assert_refused, batch_lines, eventually

if TYPE_CHECKING:
    from tests.e2e.api import Api, Json
    from tests.e2e.projects import NewProject, Project
    from tests.e2e.stack import Stack


def file_id_of(upload: Json) -> str:
    return "file-" + str(upload["id"]).removeprefix("upload_")


def test_bytes_that_arrive_become_a_file_without_complete(api: Api) -> None:
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


def test_complete_right_after_the_bytes_and_complete_after_the_event_answer_alike(
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


def test_completing_again_answers_the_same(api: Api) -> None:
    upload = api.create_upload(4)
    api.put(upload["transfer"], b"data")
    file_id = api.complete(upload["id"])["file"]["id"]
    api.settled(file_id)

    assert api.complete(upload["id"]) == api.complete(upload["id"])
    assert api.listed().count(file_id) == 1


def test_completing_by_many_at_once_makes_one_file(new_project: NewProject) -> None:
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


def test_completing_before_the_bytes_have_arrived_says_so_and_loses_nothing(api: Api) -> None:
    upload = api.create_upload(4)

    response = api.send("POST", f"/uploads/{upload['id']}/complete", json={"part_ids": []})

    assert_refused(response, 400, code="upload_incomplete", says="transfer")
    assert api.put(upload["transfer"], b"data").status_code == 200
    assert api.complete(upload["id"])["status"] == "completed"


def test_a_wrong_md5_is_refused_and_the_right_one_accepted(api: Api) -> None:
    upload = api.create_upload(4)
    api.put(upload["transfer"], b"data")
    path = f"/uploads/{upload['id']}/complete"

    wrong = api.send("POST", path, json={"part_ids": [], "md5": "0" * 32})
    right = api.json(
        "POST",
        path,
        json={"part_ids": [], "md5": hashlib.md5(b"data", usedforsecurity=False).hexdigest()},
    )

    assert_refused(wrong, 400, param="md5", says="MD5")
    assert right["status"] == "completed"


def test_parts_that_do_not_exist_are_refused(api: Api) -> None:
    upload = api.create_upload(4)

    response = api.send("POST", f"/uploads/{upload['id']}/complete", json={"part_ids": ["part_1"]})

    assert_refused(response, 400, param="part_ids", says="part_1")


def test_an_empty_file_can_be_uploaded_directly(api: Api) -> None:
    file = api.upload_directly(b"", filename="empty.txt")

    assert api.file(file["id"])["bytes"] == 0
    assert api.content(file["id"]).content == b""


def test_get_hands_out_a_fresh_transfer_while_the_upload_is_pending(api: Api) -> None:
    upload = api.create_upload(4)

    again = api.json("GET", f"/uploads/{upload['id']}")

    assert {**again, "transfer": None} == {**upload, "transfer": None}
    assert api.put(again["transfer"], b"data").status_code == 200
    completed = api.complete(upload["id"])
    assert completed.get("transfer") is None


def test_cancelling_frees_what_was_reserved_and_is_repeatable(new_project: NewProject) -> None:
    with new_project(files=1, size=100).api() as api:
        upload = api.create_upload(100)
        assert api.post_file(b"x").status_code == 400

        cancelled = api.json("POST", f"/uploads/{upload['id']}/cancel")

        assert cancelled["status"] == "cancelled"
        assert api.in_use() == (0, 0)
        assert api.json("POST", f"/uploads/{upload['id']}/cancel") == cancelled
        assert api.in_use() == (0, 0)
        assert api.post_file(b"\0" * 100).status_code == 200


def test_bytes_that_arrive_after_cancelling_are_thrown_away(
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


def test_a_completed_upload_cannot_be_cancelled(api: Api) -> None:
    upload = api.create_upload(4)
    api.put(upload["transfer"], b"data")
    file_id = api.complete(upload["id"])["file"]["id"]

    response = api.send("POST", f"/uploads/{upload['id']}/cancel")

    assert_refused(response, 409, code="upload_completed", says=file_id)
    assert response.headers["x-should-retry"] == "false"
    assert api.content(file_id).content == b"data"


def test_the_file_of_an_upload_that_is_not_there_yet_is_not_found(api: Api) -> None:
    upload = api.create_upload(4)

    for path in ("", "/content", "/url", "/validation"):
        response = api.send("GET", f"/files/{file_id_of(upload)}{path}")
        assert response.status_code == 404
    assert file_id_of(upload) not in api.listed()


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"bytes": -1}, "bytes"),
        ({"bytes": 2**50}, "bytes"),
        ({"bytes": "four"}, "bytes"),
        ({"bytes": 1.5}, "bytes"),
        ({"bytes": None}, "bytes"),
        ({"purpose": "fun"}, "purpose"),
        ({"purpose": "batch_output"}, "purpose"),
        ({"filename": ""}, "filename"),
        ({"filename": "a/.."}, "filename"),
        ({"filename": "a\nb"}, "filename"),
        ({"filename": "x" * 256}, "filename"),
        ({"sha256": "abc"}, "sha256"),
    ],
    ids=str,
)
def test_an_announcement_that_makes_no_sense_names_its_parameter(
    api: Api, changes: dict[str, Any], param: str
) -> None:
    announced: dict[str, Any] = {
        "filename": "a.txt",
        "purpose": "user_data",
        "bytes": 4,
        "mime_type": "text/plain",
    }

    assert_refused(api.send("POST", "/uploads", json=announced | changes), 400, param=param)


@pytest.mark.parametrize("seconds", [3_599, 2_592_001, -1, "soon"])
def test_a_life_out_of_bounds_is_refused(api: Api, seconds: object) -> None:
    response = api.send(
        "POST",
        "/uploads",
        json={
            "filename": "a.txt",
            "purpose": "user_data",
            "bytes": 4,
            "mime_type": "text/plain",
            "expires_after": {"anchor": "created_at", "seconds": seconds},
        },
    )

    assert response.status_code == 400, response.text
    assert "expires_after" in response.json()["error"]["param"]
