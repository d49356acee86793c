"""`larder space`, `put --folder` and `larder_client`'s Space against the deployed stack."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from larder_client import AsyncClient, Client
from tests.e2e.api import eventually

if TYPE_CHECKING:
    from tests.e2e.projects import NewProject, Project

MIB = 2**20
LARDER = Path(sys.executable).with_name("larder")


@dataclass(frozen=True)
class Shell:
    """A user at a terminal: a folder, and an environment with a project's base URL and key."""

    folder: Path
    project: Project

    def larder(self, *arguments: str, status: int = 0) -> str:
        """Return what the command prints: its result, or its errors if it should fail."""
        environment = {
            **os.environ,
            "LARDER_BASE_URL": self.project.base_url,
            "LARDER_API_KEY": self.project.key,
            "XDG_STATE_HOME": str(self.folder / "state"),
        }
        done = subprocess.run(  # noqa: S603 - the command under test
            [LARDER, *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == status, done.stderr
        return done.stderr if status else done.stdout

    def space(self, *arguments: str, status: int = 0) -> str:
        return self.larder("space", *arguments, status=status)

    def json(self, *arguments: str) -> Any:
        return json.loads(self.space(*arguments, "--json"))

    def put(self, name: str, data: bytes, folder: str) -> str:
        """Upload a file into a folder and return its id."""
        (self.folder / name).write_bytes(data)
        return self.larder("put", name, "--purpose", "user_data", "--folder", folder).strip()


@pytest.fixture
def shell(new_project: NewProject, tmp_path: Path) -> Shell:
    return Shell(tmp_path, new_project())


def test_files_are_organized_and_found_again(shell: Shell) -> None:
    shell.space("mkdir", "--parents", "/Projects/2026")
    report = shell.put("report.txt", b"numbers", "/Projects")
    picture = shell.put("picture.png", hashlib.shake_128(b"any").digest(3 * MIB), "/Projects/2026")

    shell.space("tag", "/Projects/report.txt", picture, "--add", "tax", "--add", "draft")
    shell.space("tag", "/Projects/report.txt", "--remove", "draft")
    shell.space("fav", "/Projects/2026/picture.png", "/Projects")
    shell.space("mv", "/Projects/report.txt", "/Projects/2026/Report 2026.txt")
    shell.space("rename", "/Projects", "Archive")

    drawn = [line.rstrip() for line in shell.space("ls", "--tree").splitlines()]
    assert drawn == [
        "/",
        "└── Archive/  ★",
        "    └── 2026/",
        "        ├── picture.png  3.0 MiB  ★  [tax, draft]",
        "        └── Report 2026.txt  7 B  [tax]",
    ]
    found = shell.json("find", "REPORT", "--tag", "tax", "--type", "text/")
    assert [(file["fileId"], file["path"]) for file in found["files"]] == [
        (report, "/Archive/2026/Report 2026.txt")
    ]
    favorites = shell.json("find", "--fav", "--in", "/Archive/2026")
    assert [file["fileId"] for file in favorites["files"]] == [picture]
    shell.larder("get", "/archive/2026/report 2026.txt")
    assert (shell.folder / "Report 2026.txt").read_bytes() == b"numbers"


def test_a_trashed_file_is_restored_or_purged(shell: Shell) -> None:
    shell.space("mkdir", "/Projects")
    first, second = (shell.put(name, b"12345", "/Projects") for name in ("a.txt", "b.txt"))

    shell.space("trash", "/Projects/a.txt", "/Projects/b.txt")
    trash = shell.json("trash")["files"]
    assert {(file["fileId"], file["path"]) for file in trash} == {
        (first, "/Projects/a.txt"),
        (second, "/Projects/b.txt"),
    }
    with shell.project.api() as api:
        assert api.listed() == []
        assert api.in_use() == (2, 10)

    shell.space("restore", "/Projects/a.txt")
    shell.space("purge", second)

    assert [file["fileId"] for file in shell.json("ls", "/Projects")["files"]] == [first]
    with shell.project.api() as api:
        assert api.listed() == [first]
        assert api.in_use() == (1, 5)


def test_an_upload_in_parts_is_in_its_folder(shell: Shell) -> None:
    shell.space("mkdir", "/Large")

    file_id = shell.put("large.bin", hashlib.shake_128(b"any").digest(70 * MIB), "/Large")

    [file] = shell.json("ls", "/Large")["files"]
    assert (file["fileId"], file["sizeBytes"]) == (file_id, str(70 * MIB))


def test_an_error_is_reported_in_one_line(shell: Shell, project: Project) -> None:
    with Client(project.base_url, project.key) as stranger:
        foreign = stranger.space.create("a.txt", b"1").id

    for arguments, says in (
        (("trash", foreign), f"No such File object: {foreign} (not found)"),
        (("ls", "/Nowhere"), "There is nothing at /Nowhere."),
        (("mkdir", "/a", "--api-key", "zk_live_" + "0" * 43), "API key"),
    ):
        refused = shell.space(*arguments, status=1)
        assert says in refused
        assert refused.count("\n") == 1


def test_lists_of_many_pages_are_complete(new_project: NewProject) -> None:
    project = new_project()

    async def fill_and_list() -> tuple[list[str], list[str]]:
        async with AsyncClient(project.base_url, project.key) as larder:
            space = larder.space
            folder = await space.create_folder("Many")
            for start in range(0, 120, 10):
                await asyncio.gather(
                    *(
                        space.create(f"{number:03}.txt", b"x", folder_id=folder.id)
                        for number in range(start, start + 10)
                    )
                )
            in_order = [file.name async for file in space.files(sort="name", q=".TXT")]
            tree = await space.tree(folder)
            await space.delete_folder(folder.id, recursive=True)
            return in_order, [file.name for file in tree.files]

    in_order, in_tree = asyncio.run(fill_and_list())

    assert in_order == in_tree == [f"{number:03}.txt" for number in range(120)]
    with Client(project.base_url, project.key) as larder:
        [gone] = larder.space.trashed_folders()
        trashed = eventually(
            lambda: list(larder.space.trashed(gone.id)), lambda all_: len(all_) >= 120
        )
    assert {file.name for file in trashed} == set(in_order)


def test_a_login_replaces_the_variables(shell: Shell) -> None:
    project = shell.project
    environment = {name: value for name, value in os.environ.items() if "LARDER" not in name}
    environment["XDG_CONFIG_HOME"] = str(shell.folder / "config")

    def run(*arguments: str, stdin: str = "") -> str:
        return subprocess.run(  # noqa: S603 - the command under test
            [LARDER, *arguments],
            cwd=shell.folder,
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        ).stdout

    run("login", "--base-url", project.base_url, stdin=f"{project.key}\n")

    key = json.loads(run("whoami", "--json"))
    assert key["project"] == {"id": project.id}
    assert {"read", "write"} <= set(key["scopes"])
    assert json.loads(run("status", "--json"))["usage"]["files"]["used"] == 0
    assert json.loads(run("usage", "--json"))["object"] == "usage"


def test_folders_go_up_and_come_down_again(shell: Shell) -> None:
    large = hashlib.shake_128(b"any").digest(3 * MIB)
    for name, data in {"a.txt": b"one", "deep/b.txt": b"two", "deep/large.bin": large}.items():
        path = shell.folder / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    shell.larder("put", "-r", "docs", "--folder", "/")
    (shell.folder / "down").mkdir()
    shell.larder("get", "-r", "/docs", "-o", "down")

    down = shell.folder / "down/docs"
    found = {path.relative_to(down): path.read_bytes() for path in down.rglob("*.*")}
    assert {str(path): data for path, data in found.items()} == {
        "a.txt": b"one",
        "deep/b.txt": b"two",
        "deep/large.bin": large,
    }
    assert shell.larder("cat", "/docs/*.txt", "/docs/deep/?.txt") == "onetwo"
    shell.larder("cp", "/docs/a.txt", "/docs/deep")
    known = json.loads(shell.larder("stat", "/docs/deep/a.txt", "--json"))
    assert known["path"] == "/docs/deep/a.txt"
    held = json.loads(shell.larder("du", "/docs", "--depth", "0", "--json"))
    assert (held["files"], held["bytes"]) == (4, 9 + 3 * MIB)
    assert shell.larder("url", "/docs/a.txt").startswith("http")
    assert "/docs/a.txt: processed" in shell.larder("watch", "/docs/a.txt")


def test_folders_are_kept_alike_in_both_directions(shell: Shell) -> None:
    here, other = shell.folder / "here", shell.folder / "other"
    (here / "deep").mkdir(parents=True)
    (here / "a.txt").write_bytes(b"one")
    (here / "empty.txt").touch()
    (here / "deep/b.txt").write_bytes(b"two")

    assert len(shell.larder("sync", "here", "/Work").splitlines()) == 3
    assert shell.larder("sync", "here", "/Work") == ""
    (here / "a.txt").write_bytes(b"ONE")
    (here / "deep/b.txt").unlink()
    changed = shell.larder("sync", "here", "/Work", "--delete").splitlines()
    assert changed == ["replace a.txt (3 B)", "trash deep/b.txt (3 B)"]
    assert len(shell.json("trash")["files"]) == 2

    shell.larder("sync", "other", "/Work", "--to", "down")
    assert {path.name: path.read_bytes() for path in other.iterdir()} == {
        "a.txt": b"ONE",
        "empty.txt": b"",
    }
    (other / "a.txt").write_bytes(b"mine")
    refused = shell.larder("sync", "other", "/Work", "--to", "both", status=1)
    assert "conflict 1 file" in refused
    shell.larder("sync", "other", "/Work", "--to", "down")
    kept = [path.read_bytes() for path in (other / ".larder-sync/trash").rglob("a.txt")]
    assert (kept, (other / "a.txt").read_bytes()) == ([b"mine"], b"ONE")
