"""The JSON bodies of the Space surface.

A field that is not named here is refused: a misspelt one would change nothing and say nothing.
The use cases check the values; `json_schema_extra` documents what they accept.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from larder.domain.filenames import MAX_FILENAME_BYTES
from larder.domain.ids import FOLDER_OR_ROOT
from larder.domain.tags import MAX_TAG

_NAME: dict[str, Any] = {"minLength": 1, "maxLength": MAX_FILENAME_BYTES}
TAGS: dict[str, Any] = {"items": {"type": "string", "minLength": 1, "maxLength": MAX_TAG}}


class SpaceRequest(BaseModel):
    """A body whose fields are camelCase in JSON."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, strict=True, extra="forbid"
    )


class FileUpdateRequest(SpaceRequest):
    """The body of `PATCH /v1/storage/files/{file_id}`: the fields to change, and no other."""

    name: str | None = Field(default=None, json_schema_extra=_NAME, examples=["Q4 report.pdf"])
    folder_id: str | None = Field(
        default=None,
        description="The folder to move the file to; null or `root`: no folder",
        json_schema_extra={"pattern": FOLDER_OR_ROOT},
    )
    tags: list[str] | None = Field(
        default=None, description="Replaces all tags", json_schema_extra=TAGS
    )
    add_tags: list[str] = Field(default=[], json_schema_extra=TAGS, examples=[["reports"]])
    remove_tags: list[str] = Field(default=[], json_schema_extra=TAGS)
    favorite: bool | None = None


class FolderCreateRequest(SpaceRequest):
    """The body of `POST /v1/storage/folders`."""

    name: str = Field(json_schema_extra=_NAME, examples=["Reports"])
    parent_id: str | None = Field(
        default=None,
        description="The folder to create it in; null or `root`: no folder",
        json_schema_extra={"pattern": FOLDER_OR_ROOT},
    )


class FolderUpdateRequest(SpaceRequest):
    """The body of `PATCH /v1/storage/folders/{folder_id}`: the fields to change, and no other."""

    name: str | None = Field(default=None, json_schema_extra=_NAME, examples=["Archive"])
    parent_id: str | None = Field(
        default=None,
        description="The folder to move it to; null or `root`: no folder",
        json_schema_extra={"pattern": FOLDER_OR_ROOT},
    )
    favorite: bool | None = None


def folder_reference(request: SpaceRequest, field: str) -> str | None:
    """Return the folder that a request names, `root` for null, None when it does not name one."""
    if field not in request.model_fields_set:
        return None
    named: str | None = getattr(request, field)
    return "root" if named is None else named
