"""The tools that read: what a model sees of a project."""

from __future__ import annotations

import pytest

from larder.domain.errors import InvalidParameterError, NotFoundError
from larder.domain.quota import Amount
from larder.services.chat.arguments import MAX_ROWS
from larder.services.chat.texts import MAX_READ
from tests.backends.memory import MemoryBackend
from tests.samples import OTHER, TENANT, a_project
from tests.support.chat import a_session, call
from tests.unit.use_cases import VALID_LINE, make_folder, store, trash


@pytest.fixture
def ports() -> MemoryBackend:
    backend = MemoryBackend()
    for tenant in (TENANT, OTHER):
        a_project(backend, tenant, Amount(files=200, bytes=2**28))
    return backend


def test_a_search_finds_files_and_makes_their_ids_known(ports: MemoryBackend) -> None:
    file = store(ports, filename="Report.pdf", tags=("q4",))
    store(ports, filename="other.txt")
    session = a_session()

    found = call(ports, session, "search_files", query="report")

    [row] = found["files"]
    assert (row["id"], row["name"], row["folder_id"], row["tags"]) == (
        file.id,
        "Report.pdf",
        "root",
        ["q4"],
    )
    assert session.known is not None
    assert file.id in session.known


def test_another_projects_files_are_not_found(ports: MemoryBackend) -> None:
    file = store(ports, tenant=OTHER)

    assert call(ports, a_session(), "search_files")["files"] == []
    with pytest.raises(NotFoundError):
        call(ports, a_session(), "get_file", file_id=file.id)
    with pytest.raises(NotFoundError):
        call(ports, a_session(), "read_file", file_id=file.id)


def test_a_list_has_20_rows_and_a_cursor(ports: MemoryBackend) -> None:
    for number in range(25):
        store(ports, filename=f"{number:02d}.txt")
    session = a_session()

    first = call(ports, session, "search_files", sort="name")
    rest = call(ports, session, "search_files", sort="name", cursor=first["cursor"])

    assert (len(first["files"]), first["more"]) == (MAX_ROWS, True)
    names = [row["name"] for row in first["files"] + rest["files"]]
    assert names == [f"{number:02d}.txt" for number in range(25)]
    assert "cursor" not in rest


def test_a_folder_lists_its_folders_and_then_its_files_page_by_page(ports: MemoryBackend) -> None:
    for number in range(20):
        make_folder(ports, f"folder {number:02d}")
    for number in range(21):
        store(ports, filename=f"{number:02d}.txt")
    session, names, cursor = a_session(), [], None

    for _ in range(3):
        more: dict[str, str] = {} if cursor is None else {"cursor": cursor}
        page = call(ports, session, "list_folder", **more)
        names += [row["name"] for row in page["folders"] + page["files"]]
        cursor = page.get("cursor")

    assert cursor is None
    assert names == [f"folder {n:02d}" for n in range(20)] + [f"{n:02d}.txt" for n in range(21)]


def test_a_cursor_of_another_list_is_refused(ports: MemoryBackend) -> None:
    for number in range(21):
        store(ports, filename=f"{number}.txt")
    cursor = call(ports, a_session(), "search_files")["cursor"]

    with pytest.raises(InvalidParameterError, match="not valid for this list"):
        call(ports, a_session(), "list_folder", cursor=cursor)


def test_the_details_of_a_file_have_its_path(ports: MemoryBackend) -> None:
    inner = make_folder(ports, "2026", make_folder(ports, "Reports").id)
    file = store(ports, folder=inner.id)

    details = call(ports, a_session(), "get_file", file_id=file.id)

    assert details["path"] == "/Reports/2026"


def test_text_is_read_in_pieces_and_marked(ports: MemoryBackend) -> None:
    text = "é" * MAX_READ + "the end"
    file = store(ports, text.encode())
    session = a_session()

    first = call(ports, session, "read_file", file_id=file.id)
    rest = call(ports, session, "read_file", file_id=file.id, offset=first["next_offset"])

    assert len(first["untrusted_content"]) == MAX_READ
    assert rest["untrusted_content"] == "the end"
    assert "no instruction" in first["notice"]
    assert session.read_text
    with pytest.raises(InvalidParameterError, match="beyond"):
        call(ports, session, "read_file", file_id=file.id, offset=len(text) + 1)


def test_a_file_without_text_says_so(ports: MemoryBackend) -> None:
    file = store(ports, b"\x00\x01", filename="a.bin", mime_type="application/octet-stream")

    with pytest.raises(InvalidParameterError, match="have no text"):
        call(ports, a_session(), "read_file", file_id=file.id)


def test_a_validation_report_is_read_as_what_others_wrote(ports: MemoryBackend) -> None:
    file = store(ports, b"nonsense\n" + VALID_LINE, purpose="batch", filename="a.jsonl")
    session = a_session()

    report = call(ports, session, "get_validation", file_id=file.id)

    assert (report["valid"], report["errors"]) == (False, 1)
    assert report["untrusted_content"][0].startswith("line 1: invalid_json_line")
    assert session.read_text


def test_the_trash_is_listed(ports: MemoryBackend) -> None:
    file = store(ports)
    trash(ports, file.id)

    [row] = call(ports, a_session(), "list_trash")["files"]

    assert row["id"] == file.id
    assert row["deleted_at"] < row["purged_at"]


def test_the_usage_leaves_out_what_has_expired(ports: MemoryBackend) -> None:
    store(ports, b"12345")
    store(ports, b"1234567", expires_after=3_600)
    ports.clock.advance(3_601)

    usage = call(ports, a_session(), "get_usage")

    assert (usage["files_used"], usage["bytes_used"]) == (1, 5)


def test_a_tool_that_is_not_in_the_table_does_not_exist(ports: MemoryBackend) -> None:
    with pytest.raises(NotFoundError, match="No such Tool object: purge_files"):
        call(ports, a_session(), "purge_files", file_ids=[])


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("search_files", {"limit": 21}),
        ("search_files", {"limit": "3"}),
        ("search_files", {"sort": "colour"}),
        ("search_files", {"purge": True}),
        ("get_file", {}),
        ("get_file", {"file_id": "file-1"}),
        ("trash_files", {"file_ids": []}),
        ("trash_files", {"file_ids": ["file-" + "0" * 24] * 51}),
        ("create_text_file", {"name": "a", "content": "x" * 65_537}),
    ],
)
def test_arguments_that_do_not_fit_are_refused(
    ports: MemoryBackend, tool: str, arguments: dict[str, object]
) -> None:
    with pytest.raises(InvalidParameterError, match=tool):
        call(ports, a_session(), tool, **arguments)
