"""GET /v1/storage/folders: list the subfolders of a folder."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.models import Pagination, SpaceFolder, SpaceFolderList
from larder.api.space.params import Cursor, Limit, ParentId
from larder.runtime.composition import Composition
from larder.services.space.cursors import cursor_of, cursor_scope, position_of
from larder.services.space.list_folders import list_folders
from larder.services.space.pages import LONG_PAGE

app = resolver(camel_case=True)
ports = Composition.from_environment()
folders, cursor_key = ports.folders, ports.cursor_key


@app.get("/v1/storage/folders", summary="List folders", operation_id="folders_list")
def folders_list(
    parent_id: ParentId = None, limit: Limit = LONG_PAGE, cursor: Cursor = None
) -> SpaceFolderList:
    """Return a page of the folders directly in the parent, sorted by name."""
    tenant = tenant_of(app.current_event)
    listing = cursor_scope(tenant, "folders", parent_id)
    found = list_folders(
        tenant,
        parent_id,
        limit=limit,
        after=position_of(cursor, listing, cursor_key),
        folders=folders,
    )
    return SpaceFolderList(
        folders=[SpaceFolder.of(folder) for folder in found.items],
        pagination=Pagination.to(cursor_of(found.next, listing, cursor_key())),
    )


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
