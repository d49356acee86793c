"""The query parameters of `GET /v1/files`."""

from __future__ import annotations

from typing import Annotated

from larder.api.http.params import MayBeEmpty, Query
from larder.domain.files import NEVER_STORED, Purpose
from larder.domain.ids import FILE_PREFIX, id_pattern
from larder.services.files.list import MAX_PAGE

Limit = Annotated[
    int,
    Query(
        description="Most files on the page", json_schema_extra={"minimum": 1, "maximum": MAX_PAGE}
    ),
    MayBeEmpty,
]
After = Annotated[
    str | None,
    Query(
        description="The last file id of the previous page",
        json_schema_extra={"pattern": id_pattern(FILE_PREFIX)},
    ),
    MayBeEmpty,
]
Order = Annotated[
    str,
    Query(description="By creation time", json_schema_extra={"enum": ["asc", "desc"]}),
    MayBeEmpty,
]
WithPurpose = Annotated[
    str | None,
    Query(
        description="Only files with this purpose",
        json_schema_extra={"enum": [*Purpose, *NEVER_STORED]},
    ),
    MayBeEmpty,
]
