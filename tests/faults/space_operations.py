"""Every route of the Space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults.case import Case, Operation

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

DATA = b"the bytes of a file in the Space"


def _folder(case: Case) -> None:
    case.made["folder"] = case.space.make_folder("Projects")
    case.becomes(case.made["folder"], "there", before="there")


def _two_folders(case: Case) -> None:
    _folder(case)
    case.made["other"] = case.space.make_folder("Other")


def _file(case: Case) -> None:
    _folder(case)
    case.made["file"] = case.file(DATA, folderId=case.made["folder"])


def _settled_file(case: Case) -> None:
    _file(case)
    case.settled(case.made["file"])


def _file_and_other_folder(case: Case) -> None:
    _file(case)
    case.made["other"] = case.space.make_folder("Other")


def _two_files(case: Case) -> None:
    _file(case)
    case.file(b"another")


def _trashed(case: Case) -> None:
    _file(case)
    case.settled(case.made["file"])
    _trash(case)


def _trashed_before_its_news(case: Case) -> None:
    case.hold_news()
    _file(case)
    _trash(case)


def _trash(case: Case) -> None:
    case.space.trash(case.made["file"])
    case.becomes(case.made["file"], "trash", before="trash")


def _full_folder(case: Case) -> None:
    _file(case)
    inner = case.made["inner"] = case.space.make_folder("2026", case.made["folder"])
    case.made["deep"] = case.file(b"deep", folderId=inner)


def _create(case: Case) -> httpx.Response:
    response = case.space.send(
        "POST",
        "/files",
        data={"folderId": case.made["folder"], "tags": "a"},
        files={"file": ("b.txt", DATA)},
    )
    if response.is_success:
        case.keep(response.json()["fileId"], DATA)
    return response


def _replace(case: Case) -> httpx.Response:
    case.becomes(case.made["file"], "trash", before="live")
    response = case.space.send(
        "POST",
        "/files",
        params={"ifExists": "replace"},
        data={"folderId": case.made["folder"]},
        files={"file": ("a.txt", DATA)},
    )
    if response.is_success:
        case.keep(response.json()["fileId"], DATA)
    return response


def _send(method: str, path: str, **options: object) -> Callable[[Case], httpx.Response]:
    def act(case: Case) -> httpx.Response:
        sent = {name: _filled(value, case) for name, value in options.items()}
        return case.space.send(method, path.format(**case.made), **sent)

    return act


def _filled(value: object, case: Case) -> object:
    if isinstance(value, dict):
        return {name: _filled(each, case) for name, each in value.items()}
    return value.format(**case.made) if isinstance(value, str) else value


def _moving(name: str, state: str, before: str, act: Callable[[Case], httpx.Response]):  # type: ignore[no-untyped-def]  # noqa: ANN202
    def moved(case: Case) -> httpx.Response:
        case.becomes(case.made[name], state, before=before)
        return act(case)

    return moved


def _delete_full(case: Case) -> httpx.Response:
    for name in ("folder", "inner"):
        case.becomes(case.made[name], "trash", before="there")
    for name in ("file", "deep"):
        case.becomes(case.made[name], "trash")
    return _send("DELETE", "/folders/{folder}", params={"recursive": "true"})(case)


def _trashed_folder(case: Case) -> None:
    _full_folder(case)
    for name in ("file", "deep"):
        case.settled(case.made[name])
    case.space.delete_folder(case.made["folder"])


def _of_trashed_folder(
    method: str, path: str, file: str, folder: str
) -> Callable[[Case], httpx.Response]:
    def act(case: Case) -> httpx.Response:
        for name in ("folder", "inner"):
            case.becomes(case.made[name], folder, before="trash")
        for name in ("file", "deep"):
            case.becomes(case.made[name], file, before="trash")
        return _send(method, path)(case)

    return act


def _file_and_trashed(case: Case) -> None:
    _trashed(case)
    case.made["other"] = case.file(b"another")
    case.settled(case.made["other"])


def _batch(case: Case) -> httpx.Response:
    """Trash one file and restore another: a result that is not ok says that nothing was done."""
    back, gone = case.made["file"], case.made["other"]
    case.becomes(back, "live", before="trash")
    case.becomes(gone, "trash", before="live")
    operations = [{"op": "trash", "fileId": gone}, {"op": "restore", "fileId": back}]
    response = case.space.send("POST", "/files:batch", json={"operations": operations})
    if response.is_success:
        for result in response.json()["results"]:
            if not result["ok"]:
                case.refused(result["fileId"], result["error"]["type"])
    return response


def _cold_list(case: Case) -> None:
    _two_files(case)
    case.deployment.recycle("space_files_list")


SPACE = (
    Operation("space_files_create", "space_files_create", _folder, _create),
    Operation("space_files_create, in place", "space_files_create", _settled_file, _replace),
    Operation(
        "space_files_list",
        "space_files_list",
        _two_files,
        _send("GET", "/files", params={"folderId": "{folder}", "tag": "none"}),
    ),
    Operation(
        "space_files_list, cold",
        "space_files_list",
        _cold_list,
        _send("GET", "/files", params={"limit": "1"}),
        alone=True,
    ),
    Operation("space_files_get", "space_files_get", _file, _send("GET", "/files/{file}")),
    Operation(
        "space_files_update",
        "space_files_update",
        _file,
        _send("PATCH", "/files/{file}", json={"name": "new.txt", "addTags": ["a"]}),
    ),
    Operation(
        "space_files_update, moved",
        "space_files_update",
        _file_and_other_folder,
        _send("PATCH", "/files/{file}", json={"folderId": "{other}"}),
    ),
    Operation(
        "space_files_trash",
        "space_files_trash",
        _file,
        _moving("file", "trash", "live", _send("DELETE", "/files/{file}")),
    ),
    Operation("space_files_batch", "space_files_batch", _file_and_trashed, _batch),
    Operation("tags_list", "tags_list", _file, _send("GET", "/tags")),
    Operation("trash_list", "trash_list", _trashed, _send("GET", "/trash")),
    Operation(
        "trash_restore",
        "trash_restore",
        _trashed,
        _moving("file", "live", "trash", _send("POST", "/trash/{file}/restore")),
    ),
    Operation(
        "trash_restore, unsettled",
        "trash_restore",
        _trashed_before_its_news,
        _moving("file", "live", "trash", _send("POST", "/trash/{file}/restore")),
    ),
    Operation(
        "trash_purge",
        "trash_purge",
        _trashed,
        _moving("file", "gone", "trash", _send("DELETE", "/trash/{file}")),
    ),
    Operation(
        "trash_restore, a folder",
        "trash_restore",
        _trashed_folder,
        _of_trashed_folder("POST", "/trash/{folder}/restore", "live", "there"),
    ),
    Operation(
        "trash_purge, a folder",
        "trash_purge",
        _trashed_folder,
        _of_trashed_folder("DELETE", "/trash/{folder}", "gone", "gone"),
    ),
    Operation(
        "trash_empty",
        "trash_empty",
        _trashed,
        _moving("file", "gone", "trash", _send("DELETE", "/trash")),
    ),
    Operation(
        "folders_create",
        "folders_create",
        _folder,
        _send("POST", "/folders", json={"name": "2026", "parentId": "{folder}"}),
    ),
    Operation("folders_list", "folders_list", _folder, _send("GET", "/folders")),
    Operation("folders_get", "folders_get", _folder, _send("GET", "/folders/{folder}")),
    Operation(
        "folders_update",
        "folders_update",
        _two_folders,
        _send("PATCH", "/folders/{folder}", json={"name": "New", "parentId": "{other}"}),
    ),
    Operation(
        "folders_delete",
        "folders_delete",
        _folder,
        _moving("folder", "gone", "there", _send("DELETE", "/folders/{folder}")),
    ),
    Operation("folders_delete, full", "folders_delete", _full_folder, _delete_full),
)
