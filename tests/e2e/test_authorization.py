"""Who may do what: every route of the deployed API, by every kind of caller."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.api import assert_refused, batch_lines, eventually
from tests.e2e.space import Space

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from tests.e2e.api import Api, Json
    from tests.e2e.projects import NewProject, Operator
    from tests.e2e.stack import Stack

type Route = tuple[str, str]


@dataclass(frozen=True)
class Row:
    """The status that the owner's key gets, that of another project's, and what is sent.

    `of` makes the object that the path names, in the owner's project. Whoever has no valid key
    gets 401, on every route.
    """

    owner: int
    stranger: int
    of: Callable[[Api], str] | None = None
    send: Json = field(default_factory=dict)


def a_file(api: Api) -> str:
    file_id: str = api.create_file(batch_lines(1), "requests.jsonl", "batch")["id"]
    api.settled(file_id)
    return file_id


def a_trashed_file(api: Api) -> str:
    file_id = a_file(api)
    Space(api).trash(file_id)
    return file_id


def a_folder(api: Api) -> str:
    name = secrets.token_hex(6)
    folder_id: str = Space(api).json("POST", "/folders", json={"name": name})["folderId"]
    return folder_id


def an_upload(api: Api) -> str:
    upload_id: str = api.create_upload(4)["id"]
    return upload_id


def an_upload_of_nothing(api: Api) -> str:
    upload_id: str = api.create_upload(0)["id"]
    return upload_id


def a_path(_: Api) -> str:
    return "v1/nothing"


FILE: Json = {"files": {"file": ("notes.txt", b"notes")}, "data": {"purpose": "user_data"}}
UPLOAD: Json = {"json": {"filename": "a", "purpose": "user_data", "bytes": 1, "mime_type": "a/b"}}

TABLE: dict[Route, Row] = {
    ("POST", "/v1/files"): Row(200, 200, send=FILE),
    ("GET", "/v1/files"): Row(200, 200),
    ("GET", "/v1/files/{file_id}"): Row(200, 404, a_file),
    ("DELETE", "/v1/files/{file_id}"): Row(200, 404, a_file),
    ("GET", "/v1/files/{file_id}/content"): Row(200, 404, a_file),
    ("HEAD", "/v1/files/{file_id}/content"): Row(200, 404, a_file),
    ("GET", "/v1/files/{file_id}/url"): Row(200, 404, a_file),
    ("GET", "/v1/files/{file_id}/validation"): Row(200, 404, a_file),
    ("POST", "/v1/storage/files"): Row(200, 200, send=FILE),
    ("GET", "/v1/storage/files"): Row(200, 200),
    ("GET", "/v1/storage/files/{file_id}"): Row(200, 404, a_file),
    ("PATCH", "/v1/storage/files/{file_id}"): Row(200, 404, a_file, {"json": {"name": "b"}}),
    ("DELETE", "/v1/storage/files/{file_id}"): Row(200, 404, a_file),
    ("GET", "/v1/storage/trash"): Row(200, 200),
    ("DELETE", "/v1/storage/trash"): Row(200, 200),
    ("DELETE", "/v1/storage/trash/{file_id}"): Row(200, 404, a_trashed_file),
    ("POST", "/v1/storage/trash/{file_id}/restore"): Row(200, 404, a_trashed_file),
    ("POST", "/v1/storage/folders"): Row(200, 200, send={"json": {"name": "new"}}),
    ("GET", "/v1/storage/folders"): Row(200, 200),
    ("GET", "/v1/storage/folders/{folder_id}"): Row(200, 404, a_folder),
    ("PATCH", "/v1/storage/folders/{folder_id}"): Row(200, 404, a_folder, {"json": {"name": "b"}}),
    ("DELETE", "/v1/storage/folders/{folder_id}"): Row(200, 404, a_folder),
    ("POST", "/v1/uploads"): Row(200, 200, send=UPLOAD),
    ("GET", "/v1/uploads/{upload_id}"): Row(200, 404, an_upload),
    ("POST", "/v1/uploads/{upload_id}/parts"): Row(
        200, 404, an_upload, {"files": {"data": ("blob", b"part")}}
    ),
    ("POST", "/v1/uploads/{upload_id}/complete"): Row(
        200, 404, an_upload_of_nothing, {"json": {"part_ids": []}}
    ),
    ("POST", "/v1/uploads/{upload_id}/cancel"): Row(200, 404, an_upload),
    ("GET", "/v1/usage"): Row(200, 200),
} | {
    (method, "/{proxy+}"): Row(404, 404, a_path)
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
}


@pytest.fixture(scope="module")
def key_headers(stack: Stack) -> dict[Route, str]:
    """The header that each deployed route takes the key from."""
    gateway = stack.client("apigateway")
    [api] = gateway.get_rest_apis()["items"]
    headers = {
        each["id"]: each["identitySource"].removeprefix("method.request.header.")
        for each in gateway.get_authorizers(restApiId=api["id"])["items"]
    }
    resources = gateway.get_resources(restApiId=api["id"], limit=500, embed=["methods"])["items"]
    return {
        (method, resource["path"]): headers[settings["authorizerId"]]
        for resource in resources
        for method, settings in resource.get("resourceMethods", {}).items()
    }


@dataclass(frozen=True)
class Callers:
    owner: Api
    stranger: Api
    revoked: str

    def without_a_valid_key(self, header: str) -> dict[str, dict[str, str]]:
        other = {"Authorization": "x-api-key", "x-api-key": "Authorization"}[header]
        return {
            "no key": {},
            "malformed": carrying(header, self.owner.key[:-1]),
            "unknown": carrying(header, "zk_live_" + secrets.token_urlsafe(32)),
            "revoked": carrying(header, self.revoked),
            "in the other header": carrying(other, self.owner.key),
        }


@pytest.fixture(scope="module")
def callers(new_project: NewProject, operator: Operator) -> Iterator[Callers]:
    project = new_project()
    with project.api() as owner, new_project().api() as stranger:
        yield Callers(owner, stranger, operator.revoked_key(project.id))


def carrying(header: str, key: str) -> dict[str, str]:
    return {header: f"Bearer {key}" if header == "Authorization" else key}


def stored(api: Api) -> tuple[Any, ...]:
    """Return all that the project has, once its files' arrival has been worked off."""
    space = Space(api)
    files = eventually(
        lambda: api.json("GET", "/files")["data"],
        lambda files: all(file["status"] != "uploaded" for file in files),
        30,
    )
    return (
        files,
        api.usage(),
        space.json("GET", "/files"),
        space.json("GET", "/trash"),
        space.json("GET", "/folders"),
    )


def test_every_deployed_route_is_in_the_table(key_headers: dict[Route, str]) -> None:
    assert set(key_headers) == set(TABLE)


@pytest.mark.parametrize("route", TABLE, ids=" ".join)
def test_a_route_serves_whom_the_table_says_and_nobody_else(
    callers: Callers, key_headers: dict[Route, str], route: Route
) -> None:
    row, header, owner = TABLE[route], key_headers[route], callers.owner
    method, path = route
    if row.of is not None:
        path = path.partition("{")[0] + row.of(owner) + path.partition("}")[2]
    url = owner.base_url.removesuffix("/v1") + path
    before = stored(owner)

    def ask(headers: dict[str, str]) -> httpx.Response:
        return owner.client.request(method, url, headers=headers, **row.send)

    for caller, headers in callers.without_a_valid_key(header).items():
        answer = ask(headers)
        assert answer.status_code == 401, f"{caller}: {answer.text}"
        if method != "HEAD":
            assert_refused(answer, 401, code="invalid_api_key")
    assert ask(carrying(header, callers.stranger.key)).status_code == row.stranger
    assert stored(owner) == before

    assert ask(carrying(header, owner.key)).status_code == row.owner
