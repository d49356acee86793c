"""GET /v1/keys/me: what the request's key is."""

from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.keys.models import OwnKeyObject
from larder.domain.errors import ExpiredKeyError
from larder.runtime.composition import Composition

app = resolver()
ports = Composition.from_environment()
keys = ports.keys


@app.get("/v1/keys/me", summary="Retrieve the request's own key", operation_id="keys_me")
def keys_me() -> OwnKeyObject:
    """Return the name, the scopes, the expiry and the project of the key.

    Any key may ask, and a session of the console, too.
    """
    key = keys.find(app.current_event["requestContext"]["authorizer"]["keyDigest"])
    if key is None or not key.opens(ports.clock()):
        raise ExpiredKeyError
    return OwnKeyObject.of(key)


lambda_handler = lambda_handler_for(app, limit_rate=ports.limit_rate)
