"""The requests of the Space's API, as flows."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from larder_client.flow.retries import send_with_retries
from larder_client.flow.steps import Flow, Request
from larder_client.flow.wire import (
    decode,
    expect_status,
    form_request,
    idempotency_header,
    json_request,
    path_segment,
)
from larder_client.space.models import (
    Folder,
    FolderDeleted,
    FolderPage,
    OperationResults,
    RestoredFolder,
    SpaceFile,
    SpaceFileDeleted,
    SpaceFilePage,
    TagPage,
    TrashEmptied,
    TrashPage,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from larder_client.flow.retries import RetryPolicy
    from larder_client.space.models import (
        FileChanges,
        FileFilters,
        FileOperation,
        FolderChanges,
    )

T = TypeVar("T")

PAGE = 1_000
"""The largest page that Larder returns."""


class SpaceApi:
    """The routes; every one raises ApiError, UnexpectedAnswerError or ConnectionFailedError."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy

    def files(self, filters: FileFilters, *, limit: int, cursor: str | None) -> Flow[SpaceFilePage]:
        """Return a page of the files that match the filters."""
        params = {name: _param(value) for name, value in _camel(filters).items()}
        request = Request("GET", "/storage/files", params=params | _page_params(limit, cursor))
        return (yield from self._read(SpaceFilePage, request))

    def file(self, file_id: str) -> Flow[SpaceFile]:
        """Return a file."""
        return (yield from self._read(SpaceFile, Request("GET", _file(file_id))))

    def create_file(
        self,
        name: str,
        data: bytes,
        folder_id: str | None,
        tags: Sequence[str],
        if_exists: str | None,
    ) -> Flow[SpaceFile]:
        """Store a small file in one request."""
        fields: dict[str, Any] = {"tags": list(tags)}
        if folder_id is not None:
            fields["folderId"] = folder_id
        request = form_request("/storage/files", fields, name, data)
        if if_exists is not None:
            request = replace(request, params={"ifExists": if_exists})
        return (yield from self._read(SpaceFile, request))

    def update_file(self, file_id: str, changes: FileChanges) -> Flow[SpaceFile]:
        """Change a file."""
        request = json_request("PATCH", _file(file_id), _camel(changes))
        return (yield from self._read(SpaceFile, request))

    def batch(self, operations: Sequence[FileOperation]) -> Flow[OperationResults]:
        """Carry out up to `MAX_OPERATIONS` operations on files."""
        body = {"operations": [_camel(operation) for operation in operations]}
        request = json_request("POST", "/storage/files:batch", body, idempotency_header())
        return (yield from self._read(OperationResults, request))

    def trash_file(self, file_id: str) -> Flow[SpaceFileDeleted]:
        """Move a file to the trash."""
        return (yield from self._read(SpaceFileDeleted, Request("DELETE", _file(file_id))))

    def tags(self, *, limit: int, cursor: str | None) -> Flow[TagPage]:
        """Return a page of the tags, by name."""
        request = Request("GET", "/storage/tags", params=_page_params(limit, cursor))
        return (yield from self._read(TagPage, request))

    def trash(
        self, folder_id: str | None = None, *, limit: int, cursor: str | None
    ) -> Flow[TrashPage]:
        """Return a page of the trash, the last deleted first, or of a folder in it."""
        params = _page_params(limit, cursor) | (
            {} if folder_id is None else {"folderId": folder_id}
        )
        request = Request("GET", "/storage/trash", params=params)
        return (yield from self._read(TrashPage, request))

    def restore(self, file_id: str) -> Flow[SpaceFile]:
        """Restore a file from the trash."""
        request = json_request("POST", f"{_trashed(file_id)}/restore", {}, idempotency_header())
        return (yield from self._read(SpaceFile, request))

    def restore_folder(self, folder_id: str) -> Flow[RestoredFolder]:
        """Restore a folder from the trash."""
        request = json_request("POST", f"{_trashed(folder_id)}/restore", {}, idempotency_header())
        return (yield from self._read(RestoredFolder, request))

    def purge_folder(self, folder_id: str) -> Flow[FolderDeleted]:
        """Delete a folder in the trash permanently."""
        return (yield from self._read(FolderDeleted, Request("DELETE", _trashed(folder_id))))

    def purge(self, file_id: str) -> Flow[SpaceFileDeleted]:
        """Delete a file in the trash permanently."""
        return (yield from self._read(SpaceFileDeleted, Request("DELETE", _trashed(file_id))))

    def empty_trash(self) -> Flow[TrashEmptied]:
        """Delete all files in the trash permanently."""
        return (yield from self._read(TrashEmptied, Request("DELETE", "/storage/trash")))

    def folders(self, parent_id: str | None, *, limit: int, cursor: str | None) -> Flow[FolderPage]:
        """Return a page of the folders in a folder, by name."""
        params = _page_params(limit, cursor) | (
            {} if parent_id is None else {"parentId": parent_id}
        )
        request = Request("GET", "/storage/folders", params=params)
        return (yield from self._read(FolderPage, request))

    def folder(self, folder_id: str) -> Flow[Folder]:
        """Return a folder."""
        return (yield from self._read(Folder, Request("GET", _folder(folder_id))))

    def create_folder(self, name: str, parent_id: str | None) -> Flow[Folder]:
        """Create a folder."""
        fields = {"name": name, "parentId": parent_id}
        request = json_request("POST", "/storage/folders", fields, idempotency_header())
        return (yield from self._read(Folder, request))

    def update_folder(self, folder_id: str, changes: FolderChanges) -> Flow[Folder]:
        """Change a folder; its content moves with it."""
        request = json_request("PATCH", _folder(folder_id), _camel(changes))
        return (yield from self._read(Folder, request))

    def delete_folder(self, folder_id: str, *, recursive: bool) -> Flow[FolderDeleted]:
        """Delete an empty folder; with `recursive` move any folder to the trash."""
        params = {"recursive": "true"} if recursive else {}
        request = Request("DELETE", _folder(folder_id), params=params)
        return (yield from self._read(FolderDeleted, request))

    def _read(self, kind: type[T], request: Request) -> Flow[T]:
        reply = yield from send_with_retries(self._policy, lambda: request)
        return decode(kind, expect_status(reply, HTTPStatus.OK, HTTPStatus.ACCEPTED))


def _file(file_id: str) -> str:
    return f"/storage/files/{path_segment(file_id)}"


def _trashed(file_id: str) -> str:
    return f"/storage/trash/{path_segment(file_id)}"


def _folder(folder_id: str) -> str:
    return f"/storage/folders/{path_segment(folder_id)}"


def _page_params(limit: int, cursor: str | None) -> dict[str, str]:
    return {"limit": str(limit)} | ({} if cursor is None else {"cursor": cursor})


def _camel(members: Mapping[str, object]) -> dict[str, Any]:
    """Return the members under their names in JSON: `folder_id` as `folderId`."""
    return {
        first + "".join(word.title() for word in words): value
        for (first, *words), value in ((name.split("_"), value) for name, value in members.items())
    }


def _param(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
