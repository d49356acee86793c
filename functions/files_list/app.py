"""GET /v1/files: list files, newest first."""

from larder.api.files.models import FileList
from larder.api.files.params import After, Limit, Order, WithPurpose
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.files.list import MAX_PAGE, list_files

app = resolver()
ports = Composition.from_environment()
files = ports.files


@app.get("/v1/files", summary="List files", operation_id="files_list")
def files_list(
    limit: Limit = MAX_PAGE,
    after: After = None,
    order: Order = "desc",
    purpose: WithPurpose = None,
) -> FileList:
    """Return a page of files. While `has_more`, `after=last_id` returns the next page."""
    page = list_files(
        tenant_of(app.current_event),
        limit=limit,
        after=after,
        order=order,
        purpose=purpose,
        files=files,
        clock=ports.clock,
    )
    return FileList.of(page)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
