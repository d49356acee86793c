"""Requests that no other function serves: an unknown path, or another method on a known one."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response

from larder.api.http.errors import envelope
from larder.api.http.resolver import lambda_handler_for, resolver
from larder.api.http.routes import methods_of

app = resolver()


def unknown_route(_: Exception) -> Response[dict[str, Any]]:
    """Answer 405 with the allowed methods if the path exists, else 404."""
    method, path = app.current_event.http_method, app.current_event.path
    allowed = ", ".join(methods_of(path))
    if allowed:
        return envelope(
            HTTPStatus.METHOD_NOT_ALLOWED,
            f"{method} is not allowed on {path[:200]}, only {allowed}.",
            code="method_not_allowed",
            headers={"Allow": allowed},
        )
    return envelope(
        HTTPStatus.NOT_FOUND,
        f"No such route: {method} {path[:200]}. Check the path; the base URL ends in /v1.",
        code="unknown_url",
    )


app.not_found(unknown_route)

lambda_handler = lambda_handler_for(app)
