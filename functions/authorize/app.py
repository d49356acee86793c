"""The Lambda authorizer: authenticate a request by its API key, or by a session of the console."""

from collections.abc import Iterator
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.api.http.access import policy
from larder.api.http.routes import KEY_HEADERS
from larder.domain.api_keys import KeyRecord
from larder.runtime.composition import Composition
from larder.runtime.observability import log_failure, logger
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


def keep_use(key: KeyRecord) -> None:
    """Keep that the key is used today. No request fails for this."""
    try:
        if day := key.use_to_keep(ports.clock()):
            ports.uses.keep(key.digest, day)
    except Exception as error:  # noqa: BLE001 - see above
        log_failure("use_not_kept", error)


def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Return what the request's key is allowed: everything or nothing, and which scopes it has."""
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
    if key is not None:
        keep_use(key)
    return policy(key, event["methodArn"])
