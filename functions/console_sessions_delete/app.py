"""DELETE /v1/console/sessions/current: sign out of the console."""

from larder.api.console.models import SessionClosed
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.runtime.composition import Composition
from larder.services.projects.sessions import close_session

app = resolver()
ports = Composition.from_environment()
keys = ports.keys


@app.delete(
    "/v1/console/sessions/current", summary="Sign out", operation_id="console_sessions_delete"
)
def console_sessions_delete() -> SessionClosed:
    """End the session that the request was sent with. An API key cannot be ended this way.

    Within a minute no request with the session is let in.
    """
    _, _, secret = app.current_event.headers["Authorization"].partition(" ")
    close_session(secret.strip(), keys=keys, pepper=ports.pepper)
    return SessionClosed()


lambda_handler = lambda_handler_for(app)
