"""The Lambda authorizer: authenticate a request by its API key, or by a session of the console."""

from collections.abc import Iterator
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.api.http.routes import KEY_HEADERS
from larder.runtime.composition import Composition
from larder.runtime.observability import logger
from larder.services.projects.authorize import authenticate

ports = Composition.from_environment()
keys = ports.keys


def secrets_of(request: dict[str, Any]) -> Iterator[str]:
    """Return the secrets in the headers that the route reads.

    A route reads the one header that its authorizer is cached by: a key from another would be
    cached under this header's value, and the next request with that value would be let in. Only
    for unknown routes nothing is cached, and either header will do.
    """
    headers = {name.lower(): value for name, value in (request["headers"] or {}).items()}
    for name in KEY_HEADERS[request["resource"]]:
        value = headers.get(name.lower(), "")
        if name == "Authorization":
            scheme, _, secret = value.partition(" ")
            value = secret.strip() if scheme.lower() == "bearer" else ""
        yield value


def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Return a policy for the whole stage, since API Gateway caches it for every route."""
    found = (
        authenticate(each, keys=keys, pepper=ports.pepper, clock=ports.clock)
        for each in secrets_of(event)
    )
    key = next((each for each in found if each is not None), None)
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
