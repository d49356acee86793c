"""What a request to the file manager carries besides its body: whose it is, and where from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.api.http.requests import tenant_of
from larder.domain.errors import NotFoundError
from larder.services.chat.session import Session

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent


def session_of(event: APIGatewayProxyEvent, *, any_id: bool) -> Session:
    """Return the session of a request. With `any_id`, every id in it is the caller's."""
    caller = event["requestContext"]["authorizer"]
    return Session(
        tenant_of(event),
        caller["keyId"],
        # A key of before there were scopes may write.
        may_write="write" in caller.get("scopes", "write").split(),
        known=None if any_id else set(),
    )


def check_workspace(workspace_id: str | None, session: Session) -> None:
    """Refuse a workspace that is not the key's project.

    Raises:
        NotFoundError: it is another one.
    """
    if workspace_id is not None and workspace_id != session.tenant:
        raise NotFoundError("Workspace", workspace_id, param="workspace_id")


def is_foreign(event: APIGatewayProxyEvent) -> bool:
    """Tell whether the request comes from a page of another origin than the API's own.

    https://modelcontextprotocol.io/specification/2026-07-28/basic/transports#security-warning
    """
    origin = event.headers.get("origin")
    if origin is None:
        return False
    # The gateway serves HTTPS alone, the emulator HTTP: the scheme tells no page from another.
    _, _, host = origin.partition("://")
    own: str | None = event["requestContext"].get("domainName")
    return host != own
