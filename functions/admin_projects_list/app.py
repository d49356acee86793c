"""GET /v1/admin/projects: list the deployment's projects."""

from typing import Annotated

from larder.api.admin.models import ProjectList
from larder.api.http.params import Query
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.projects.projects import DEFAULT_PAGE, MAX_PAGE, list_projects

app = resolver()
ports = Composition.from_environment()
projects = ports.projects


@app.get("/v1/admin/projects", summary="List projects", operation_id="admin_projects_list")
def admin_projects_list(
    limit: Annotated[int, Query(description=f"1..{MAX_PAGE}")] = DEFAULT_PAGE,
    after: Annotated[
        str | None, Query(description="A project's id: the position to go on from")
    ] = None,
) -> ProjectList:
    """Return a page of projects; `after=last_id` leads to the next while `has_more`."""
    return ProjectList.of(list_projects(limit=limit, after=after, projects=projects))


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
