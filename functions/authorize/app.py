"""The Lambda authorizer: authenticate a request by its API key."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.api.http.routes import SPACE_PATHS
from larder.runtime.composition import Composition
from larder.runtime.observability import logger
from larder.services.projects.authorize import authenticate

ports = Composition.from_environment()
keys = ports.keys


def secret_of(request: dict[str, Any]) -> str | None:
    """Return the key from the one header that the route's authorizer is cached by.

    A key from another header would be cached under this header's value, and the next request with
    that value would be let in.
    """
    headers = {name.lower(): value for name, value in (request["headers"] or {}).items()}
    if request["resource"] in SPACE_PATHS:
        return headers.get("x-api-key")
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Return a policy for the whole stage, since API Gateway caches it for every route."""
    key = authenticate(secret_of(event), keys=keys, pepper=lambda: ports.pepper)
    logger.info(
        "authorize",
        extra={
            "correlation_id": event["requestContext"].get("requestId"),
            "allowed": key is not None,
            "tenant": None if key is None else key.tenant,
            "key_id": None if key is None else key.id,
        },
    )
    # arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>
    api, stage = event["methodArn"].split("/")[:2]
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Deny" if key is None else "Allow",
        "Resource": [f"{api}/{stage}/*/*"],
    }
    return {
        "principalId": "anonymous" if key is None else key.tenant,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        **({} if key is None else {"context": {"tenant": key.tenant, "keyId": key.id}}),
    }
