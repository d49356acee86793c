"""POST /v1/storage/files:batch: move, tag, mark, trash and restore many files."""

from larder.api.http.requests import running_time, tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.space.batch import FilesBatchRequest, FilesBatchResults
from larder.runtime.composition import Composition
from larder.services.space.change_files import ChangeFiles

app = resolver(camel_case=True)
ports = Composition.from_environment()
change_files = ports.make(ChangeFiles)


@app.post("/v1/storage/files:batch", summary="Change many files", operation_id="space_files_batch")
def space_files_batch(request: FilesBatchRequest) -> FilesBatchResults:
    """Carry out up to 100 operations in their order, and return the result of each.

    Each is done as a whole or not at all, whatever becomes of the others. Those that the request
    had no time for changed nothing, and have the error code `not_reached`.
    """
    outcomes = change_files(
        tenant_of(app.current_event),
        [each.operation() for each in request.operations],
        keep_going=running_time(app.lambda_context),
    )
    return FilesBatchResults.of(outcomes)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
