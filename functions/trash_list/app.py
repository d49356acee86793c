"""GET /v1/storage/trash: list the trash."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.cursors import cursor_of, cursor_scope, position_of
from larder.api.space.models import Pagination, TrashedSpaceFile, TrashList
from larder.api.space.params import Cursor, Limit
from larder.runtime.composition import Composition
from larder.services.space.list_trash import list_trash
from larder.services.space.pages import SHORT_PAGE

app = resolver(camel_case=True)
ports = Composition.from_environment()
trash, cursor_key = ports.trash, ports.cursor_key


@app.get("/v1/storage/trash", summary="List the trash", operation_id="trash_list")
def trash_list(limit: Limit = SHORT_PAGE, cursor: Cursor = None) -> TrashList:
    """Return a page of the trash, newest deletion first."""
    tenant = tenant_of(app.current_event)
    listing = cursor_scope(tenant, "trash")
    found = list_trash(
        tenant,
        limit=limit,
        after=position_of(cursor, listing, cursor_key),
        trash=trash,
        clock=ports.clock,
    )
    return TrashList(
        files=[TrashedSpaceFile.in_trash(trashed) for trashed in found.items],
        pagination=Pagination.to(cursor_of(found.next, listing, cursor_key())),
    )


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
