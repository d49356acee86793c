"""The trash of the Space, row by row of the contract's table."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.e2e.api import assert_refused, batch_lines, eventually
from tests.e2e.space import FILE_FIELDS, Space

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.projects import NewProject
    from tests.e2e.stack import Stack


@pytest.fixture
def space(new_project: NewProject) -> Iterator[Space]:
    with new_project().api() as api:
        yield Space(api)


def reads(space: Space, file_id: str) -> list[int]:
    """Return the status of every way to read the file, on both surfaces."""
    api = space.api
    return [
        api.send("GET", f"/files/{file_id}").status_code,
        api.send("GET", f"/files/{file_id}/content").status_code,
        api.send("HEAD", f"/files/{file_id}/content").status_code,
        api.send("GET", f"/files/{file_id}/url").status_code,
        api.send("GET", f"/files/{file_id}/validation").status_code,
        space.send("GET", f"/files/{file_id}").status_code,
    ]


def lists(space: Space, folder: str) -> list[list[str]]:
    """Return the names in every list of files."""
    return [
        space.api.listed(),
        space.found(),
        space.found(folderId=folder),
        space.found(q="a"),
        space.found(sort="name"),
        space.found(sort="sizeBytes"),
        space.found(folderId=folder, sort="name"),
        space.found(folderId=folder, sort="sizeBytes"),
    ]


def test_a_trashed_file_is_gone_from_every_read_and_list_at_once(space: Space) -> None:
    folder = space.make_folder("Projects")
    file = space.put("a.txt", folderId=folder, tags="one")

    answer = space.trash(file["fileId"])

    assert answer == {"fileId": file["fileId"], "isDeleted": True}
    assert reads(space, file["fileId"]) == [404] * 6
    assert lists(space, folder) == [[]] * 8
    for method in ("PATCH", "DELETE"):
        response = space.send(method, f"/files/{file['fileId']}", json={})
        assert_refused(response, 404, param="id", says="(not found)")
    assert space.api.send("DELETE", f"/files/{file['fileId']}").status_code == 404


def test_the_trash_counts_against_the_quota_and_is_listed_last_deleted_first(space: Space) -> None:
    first, second = space.put("first.txt", b"12345"), space.put("second.txt", b"123")
    space.trash(second["fileId"])
    time.sleep(1.1)
    space.trash(first["fileId"])

    listed = space.pages("trash", limit=1)

    assert [file["fileId"] for file in listed] == [first["fileId"], second["fileId"]]
    assert set(listed[0]) == FILE_FIELDS | {"kind", "deletedAt", "purgeAt"}
    deleted, purged = (
        datetime.fromisoformat(listed[0][field]) for field in ("deletedAt", "purgeAt")
    )
    assert purged - deleted == timedelta(days=30)
    assert space.api.in_use() == (2, 8)


def test_a_restored_file_is_unchanged(space: Space) -> None:
    folder = space.make_folder("Projects")
    file = space.put("a.txt", b"hello", folderId=folder, tags="one")
    space.api.settled(file["fileId"])
    space.change(file["fileId"], favorite=True)
    [before] = space.json("GET", "/files")["files"]
    space.trash(file["fileId"])

    restored = space.restore(file["fileId"])

    assert restored == before
    assert space.json("GET", "/files")["files"] == [before]
    assert space.found(folderId=folder) == ["a.txt"]
    assert space.api.content(file["fileId"]).content == b"hello"
    assert space.in_trash() == []
    assert_refused(space.send("POST", f"/trash/{file['fileId']}/restore"), 404, param="id")


def test_a_batch_file_trashed_before_its_validation_is_validated_once_restored(
    space: Space,
) -> None:
    lines = batch_lines(2_000)
    file_id = space.api.post_file(lines, "requests.jsonl", purpose="batch").json()["id"]
    space.trash(file_id)
    time.sleep(2)

    space.restore(file_id)

    assert space.api.settled(file_id)["status"] == "processed"
    assert space.api.json("GET", f"/files/{file_id}/validation")["valid"] is True


def test_a_purged_file_is_gone_and_its_quota_free(space: Space) -> None:
    file = space.put("a.txt", b"hello")
    space.trash(file["fileId"])

    answer = space.json("DELETE", f"/trash/{file['fileId']}")

    assert answer == {"fileId": file["fileId"], "isDeleted": True}
    assert space.api.in_use() == (0, 0)
    assert space.in_trash() == []
    assert_refused(space.send("POST", f"/trash/{file['fileId']}/restore"), 404, param="id")
    assert_refused(space.send("DELETE", f"/trash/{file['fileId']}"), 404, param="id")


def test_only_files_in_the_trash_can_be_purged(space: Space) -> None:
    file = space.put()

    assert_refused(space.send("DELETE", f"/trash/{file['fileId']}"), 404, param="id")

    assert space.found() == ["report.pdf"]


def test_emptying_purges_the_whole_trash_and_nothing_else(space: Space) -> None:
    kept = space.put("kept.txt", b"123")
    for number in range(5):
        space.trash(space.put(f"{number}.txt")["fileId"])

    answer = space.json("DELETE", "/trash")

    assert answer == {"purgedFiles": 5, "isEmpty": True}
    assert space.in_trash() == []
    assert space.api.in_use() == (1, 3)
    assert space.found() == [kept["name"]]
    assert space.json("DELETE", "/trash") == {"purgedFiles": 0, "isEmpty": True}


def test_concurrent_deletions_restores_and_purges_release_quota_once(
    space: Space,
) -> None:
    file_id = space.put("a.txt", b"12345")["fileId"]

    def race(number: int) -> int:
        path = [f"/files/{file_id}", f"/trash/{file_id}/restore", f"/trash/{file_id}"][number % 3]
        method = "POST" if path.endswith("restore") else "DELETE"
        return space.send(method, path).status_code

    with ThreadPoolExecutor(12) as pool:
        statuses = set(pool.map(race, range(48)))

    assert statuses <= {200, 404}
    live, trashed = len(space.found()), len(space.in_trash())
    assert live + trashed <= 1
    assert space.api.in_use() == ((1, 5) if live + trashed else (0, 0))


def test_bytes_are_kept_while_in_the_trash_and_deleted_with_the_purge(
    new_project: NewProject, stack: Stack
) -> None:
    project = new_project()
    with project.api() as api:
        space = Space(api)
        file_id = space.put("a.txt", b"12345")["fileId"]
        key = f"files/{project.id}/{file_id}"
        space.trash(file_id)
        time.sleep(1)
        assert stack.stored(key)

        space.json("DELETE", f"/trash/{file_id}")

        eventually(lambda: stack.stored(key), lambda there: not there)


def a_tree(space: Space) -> tuple[str, str]:
    """Store a file in `top` and two in `inner`, which lies in it."""
    top = space.make_folder("top", space.make_folder("above"))
    inner = space.make_folder("inner", top)
    for name, folder in (("a", top), ("b", inner), ("c", inner)):
        space.put(name, b"12345", folderId=folder, tags="kept")
    return top, inner


def test_a_deleted_folder_is_one_row_of_the_trash_with_what_it_holds(space: Space) -> None:
    top, inner = a_tree(space)

    space.delete_folder(top)

    [row] = space.json("GET", "/trash")["folders"]
    assert (row["kind"], row["folderId"], row["path"]) == ("folder", top, "/above/top")
    assert (row["fileCount"], row["folderCount"], row["sizeBytes"]) == (3, 1, "15")
    assert space.json("GET", "/trash")["files"] == []
    assert {each["name"] for each in space.pages("trash", folderId=inner)} == {"b", "c"}
    assert (space.found(), space.api.listed(), space.api.in_use()) == ([], [], (3, 15))
    for folder in (top, inner):
        assert_refused(space.send("GET", f"/folders/{folder}"), 404, param="id")
    assert space.delete_folder(top) == {"folderId": top, "isDeleted": True}


def test_one_restore_brings_a_folder_back_with_everything_in_it(space: Space) -> None:
    top, inner = a_tree(space)
    before = space.json("GET", f"/folders/{top}")
    space.delete_folder(top)

    restored = space.restore(top)

    assert restored.pop("isRestored") is True
    assert space.json("GET", f"/folders/{top}") == before
    assert restored == {name: before[name] for name in restored}
    assert (before["fileCount"], before["folderCount"]) == (1, 1)
    assert space.found(folderId=inner, sort="name", tag="kept") == ["b", "c"]
    assert space.in_trash() == []
    assert space.restore(top) == restored | {"isRestored": True}


def test_a_file_is_restored_out_of_a_deleted_folder_to_one_of_its_path(space: Space) -> None:
    top, inner = a_tree(space)
    space.delete_folder(top)
    [one, _] = space.pages("trash", folderId=inner)

    again = space.restore(one["fileId"])["folderId"]

    parent = space.json("GET", f"/folders/{again}")
    assert (parent["name"], again != inner) == ("inner", True)
    assert space.json("GET", f"/folders/{parent['parentId']}")["name"] == "top"
    assert space.restore(top)["name"] == "top (2)"
    assert len(space.found()) == 3


def test_purging_a_folder_purges_all_that_it_holds(space: Space) -> None:
    top, _ = a_tree(space)
    space.delete_folder(top)

    answer = space.json("DELETE", f"/trash/{top}")

    assert answer == {"folderId": top, "isDeleted": True}
    assert (space.in_trash(), space.api.in_use()) == ([], (0, 0))
    assert_refused(space.send("POST", f"/trash/{top}/restore"), 404, param="id")


def test_concurrent_deletions_restores_and_purges_of_a_folder_lose_nothing(space: Space) -> None:
    top, _ = a_tree(space)

    def race(number: int) -> int:
        if number % 4 == 0:
            return space.send("DELETE", f"/trash/{top}").status_code if number > 20 else 404
        path = (f"/folders/{top}?recursive=true", f"/trash/{top}/restore")[number % 2]
        return space.send("POST" if number % 2 else "DELETE", path).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = set(pool.map(race, range(24)))

    assert statuses <= {200, 202, 404, 409, 429}
    eventually(lambda: len(space.found()) + sum(
        each.get("fileCount", 1) for each in space.pages("trash")
    ), lambda count: count == space.api.in_use()[0])  # fmt: skip
    assert space.api.in_use() in {(3, 15), (0, 0)}
