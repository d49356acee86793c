"""JSON of the files routes, as in OpenAI's reference.

https://platform.openai.com/docs/api-reference/files. Uploads and usage have modules of their own:
each pydantic class adds half a millisecond or more to a cold start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from larder.domain.files import Purpose

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.services.files.ports import FilePage


class FileObject(BaseModel):
    """OpenAI's File object."""

    id: str = Field(description="`file-` and 24 hex digits that sort by creation time")
    object: Literal["file"] = "file"
    bytes: int = Field(description="Exact size")
    created_at: int = Field(description="Unix seconds")
    filename: str
    purpose: Purpose
    status: Literal["uploaded", "processed", "error"]
    status_details: str | None = Field(description="Set when `status` is `error`")
    expires_at: int | None = Field(description="Unix seconds; null: never")

    @classmethod
    def of(cls, file: File) -> FileObject:
        """Return the file as clients see it."""
        return cls(
            id=file.id,
            bytes=file.bytes,
            created_at=file.created_at,
            filename=file.filename,
            purpose=file.purpose,
            status=file.status.value,
            status_details=file.status_details,
            expires_at=file.expires_at,
        )


class FileList(BaseModel):
    """A page of files; `first_id` and `last_id` are empty on an empty page."""

    object: Literal["list"] = "list"
    data: list[FileObject]
    first_id: str
    last_id: str
    has_more: bool

    @classmethod
    def of(cls, page: FilePage) -> FileList:
        """Return the page as clients see it."""
        return cls(
            data=[FileObject.of(file) for file in page.files],
            first_id=page.files[0].id if page.files else "",
            last_id=page.files[-1].id if page.files else "",
            has_more=page.has_more,
        )


class FileDeleted(BaseModel):
    """The response to a deletion."""

    id: str
    object: Literal["file"] = "file"
    deleted: Literal[True] = True


class FileUrl(BaseModel):
    """A download link that needs no other credentials."""

    url: str
    expires_at: int
