"""The Space of both clients, on the functions and moto."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from larder_client import ROOT, ApiError, AsyncClient, Client, PathError, UnexpectedAnswerError
from tests.fakes.http_faults import Response, respond_with, response_lost
from tests.fakes.larder_http import KEY
from tests.fakes.larder_transports import InProcess
from tests.integration.gateway import Gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from larder.domain.ids import TenantId
    from larder_client import Tree
    from tests.integration.conftest import Functions

FILES = "GET /v1/storage/files"


@pytest.fixture
def gateway(functions: Functions, tenant: TenantId) -> Gateway:
    return Gateway(functions, tenant)


class Space:
    """Calls the methods of a client's Space, and makes lists of what they yield."""

    def __init__(self, space: Any, run: Callable[[Any], Any]) -> None:
        self._space = space
        self._run = run

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return partial(self._call, method)

    def _call(self, method: str, *args: Any, **options: Any) -> Any:
        return self._run(getattr(self._space, method)(*args, **options))


@pytest.fixture
def blocking(gateway: Gateway) -> Iterator[Space]:
    def listed(answer: Any) -> Any:
        return list(answer) if hasattr(answer, "__next__") else answer

    line = InProcess(gateway)
    with Client(gateway.base_url, KEY, transport=line, sleep=lambda _: None) as client:
        yield Space(client.space, listed)


@pytest.fixture
def awaited(gateway: Gateway) -> Iterator[Space]:
    async def sleep(_: float) -> None:
        pass

    async def listed(answer: Any) -> Any:
        return [each async for each in answer] if hasattr(answer, "__anext__") else await answer

    client = AsyncClient(gateway.base_url, KEY, transport=InProcess(gateway), sleep=sleep)
    with asyncio.Runner() as runner:
        yield Space(client.space, lambda answer: runner.run(listed(answer)))
        runner.run(client.close())


@pytest.fixture(params=["blocking", "awaited"])
def space(request: pytest.FixtureRequest) -> Space:
    made: Space = request.getfixturevalue(request.param)
    return made


def names(things: list[Any]) -> list[str]:
    return [thing.name for thing in things]


def outline(tree: Tree) -> dict[str, Any]:
    below: dict[str, Any] = {
        child.folder.name: outline(child) for child in tree.folders if child.folder
    }
    return below | {file.name: file.size for file in tree.files}


def test_a_small_file_is_stored_with_folder_and_tags(space: Space) -> None:
    folder = space.create_folder("Projects")

    file = space.create("a.pdf", b"12345", folder_id=folder.id, tags=["one", "two"])

    assert space.file(file.id) == file
    assert (file.name, file.size, file.mime_type) == ("a.pdf", 5, "application/pdf")
    assert (file.folder_id, file.tags, file.favorite) == (folder.id, ("one", "two"), False)
    assert file.created_at.tzinfo is not None
    assert file.expires_at is None


def test_a_file_of_a_name_that_is_taken_is_stored_as_it_says(space: Space) -> None:
    old = space.create("a.txt", b"1")

    renamed = space.create("a.txt", b"2", if_exists="rename")
    with pytest.raises(ApiError, match="already") as refusal:
        space.create("A.txt", b"3", if_exists="fail")
    new = space.create("a.txt", b"4", if_exists="replace")

    assert (renamed.name, new.name) == ("a (2).txt", "a.txt")
    assert (refusal.value.status, refusal.value.code) == (409, "file_exists")
    assert [file.id for file in space.trashed()] == [old.id]


def test_a_list_of_files_matches_all_filters(space: Space) -> None:
    folder = space.create_folder("Pictures")
    wanted = space.create("Sunset.png", b"1", folder_id=folder.id, tags=["sea"])
    space.update(wanted.id, favorite=True)
    space.create("sunrise.png", b"1", folder_id=folder.id, tags=["sea"])
    space.create("sunset.txt", b"1", tags=["sea"])

    found = space.files(
        folder_id=folder.id, tag="sea", favorite=True, q="SUNSET", mime_type="image/"
    )

    assert [file.id for file in found] == [wanted.id]


