"""Access to the Space: by its own header, and to nothing of another project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.api import assert_refused
from tests.e2e.space import Space

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.projects import NewProject

OF_FILES = [("GET", "/files/{}"), ("PATCH", "/files/{}"), ("DELETE", "/files/{}")]
OF_TRASH = [("POST", "/trash/{}/restore"), ("DELETE", "/trash/{}")]
OF_FOLDERS = [("GET", "/folders/{}"), ("PATCH", "/folders/{}"), ("DELETE", "/folders/{}")]
LISTS = ["/files", "/tags", "/trash", "/folders"]


@pytest.fixture(scope="module")
def owner(new_project: NewProject) -> Iterator[Space]:
    with new_project().api() as api:
        yield Space(api)


@pytest.fixture(scope="module")
def stranger(new_project: NewProject) -> Iterator[Space]:
    with new_project().api() as api:
        yield Space(api)


@pytest.fixture(scope="module")
def things(owner: Space) -> dict[str, str]:
    folder = owner.make_folder("Projects")
    live = owner.put("live.txt", folderId=folder, tags="secret")["fileId"]
    trashed = owner.put("trashed.txt")["fileId"]
    owner.trash(trashed)
    gone = owner.make_folder("Old")
    owner.put("old.txt", folderId=gone)
    owner.delete_folder(gone)
    return {"files": live, "trash": trashed, "folders": folder, "trashed-folder": gone}


@pytest.mark.parametrize(("method", "path"), OF_FILES + OF_TRASH + OF_FOLDERS)
def test_another_projects_item_does_not_exist(
    owner: Space, stranger: Space, things: dict[str, str], method: str, path: str
) -> None:
    thing = things[path.split("/")[1]]
    random = thing[:-24] + "0" * 24

    foreign = stranger.send(method, path.format(thing), json={})
    unknown = stranger.send(method, path.format(random), json={})

    assert_refused(foreign, 404, param="id", says="(not found)")
    assert foreign.text.replace(thing, random) == unknown.text
    assert owner.found() == ["live.txt"]
    assert set(owner.in_trash()) == {things["trash"], things["trashed-folder"]}
    assert owner.folder_names() == ["Projects"]


@pytest.mark.parametrize(("method", "path"), OF_TRASH)
def test_another_project_s_folder_in_the_trash_does_not_exist(
    owner: Space, stranger: Space, things: dict[str, str], method: str, path: str
) -> None:
    folder = things["trashed-folder"]

    assert_refused(stranger.send(method, path.format(folder)), 404, param="id", says="(not found)")
    listed = stranger.send("GET", "/trash", params={"folderId": folder})
    assert_refused(listed, 404, param="folderId", says="(not found)")
    deleted = stranger.send("DELETE", f"/folders/{folder}", params={"recursive": "true"})
    assert_refused(deleted, 404, param="id", says="(not found)")
    assert folder in owner.in_trash()


@pytest.mark.parametrize("path", LISTS)
def test_lists_show_nothing_from_another_project(
    stranger: Space, things: dict[str, str], path: str
) -> None:
    listed = stranger.json("GET", path)

    assert things
    assert not any(listed.get(kind) for kind in ("files", "folders", "tags"))


def test_files_do_not_move_into_another_project_s_folder(
    stranger: Space, things: dict[str, str]
) -> None:
    file = stranger.put()
    body = {"folderId": things["folders"]}

    response = stranger.send("PATCH", f"/files/{file['fileId']}", json=body)

    assert_refused(response, 404, param="folderId")
    put = stranger.send("POST", "/files", data=body, files={"file": ("a.txt", b"a")})
    assert_refused(put, 404, param="folderId")
    made = stranger.send("POST", "/folders", json={"name": "a", "parentId": things["folders"]})
    assert_refused(made, 404, param="parentId")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("key", [None, "zk_live_" + "x" * 43, "nonsense"])
def test_without_a_valid_key_every_request_is_refused(
    owner: Space, path: str, key: str | None
) -> None:
    headers = {} if key is None else {"x-api-key": key}

    response = owner.api.client.get(f"{owner.api.base_url}/storage{path}", headers=headers)

    assert_refused(response, 401, code="invalid_api_key")


def test_the_space_refuses_a_bearer_key(owner: Space) -> None:
    bearer = {"Authorization": f"Bearer {owner.api.key}"}

    response = owner.api.client.get(f"{owner.api.base_url}/storage/files", headers=bearer)

    assert_refused(response, 401, code="invalid_api_key")


def test_the_answer_to_a_wrong_method_names_the_right_ones(owner: Space) -> None:
    response = owner.api.send("PUT", "/storage/files")

    assert_refused(response, 405, code="method_not_allowed", says="GET, POST")
    assert response.headers["allow"] == "GET, POST"
