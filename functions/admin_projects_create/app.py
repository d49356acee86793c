"""POST /v1/admin/projects: create a project."""

from larder.api.admin.models import ProjectCreateRequest, ProjectDetails
from larder.api.http.access import actor_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.domain.quota import Amount
from larder.runtime.composition import Composition
from larder.services.projects.projects import create_project
from larder.services.projects.usage import counters

app = resolver()
ports = Composition.from_environment()
projects, usage, batch_limits = ports.projects, ports.usage, ports.batch_limits
default = Amount(files=ports.settings.default_files, bytes=ports.settings.default_bytes)


@app.post("/v1/admin/projects", summary="Create a project", operation_id="admin_projects_create")
def admin_projects_create(request: ProjectCreateRequest) -> ProjectDetails:
    """Return the new project. It has no key yet."""
    project = create_project(
        request.name,
        request.limits.storage(default),
        projects=projects,
        clock=ports.clock,
        by=actor_of(app.current_event.raw_event),
    )
    current = counters(project.id, usage=usage)
    return ProjectDetails.with_usage(project, current, batch_limits.get(project.id))


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
