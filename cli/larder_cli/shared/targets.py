"""The folders of the Space that files go into, made when the first file arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder_cli.shared.paths import find_folder_id
from larder_client import PathError

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from larder_client import Client


class Targets:
    """A folder, and the folders below it that are named after local ones.

    Raises:
        PathError: the folder does not exist.
    """

    def __init__(self, client: Client, folder: str | None) -> None:
        self._client = client
        self._top_id = find_folder_id(client, folder) if folder else None
        self._top: str | None = None
        self._known: dict[str, str | None] = {}

    def folder_id(self, below: PurePosixPath | None) -> str | None:
        """Return the id of the folder at this path below the top, which is made if it is missing.

        None is the root.
        """
        return self._top_id if below is None else self.at(f"{self._top_path()}/{below}")

    def at(self, path: str) -> str | None:
        """Return the id of the folder at this path of the Space, which is made if it is missing."""
        if path not in self._known:
            made = self._client.space.make_folders(path)
            self._known[path] = made.id if made else None
        return self._known[path]

    def _top_path(self) -> str:
        if self._top is None:
            self._top = ""
            if self._top_id is not None:
                paths = self._client.space.paths_of([self._top_id])
                if self._top_id not in paths:
                    message = f"There is no folder {self._top_id}."
                    raise PathError(message)
                self._top = paths[self._top_id]
        return self._top
