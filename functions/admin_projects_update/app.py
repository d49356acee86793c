"""PATCH /v1/admin/projects/{project_id}: change a project's limits."""

from larder.api.admin.models import ProjectDetails, ProjectUpdateRequest
from larder.api.http.access import actor_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.projects.projects import get_project
from larder.services.projects.set_limits import SetLimits
from larder.services.projects.usage import counters

app = resolver()
ports = Composition.from_environment()
projects, usage, batch_limits = ports.projects, ports.usage, ports.batch_limits
set_limits = ports.make(SetLimits)


@app.patch(
    "/v1/admin/projects/<project_id>",
    summary="Change a project's limits",
    operation_id="admin_projects_update",
)
def admin_projects_update(project_id: str, request: ProjectUpdateRequest) -> ProjectDetails:
    """Set the limits that are given, and return the project. Its name will do in place of its id.

    Stored files stay and running batches run on, even if they exceed a lowered limit.
    """
    project = get_project(project_id, projects=projects)
    set_limits(project.id, request.limits.changes(), by=actor_of(app.current_event.raw_event))
    current = counters(project.id, usage=usage)
    return ProjectDetails.with_usage(project, current, batch_limits.get(project.id))


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
