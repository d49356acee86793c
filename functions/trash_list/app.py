"""GET /v1/storage/trash: list the trash."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.params import Cursor, InTrashedFolder, Limit
from larder.api.space.trash import TrashList
from larder.runtime.composition import Composition
from larder.services.space.cursors import cursor_of, cursor_scope, position_of
from larder.services.space.list_trash import list_trash
from larder.services.space.pages import SHORT_PAGE

app = resolver(camel_case=True)
ports = Composition.from_environment()
trash, folder_trash, cursor_key = ports.trash, ports.folder_trash, ports.cursor_key


@app.get("/v1/storage/trash", summary="List the trash", operation_id="trash_list")
def trash_list(
    folder_id: InTrashedFolder = None, limit: Limit = SHORT_PAGE, cursor: Cursor = None
) -> TrashList:
    """Return a page of the trash, newest deletion first; or of what lay in a folder there."""
    tenant = tenant_of(app.current_event)
    listing = cursor_scope(tenant, "trash", folder_id)
    found = list_trash(
        tenant,
        folder_id,
        limit=limit,
        after=position_of(cursor, listing, cursor_key),
        trash=trash,
        folder_trash=folder_trash,
        clock=ports.clock,
    )
    return TrashList.of(found.items, cursor_of(found.next, listing, cursor_key()))


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
