"""GET /v1/admin/keys: list a project's keys."""

from typing import Annotated

from larder.api.admin.models import KeyList
from larder.api.http.params import Query
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.projects.keys import list_keys
from larder.services.projects.projects import get_project

app = resolver()
ports = Composition.from_environment()
projects, register = ports.projects, ports.register


@app.get("/v1/admin/keys", summary="List a project's keys", operation_id="admin_keys_list")
def admin_keys_list(
    project: Annotated[str, Query(description="The id or the name of the project")],
) -> KeyList:
    """Return the project's keys and console sessions, the oldest first, without their secrets.

    Those that have ended are there for 90 days more.
    """
    found = get_project(project, projects=projects, param="project")
    return KeyList.of(list_keys(found.id, register=register))


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
