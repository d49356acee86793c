"""The Lambda authorizer: whose API key does a request carry?"""

from typing import Any

from aws_lambda_powertools.utilities.data_classes.api_gateway_authorizer_event import (
    APIGatewayAuthorizerRequestEvent,
    APIGatewayAuthorizerResponse,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.runtime.composition import Composition
from larder.runtime.observability import logger
from larder.services.authorize import authenticate

SPACE_ROUTES = ("/v1/storage", "/v1/chat")

ports = Composition.from_environment()
keys = ports.keys


def secret_of(event: APIGatewayAuthorizerRequestEvent) -> str | None:
    """Return the key from the one header that the route's authorizer is cached by.

    A key taken from another header would be cached under this one's value, and open the API to
    whoever sends that value next.
    """
    headers = {name.lower(): value for name, value in (event.headers or {}).items()}
    if event.resource.startswith(SPACE_ROUTES):
        return headers.get("x-api-key")
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Answer a policy for the whole stage, since it is cached for every route."""
    request = APIGatewayAuthorizerRequestEvent(event)
    key = authenticate(secret_of(request), keys=keys, pepper=lambda: ports.pepper)
    logger.info(
        "authorize",
        extra={
            "correlation_id": event["requestContext"].get("requestId"),
            "allowed": key is not None,
            "tenant": None if key is None else key.tenant,
            "key_id": None if key is None else key.id,
        },
    )
    answer = APIGatewayAuthorizerResponse.from_route_arn(
        request.method_arn,
        principal_id="anonymous" if key is None else key.tenant,
        context=None if key is None else {"tenant": key.tenant, "keyId": key.id},
    )
    if key is None:
        answer.deny_all_routes()
    else:
        answer.allow_all_routes()
    return answer.asdict()
