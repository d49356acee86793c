"""The query parameters of the Space's lists."""

from __future__ import annotations

from typing import Annotated

from larder.api.http.params import Query
from larder.domain.ids import FOLDER_OR_ROOT, FOLDER_PREFIX, id_pattern
from larder.domain.same_names import IfExists
from larder.services.space.find_files import MAX_FILTER
from larder.services.space.pages import MAX_PAGE
from larder.services.space.ports import Sort

Limit = Annotated[
    int,
    Query(
        description="Most items on the page", json_schema_extra={"minimum": 1, "maximum": MAX_PAGE}
    ),
]
Cursor = Annotated[str | None, Query(description="`pagination.cursor` of the previous page")]

ParentId = Annotated[
    str | None,
    Query(
        alias="parentId",
        description="The folder whose folders are listed; `root` by default",
        json_schema_extra={"pattern": FOLDER_OR_ROOT},
    ),
]

InTrashedFolder = Annotated[
    str | None,
    Query(
        alias="folderId",
        description="What lay directly in this folder of the trash, instead of what was deleted",
        json_schema_extra={"pattern": id_pattern(FOLDER_PREFIX)},
    ),
]

OnSameName = Annotated[
    str | None,
    Query(
        alias="ifExists",
        description="What to do if the folder has a file of this name in any case: `replace` moves "
        "it to the trash, `rename` numbers the new name, `fail` answers 409; without it, two files "
        "have the same name",
        json_schema_extra={"enum": list(IfExists)},
    ),
]

InFolder = Annotated[
    str | None,
    Query(
        alias="folderId",
        description="Only files in this folder; `root`: files in no folder",
        json_schema_extra={"pattern": FOLDER_OR_ROOT},
    ),
]
WithTag = Annotated[
    str | None,
    Query(description="Only files with this tag", json_schema_extra={"maxLength": MAX_FILTER}),
]
Favorite = Annotated[
    bool | None, Query(description="`true`: only favorites; `false`: only the others")
]
NamePart = Annotated[
    str | None,
    Query(
        description="Only files whose name contains this, in any case",
        json_schema_extra={"maxLength": MAX_FILTER},
    ),
]
MimeType = Annotated[
    str | None,
    Query(
        alias="mimeType",
        description="Only files whose type begins with this, such as `image/`",
        json_schema_extra={"maxLength": MAX_FILTER},
    ),
]
SortBy = Annotated[
    str, Query(description="What to sort by", json_schema_extra={"enum": list(Sort)})
]
Order = Annotated[
    str | None,
    Query(
        description="By default `asc` for names, `desc` for times and sizes",
        json_schema_extra={"enum": ["asc", "desc"]},
    ),
]
