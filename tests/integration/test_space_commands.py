"""`larder space …`, on the functions' handlers."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from larder_client import Client
from tests.fakes.http_faults import Response, cut_after, respond_with
from tests.fakes.larder_http import KEY
from tests.fakes.larder_transports import InProcess
from tests.integration.gateway import Gateway
from tests.support.cli import Printed, larder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.ids import TenantId
    from tests.integration.conftest import Functions


def space(*arguments: str) -> Printed:
    return larder("space", *arguments)


@pytest.fixture(autouse=True)
def gateway(
    functions: Functions, tenant: TenantId, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Gateway]:
    """Work in an empty folder, in an environment whose base URL leads to the functions."""
    made = Gateway(functions, tenant)
    impatient = partial(Client, transport=InProcess(made), sleep=lambda _: None)
    monkeypatch.setattr("larder_client.Client", impatient)
    # The functions run in this process. Their metrics must not mix with the command's output.
    monkeypatch.setattr(
        "aws_lambda_powertools.metrics.single_metric", lambda **_: nullcontext(mock.Mock())
    )
    monkeypatch.chdir(tmp_path)
    reached = {
        "LARDER_BASE_URL": made.base_url,
        "LARDER_API_KEY": KEY,
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    with mock.patch.dict(os.environ, reached):
        yield made


def put(path: str, data: bytes = b"12345") -> str:
    """Upload a file to a path in the Space and return its id."""
    folder, _, name = path.rpartition("/")
    Path(name).write_bytes(data)
    if folder:
        space("mkdir", "-p", folder)
    return larder("put", name, "--purpose", "user_data", "--folder", folder or "/").id


def listed(*arguments: str) -> list[str]:
    """Return the names in a folder; those of folders end with a slash."""
    found = space("ls", *arguments, "--json").json
    folders = [f"{folder['name']}/" for folder in found["folders"]]
    return folders + [file["name"] for file in found["files"]]


def test_a_file_is_uploaded_into_a_folder_and_downloaded_by_its_path() -> None:
    file_id = put("/Projects/2026/a.txt")
    Path("a.txt").unlink()

    got = larder("get", "/projects/2026/a.txt")

    assert (got.exit_code, got.stdout) == (0, "a.txt\n")
    assert Path("a.txt").read_bytes() == b"12345"
    assert larder("rm", "/Projects/2026/a.txt").id == file_id


def test_nothing_is_uploaded_into_a_missing_folder() -> None:
    Path("a.txt").write_bytes(b"1")

    refused = larder("put", "a.txt", "--folder", "/Projects")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "larder: There is no folder /Projects.\n"


def test_a_folder_shows_its_folders_and_files_by_name() -> None:
    put("/Projects/b.txt", b"x" * 2048)
    put("/Projects/A [draft].txt")
    space("mkdir", "/Projects/2026")
    space("tag", "/Projects/b.txt", "--add", "tax")
    space("fav", "/Projects/b.txt")

    shown = space("ls", "/Projects")

    assert shown.exit_code == 0
    where = [shown.stdout.index(name) for name in ("2026/", "A [draft].txt", "b.txt")]
    assert where == sorted(where)
    for part in ("2.0 KiB", "text/plain", "tax", "★"):
        assert part in shown.stdout
    assert listed("/Projects") == ["2026/", "A [draft].txt", "b.txt"]
    assert listed() == ["Projects/"]


def test_a_single_file_and_a_folder_by_its_id_can_be_listed() -> None:
    file_id = put("/Projects/a.txt")
    folder_id = space("mkdir", "-p", "/Projects").id

    assert listed("/Projects/a.txt") == ["a.txt"]
    assert listed(file_id) == ["a.txt"]
    assert listed(folder_id) == ["a.txt"]


def test_a_tree_shows_all_levels() -> None:
    put("/Projects/2026/deep.txt")
    put("/Projects/a.txt")
    put("/b.txt")
    space("fav", "/Projects")

    shown = space("ls", "--tree")
    part = space("ls", "/Projects", "--depth", "1")
    documents = space("ls", "--tree", "--json").json

    lines = [line.rstrip() for line in shown.stdout.splitlines()]
    assert lines == [
        "/",
        "├── Projects/  ★",
        "│   ├── 2026/",
        "│   │   └── deep.txt  5 B",
        "│   └── a.txt  5 B",
        "└── b.txt  5 B",
    ]
    assert [line.rstrip() for line in part.stdout.splitlines()] == [
        "Projects/",
        "├── 2026/",
        "└── a.txt  5 B",
    ]
    [projects] = documents["folders"]
    assert projects["folders"][0]["files"][0]["name"] == "deep.txt"
    assert projects["favorite"]


def test_a_long_folder_is_shortened_with_a_note() -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        put(f"/{name}")

    shown = space("ls", "--limit", "2", "--json")
    tree = space("ls", "--tree", "--limit", "2")

    assert ([file["name"] for file in shown.json["files"]], shown.json["hasMoreFiles"]) == (
        ["a.txt", "b.txt"],
        True,
    )
    assert "…" in tree.stdout
    assert "There are more files" in tree.stderr


def test_files_are_found_in_every_folder() -> None:
    put("/Projects/Report.pdf", b"xx")
    put("/report.txt", b"x")
    put("/other.txt", b"xxx")

    found = space("find", "report")
    documents = space("find", "report", "--sort", "size", "--json").json
    smallest = space("find", "--sort", "size", "--reverse", "--limit", "2", "--json").json

    assert "/Projects/Report.pdf" in found.stdout
    assert "/report.txt" in found.stdout
    assert "other.txt" not in found.stdout
    assert [file["path"] for file in documents["files"]] == ["/Projects/Report.pdf", "/report.txt"]
    assert [file["sizeBytes"] for file in smallest["files"]] == ["1", "2"]
    assert (documents["hasMore"], smallest["hasMore"]) == (False, True)


def test_filters_of_a_search_apply_together() -> None:
    for name in ("a.txt", "b.txt", "c.pdf", "d.txt"):
        put(f"/Projects/{name}")
    put("/e.txt")
    space("tag", *(f"/Projects/{name}" for name in ("a.txt", "b.txt", "c.pdf")), "--add", "t")
    space("tag", "/e.txt", "--add", "t")
    space("fav", "/Projects/b.txt")

    filters = ("--in", "/Projects", "--tag", "t", "--type", "text/")
    found = space("find", *filters, "--sort", "name", "--json").json
    favorites = space("find", *filters, "--fav", "--json").json
    others = space("find", *filters, "--no-fav", "--json").json

    assert [file["name"] for file in found["files"]] == ["a.txt", "b.txt"]
    assert [file["name"] for file in favorites["files"]] == ["b.txt"]
    assert [file["name"] for file in others["files"]] == ["a.txt"]


def test_files_and_folders_move_into_a_folder() -> None:
    file_id, other_id = put("/a.txt"), put("/b.txt")
    folder_id = space("mkdir", "/Old").id
    space("mkdir", "/Projects")

    moved = space("mv", "/a.txt", other_id, "/Old", "/Projects")

    assert moved.stdout.split() == [file_id, other_id, folder_id]
    assert listed() == ["Projects/"]
    assert listed("/Projects") == ["Old/", "a.txt", "b.txt"]
    assert space("mv", "/Projects/a.txt", "/").id == file_id
    assert listed() == ["Projects/", "a.txt"]


def test_a_single_item_can_be_moved_to_a_new_path() -> None:
    file_id = put("/a.txt")
    space("mkdir", "/Projects")

    moved = space("mv", "/a.txt", "/Projects/b.txt", "--json").json
    folder = space("mv", "/Projects", "/Archive", "--json").json

    assert (moved["fileId"], moved["name"], moved["folderId"]) == (
        file_id,
        "b.txt",
        folder["folderId"],
    )
    assert listed("/Archive") == ["b.txt"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("/a.txt", "/b.txt", "/Nowhere"), "There is no folder /Nowhere."),
        (("/a.txt", "/Nowhere/"), "There is no folder /Nowhere."),
        (("/a.txt", "/Nowhere/b.txt"), "There is no folder /Nowhere."),
        (("/a.txt", "/b.txt"), "There is already a file at /b.txt."),
        (("/", "/Projects"), "/ is the root folder, which cannot be changed."),
    ],
)
def test_an_impossible_move_changes_nothing(arguments: tuple[str, ...], says: str) -> None:
    for name in ("a.txt", "b.txt"):
        put(f"/{name}")
    space("mkdir", "/Projects")

    refused = space("mv", *arguments)

    assert (refused.exit_code, refused.stdout, refused.stderr) == (1, "", f"larder: {says}\n")
    assert listed() == ["Projects/", "a.txt", "b.txt"]


def test_files_are_changed_by_one_request(gateway: Gateway) -> None:
    paths = [f"/{name}.txt" for name in "abc"]
    ids = [put(path) for path in paths]

    trashed = space("trash", *paths, "--json").json_lines
    restored = space("restore", *ids)

    assert trashed == [{"fileId": file_id, "isDeleted": True} for file_id in ids]
    assert restored.stdout.split() == ids
    assert len(gateway.requests_matching("POST .*/files:batch")) == 2
    assert not gateway.requests_matching("DELETE .*")


def test_each_file_that_cannot_be_changed_is_reported_beside_the_others() -> None:
    file_id, nowhere = put("/a.txt"), "file-" + "0" * 24

    mixed = space("tag", nowhere, "/missing.txt", "/a.txt", "--add", "x")
    documents = space("tag", nowhere, "/a.txt", "--add", "y", "--json").json_lines

    assert (mixed.exit_code, mixed.stdout) == (1, f"{file_id}\n")
    assert "larder: There is nothing at /missing.txt." in mixed.stderr
    assert f"larder: {nowhere}: No such File object" in mixed.stderr
    assert (documents[0]["id"], documents[0]["error"]["status"]) == (nowhere, 404)
    assert documents[1]["tags"] == ["x", "y"]


def test_files_and_folders_are_renamed() -> None:
    file_id = put("/Projects/a.txt")

    folder_id = space("rename", "/Projects", "Archive").id
    renamed = space("rename", "/Archive/a.txt", "b.txt", "--json").json

    assert (renamed["fileId"], renamed["name"], renamed["folderId"]) == (
        file_id,
        "b.txt",
        folder_id,
    )


def test_tags_are_added_and_removed() -> None:
    file_id, other_id = put("/a.txt"), put("/b.txt")

    tagged = space("tag", "/a.txt", other_id, "--add", "one", "--add", "two")
    changed = space("tag", "/a.txt", "--add", "three", "--remove", "one", "--json").json
    cleared = space("tag", "/b.txt", "--clear", "--add", "new", "--json").json

    assert tagged.stdout.split() == [file_id, other_id]
    assert changed["tags"] == ["two", "three"]
    assert cleared["tags"] == ["new"]


def test_tags_are_shown_with_their_counts() -> None:
    put("/a.txt")
    put("/b.txt")
    space("tag", "/a.txt", "/b.txt", "--add", "both")
    space("tag", "/a.txt", "--add", "one")

    shown = space("tags")

    assert shown.exit_code == 0
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert [line for line in lines if len(line) == 2][-2:] == [["both", "2"], ["one", "1"]]
    assert space("tags", "--json").json == {
        "tags": [{"tag": "both", "count": 2}, {"tag": "one", "count": 1}],
        "isExact": True,
    }


def test_tags_that_are_not_all_counted_have_a_note(gateway: Gateway) -> None:
    part = {"tags": [], "isExact": False, "pagination": {"hasMore": False, "cursor": None}}
    gateway.fault("GET .*/tags", respond_with(Response(200, {}, [json.dumps(part).encode()])))

    assert "more of them may have tags" in space("tags").stderr


def test_tagging_without_a_tag_is_wrong_usage() -> None:
    refused = space("tag", "/a.txt")

    assert refused.exit_code == 2
    assert "--add" in refused.stderr


def test_files_and_folders_are_marked_and_unmarked_as_favorites() -> None:
    put("/Projects/a.txt")

    on = space("fav", "/Projects", "/Projects/a.txt", "--json").json_lines
    off = space("fav", "/Projects", "/Projects/a.txt", "--off", "--json").json_lines

    assert [thing["favorite"] for thing in on] == [True, True]
    assert [thing["favorite"] for thing in off] == [False, False]


def test_folders_are_created() -> None:
    made = space("mkdir", "/Projects", "/Projects/2026")
    deep = space("mkdir", "--parents", "/Projects/a/b", "--json").json

    assert len(made.stdout.split()) == 2
    assert deep["name"] == "b"
    assert listed("/Projects") == ["2026/", "a/"]
    assert space("mkdir", "-p", "/projects/2026").id == made.stdout.split()[1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("/projects",), "There is a folder 'Projects' here already"),
        (("/Nowhere/2026",), "There is no folder /Nowhere."),
        (("/",), "/ is the root folder, which always exists."),
        (("-p", "/"), "/ is the root folder, which always exists."),
        (("Projects",), "'Projects' is neither an id nor a path: paths begin with a slash."),
        (("-p", "Projects"), "'Projects' is neither an id nor a path"),
    ],
)
def test_an_impossible_folder_is_reported(arguments: tuple[str, ...], says: str) -> None:
    space("mkdir", "/Projects")

    refused = space("mkdir", *arguments)

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert says in refused.stderr


def test_an_empty_folder_is_deleted_and_a_full_one_only_recursively() -> None:
    file_id = put("/Projects/2026/a.txt")
    empty_id = space("mkdir", "/Empty").id

    refused = space("rmdir", "/Empty", "/Projects")
    deleted = space("rmdir", "--recursive", "/Projects", "--json").json

    assert (refused.exit_code, refused.stdout) == (1, f"{empty_id}\n")
    assert "larder: /Projects: Folder 'Projects' is not empty." in refused.stderr
    assert deleted["isDeleted"]
    [trashed] = space("trash", "--json").json["folders"]
    assert (trashed["path"], trashed["fileCount"]) == ("/Projects", 1)
    assert file_id not in space("trash").stdout


def test_a_folder_that_larder_is_still_emptying_is_noted(gateway: Gateway) -> None:
    folder_id = space("mkdir", "/Projects").id
    body = json.dumps({"folderId": folder_id, "isDeleted": False}).encode()
    gateway.fault("DELETE .*", respond_with(Response(202, {}, [body])))

    deleted = space("rmdir", "-r", "/Projects")

    assert deleted.id == folder_id
    assert deleted.stderr == "/Projects: in the trash. Larder is still moving its files there.\n"


def test_a_folder_is_restored_and_purged_by_its_path() -> None:
    put("/Projects/2026/a.txt")
    space("rmdir", "-r", "/Projects")
    shown = space("trash")

    restored = space("restore", "/projects", "--json").json

    assert "/Projects/" in shown.stdout
    assert (restored["name"], restored["isRestored"]) == ("Projects", True)
    assert listed("/Projects/2026") == ["a.txt"]

    space("rmdir", "-r", "/Projects")
    assert space("purge", "/Projects").id == restored["folderId"]
    assert space("trash", "--json").json["folders"] == []


def test_a_folder_that_is_still_on_its_way_is_noted(gateway: Gateway) -> None:
    folder_id = space("mkdir", "/Projects").id
    space("rmdir", "-r", "/Projects")
    body = json.dumps(
        {
            "folderId": folder_id,
            "name": "Projects",
            "parentId": None,
            "createdAt": "2026-01-15T09:30:00Z",
            "favorite": False,
            "isRestored": False,
            "isDeleted": False,
        }
    ).encode()
    gateway.fault("(POST|DELETE) .*", respond_with(Response(202, {}, [body])), times=2)

    restored, purged = space("restore", folder_id), space("purge", folder_id)

    assert restored.stderr == "Projects: back. Larder is still restoring its files.\n"
    assert purged.stderr == f"{folder_id}: gone. Larder is still purging its files.\n"


def test_the_root_is_not_deleted() -> None:
    put("/a.txt")

    refused = space("rmdir", "-r", "/")

    assert refused == Printed(1, "", "larder: / is the root folder, which cannot be deleted.\n")
    assert listed() == ["a.txt"]


def test_a_file_is_trashed_and_restored_by_its_path() -> None:
    file_id = put("/Projects/a.txt")

    assert space("trash", "/Projects/a.txt").id == file_id
    shown = space("trash")
    assert "/Projects/a.txt" in shown.stdout
    assert file_id in shown.stdout
    assert listed("/Projects") == []

    assert space("restore", "/Projects/a.txt").id == file_id
    assert listed("/Projects") == ["a.txt"]


@pytest.mark.parametrize("trashed", ["with its folder", "before its folder"])
def test_a_file_whose_folder_is_in_the_trash_is_restored_to_one_like_it(trashed: str) -> None:
    file_id = put("/Projects/a.txt")
    if trashed == "before its folder":
        space("trash", "/Projects/a.txt")
    space("rmdir", "-r", "/Projects")

    restored = space("restore", file_id, "--json").json

    assert restored["fileId"] == file_id
    assert listed("/Projects") == ["a.txt"]


def test_the_trash_is_purged_by_file_or_as_a_whole() -> None:
    first = put("/a.txt")
    for name in ("b.txt", "c.txt"):
        put(f"/{name}")
    space("trash", "/a.txt", "/b.txt", "/c.txt")

    assert space("purge", "/a.txt").id == first
    emptied = space("purge", "--all")

    assert (emptied.exit_code, emptied.stdout, emptied.stderr) == (0, "", "2 items purged\n")
    assert space("trash", "--json").json == {"files": [], "folders": [], "hasMore": False}


def test_a_trash_that_larder_is_still_purging_is_noted(gateway: Gateway) -> None:
    body = b'{"purgedFiles": 1, "isEmpty": false}'
    gateway.fault("DELETE .*", respond_with(Response(202, {}, [body])), times=2)

    assert space("purge", "--all").stderr == "1 item purged. Larder is still purging the others.\n"
    assert space("purge", "--all", "--json").json == {"purgedFiles": 1, "isEmpty": False}


@pytest.mark.parametrize("arguments", [(), ("/a.txt", "--all")])
def test_purging_needs_either_files_or_all(arguments: tuple[str, ...]) -> None:
    refused = space("purge", *arguments)

    assert refused.exit_code == 2
    assert "--all" in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("trash", "/a.txt", "/missing.txt", "/b.txt"),
        ("fav", "/a.txt", "/missing.txt", "/b.txt"),
        ("tag", "/a.txt", "/missing.txt", "/b.txt", "--add", "t"),
        ("mv", "/a.txt", "/missing.txt", "/b.txt", "/Projects"),
    ],
)
def test_one_failure_does_not_stop_the_others(
    arguments: tuple[str, ...],
) -> None:
    ids = [put("/a.txt"), put("/b.txt")]
    space("mkdir", "/Projects")

    done = space(*arguments)
    missing = space(arguments[0], "/missing.txt", *arguments[4:], "--json").json

    assert (done.exit_code, done.stdout.split()) == (1, ids)
    assert done.stderr == "larder: There is nothing at /missing.txt.\n"
    assert (missing["path"], missing["error"]["status"]) == ("/missing.txt", None)


def test_an_unknown_id_is_reported_with_the_servers_message() -> None:
    refused = space("trash", "a.txt", "--json")

    assert refused.exit_code == 1
    assert refused.json["id"] == "a.txt"
    assert refused.json["error"]["status"] == 404
    assert "No such File object: a.txt" in refused.stderr


@pytest.mark.parametrize(
    "arguments", [("ls",), ("find",), ("trash",), ("mv", "/a", "/b", "/c"), ("mkdir", "/a", "/b")]
)
def test_a_bad_key_is_reported_once(gateway: Gateway, arguments: tuple[str, ...]) -> None:
    refused = space(*arguments, "--api-key", "zk_live_wrong")

    assert refused.exit_code == 1
    assert "Incorrect API key provided." in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert len(gateway.requests) == 1


def test_a_lost_connection_has_its_own_exit_status(gateway: Gateway) -> None:
    gateway.fault("GET .*", cut_after(0), times=3)

    failed = space("ls")

    assert failed.exit_code == 3
    assert failed.stderr.count("\n") == 1
