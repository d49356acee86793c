"""Find a project's files by folder, tag, mark, name or type, one page at a time."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Literal

from larder.domain.errors import InvalidParameterError
from larder.domain.filenames import folded
from larder.domain.folders import ROOT
from larder.services.space.get_folder import get_folder
from larder.services.space.pages import checked_limit
from larder.services.space.ports import FileQuery, Sort

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import FolderId, TenantId
    from larder.services.clock import Clock
    from larder.services.space.ports import FileSearch, FolderRecords, Page, Position

MAX_FILTER = 1_024


def file_query(
    tenant: TenantId,
    *,
    folder_id: str | None,
    tag: str | None,
    favorite: bool | None,
    name_part: str | None,
    mime_prefix: str | None,
    sort: str,
    order: str | None,
    folders: FolderRecords,
) -> FileQuery:
    """Return the checked query. `order` None is the sort's own order.

    That is A to Z for names, newest first for times, largest first for sizes.

    Raises:
        InvalidParameterError: a value is malformed.
        NotFoundError: there is no such folder for this project.
    """
    if sort not in Sort:
        raise InvalidParameterError(
            f"sort must be one of {', '.join(Sort)}, not '{sort[:64]}'.", param="sort"
        )
    by = Sort(sort)
    if order is None:
        order = "asc" if by is Sort.NAME else "desc"
    if order not in {"asc", "desc"}:
        raise InvalidParameterError(
            f"order must be 'asc' or 'desc', not '{order[:64]}'.", param="order"
        )
    folder: FolderId | Literal["root"] | None = None
    if folder_id == ROOT:
        folder = "root"
    elif folder_id is not None:
        folder = get_folder(tenant, folder_id, folders=folders, param="folder_id").id
    return FileQuery(
        folder=folder,
        tag=None if not tag else unicodedata.normalize("NFC", _short(tag, "tag").strip()),
        favorite=favorite,
        # An empty filter matches everything: a search box begins empty.
        name_part=None if not name_part else folded(_short(name_part, "q")),
        mime_prefix=None if not mime_prefix else _short(mime_prefix, "mime_type").lower(),
        sort=by,
        descending=order == "desc",
    )


def _short(value: str, param: str) -> str:
    if len(value) > MAX_FILTER:
        raise InvalidParameterError(
            f"{param} is {len(value)} characters long: send at most {MAX_FILTER}.", param=param
        )
    return value


def find_files(
    tenant: TenantId,
    query: FileQuery,
    *,
    limit: int,
    after: Position | None,
    search: FileSearch,
    clock: Clock,
) -> Page[File]:
    """Return a page of the matching files, at most `limit` (1..1000).

    Raises:
        InvalidParameterError: `limit` is out of range.
    """
    return search.search(tenant, query, limit=checked_limit(limit), after=after, now=clock())
