"""POST /v1/console/sessions: sign in to the console."""

from larder.api.console.models import SessionObject, SignInRequest
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.projects.sessions import open_session

app = resolver()
ports = Composition.from_environment()
keys = ports.keys


@app.post("/v1/console/sessions", summary="Sign in", operation_id="console_sessions_create")
def console_sessions_create(request: SignInRequest) -> SessionObject:
    """Trade the code of a sign-in link, or an API key, for a session of eight hours.

    A code works once, within five minutes. A session ends with the key that it was traded for.
    This route needs no key.
    """
    secret, record = open_session(request.secret, keys=keys, pepper=ports.pepper, clock=ports.clock)
    return SessionObject.of(secret, record)


lambda_handler = lambda_handler_for(app)
