"""GET /v1/files/{file_id}/validation: the report of a batch file's validation."""

from aws_lambda_powertools.event_handler import content_types
from aws_lambda_powertools.event_handler.api_gateway import Response

from larder.api.files.validation import ValidationReport
from larder.api.http.requests import tenant_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.files.validation import get_validation

app = resolver()
ports = Composition.from_environment()
files, objects = ports.files, ports.objects


@app.get(
    "/v1/files/<file_id>/validation",
    summary="Retrieve a validation report",
    operation_id="files_validation",
    responses={
        200: {
            "description": "The report",
            "content": {content_types.APPLICATION_JSON: {"model": ValidationReport}},
        },
        409: {"description": "The validation has not finished: try again in a few seconds"},
    },
)
def files_validation(file_id: str) -> Response[str]:
    """Return what the validation found: at most the first 1,000 errors and warnings."""
    report = get_validation(
        tenant_of(app.current_event), file_id, files=files, objects=objects, clock=ports.clock
    )
    return Response(200, content_types.APPLICATION_JSON, report.decode())


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
