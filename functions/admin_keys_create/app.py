"""POST /v1/admin/keys: create a key for a project."""

from larder.api.admin.models import KeyCreateRequest, NewKey
from larder.api.http.access import actor_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.domain.scopes import parse_scopes
from larder.runtime.composition import Composition
from larder.services.projects.keys import create_key
from larder.services.projects.projects import get_project

app = resolver()
ports = Composition.from_environment()
projects, register = ports.projects, ports.register


@app.post("/v1/admin/keys", summary="Create a key", operation_id="admin_keys_create")
def admin_keys_create(request: KeyCreateRequest) -> NewKey:
    """Return the new key with its secret, which is stored nowhere and shown once.

    A key with the scope `admin` is made on the command line alone, with AWS credentials.
    """
    project = get_project(request.project, projects=projects, param="project")
    secret, key = create_key(
        project.id,
        register=register,
        pepper=ports.pepper,
        clock=ports.clock,
        name=request.name,
        scopes=parse_scopes(request.scopes),
        lifetime=request.expires_in,
        by=actor_of(app.current_event.raw_event),
    )
    return NewKey.with_secret(key, secret)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