def test_a_list_is_read_page_by_page_to_its_end(
    space: Space, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("larder_client._sync.space.PAGE", 2)
    monkeypatch.setattr("larder_client._async.space.PAGE", 2)
    for number in range(5):
        space.create(f"{number}.txt", b"x" * number)

    found = space.files(sort="sizeBytes", order="asc")

    assert names(found) == [f"{number}.txt" for number in range(5)]
    assert len(gateway.requests_matching(FILES)) == 3


def test_a_list_goes_on_after_an_empty_page(space: Space, gateway: Gateway) -> None:
    space.create("a.txt", b"")
    beginning = b'{"files": [], "pagination": {"hasMore": true, "cursor": null}}'
    gateway.fault(FILES, respond_with(Response(200, {}, [beginning])))

    assert names(space.files()) == ["a.txt"]


def test_an_update_changes_only_the_given_members(space: Space) -> None:
    folder = space.create_folder("Projects")
    file = space.create("a.txt", b"1", tags=["draft", "old"])

    moved = space.update(file.id, name="b.txt", folder_id=folder.id)
    tagged = space.update(file.id, add_tags=["done"], remove_tags=["draft"], favorite=True)
    freed = space.update(file.id, folder_id=None)

    assert (moved.name, moved.folder_id, moved.tags) == ("b.txt", folder.id, ("draft", "old"))
    assert (tagged.name, tagged.tags, tagged.favorite) == ("b.txt", ("old", "done"), True)
    assert (freed.folder_id, freed.favorite) == (None, True)


def test_tags_are_read_page_by_page(
    space: Space, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("larder_client.space.pages.PAGE", 2)
    space.create("a.txt", b"1", tags=["a", "b", "c"])
    space.create("b.txt", b"1", tags=["b"])

    found = space.tags()

    assert [(each.tag, each.count) for each in found.tags] == [("a", 1), ("b", 2), ("c", 1)]
    assert found.is_exact
    assert len(gateway.requests_matching("GET .*/storage/tags")) == 2


def test_many_files_are_changed_together(space: Space, gateway: Gateway) -> None:
    folder = space.create_folder("Projects")
    files = [space.create(f"{name}.txt", b"1") for name in "abc"]

    moved, tagged, marked, trashed, refused, restored = space.batch(
        [
            {"op": "move", "file_id": files[0].id, "folder_id": folder.id},
            {"op": "tag", "file_id": files[1].id, "add_tags": ["new"]},
            {"op": "favorite", "file_id": files[2].id, "favorite": True},
            {"op": "trash", "file_id": files[2].id},
            {"op": "tag", "file_id": files[2].id, "add_tags": ["new"]},
            {"op": "restore", "file_id": files[2].id},
        ]
    )

    assert moved.changed() == space.file(files[0].id)
    assert (moved.file.folder_id, tagged.file.tags) == (folder.id, ("new",))
    assert (marked.file.favorite, restored.file) == (True, space.file(files[2].id))
    assert (trashed.changed().id, trashed.changed().is_deleted) == (files[2].id, True)
    with pytest.raises(ApiError, match="not found") as refusal:
        refused.changed()
    assert (refusal.value.status, refusal.value.param) == (404, "id")
    assert len(gateway.requests_matching("POST /v1/storage/files:batch")) == 1


def test_more_operations_than_a_request_takes_are_sent_by_several(
    space: Space, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("larder_client.space.batch.MAX_OPERATIONS", 2)
    files = [space.create(f"{name}.txt", b"1") for name in "abc"]

    results = space.batch({"op": "trash", "file_id": file.id} for file in files)

    assert [(result.id, result.ok) for result in results] == [(file.id, True) for file in files]
    assert len(gateway.requests_matching("POST /v1/storage/files:batch")) == 2


def test_what_a_request_had_no_time_for_is_sent_again(space: Space, gateway: Gateway) -> None:
    files = [space.create(f"{name}.txt", b"1") for name in "ab"]
    space.trash(files[0].id)
    gateway.fault("POST .*:batch", respond_with(results_of(files[0].id, late=files[1].id)))

    results = space.batch({"op": "trash", "file_id": file.id} for file in files)

    assert [(result.id, result.ok) for result in results] == [(file.id, True) for file in files]
    assert len(gateway.requests_matching("POST .*:batch")) == 2


def test_a_request_that_had_no_time_for_anything_is_not_repeated(
    space: Space, gateway: Gateway
) -> None:
    file = space.create("a.txt", b"1")
    gateway.fault("POST .*:batch", respond_with(results_of(late=file.id)))

    [result] = space.batch([{"op": "trash", "file_id": file.id}])

    assert (result.ok, result.error.code) == (False, "not_reached")
    with pytest.raises(ApiError) as refusal:
        result.changed()
    assert not refusal.value.final


def results_of(*done: str, late: str) -> Response:
    """An answer that did these, and had no time for the last."""
    error = {"message": "Too late.", "type": "rate_limit_error", "code": "not_reached"}
    results = [{"fileId": each, "op": "trash", "ok": True, "status": 200} for each in done]
    results.append({"fileId": late, "op": "trash", "ok": False, "status": 429, "error": error})
    return Response(200, {}, [json.dumps({"results": results}).encode()])


def test_a_file_is_trashed_and_restored(space: Space) -> None:
    file = space.create("a.txt", b"1")

    assert space.trash(file.id).is_deleted
    [trashed] = space.trashed()
    assert (trashed.id, trashed.name) == (file.id, "a.txt")
    assert (trashed.purge_at - trashed.deleted_at).days == 30
    assert space.files() == []

    assert space.restore(file.id).id == file.id
    assert space.trashed() == []


def test_one_file_is_purged_and_the_trash_is_emptied(space: Space) -> None:
    files = [space.create(f"{number}.txt", b"1") for number in range(3)]
    for file in files:
        space.trash(file.id)

    assert space.purge(files[0].id).is_deleted
    emptied = space.empty_trash()

    assert (emptied.purged_files, emptied.is_empty) == (2, True)
    assert space.trashed() == []


def test_a_folder_is_created_changed_and_deleted(space: Space) -> None:
    parent = space.create_folder("Projects")
    child = space.create_folder("2026", parent.id)

    renamed = space.update_folder(child.id, name="2027", favorite=True)
    assert (renamed.name, renamed.favorite, renamed.parent_id) == ("2027", True, parent.id)
    assert names(space.folders(parent.id)) == ["2027"]
    moved = space.update_folder(child.id, parent_id=ROOT)

    assert moved.parent_id is None
    assert names(space.folders()) == ["2027", "Projects"]
    assert space.delete_folder(parent.id).is_deleted
    with pytest.raises(ApiError, match="not found"):
        space.folder(parent.id)


def test_a_folder_that_is_not_empty_is_only_deleted_recursively(space: Space) -> None:
    folder = space.make_folders("/Projects/2026")
    file = space.create("a.txt", b"1", folder_id=folder.id)

    with pytest.raises(ApiError) as refused:
        space.delete_folder(folder.parent_id)
    deleted = space.delete_folder(folder.parent_id, recursive=True)

    assert (refused.value.status, refused.value.code) == (409, "folder_not_empty")
    assert deleted.is_deleted
    [trashed] = space.trashed_folders()
    assert (trashed.path, trashed.file_count, trashed.folder_count) == ("/Projects", 1, 1)
    assert [each.id for each in space.trashed_folders(trashed.id)] == [folder.id]
    assert [each.id for each in space.trashed(folder.id)] == [file.id]


def test_a_folder_is_restored_and_purged_with_everything_in_it(space: Space) -> None:
    folder = space.make_folders("/Projects/2026")
    space.create("a.txt", b"1", folder_id=folder.id)
    space.delete_folder(folder.parent_id, recursive=True)
    assert space.trashed_at("/projects").id == folder.parent_id

    restored = space.restore_folder(folder.parent_id)

    assert (restored.id, restored.is_restored) == (folder.parent_id, True)
    assert space.folder(folder.id).file_count == 1
    space.delete_folder(folder.parent_id, recursive=True)
    assert space.purge_folder(folder.parent_id).is_deleted
    assert list(space.trashed_folders()) == []


def test_a_folder_that_is_still_being_emptied_is_not_yet_deleted(
    space: Space, gateway: Gateway
) -> None:
    body = b'{"folderId": "folder-1", "isDeleted": false}'
    gateway.fault("DELETE .*", respond_with(Response(202, {}, [body])))

    assert not space.delete_folder("folder-1", recursive=True).is_deleted


def test_missing_folders_are_created(blocking: Space) -> None:
    first = blocking.make_folders("/Projects/2026")
    second = blocking.make_folders("/projects/2027/")

    assert names(blocking.folders()) == ["Projects"]
    assert second.parent_id == first.parent_id
    assert blocking.make_folders("/PROJECTS/2026") == first
    assert blocking.make_folders("/") is None


def test_a_folder_that_someone_else_created_first_is_used(
    gateway: Gateway, blocking: Space
) -> None:
    def too_late(request: Any, normal: Callable[[Any], Response]) -> Response:
        blocking.create_folder("Projects")
        return normal(request)

    gateway.fault("POST /v1/storage/folders", too_late)

    made = blocking.make_folders("/projects/2026")

    assert blocking.folder(made.parent_id).name == "Projects"


def test_a_path_resolves_to_a_file_or_folder(blocking: Space) -> None:
    folder = blocking.make_folders("/Projects/2026")
    file = blocking.create("Report.pdf", b"1", folder_id=folder.id)
    blocking.create("Report.pdf.bak", b"1", folder_id=folder.id)

    assert blocking.at("/") is None
    assert blocking.at("/Projects/2026") == folder
    assert blocking.at("/projects//2026/") == folder
    assert blocking.at("/Projects/2026/report.PDF") == file
    assert blocking.file_at("/Projects/2026/Report.pdf") == file
    assert blocking.folder_at("/Projects/2026") == folder


@pytest.mark.parametrize(
    ("method", "path", "says"),
    [
        ("at", "a.txt", "'a.txt' is neither an id nor a path"),
        ("at", "/b.txt", "There is nothing at /b.txt"),
        ("at", "/a.txt/", "There is nothing at /a.txt/"),
        ("at", "/a.txt/b.txt", "There is no folder /a.txt"),
        ("at", "/both", "There is a folder and a file at /both: write /both/"),
        ("file_at", "/Projects", "/Projects is a folder, not a file"),
        ("file_at", "/", "/ is a folder's path"),
        ("folder_at", "/a.txt", "There is no folder /a.txt"),
        ("file_at", "/twice.txt", "2 files are at /twice.txt: give the id of one, file-"),
    ],
)
def test_a_path_with_nothing_or_several_things_is_refused(
    blocking: Space, method: str, path: str, says: str
) -> None:
    for name in ("a.txt", "both", "twice.txt", "twice.txt"):
        blocking.create(name, b"")
    for name in ("Projects", "both"):
        blocking.create_folder(name)

    with pytest.raises(PathError, match=says):
        getattr(blocking, method)(path)


def test_an_exact_match_wins_over_one_in_another_case(blocking: Space) -> None:
    lower, upper = blocking.create("a.txt", b""), blocking.create("A.txt", b"")

    assert blocking.file_at("/a.txt") == lower
    assert blocking.file_at("/A.txt") == upper


def test_a_file_and_a_folder_of_one_name_can_both_be_resolved(blocking: Space) -> None:
    folder, file = blocking.create_folder("both"), blocking.create("both", b"")

    assert blocking.at("/both/") == folder
    assert blocking.file_at("/both") == file


def test_a_trashed_file_is_found_by_its_former_path(blocking: Space) -> None:
    folder = blocking.make_folders("/Projects")
    here = blocking.create("a.txt", b"", folder_id=folder.id)
    there = blocking.create("a.txt", b"")
    blocking.create("b.txt", b"")
    for file in (here, there):
        blocking.trash(file.id)

    assert blocking.trashed_at("/projects/A.txt").id == here.id
    assert blocking.trashed_at("/a.txt").id == there.id
    with pytest.raises(PathError, match=r"nothing at /b\.txt in the trash"):
        blocking.trashed_at("/b.txt")


def test_paths_of_folders_are_returned_by_id(blocking: Space) -> None:
    deep, other = blocking.make_folders("/Projects/2026"), blocking.make_folders("/Other")

    paths = blocking.paths_of([deep.id, other.id, "folder-" + "0" * 24])

    assert paths[deep.id] == "/Projects/2026"
    assert paths[other.id] == "/Other"
    assert "folder-" + "0" * 24 not in paths


def grow(blocking: Space) -> None:
    blocking.create("in root.txt", b"1")
    projects = blocking.make_folders("/Projects")
    blocking.create("b.txt", b"22", folder_id=projects.id)
    blocking.create("A.txt", b"333", folder_id=projects.id)
    year = blocking.make_folders("/Projects/2026")
    blocking.create("deep.txt", b"", folder_id=year.id)
    blocking.make_folders("/Empty")


def test_a_tree_has_the_content_of_all_folders(blocking: Space) -> None:
    grow(blocking)

    whole = outline(blocking.tree())

    assert whole == {
        "Empty": {},
        "Projects": {"2026": {"deep.txt": 0}, "A.txt": 3, "b.txt": 2},
        "in root.txt": 1,
    }
    assert list(whole["Projects"]) == ["2026", "A.txt", "b.txt"]
    assert outline(blocking.tree(blocking.folder_at("/Projects"))) == whole["Projects"]


def test_a_tree_is_limited_in_depth_and_files(blocking: Space, gateway: Gateway) -> None:
    grow(blocking)
    gateway.requests.clear()

    root = blocking.tree(depth=1)
    request = len(gateway.requests)
    projects = blocking.tree(blocking.folder_at("/Projects"), depth=2, most_files=1)

    assert request == 2
    assert [child.unopened for child in root.folders] == [True, True]
    assert names(list(projects.files)) == ["A.txt"]
    assert projects.more_files
    assert not projects.folders[0].unopened
    assert not projects.folders[0].more_files


def test_a_folder_that_is_deleted_meanwhile_is_left_out_of_the_tree(
    gateway: Gateway, blocking: Space
) -> None:
    gone = blocking.make_folders("/Gone")
    blocking.make_folders("/Here")

    def deleted(request: Any, normal: Callable[[Any], Response]) -> Response:
        answer = normal(request)
        blocking.delete_folder(gone.id)
        return answer

    gateway.fault("GET /v1/storage/folders", deleted)

    assert list(outline(blocking.tree())) == ["Here"]


@pytest.mark.parametrize(
    ("method", "args", "request_line"),
    [
        ("create_folder", ("Projects",), "POST /v1/storage/folders"),
        ("create", ("a.txt", b"1"), "POST /v1/storage/files"),
    ],
)
def test_a_retry_after_a_lost_answer_creates_nothing_twice(
    space: Space, gateway: Gateway, method: str, args: tuple[Any, ...], request_line: str
) -> None:
    gateway.fault(request_line, response_lost)

    made = getattr(space, method)(*args)

    assert [thing.id for thing in [*space.files(), *space.folders()]] == [made.id]


def test_a_retry_of_a_restore_whose_answer_was_lost_succeeds(
    space: Space, gateway: Gateway
) -> None:
    file = space.create("a.txt", b"")
    space.trash(file.id)
    gateway.fault("POST .*", response_lost)

    assert space.restore(file.id).id == file.id


def test_an_answer_that_is_not_larders_is_an_error(space: Space, gateway: Gateway) -> None:
    gateway.fault(FILES, respond_with(Response(200, {}, [b"<html>"])))

    with pytest.raises(UnexpectedAnswerError, match="base URL"):
        space.files()


def test_a_refusal_has_larders_status_and_param(space: Space) -> None:
    with pytest.raises(ApiError) as refused:
        space.create_folder("a/b")

    assert (refused.value.status, refused.value.param) == (400, "name")


def test_a_file_is_uploaded_to_a_folder(gateway: Gateway, blocking: Space, tmp_path: Path) -> None:
    folder = blocking.make_folders("/Projects")
    path = tmp_path / "a.bin"
    path.write_bytes(b"12345")

    with Client(gateway.base_url, KEY, transport=InProcess(gateway)) as client:
        sent = client.put(path, purpose="user_data", folder_id=folder.id)

    assert blocking.file_at("/Projects/a.bin").id == sent.file.id
