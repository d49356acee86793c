"""Whether the key of a request may make it: its scopes, and its expiry.

API Gateway caches what the authorizer says of a key for a minute and for all routes, so the
authorizer can neither refuse a single route nor end a key to the second. It says which scopes the
key has and when it expires, and every function checks that here, before anything else.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from larder.api.http.routes import CATCH_ALL, PAGES, ROUTES
from larder.domain.admin_log import Actor
from larder.domain.errors import ExpiredKeyError, ForbiddenError
from larder.domain.scopes import BEFORE_SCOPES, ordered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larder.domain.api_keys import KeyRecord

_ROUTES = {(route.method, route.path): route for route in (*ROUTES, *CATCH_ALL, *PAGES)}


def policy(key: KeyRecord | None, method_arn: str) -> dict[str, Any]:
    """Return the authorizer's answer: a policy for the whole stage, and what functions check.

    None of a key denies everything. API Gateway passes on texts alone.
    """
    # arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>
    api, stage = method_arn.split("/")[:2]
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Deny" if key is None else "Allow",
        "Resource": [f"{api}/{stage}/*/*"],
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    if key is None:
        return {"principalId": "anonymous", "policyDocument": document}
    context = {
        "tenant": key.tenant,
        "keyId": key.id,
        "keyDigest": key.digest,
        "scopes": " ".join(ordered(key.scopes)),
        "expiresAt": "" if key.expires_at is None else str(key.expires_at),
    }
    return {"principalId": key.tenant, "policyDocument": document, "context": context}


def actor_of(event: Mapping[str, Any]) -> Actor:
    """Return who makes the request, for the operators' log."""
    context = event["requestContext"]
    return Actor(context["authorizer"]["keyId"], context["requestId"])


def check_access(event: Mapping[str, Any]) -> None:
    """Check that the key of the request is allowed to make it.

    Raises:
        ExpiredKeyError: the key has expired since the authorizer saw it.
        ForbiddenError: the route needs a scope that the key does not have.
        LookupError: the table has no such route, or the request went past the authorizer.
    """
    route = _ROUTES[event["httpMethod"], event["resource"]]
    if route.surface == "public":
        return
    caller = event["requestContext"]["authorizer"]
    if (expires_at := caller.get("expiresAt")) and time.time() >= int(expires_at):
        raise ExpiredKeyError
    # Without scopes it is an answer that the gateway cached before an update to this version.
    scopes = caller.get("scopes", " ".join(ordered(BEFORE_SCOPES))).split()
    if route.scope is not None and route.scope not in scopes:
        raise ForbiddenError(
            f"{route.method} {route.path} needs a key with the scope '{route.scope}', and this key "
            f"has {' + '.join(scopes) or 'none'}. Use another key, or have one made with "
            f"'larder key create PROJECT --scope {route.scope}'."
        )
