"""JSON of the trash: what is in it, and what comes of restoring and emptying it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from larder.api.http.times import rfc3339
from larder.api.space.models import Pagination, SpaceFile, SpaceFolder, SpaceModel, fields_of
from larder.domain.trash import TrashedFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.folders import Folder
    from larder.domain.trash import TrashedFolder


class TrashedSpaceFile(SpaceFile):
    """A file in the trash."""

    kind: Literal["file"] = "file"
    deleted_at: str = Field(description="RFC 3339, UTC")
    purge_at: str = Field(description="When it is deleted for good; RFC 3339, UTC")

    @classmethod
    def in_trash(cls, trashed: TrashedFile) -> TrashedSpaceFile:
        """Return the trashed file as the Space shows it."""
        return cls(
            **fields_of(trashed.file),
            deleted_at=rfc3339(trashed.deleted_at),
            purge_at=rfc3339(trashed.purge_at),
        )


_OF_ITS_OWN = "null for a folder that lay in a deleted one"


class TrashedSpaceFolder(SpaceModel):
    """A folder in the trash, with everything that was in it."""

    kind: Literal["folder"] = "folder"
    folder_id: str
    name: str
    parent_id: str | None = Field(description="The folder that it lay in; null: in the root")
    path: str | None = Field(description=f"Where it was: `/Projects/2026`; {_OF_ITS_OWN}")
    file_count: int | None = Field(description=f"Files in it, at any depth; {_OF_ITS_OWN}")
    folder_count: int | None = Field(description=f"Folders in it, at any depth; {_OF_ITS_OWN}")
    size_bytes: str | None = Field(description=f"Bytes of its files, as a string; {_OF_ITS_OWN}")
    deleted_at: str = Field(description="RFC 3339, UTC")
    purge_at: str = Field(description="When it is deleted for good; RFC 3339, UTC")

    @classmethod
    def in_trash(cls, trashed: TrashedFolder) -> TrashedSpaceFolder:
        """Return the trashed folder as the Space shows it."""
        own = trashed.within is None
        return cls(
            folder_id=trashed.folder.id,
            name=trashed.folder.name,
            parent_id=trashed.folder.parent_id,
            path="/" + "/".join([*trashed.path, trashed.folder.name]) if own else None,
            file_count=trashed.files.files if own else None,
            folder_count=trashed.folder_count if own else None,
            size_bytes=str(trashed.files.bytes) if own else None,
            deleted_at=rfc3339(trashed.deleted_at),
            purge_at=rfc3339(trashed.purge_at),
        )


class TrashList(SpaceModel):
    """A page of the trash: files and folders, each in the order of the list."""

    files: list[TrashedSpaceFile]
    folders: list[TrashedSpaceFolder]
    pagination: Pagination

    @classmethod
    def of(cls, found: Sequence[TrashedFile | TrashedFolder], cursor: str | None) -> TrashList:
        """Return the page as the Space shows it."""
        files = [each for each in found if isinstance(each, TrashedFile)]
        folders = [each for each in found if not isinstance(each, TrashedFile)]
        return cls(
            files=[TrashedSpaceFile.in_trash(each) for each in files],
            folders=[TrashedSpaceFolder.in_trash(each) for each in folders],
            pagination=Pagination.to(cursor),
        )


class RestoredFolder(SpaceFolder):
    """The response to restoring a folder. While `isRestored` is false, its files go on coming."""

    is_restored: bool

    @classmethod
    def restored(cls, folder: Folder, *, done: bool) -> RestoredFolder:
        """Return the folder as the Space shows it."""
        return cls(**SpaceFolder.of(folder).model_dump(), is_restored=done)


class TrashEmptied(SpaceModel):
    """The response to emptying the trash. While `isEmpty` is false, it goes on."""

    purged_files: int = Field(description="Files and folders that are gone; one with its contents")
    is_empty: bool
