"""GET /v1/files: list files, newest first."""

from typing import Annotated

from larder.api.files.models import FileList
from larder.api.http.params import Query
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.files.list import MAX_PAGE, list_files

app = resolver()
ports = Composition.from_environment()
files = ports.files


@app.get("/v1/files", summary="List files", operation_id="files_list")
def files_list(
    limit: Annotated[int, Query(description=f"1..{MAX_PAGE}")] = MAX_PAGE,
    after: Annotated[str | None, Query(description="A file id: the position to go on from")] = None,
    order: Annotated[str, Query(description="desc or asc, by creation")] = "desc",
    purpose: Annotated[str | None, Query(description="Only files of this purpose")] = None,
) -> FileList:
    """Return a page of files; `after=last_id` leads to the next while `has_more`."""
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


lambda_handler = lambda_handler_for(app)
