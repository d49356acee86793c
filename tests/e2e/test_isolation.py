"""Two projects never see anything of each other, on any route."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.e2e.api import assert_refused, batch_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.e2e.api import Api, Json
    from tests.e2e.projects import NewProject

OF_FILES = [
    ("GET", "/files/{id}"),
    ("GET", "/files/{id}/content"),
    ("GET", "/files/{id}/url"),
    ("GET", "/files/{id}/validation"),
    ("DELETE", "/files/{id}"),
]
OF_UPLOADS = [
    ("GET", "/uploads/{id}"),
    ("POST", "/uploads/{id}/complete"),
    ("POST", "/uploads/{id}/cancel"),
]
VARYING_HEADERS = {
    "date",
    "x-amz-apigw-id",
    "x-amz-request-id",
    "x-amzn-requestid",
    "x-amzn-trace-id",
    "x-request-id",
}


@dataclass(frozen=True)
class Neighbours:
    owner: Api
    stranger: Api
    file: Json
    pending: Json
    completed: Json

    def state(self) -> tuple[Json, bytes, Json, Json, Json]:
        return (
            self.owner.file(self.file["id"]),
            self.owner.content(self.file["id"]).content,
            self.owner.json("GET", f"/uploads/{self.completed['id']}"),
            {**self.owner.json("GET", f"/uploads/{self.pending['id']}"), "transfer": None},
            self.owner.usage(),
        )


@pytest.fixture(scope="module")
def neighbours(new_project: NewProject) -> Iterator[Neighbours]:
    with new_project().api() as owner, new_project().api() as stranger:
        file = owner.create_file(batch_lines(2), "secret plans.jsonl", "batch")
        completed = owner.create_upload(4)
        assert owner.put(completed["transfer"], b"data").status_code == 200
        owner.complete(completed["id"])
        owner.settled(file["id"])
        owner.settled(completed["id"].replace("upload_", "file-"))
        pending = owner.create_upload(4)
        yield Neighbours(owner, stranger, file, pending, completed)


def random_id(like: str) -> str:
    # As old as the real one, so that only its existence differs.
    return like[:-12] + secrets.token_hex(6)


def seen(response: httpx.Response, object_id: str) -> tuple[int, str, dict[str, str]]:
    headers = {k: v for k, v in response.headers.items() if k not in VARYING_HEADERS}
    return response.status_code, response.text.replace(object_id, "<id>"), headers


@pytest.mark.parametrize(("method", "path"), OF_FILES)
def test_a_foreign_file_gets_the_same_answer_as_one_that_never_existed(
    neighbours: Neighbours, method: str, path: str
) -> None:
    before = neighbours.state()

    for foreign in (neighbours.file["id"], neighbours.completed["id"].replace("upload_", "file-")):
        never_was = random_id(foreign)
        answer = neighbours.stranger.send(method, path.format(id=foreign))
        expected = neighbours.stranger.send(method, path.format(id=never_was))

        assert seen(answer, foreign) == seen(expected, never_was)
        assert answer.status_code == 404
        assert f"No such File object: {foreign} (not found)" in answer.text
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
        assert answer.json()["error"]["code"] is None
    assert neighbours.state() == before


@pytest.mark.parametrize(("method", "path"), OF_UPLOADS)
@pytest.mark.parametrize("which", ["pending", "completed"])
def test_a_foreign_upload_gets_the_same_answer_as_one_that_never_existed(
    neighbours: Neighbours, which: str, method: str, path: str
) -> None:
    before = neighbours.state()
    foreign = getattr(neighbours, which)["id"]
    never_was = random_id(foreign)
    body: Json | None = {"part_ids": []} if path.endswith("complete") else None

    answer = neighbours.stranger.send(method, path.format(id=foreign), json=body)
    expected = neighbours.stranger.send(method, path.format(id=never_was), json=body)

    assert seen(answer, foreign) == seen(expected, never_was)
    assert answer.status_code == 404
    assert f"No such Upload object: {foreign} (not found)" in answer.text
    assert neighbours.state() == before


@pytest.mark.parametrize(
    "malformed",
    [
        "file-",
        "file-xyz",
        "FILE-0123456789abcdef01234567",
        "file-0123456789ABCDEF01234567",
        "file-0123456789abcdef012345678",
        "upload_0123456789abcdef01234567",
        "..%2F..%2Fetc%2Fpasswd",
        "file-%00",
        "P%23wks-1",
        "%F0%9F%8D%8F",
    ],
)
def test_a_malformed_id_is_an_id_that_does_not_exist(
    neighbours: Neighbours, malformed: str
) -> None:
    for method, path in OF_FILES:
        response = neighbours.owner.send(method, path.format(id=malformed))

        assert response.status_code == 404, response.text
        assert set(response.json()["error"]) == {"message", "type", "param", "code"}


def test_lists_and_usage_show_only_the_projects_own(neighbours: Neighbours) -> None:
    assert neighbours.stranger.listed() == []
    assert neighbours.stranger.in_use() == (0, 0)

    mine = neighbours.stranger.create_file(b"mine")

    assert neighbours.stranger.listed() == [mine["id"]]
    assert mine["id"] not in neighbours.owner.listed()


def test_a_foreign_id_as_a_list_position_is_only_a_point_in_time(neighbours: Neighbours) -> None:
    later = neighbours.stranger.create_file(b"later than the foreign file")["id"]

    assert later in neighbours.stranger.listed(after=neighbours.file["id"], order="asc")
    assert later not in neighbours.stranger.listed(after=neighbours.file["id"])
    assert neighbours.file["id"] not in neighbours.stranger.listed(
        after=f"file-{int(time.time() * 1000) + 10_000:012x}" + "0" * 12
    )


def test_a_transfer_url_works_only_for_its_own_object(neighbours: Neighbours) -> None:
    upload = neighbours.stranger.create_upload(4)
    own_id = upload["id"].replace("upload_", "file-")
    foreign_id = neighbours.pending["id"].replace("upload_", "file-")
    stolen = {**upload["transfer"], "url": upload["transfer"]["url"].replace(own_id, foreign_id)}
    assert stolen["url"] != upload["transfer"]["url"]

    assert neighbours.stranger.put(stolen, b"evil").status_code == 403
    assert_refused(neighbours.owner.content(foreign_id), 404, param="id", says="No such File")
