"""The Space of the fake Larder: folders, the files in them, and the trash."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from larder.domain.filenames import folded
from tests.fakes.http_faults import Json, Request, Response, api_error, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIME = "2026-01-01T00:00:00Z"


class FakeSpace:
    """Folders by id; `files` are the fake's own, with a `folder_id`."""

    def __init__(self, files: dict[str, Json]) -> None:
        self._files = files
        self.folders: dict[str, Json] = {}
        self.trash: dict[str, Json] = {}

    def respond(  # noqa: PLR0911 - one for each route
        self, request: Request, rest: list[str], data: bytes
    ) -> Response | None:
        match request.method, rest:
            case "GET", ["files"]:
                return ok(self._page("files", self._found(request.query)))
            case "GET", ["files", file_id] if file_id in self._files:
                return ok(_file(self._files[file_id]))
            case "PATCH", ["files", file_id] if file_id in self._files:
                return ok(_file(self._files[file_id]) | json.loads(data))
            case "DELETE", ["files", file_id] if file_id in self._files:
                self.trash[file_id] = self._files.pop(file_id)
                return ok({"fileId": file_id, "isDeleted": True})
            case "GET", ["folders"]:
                return ok(self._page("folders", self._children(request.query.get("parentId"))))
            case "GET", ["folders", folder_id] if folder_id in self.folders:
                return ok(self.folders[folder_id])
            case "POST", ["folders"]:
                return self._create(json.loads(data))
        return None

    def make_room(self, announced: Json) -> Response | None:
        """Move the file to the trash that a new one replaces; refuse where that may not be."""
        alike = [
            file["id"]
            for file in self._files.values()
            if file["folder_id"] == announced.get("folder_id")
            and folded(file["filename"]) == folded(announced["filename"])
        ]
        match announced.get("if_exists"):
            case "fail" if alike:
                return api_error(
                    409, "The name is taken.", code="file_exists", **{"x-should-retry": "false"}
                )
            case "replace":
                for file_id in alike:
                    self.trash[file_id] = self._files.pop(file_id)
        return None

    def _found(self, query: dict[str, str]) -> Iterator[Json]:
        wanted = query.get("folderId")
        for file in sorted(self._files.values(), key=lambda each: each["filename"]):
            inside = wanted is None or (file["folder_id"] or "root") == wanted
            if inside and folded(query.get("q", "")) in folded(file["filename"]):
                yield _file(file)

    def _children(self, parent_id: str | None) -> Iterator[Json]:
        for folder in sorted(self.folders.values(), key=lambda each: each["name"]):
            if (folder["parentId"] or "root") == (parent_id or "root"):
                yield folder

    def _create(self, fields: Json) -> Response:
        parent = None if fields.get("parentId") in {None, "root"} else fields["parentId"]
        if any(folded(one["name"]) == folded(fields["name"]) for one in self._children(parent)):
            return api_error(
                409, "The name is taken.", code="folder_exists", **{"x-should-retry": "false"}
            )
        folder_id = f"folder-{len(self.folders) + 1:024x}"
        self.folders[folder_id] = {
            "folderId": folder_id,
            "name": fields["name"],
            "parentId": parent,
            "createdAt": _TIME,
            "favorite": False,
        }
        return ok(self.folders[folder_id])

    @staticmethod
    def _page(name: str, items: Iterator[Json]) -> Json:
        return {name: list(items), "pagination": {"hasMore": False, "cursor": None}}


def _file(file: Json) -> Json:
    return {
        "fileId": file["id"],
        "name": file["filename"],
        "sizeBytes": str(file["bytes"]),
        "mimeType": "application/octet-stream",
        "createdAt": _TIME,
        "updatedAt": _TIME,
        "purpose": file["purpose"],
        "status": file["status"],
        "folderId": file["folder_id"],
        "tags": [],
        "favorite": False,
        "expiresAt": None,
    }
