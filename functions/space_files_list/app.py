"""GET /v1/storage/files: find files by what people know of them."""

from typing import Annotated

from larder.api.http.params import Query
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.cursors import cursor_of, cursor_scope, position_of
from larder.api.space.models import SpaceFileList
from larder.runtime.composition import Composition
from larder.services.space.find_files import file_query, find_files
from larder.services.space.pages import SHORT_PAGE

app = resolver(camel_case=True)
ports = Composition.from_environment()
search, folders, cursor_key = ports.search, ports.folders, ports.cursor_key


@app.get("/v1/storage/files", summary="Find files", operation_id="space_files_list")
def space_files_list(
    limit: Annotated[int, Query(description="1..100")] = SHORT_PAGE,
    cursor: Annotated[str | None, Query(description="Of the page before")] = None,
    folder_id: Annotated[
        str | None, Query(alias="folderId", description="Only in this folder; `root`: in none")
    ] = None,
    tag: Annotated[str | None, Query(description="Only with this tag")] = None,
    favorite: Annotated[bool | None, Query(description="Only favorites, or only others")] = None,
    q: Annotated[str | None, Query(description="Only if the name contains this")] = None,
    mime_type: Annotated[
        str | None, Query(alias="mimeType", description="Only of types that begin so: `image/`")
    ] = None,
    sort: Annotated[str, Query(description="createdAt, name or sizeBytes")] = "createdAt",
    order: Annotated[
        str | None, Query(description="asc or desc; asc by name, otherwise desc, if not given")
    ] = None,
) -> SpaceFileList:
    """Return a page of the files to which all filters apply; `cursor` leads to the next."""
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
    listing, key = cursor_scope(tenant, "files", query), cursor_key()
    found = find_files(
        tenant,
        query,
        limit=limit,
        after=position_of(cursor, listing, key),
        search=search,
        clock=ports.clock,
    )
    return SpaceFileList.of(found.items, cursor_of(found.next, listing, key))


lambda_handler = lambda_handler_for(app)
