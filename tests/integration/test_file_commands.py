"""Commands for files and folders, on a fake Larder with a Space."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from larder_client import Client
from tests.fakes.larder_http import KEY, FakeLarder
from tests.fakes.larder_transports import InProcess
from tests.support.cli import larder

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLarder]:
    """Work in an empty folder, connected to a fake."""
    made = FakeLarder()
    impatient = partial(Client, transport=InProcess(made), sleep=lambda _: None)
    monkeypatch.setattr("larder_client.Client", impatient)
    monkeypatch.setattr("larder_cli.commands.watch.time.sleep", lambda _: None)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    reached = {
        "LARDER_BASE_URL": made.base_url,
        "LARDER_API_KEY": KEY,
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    with mock.patch.dict(os.environ, reached):
        yield made


def write(path: str, data: bytes = b"12345") -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(data)
    return path


def stored(fake: FakeLarder) -> dict[str, bytes]:
    """Return the contents of the Space's files by their paths."""
    with Client(fake.base_url, KEY, transport=InProcess(fake)) as client:
        paths = client.space.paths_of(fake.space.folders)
    return {
        f"{paths.get(file['folder_id'], '')}/{file['filename']}": fake.s3.contents[file_id]
        for file_id, file in fake.files.items()
    }


def space_of(fake: FakeLarder, *paths: str) -> dict[str, str]:
    """Store a file at each path, and return their ids."""
    ids = {}
    with Client(fake.base_url, KEY, transport=InProcess(fake)) as client:
        for path in paths:
            above, _, name = path.rpartition("/")
            folder = client.space.make_folders(above or "/")
            folder_id = folder.id if folder else None
            ids[path] = fake.add_file(path.encode(), name, folder_id=folder_id)
    return ids


def test_a_folder_goes_up_with_everything_in_it(fake: FakeLarder) -> None:
    write("docs/a.txt", b"a")
    write("docs/deep/er/b.txt", b"b")
    space_of(fake, "/Projects/old.txt")

    sent = larder("put", "-r", "docs", "--folder", "/Projects")

    assert sent.exit_code == 0, sent.stderr
    assert stored(fake) == {
        "/Projects/old.txt": b"/Projects/old.txt",
        "/Projects/docs/a.txt": b"a",
        "/Projects/docs/deep/er/b.txt": b"b",
    }
    assert {file["purpose"] for file in fake.files.values()} == {"user_data"}


def test_a_folder_by_its_id_takes_folders_too(fake: FakeLarder) -> None:
    space_of(fake, "/Projects/2026/old.txt")
    [folder_id] = [one["folderId"] for one in fake.space.folders.values() if one["name"] == "2026"]
    write("docs/a.txt", b"a")

    larder("put", "-r", "docs", "--folder", folder_id)

    assert "/Projects/2026/docs/a.txt" in stored(fake)


def test_a_folder_without_the_option_is_refused_and_the_others_go_up(fake: FakeLarder) -> None:
    write("docs/a.txt")

    sent = larder("put", "docs", write("b.txt"))

    assert sent.exit_code == 1
    assert sent.stderr.startswith("larder: docs: docs is a folder: give -r") or (
        "docs is a folder: give -r" in sent.stderr
    )
    assert [file["filename"] for file in fake.files.values()] == ["b.txt"]


def test_what_is_no_file_is_left_out_with_a_note(fake: FakeLarder) -> None:
    write("docs/a.txt")
    os.mkfifo("docs/pipe")
    Path("docs/broken").symlink_to("nowhere")
    Path("docs/loop").symlink_to(".", target_is_directory=True)

    sent = larder("put", "-r", "docs")

    assert sent.exit_code == 0
    assert [file["filename"] for file in fake.files.values()] == ["a.txt"]
    for name in ("pipe", "broken", "loop"):
        assert f"docs/{name}: " in sent.stderr


def test_wildcards_that_the_shell_left_alone_are_expanded(fake: FakeLarder) -> None:
    for name in ("a.txt", "b.txt", "c.md", "d.txt/inside"):
        write(name)

    assert larder("put", "*.txt").exit_code == 0
    assert [file["filename"] for file in fake.files.values()] == ["a.txt", "b.txt"]
    assert "Nothing matches *.pdf." in larder("put", "*.pdf").stderr


def test_a_name_that_looks_like_a_wildcard_is_a_name(fake: FakeLarder) -> None:
    write("a.txt")

    assert larder("put", write("[a].txt", b"brackets")).exit_code == 0
    assert list(stored(fake).values()) == [b"brackets"]


