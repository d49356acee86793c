"""POST /v1/admin/keys/{key_id}/rotate: replace a key by another one like it."""

from larder.api.admin.models import KeyRotateRequest, NewKey
from larder.api.http.access import actor_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.projects.keys import rotate_key

app = resolver()
ports = Composition.from_environment()
register = ports.register


@app.post(
    "/v1/admin/keys/<key_id>/rotate", summary="Rotate a key", operation_id="admin_keys_rotate"
)
def admin_keys_rotate(key_id: str, request: KeyRotateRequest) -> NewKey:
    """Return a second key with the name, the scopes and the lifetime of the first.

    The first expires after `grace`, or earlier if it was to.
    """
    secret, key = rotate_key(
        None,
        key_id,
        register=register,
        pepper=ports.pepper,
        clock=ports.clock,
        grace=request.grace,
        by=actor_of(app.current_event.raw_event),
    )
    return NewKey.with_secret(key, secret)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate, idempotency=ports.idempotency)
