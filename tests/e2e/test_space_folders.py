"""The folders of the Space, row by row of the contract's table."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.e2e.api import assert_refused, eventually
from tests.e2e.space import Space

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.api import Json
    from tests.e2e.projects import NewProject

NOWHERE = "folder-0123456789abcdef01234567"


@pytest.fixture
def space(new_project: NewProject) -> Iterator[Space]:
    with new_project(files=2_000).api() as api:
        yield Space(api)


def test_a_folder_is_returned_with_all_its_fields(space: Space) -> None:
    made = space.json("POST", "/folders", json={"name": "Projects"})
    inner = space.json("POST", "/folders", json={"name": "2026", "parentId": made["folderId"]})

    assert made == {
        "folderId": made["folderId"],
        "name": "Projects",
        "parentId": None,
        "createdAt": made["createdAt"],
        "favorite": False,
    }
    assert inner["parentId"] == made["folderId"]
    counts = {"fileCount": 0, "folderCount": 0}
    assert space.json("GET", f"/folders/{inner['folderId']}") == inner | counts


def test_folders_are_listed_by_parent_and_name(space: Space) -> None:
    parent = space.make_folder("Projects")
    for name in ("beta", "Alpha", "alpha 2", "émile", "Zeta"):
        space.make_folder(name, parent)
    space.put("a.txt", folderId=parent)

    assert space.folder_names() == ["Projects"]
    assert space.folder_names(parent) == ["Alpha", "alpha 2", "beta", "Zeta", "émile"]


@pytest.mark.parametrize("twin", ["projects", "PROJECTS", "Projects"])
def test_siblings_have_different_names_in_any_case(space: Space, twin: str) -> None:
    parent = space.make_folder("Projects")
    other = space.make_folder("Other")

    for response in (
        space.send("POST", "/folders", json={"name": twin}),
        space.send("PATCH", f"/folders/{other}", json={"name": twin}),
    ):
        assert_refused(response, 409, code="folder_exists", says=parent)
        assert response.headers["x-should-retry"] == "false"
    assert space.make_folder(twin, parent)


def test_of_concurrent_requests_for_the_same_folder_one_succeeds(space: Space) -> None:
    with ThreadPoolExecutor(8) as pool:
        statuses = list(
            pool.map(
                lambda _: space.send("POST", "/folders", json={"name": "New"}).status_code,
                range(8),
            )
        )

    assert sorted(statuses) == [200] + [409] * 7
    assert space.folder_names() == ["New"]


def test_a_folder_is_renamed_moved_and_marked_with_its_contents(space: Space) -> None:
    archive, projects = space.make_folder("Archive"), space.make_folder("Projects")
    inner = space.make_folder("2026", projects)
    space.put("a.txt", folderId=inner)

    moved = space.json(
        "PATCH", f"/folders/{projects}", json={"name": "Old", "parentId": archive, "favorite": True}
    )

    assert (moved["name"], moved["parentId"], moved["favorite"]) == ("Old", archive, True)
    counts = {"fileCount": 0, "folderCount": 1}
    assert space.json("GET", f"/folders/{projects}") == moved | counts
    assert space.folder_names() == ["Archive"]
    assert space.folder_names(archive) == ["Old"]
    assert space.folder_names(projects) == ["2026"]
    assert space.found(folderId=inner) == ["a.txt"]
    back = space.json("PATCH", f"/folders/{projects}", json={"parentId": None})
    assert back == moved | {"parentId": None}


def test_a_folder_cannot_move_into_itself(space: Space) -> None:
    top = space.make_folder("top")
    middle = space.make_folder("middle", top)
    bottom = space.make_folder("bottom", middle)

    for target in (top, middle, bottom):
        response = space.send("PATCH", f"/folders/{top}", json={"parentId": target})
        assert_refused(response, 409, code="folder_cycle")
    assert space.folder_names() == ["top"]


def test_concurrent_moves_of_folders_into_each_other_make_no_cycle(space: Space) -> None:
    for number in range(5):
        one, two = space.make_folder(f"one {number}"), space.make_folder(f"two {number}")

        def move(pair: tuple[str, str]) -> int:
            return space.send(
                "PATCH", f"/folders/{pair[0]}", json={"parentId": pair[1]}
            ).status_code

        with ThreadPoolExecutor(2) as pool:
            statuses = list(pool.map(move, [(one, two), (two, one)]))

        assert sorted(statuses) == [200, 409]


def test_folders_nest_thirty_two_deep_and_no_deeper(space: Space) -> None:
    parent = None
    for depth in range(1, 33):
        parent = space.make_folder(f"at {depth}", parent)
    loose = space.make_folder("loose")

    too_deep = space.send("POST", "/folders", json={"name": "x", "parentId": parent})
    moved = space.send("PATCH", f"/folders/{loose}", json={"parentId": parent})

    assert_refused(too_deep, 409, code="folder_too_deep", says="32")
    assert_refused(moved, 409, code="folder_too_deep", says="32")


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({}, 400, "name"),
        ({"name": ""}, 400, "name"),
        ({"name": "a/b"}, 400, "name"),
        ({"name": "x" * 256}, 400, "name"),
        ({"name": 5}, 400, "name"),
        ({"name": "a", "parent": "root"}, 400, "parent"),
        ({"name": "a", "parentId": NOWHERE}, 404, "parentId"),
        ({"name": "a", "parentId": "Projects"}, 404, "parentId"),
    ],
)
def test_invalid_values_create_no_folder(space: Space, body: Json, status: int, param: str) -> None:
    assert_refused(space.send("POST", "/folders", json=body), status, param=param)

    assert space.folder_names() == []


def test_a_missing_folder_is_not_found(space: Space) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        response = space.send(method, f"/folders/{NOWHERE}", json={})
        assert_refused(response, 404, param="id", says=f"No such Folder object: {NOWHERE}")
    listed = space.send("GET", "/folders", params={"parentId": NOWHERE})
    assert_refused(listed, 404, param="parentId")


def test_an_empty_folder_is_deleted(space: Space) -> None:
    folder = space.make_folder("Projects")

    assert space.json("DELETE", f"/folders/{folder}") == {"folderId": folder, "isDeleted": True}

    assert space.folder_names() == []
    assert space.make_folder("Projects") != folder


def test_a_recursive_delete_moves_the_folder_to_the_trash(space: Space) -> None:
    top = space.make_folder("top")
    inner = space.make_folder("inner", top)
    outside = space.put("outside.txt")
    for number, folder in enumerate((top, inner, inner)):
        space.put(f"{number}.txt", folderId=folder)

    answer = space.json("DELETE", f"/folders/{top}", params={"recursive": "true"})

    assert answer == {"folderId": top, "isDeleted": True}
    assert space.folder_names() == []
    assert space.in_trash() == [top]
    assert space.found() == [outside["name"]]


def test_hundreds_of_files_go_with_their_folder(
    new_project: NewProject,
) -> None:
    with new_project(files=300).api() as api:
        space = Space(api)
        top = space.make_folder("top")
        inner = space.make_folder("inner", top)
        with ThreadPoolExecutor(8) as pool:
            ids = set(
                pool.map(
                    lambda number: space.put(f"{number}.txt", folderId=inner)["fileId"],
                    range(300),
                )
            )

        def until_done(method: str, path: str) -> None:
            """Repeat the request until its answer says that it is finished."""

            def status() -> int:
                return space.send(method, path).status_code

            eventually(status, lambda answered: answered == 200, within=240)

        until_done("DELETE", f"/folders/{top}?recursive=true")
        [row] = space.pages("trash")
        assert (row["folderId"], row["fileCount"], row["folderCount"]) == (top, 300, 1)
        assert {file["fileId"] for file in space.pages("trash", folderId=inner, limit=100)} == ids
        assert space.found() == []
        assert api.in_use()[0] == 300
        until_done("POST", f"/trash/{top}/restore")
        assert space.json("GET", f"/folders/{inner}")["fileCount"] == 300
        until_done("DELETE", f"/folders/{top}?recursive=true")
        emptied = space.send("DELETE", "/trash")
        assert emptied.status_code in {200, 202}
        eventually(api.in_use, lambda used: used == (0, 0), within=240)


def test_uploads_may_name_a_folder(space: Space) -> None:
    folder = space.make_folder("Uploads")

    space.api.upload_directly(b"direct", filename="direct.txt", folder_id=folder)
    space.api.post_file(b"small", filename="small.txt", folder_id=folder)

    assert space.found(folderId=folder, sort="name") == ["direct.txt", "small.txt"]


def test_an_upload_goes_to_the_root_if_its_folder_is_deleted_meanwhile(space: Space) -> None:
    folder = space.make_folder("Uploads")
    upload = space.api.create_upload(6, filename="direct.txt", folder_id=folder)
    space.json("DELETE", f"/folders/{folder}")

    space.api.put(upload["transfer"], b"direct")
    space.api.complete(upload["id"])

    assert space.found(folderId="root") == ["direct.txt"]


@pytest.mark.parametrize("folder", [NOWHERE, "Uploads", "folder-x"])
def test_an_upload_to_a_missing_folder_is_refused(space: Space, folder: str) -> None:
    for response in (
        space.api.send("POST", "/uploads", json={
            "filename": "a", "purpose": "user_data", "bytes": 1, "folder_id": folder,
        }),
        space.api.post_file(b"small", folder_id=folder),
    ):  # fmt: skip
        assert_refused(response, 404, param="folder_id")
    assert space.api.in_use() == (0, 0)