def test_standard_input_goes_up_under_a_name(fake: FakeLarder) -> None:
    sent = larder("put", "-", "--name", "notes.txt", "--purpose", "user_data", stdin="hello")

    assert sent.exit_code == 0, sent.stderr
    assert stored(fake) == {"/notes.txt": b"hello"}


def test_a_name_is_for_one_file(fake: FakeLarder) -> None:
    write("docs/a.txt")
    write("docs/b.txt")

    assert larder("put", "a", "b", "--name", "x").exit_code == 2
    for given in (("docs/*",), ("-r", "docs")):
        assert "--name is for a single file." in larder("put", *given, "--name", "x").stderr
    assert not fake.files


@pytest.mark.parametrize(
    ("options", "purpose"),
    [
        ((), "batch"),
        (("--folder", "/"), "user_data"),
        (("--folder", "/", "--purpose", "vision"), "vision"),
    ],
)
def test_the_purpose_depends_on_where_the_file_goes(
    fake: FakeLarder, options: tuple[str, ...], purpose: str
) -> None:
    larder("put", write("a.txt"), *options)

    assert [file["purpose"] for file in fake.files.values()] == [purpose]


def test_a_folder_comes_down_with_everything_in_it(fake: FakeLarder) -> None:
    space_of(fake, "/Projects/a.txt", "/Projects/2026/b.txt", "/Projects/2026/deep/c.txt")

    got = larder("get", "-r", "/Projects")

    assert got.exit_code == 0, got.stderr
    assert Path("Projects/a.txt").read_bytes() == b"/Projects/a.txt"
    assert Path("Projects/2026/deep/c.txt").exists()
    # To finish an interrupted one, the same command fetches what is missing.
    Path("Projects/2026/b.txt").unlink()
    again = larder("get", "-r", "/Projects")
    assert Path("Projects/2026/b.txt").exists()
    assert (again.exit_code, len(again.stdout.splitlines())) == (1, 1)


def test_files_of_one_name_in_a_folder_both_come_down(fake: FakeLarder) -> None:
    space_of(fake, "/P/a.txt")
    [folder_id] = fake.space.folders
    fake.add_file(b"other", "A.txt", folder_id=folder_id)

    larder("get", "-r", "/P", "--force")

    assert {path.read_bytes() for path in Path("P").iterdir()} == {b"/P/a.txt", b"other"}


@pytest.mark.parametrize("name", ["..", "a/../../b", ".", "a\nb"])
def test_a_folders_name_leads_nowhere_else(fake: FakeLarder, name: str) -> None:
    space_of(fake, "/P/a.txt")
    [folder] = fake.space.folders.values()
    fake.space.folders["folder-x"] = folder | {
        "folderId": "folder-x",
        "parentId": folder["folderId"],
        "name": name,
    }
    fake.add_file(b"1", "b.txt", folder_id="folder-x")

    larder("get", "-r", "/P")

    assert Path("P/folder-x/b.txt").exists()
    assert [path.name for path in Path("..").iterdir()].count("b.txt") == 0


def test_wildcards_name_files_of_the_space(fake: FakeLarder) -> None:
    space_of(fake, "/P/a.txt", "/P/b.TXT", "/P/c.md", "/Q/a.txt", "/a.txt")

    assert larder("get", "/P/*.txt").exit_code == 0
    assert sorted(path.name for path in Path().iterdir()) == ["a.txt", "b.TXT"]
    assert larder("cat", "/?/a.txt").stdout == "/P/a.txt/Q/a.txt"
    assert larder("rm", "/*/*.txt", "--json").exit_code == 0
    assert sorted(stored(fake)) == ["/P/c.md", "/a.txt"]
    refused = larder("rm", "/P/*.pdf")
    assert (refused.exit_code, refused.stderr) == (1, "larder: Nothing matches /P/*.pdf.\n")


def test_several_files_need_a_folder_to_go_to(fake: FakeLarder) -> None:
    space_of(fake, "/a.txt", "/b.txt")

    assert "no folder out for several files" in larder("get", "/*", "-o", "out").stderr
    assert larder("get", "/a.txt", "/b.txt", "-o", "-").exit_code == 2


