"""JSON of the Space surface: camelCase, times in RFC 3339, sizes as strings."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from larder.api.http.times import rfc3339
from larder.domain.files import FileStatus, Purpose
from larder.services.object_store import SignedRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.files import File
    from larder.domain.folders import Folder
    from larder.services.space.ports import FolderCounts


class SpaceModel(BaseModel):
    """A model whose fields are camelCase in JSON."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class SpaceFile(SpaceModel):
    """A file."""

    file_id: str = Field(description="The same id as on `/v1/files`")
    name: str
    size_bytes: str = Field(description="Exact size in bytes, as a string")
    mime_type: str
    created_at: str = Field(description="RFC 3339, UTC")
    updated_at: str = Field(description="When a person last changed it; RFC 3339, UTC")
    purpose: Purpose
    status: FileStatus
    folder_id: str | None = Field(description="null: in the root")
    tags: list[str]
    favorite: bool
    expires_at: str | None = Field(description="RFC 3339, UTC; null: never")

    @classmethod
    def of(cls, file: File) -> SpaceFile:
        """Return the file as the Space shows it."""
        return cls(**fields_of(file))


def fields_of(file: File) -> dict[str, Any]:
    """Return the fields of a `SpaceFile`."""
    return {
        "file_id": file.id,
        "name": file.filename,
        "size_bytes": str(file.bytes),
        "mime_type": file.mime_type,
        "created_at": rfc3339(file.created_at),
        "updated_at": rfc3339(file.updated_at),
        "purpose": file.purpose,
        "status": file.status,
        "folder_id": file.folder_id,
        "tags": list(file.tags),
        "favorite": file.favorite,
        "expires_at": None if file.expires_at is None else rfc3339(file.expires_at),
    }


class Pagination(SpaceModel):
    """Whether there is a next page, and its cursor."""

    has_more: bool
    cursor: str | None

    @classmethod
    def to(cls, cursor: str | None) -> Pagination:
        """Return the pagination of a page; `cursor` is None on the last one."""
        return cls(has_more=cursor is not None, cursor=cursor)


class SpaceFileList(SpaceModel):
    """A page of files."""

    files: list[SpaceFile]
    pagination: Pagination

    @classmethod
    def of(cls, files: Sequence[File], cursor: str | None) -> SpaceFileList:
        """Return the page as the Space shows it."""
        return cls(files=[SpaceFile.of(file) for file in files], pagination=Pagination.to(cursor))


class TagCountObject(SpaceModel):
    """A tag."""

    tag: str
    count: int = Field(description="How many files have it, without the trash")


class TagList(SpaceModel):
    """A page of tags, sorted by name."""

    tags: list[TagCountObject]
    is_exact: bool = Field(
        description="false: the project has too many files to count in one request, and more "
        "files may have these tags, or others"
    )
    pagination: Pagination


class InlineContent(SpaceModel):
    """The bytes of a file, in base64."""

    encoding: Literal["base64"] = "base64"
    content: str


class DownloadMetadata(SpaceModel):
    """A link to a file's bytes that works for a few minutes."""

    blob_id: str
    download_url: str
    download_url_expires_at: str = Field(description="RFC 3339, UTC")


class ContentMetadata(SpaceModel):
    """The link that stands for the bytes of a large file."""

    metadata: DownloadMetadata


class FileWithContent(SpaceFile):
    """A file under 4 MiB, with its bytes."""

    type: Literal["content"] = "content"
    data: InlineContent


class FileWithMetadata(SpaceFile):
    """A file of 4 MiB or more, with a link to its bytes."""

    type: Literal["metadata"] = "metadata"
    data: ContentMetadata


def whole_file(file: File, content: bytes | SignedRequest) -> FileWithContent | FileWithMetadata:
    """Return the file with its bytes, or with a link to them."""
    if isinstance(content, SignedRequest):
        metadata = DownloadMetadata(
            blob_id="blob-" + file.id.removeprefix("file-"),
            download_url=content.url,
            download_url_expires_at=rfc3339(content.expires_at),
        )
        return FileWithMetadata(**fields_of(file), data=ContentMetadata(metadata=metadata))
    return FileWithContent(
        **fields_of(file), data=InlineContent(content=base64.b64encode(content).decode())
    )


class FileGone(SpaceModel):
    """The response to a deletion."""

    file_id: str
    is_deleted: Literal[True] = True


class SpaceFolder(SpaceModel):
    """A folder."""

    folder_id: str = Field(description="`folder-` and 24 hex digits")
    name: str
    parent_id: str | None = Field(description="null: in the root")
    created_at: str = Field(description="RFC 3339, UTC")
    favorite: bool

    @classmethod
    def of(cls, folder: Folder) -> SpaceFolder:
        """Return the folder as the Space shows it."""
        return cls(
            folder_id=folder.id,
            name=folder.name,
            parent_id=folder.parent_id,
            created_at=rfc3339(folder.created_at),
            favorite=folder.favorite,
        )


_UNCOUNTED = "null: more than one request counts, about 40,000"


class CountedFolder(SpaceFolder):
    """A folder, with how much lies directly in it."""

    file_count: int | None = Field(description=f"Files directly in it; {_UNCOUNTED}")
    folder_count: int | None = Field(description=f"Folders directly in it; {_UNCOUNTED}")

    @classmethod
    def counted(cls, folder: Folder, counts: FolderCounts) -> CountedFolder:
        """Return the folder as the Space shows it."""
        return cls(
            **SpaceFolder.of(folder).model_dump(),
            file_count=counts.files,
            folder_count=counts.folders,
        )


class SpaceFolderList(SpaceModel):
    """A page of folders."""

    folders: list[SpaceFolder]
    pagination: Pagination


class FolderGone(SpaceModel):
    """The response to a deletion. While `isDeleted` is false, it goes on in the background."""

    folder_id: str
    is_deleted: bool
