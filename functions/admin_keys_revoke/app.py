"""DELETE /v1/admin/keys/{key_id}: revoke a key."""

from larder.api.admin.models import KeyRevoked
from larder.api.http.access import actor_of
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.projects.keys import revoke_key

app = resolver()
ports = Composition.from_environment()
register = ports.register


@app.delete("/v1/admin/keys/<key_id>", summary="Revoke a key", operation_id="admin_keys_revoke")
def admin_keys_revoke(key_id: str) -> KeyRevoked:
    """Revoke a key or a console session. After at most a minute, requests with it are refused."""
    by = actor_of(app.current_event.raw_event)
    key = revoke_key(None, key_id, register=register, clock=ports.clock, by=by)
    return KeyRevoked(id=key.id)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
