"""GET /v1/admin/projects/{project_id}: a project and what it uses."""

from larder.api.admin.models import ProjectDetails
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.projects.projects import get_project
from larder.services.projects.usage import counters

app = resolver()
ports = Composition.from_environment()
projects, usage, batch_limits = ports.projects, ports.usage, ports.batch_limits


@app.get(
    "/v1/admin/projects/<project_id>",
    summary="Retrieve a project",
    operation_id="admin_projects_get",
)
def admin_projects_get(project_id: str) -> ProjectDetails:
    """Return the project with its usage and its limits. Its name will do in place of its id.

    Expired files count until they are removed.
    """
    project = get_project(project_id, projects=projects)
    current = counters(project.id, usage=usage)
    return ProjectDetails.with_usage(project, current, batch_limits.get(project.id))


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
