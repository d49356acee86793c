"""GET /v1/storage/tags: the tags of the project's files, with counts."""

from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.models import Pagination, TagCountObject, TagList
from larder.api.space.params import Cursor, Limit
from larder.runtime.composition import Composition
from larder.services.space.cursors import cursor_of, cursor_scope, position_of
from larder.services.space.list_tags import list_tags
from larder.services.space.pages import LONG_PAGE

app = resolver(camel_case=True)
ports = Composition.from_environment()
search, cursor_key = ports.search, ports.cursor_key


@app.get("/v1/storage/tags", summary="List tags", operation_id="tags_list")
def tags_list(limit: Limit = LONG_PAGE, cursor: Cursor = None) -> TagList:
    """Return a page of the tags by name. Files in the trash and expired files do not count."""
    tenant = tenant_of(app.current_event)
    listing = cursor_scope(tenant, "tags")
    found, exact = list_tags(
        tenant,
        limit=limit,
        after=position_of(cursor, listing, cursor_key),
        search=search,
        clock=ports.clock,
    )
    return TagList(
        tags=[TagCountObject(tag=each.tag, count=each.count) for each in found.items],
        is_exact=exact,
        pagination=Pagination.to(cursor_of(found.next, listing, cursor_key())),
    )


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
