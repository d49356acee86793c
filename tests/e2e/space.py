"""A plain HTTP client for the Space, as a program or a web page would write it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    from tests.e2e.api import Api, Json

FILE_FIELDS = {
    "fileId", "name", "sizeBytes", "mimeType", "createdAt", "updatedAt", "purpose", "status",
    "folderId", "tags", "favorite", "expiresAt",
}  # fmt: skip
FOLDER_FIELDS = {"folderId", "name", "parentId", "createdAt", "favorite"}


@dataclass(frozen=True)
class Space:
    """The Space of the project whose key `api` has; `api` shows the same files to programs."""

    api: Api

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"x-api-key": self.api.key} | options.pop("headers", {})
        url = f"{self.api.base_url}/storage{path}"
        return self.api.client.request(method, url, headers=headers, **options)

    def json(self, method: str, path: str, status: int = 200, **options: Any) -> Json:
        response = self.send(method, path, **options)
        assert response.status_code == status, response.text
        assert response.headers["x-request-id"]
        answer: Json = response.json()
        return answer

    def put(
        self,
        name: str = "report.pdf",
        data: bytes = b"a report",
        mime: str | None = None,
        **form: Any,
    ) -> Json:
        """Upload a file, and return it as the Space shows it."""
        part = (name, data) if mime is None else (name, data, mime)
        file = self.json("POST", "/files", data=form, files={"file": part})
        assert set(file) == FILE_FIELDS
        return file

    def change(self, file_id: str, **changes: Any) -> Json:
        return self.json("PATCH", f"/files/{file_id}", json=changes)

    def trash(self, file_id: str) -> Json:
        return self.json("DELETE", f"/files/{file_id}")

    def restore(self, file_id: str) -> Json:
        return self.json("POST", f"/trash/{file_id}/restore")

    def found(self, **query: Any) -> list[str]:
        """Return the names of the files found, through all pages."""
        return [file["name"] for file in self.pages("files", **query)]

    def in_trash(self) -> list[str]:
        """Return the ids of the files and folders in the trash."""
        return [row.get("fileId") or row["folderId"] for row in self.pages("trash")]

    def delete_folder(self, folder_id: str) -> Json:
        """Move a folder to the trash with everything in it."""
        return self.json("DELETE", f"/folders/{folder_id}", params={"recursive": "true"})

    def pages(self, listing: str, **query: Any) -> list[Json]:
        """Return the items of all pages of a list. All pages but the last must be full."""
        items: list[Json] = []
        cursor: dict[str, str] = {}
        fields = {"folders": {"folders"}, "trash": {"files", "folders"}}.get(listing, {"files"})
        while True:
            page = self.json("GET", f"/{listing}", params={"limit": 3} | query | cursor)
            assert set(page) == fields | {"pagination"}
            found = [row for field in sorted(fields) for row in page[field]]
            items += found
            more, following = page["pagination"]["hasMore"], page["pagination"]["cursor"]
            assert more is (following is not None)
            if not more:
                return items
            assert len(found) == int(query.get("limit", 3))
            cursor = {"cursor": following}

    def make_folder(self, name: str, parent: str | None = None) -> str:
        """Create a folder and return its id."""
        folder = self.json("POST", "/folders", json={"name": name, "parentId": parent})
        assert set(folder) == FOLDER_FIELDS
        folder_id: str = folder["folderId"]
        return folder_id

    def folder_names(self, parent: str = "root") -> list[str]:
        return [folder["name"] for folder in self.pages("folders", parentId=parent)]
