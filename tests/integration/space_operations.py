"""Operations of the Space's functions, as in `operations`."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from urllib3.filepost import encode_multipart_formdata

from tests.integration.space import cleanups, hurried

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.operations import Act, World


def folders_create(world: World) -> Act:
    world.folder("Archive")
    return lambda: world.on("folders_create", body={"name": "Reports"})


def folders_delete(world: World) -> Act:
    folder_id = world.folder()
    return lambda: world.on("folders_delete", id=folder_id)


def folders_delete_full(world: World) -> Act:
    folder_id = world.folder()
    world.space_file(folderId=folder_id)
    return lambda: world.on("folders_delete", id=folder_id, query={"recursive": "true"})


def folders_get(world: World) -> Act:
    folder_id = world.folder()
    return lambda: world.on("folders_get", id=folder_id)


def folders_update(world: World) -> Act:
    folder_id = world.folder()
    return lambda: world.on("folders_update", id=folder_id, body={"name": "Archive"})


def a_list(function: str, **query: str) -> Callable[[World], Act]:
    def prepare(world: World) -> Act:
        world.on(function)  # reads the key of the cursors, once
        world.space_file(folderId=world.folder(), tags="invoices")
        world.on("space_files_trash", id=world.space_file())
        return lambda: world.on(function, query=query or None)

    return prepare


def files_in_a_folder(world: World) -> Act:
    world.on("space_files_list")  # reads the key of the cursors, once
    folder_id = world.folder()
    world.space_file(folderId=folder_id, tags="a")
    return lambda: world.on("space_files_list", query={"folderId": folder_id, "tag": "a"})


def on_cleanup_of_a_folder(world: World) -> Act:
    folder_id = world.folder()
    world.space_file(folderId=folder_id)
    hurried(
        world.functions,
        world.tenant,
        "folders_delete",
        path=f"/v1/storage/folders/{folder_id}",
        pathParameters={"folder_id": folder_id},
        multiValueQueryStringParameters={"recursive": ["true"]},
    )
    [event] = cleanups(world.stack)
    return lambda: world.functions.invoke("on_cleanup", event)


def on_cleanup_of_the_trash(world: World) -> Act:
    world.trashed()
    hurried(world.functions, world.tenant, "trash_empty")
    [event] = cleanups(world.stack)
    return lambda: world.functions.invoke("on_cleanup", event)


def space_files_batch(world: World) -> Act:
    file_id = world.space_file()
    operations: list[dict[str, Any]] = [
        {"op": "tag", "addTags": ["a"]},
        {"op": "trash"},
        {"op": "restore"},
    ]
    body = {"operations": [each | {"fileId": file_id} for each in operations]}

    def act() -> None:
        assert all(each["ok"] for each in world.on("space_files_batch", body=body).json["results"])

    return act


def space_files_create(world: World) -> Act:
    return world.space_file


def space_files_create_in_a_folder(world: World) -> Act:
    folder_id = world.folder()
    return lambda: world.space_file(folderId=folder_id)


def space_files_create_in_place(world: World) -> Act:
    world.space_file()
    body, content_type = encode_multipart_formdata({"file": ("a.txt", b"1", "text/plain")})

    def act() -> None:
        answer = world.functions.call(
            "space_files_create",
            world.tenant,
            headers={"Content-Type": content_type},
            queryStringParameters={"ifExists": "replace"},
            body=base64.b64encode(body).decode(),
            isBase64Encoded=True,
        )
        assert answer.status == 200, answer.raw

    return act


def on_a_space_file(function: str, **changes: Any) -> Callable[[World], Act]:
    def prepare(world: World) -> Act:
        file_id = world.space_file()
        return lambda: world.on(function, id=file_id, **changes)

    return prepare


def space_files_update_moved(world: World) -> Act:
    file_id, folder_id = world.space_file(), world.folder()
    return lambda: world.on("space_files_update", id=file_id, body={"folderId": folder_id})


def on_a_trashed_file(function: str) -> Callable[[World], Act]:
    def prepare(world: World) -> Act:
        file_id = world.trashed()
        return lambda: world.on(function, id=file_id)

    return prepare


def trash_empty(world: World) -> Act:
    world.trashed()

    def act() -> None:
        assert world.on("trash_empty").json == {"purgedFiles": 1, "isEmpty": True}

    return act


def _full_folder_in_the_trash(world: World) -> str:
    folder_id = world.folder()
    world.space_file(folderId=folder_id)
    world.on("folders_delete", id=folder_id, query={"recursive": "true"})
    return folder_id


def on_a_trashed_folder(function: str) -> Callable[[World], Act]:
    def prepare(world: World) -> Act:
        folder_id = _full_folder_in_the_trash(world)
        return lambda: world.on(function, id=folder_id)

    return prepare


def in_a_trashed_folder(world: World) -> Act:
    world.on("trash_list")  # reads the key of the cursors, once
    folder_id = _full_folder_in_the_trash(world)
    return lambda: world.on("trash_list", query={"folderId": folder_id})


def a_file_of_a_trashed_folder(world: World) -> Act:
    folder_id = world.folder()
    file_id = world.space_file(folderId=folder_id)
    world.on("folders_delete", id=folder_id, query={"recursive": "true"})
    return lambda: world.on("trash_restore", id=file_id)