def test_a_file_is_copied_under_its_name_or_a_new_one(fake: FakeLarder) -> None:
    space_of(fake, "/P/a.txt", "/Q/b.txt")

    assert larder("cp", "/P/a.txt", "/Q").exit_code == 0
    assert larder("cp", "/P/a.txt", "/Q/c.txt").exit_code == 0
    assert {path for path, data in stored(fake).items() if data == b"/P/a.txt"} == {
        "/P/a.txt",
        "/Q/a.txt",
        "/Q/c.txt",
    }
    assert larder("cp", "/P/a.txt", "/Q").exit_code == 1
    assert larder("cp", "/P/a.txt", "/Q", "--replace").exit_code == 0
    assert len(fake.space.trash) == 1


def test_stat_shows_what_is_known_of_a_file_and_of_a_folder(fake: FakeLarder) -> None:
    ids = space_of(fake, "/P/a.txt")

    file, folder = larder("stat", "/P/a.txt", "/P", "--json").json_lines

    assert (file["path"], file["fileId"]) == ("/P/a.txt", ids["/P/a.txt"])
    assert file["sha256"] == fake.digests[ids["/P/a.txt"]]
    assert folder["path"] == "/P"
    shown = larder("stat", ids["/P/a.txt"]).stdout
    assert fake.digests[ids["/P/a.txt"]] in shown
    assert "8 B (8 bytes)" in shown


def test_du_adds_up_what_is_in_folders(fake: FakeLarder) -> None:
    space_of(fake, "/P/a.txt", "/P/deep/b.txt", "/Q/c.txt")

    assert larder("du", "--json").json_lines == [
        {"path": "/P", "files": 2, "bytes": 21},
        {"path": "/Q", "files": 1, "bytes": 8},
        {"path": "/", "files": 3, "bytes": 29},
    ]
    assert [each["path"] for each in larder("du", "/P", "--depth", "0", "--json").json_lines] == [
        "/P"
    ]
    assert "21 B" in larder("du").stdout


def test_a_link_is_printed_with_the_end_of_its_life(fake: FakeLarder) -> None:
    space_of(fake, "/a.txt")

    linked = larder("url", "/a.txt", "--expires-in", "10m")

    assert linked.stdout.startswith("http://larder.test/s3/")
    assert linked.stderr == "It works until 1970-01-01 00:26:40 UTC.\n"


def test_the_report_of_a_stored_file_is_shown(fake: FakeLarder) -> None:
    file_id = fake.add_file(b"{", "a.jsonl", purpose="batch", status="error")
    problem = {"code": "invalid_json_line", "line": 1, "message": "No JSON.", "param": None}
    fake.reports[file_id] = {
        "valid": False,
        "total_lines": 1,
        "request_count": 0,
        "error_count": 1,
        "errors": [problem],
        "counts": {"invalid_json_line": 1},
    }

    shown = larder("report", file_id)

    assert shown.exit_code == 1
    assert "invalid, 1 problem in 1 line" in shown.stdout
    assert "No JSON." in shown.stdout


def test_usage_needs_no_project_and_no_credentials_but_the_key(fake: FakeLarder) -> None:
    fake.add_file(b"12345")

    assert larder("usage", "--json").json["files"]["used"] == 1
    assert "1 of 200 (0%)" in larder("usage").stdout
    assert larder("usage", "--stack", "larder").exit_code == 2


def test_watch_prints_changes_until_all_is_done(fake: FakeLarder) -> None:
    good = fake.add_file(b"1", status="uploaded")
    bad = fake.add_file(b"1", status="uploaded")
    seen = 0

    def progress(request: object, respond: object) -> object:
        nonlocal seen
        seen += 1
        if seen == 4:
            fake.files[good]["status"] = "processed"
        if seen == 6:
            fake.files[bad] |= {"status": "error", "status_details": "line 1 is wrong"}
        return respond(request)  # type: ignore[operator]

    fake.fault("GET /v1/files/.*", progress, times=99)  # type: ignore[arg-type]
    watched = larder("watch", good, bad)

    assert watched.exit_code == 1
    assert watched.stdout.splitlines() == [
        f"{good}: uploaded",
        f"{bad}: uploaded",
        f"{good}: processed",
        f"{bad}: error: line 1 is wrong",
    ]


def test_watch_goes_on_after_what_does_not_exist(fake: FakeLarder) -> None:
    file_id = fake.add_file(b"1")

    watched = larder("watch", "file-none", file_id)

    assert (watched.exit_code, watched.stdout) == (1, f"{file_id}: processed\n")
    assert watched.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["put", "space ls", "batch run", "sync"])
def test_help_has_a_short_option(command: str) -> None:
    assert larder(*command.split(), "-h").stdout.strip()
