"""An expired file is gone from that second on, even if nothing has collected it yet."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.api import assert_refused, batch_lines, eventually

if TYPE_CHECKING:
    from tests.e2e.api import Api
    from tests.e2e.projects import NewProject, Project
    from tests.e2e.stack import Stack


def test_an_expired_file_is_gone_from_every_read(project: Project, api: Api, stack: Stack) -> None:
    file_id = api.create_file(batch_lines(1), "a.jsonl", "batch")["id"]
    api.settled(file_id)
    assert file_id in api.listed()

    stack.set_expiry(project.id, file_id, int(time.time()) - 1)

    for method, path in [
        ("GET", ""),
        ("GET", "/content"),
        ("GET", "/url"),
        ("GET", "/validation"),
        ("DELETE", ""),
    ]:
        response = api.send(method, f"/files/{file_id}{path}")
        assert response.status_code == 404, response.text
        assert f"No such File object: {file_id} (not found)" in response.text
    assert file_id not in api.listed()
    assert file_id not in api.listed(purpose="batch", order="asc")


@pytest.mark.parametrize(
    "limits", [{"files": 1, "size": 10**6}, {"files": 9, "size": 100}], ids=str
)
def test_an_expired_file_makes_room_at_once(
    new_project: NewProject, stack: Stack, limits: dict[str, int]
) -> None:
    project = new_project(**limits)
    with project.api() as api:
        file_id = api.create_file(b"\0" * 100)["id"]
        assert api.post_file(b"\0").status_code == 400

        stack.set_expiry(project.id, file_id, int(time.time()) - 1)
        # The index of expired files is updated a moment later.
        response = eventually(
            lambda: api.post_file(b"\0" * 100), lambda it: it.status_code == 200, 5
        )

        assert api.listed() == [response.json()["id"]]
        assert api.in_use() == (1, 100)
        eventually(
            lambda: stack.stored(f"files/{project.id}/{file_id}"), lambda stored: not stored, 30
        )


def test_an_expired_upload_frees_its_reservation_and_cannot_be_completed(
    new_project: NewProject, stack: Stack
) -> None:
    project = new_project(files=1, size=100)
    with project.api() as api:
        upload = api.create_upload(100)
        assert api.post_file(b"\0").status_code == 400

        stack.set_expiry(project.id, upload["id"], int(time.time()) - 1)

        assert api.json("GET", f"/uploads/{upload['id']}")["status"] == "expired"
        for action in ("complete", "cancel"):
            response = api.send("POST", f"/uploads/{upload['id']}/{action}", json={"part_ids": []})
            assert_refused(response, 409, code="upload_expired")
            assert response.headers["x-should-retry"] == "false"
        eventually(lambda: api.post_file(b"\0" * 100), lambda it: it.status_code == 200, 5)
        assert api.in_use() == (1, 100)
