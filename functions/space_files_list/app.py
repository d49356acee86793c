"""GET /v1/storage/files: find files by folder, tag, mark, name or type."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space import params
from larder.api.space.models import SpaceFileList
from larder.runtime.composition import Composition
from larder.services.space.cursors import cursor_of, cursor_scope, position_of
from larder.services.space.find_files import file_query, find_files
from larder.services.space.pages import SHORT_PAGE

app = resolver(camel_case=True)
ports = Composition.from_environment()
search, folders, cursor_key = ports.search, ports.folders, ports.cursor_key


@app.get("/v1/storage/files", summary="Find files", operation_id="space_files_list")
def space_files_list(
    limit: params.Limit = SHORT_PAGE,
    cursor: params.Cursor = None,
    folder_id: params.InFolder = None,
    tag: params.WithTag = None,
    favorite: params.Favorite = None,
    q: params.NamePart = None,
    mime_type: params.MimeType = None,
    sort: params.SortBy = "createdAt",
    order: params.Order = None,
) -> SpaceFileList:
    """Return a page of the files that match all filters. `cursor` returns the next page."""
    tenant = tenant_of(app.current_event)
    query = file_query(
        tenant,
        folder_id=folder_id,
        tag=tag,
        favorite=favorite,
        name_part=q,
        mime_prefix=mime_type,
        sort=sort,
        order=order,
        folders=folders,
    )
    listing = cursor_scope(tenant, "files", query)
    found = find_files(
        tenant,
        query,
        limit=limit,
        after=position_of(cursor, listing, cursor_key),
        search=search,
        clock=ports.clock,
    )
    return SpaceFileList.of(found.items, cursor_of(found.next, listing, cursor_key()))


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
