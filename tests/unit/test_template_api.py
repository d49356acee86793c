"""The gateway that the template describes: routes, authorizers, and its own answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from larder.api.http.routes import CATCH_ALL, PAGES, ROUTES
from tests.support import template
from tests.support.template import FUNCTIONS, RESOURCES, TEMPLATE, folder_of

API: dict[str, Any] = RESOURCES["Api"]["Properties"]

EVERY_ROUTE = [*ROUTES, *CATCH_ALL, *PAGES]
EVENTS = [(FUNCTIONS[name], event) for name, event in template.ROUTES]


def headers_of(event: dict[str, Any]) -> tuple[str, ...]:
    """The headers that the authorizer of a route takes the key from."""
    named = event.get("Auth", {}).get("Authorizer", API["Auth"]["DefaultAuthorizer"])
    if named == "NONE":
        return ()
    identity = API["Auth"]["Authorizers"][named]["Identity"]
    if identity == {"ReauthorizeEvery": 0}:
        return ("Authorization", "x-api-key")
    return tuple(identity["Headers"])


def test_every_route_has_one_row_in_the_table() -> None:
    routes = [(route.method, route.path) for route in EVERY_ROUTE]

    assert len(set(routes)) == len(routes)


def test_the_space_is_what_the_contract_says_it_is() -> None:
    for route in ROUTES:
        assert (route.surface == "space") == route.path.startswith(("/v1/storage/", "/v1/chat"))


def test_the_template_has_the_routes_of_the_table() -> None:
    deployed = [
        (event["Method"], event["Path"], folder_of(function), headers_of(event))
        for function, event in EVENTS
    ]

    assert sorted(deployed) == sorted(
        (route.method, route.path, route.function, route.key_headers) for route in EVERY_ROUTE
    )


def test_a_function_runs_as_long_as_the_rows_of_its_routes_say() -> None:
    default = TEMPLATE["Globals"]["Function"]["Timeout"]
    deployed = {(folder_of(function), function.get("Timeout", default)) for function, _ in EVENTS}

    assert deployed == {(route.function, route.timeout) for route in EVERY_ROUTE}


@pytest.mark.parametrize(
    ("authorizer", "header"),
    [("BearerAuthorizer", "Authorization"), ("ApiKeyAuthorizer", "x-api-key")],
)
def test_a_revoked_key_lives_60_seconds_at_most(authorizer: str, header: str) -> None:
    settings = API["Auth"]["Authorizers"][authorizer]

    assert settings["FunctionArn"] == {"Ref": "Authorize.Alias"}
    assert settings["Identity"] == {"Headers": [header], "ReauthorizeEvery": 60}


def test_what_reads_the_key_from_either_header_caches_nothing() -> None:
    """Cached by one header, a key in the other would let in the next request with the first."""
    settings = API["Auth"]["Authorizers"]["EitherHeaderAuthorizer"]

    assert settings["FunctionArn"] == {"Ref": "Authorize.Alias"}
    assert settings["Identity"] == {"ReauthorizeEvery": 0}


@pytest.mark.parametrize("kind", ["UNAUTHORIZED", "ACCESS_DENIED"])
def test_the_error_for_a_key_says_which_routes_read_it_from_which_header(kind: str) -> None:
    text = API["GatewayResponses"][kind]["ResponseTemplates"]["application/json"]

    message = json.loads(text)["error"]["message"]

    where = "/v1/chat and routes below /v1/storage read it from 'x-api-key: zk_live_...'"
    assert where in message
    assert "all others from 'Authorization: Bearer zk_live_...'" in message
    space = ("/v1/storage/", "/v1/chat")
    assert {route for route in ROUTES if route.path.startswith(space)} == {
        route for route in ROUTES if route.key_headers == ("x-api-key",)
    }


@pytest.mark.parametrize("kind", ["REQUEST_TOO_LARGE", "INTEGRATION_FAILURE"])
def test_the_error_for_a_large_body_says_what_to_do_with_files_and_with_parts(kind: str) -> None:
    text = API["GatewayResponses"][kind]["ResponseTemplates"]["application/json"]

    message = json.loads(text)["error"]["message"]

    assert "POST /v1/uploads" in message
    assert "part_size=1_900_000" in message
    assert "larder_client.openai" in message


def test_bodies_are_decoded_whatever_the_client_accepts() -> None:
    assert API["BinaryMediaTypes"] == ["*/*"]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("UNAUTHORIZED", 401, "invalid_api_key"),
        ("ACCESS_DENIED", 401, "invalid_api_key"),
        ("MISSING_AUTHENTICATION_TOKEN", 404, "unknown_url"),
        ("INVALID_SIGNATURE", 404, "unknown_url"),
        ("RESOURCE_NOT_FOUND", 404, "unknown_url"),
        ("THROTTLED", 429, "rate_limit_exceeded"),
        ("QUOTA_EXCEEDED", 429, "rate_limit_exceeded"),
        ("REQUEST_TOO_LARGE", 413, "request_too_large"),
        ("INTEGRATION_FAILURE", 502, "internal_error"),
        ("INTEGRATION_TIMEOUT", 504, "internal_error"),
        ("WAF_FILTERED", 403, None),
        ("DEFAULT_4XX", 404, "unknown_url"),
        ("DEFAULT_5XX", None, "internal_error"),
    ],
)
def test_the_gateway_speaks_the_error_envelope(
    kind: str, status: int | None, code: str | None
) -> None:
    response = API["GatewayResponses"][kind]

    body = json.loads(response["ResponseTemplates"]["application/json"])
    assert response.get("StatusCode") == status
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert body["error"]["code"] == code
    assert response["ResponseParameters"]["Headers"]["x-request-id"] == "context.requestId"


def test_a_request_that_the_gateway_cannot_read_is_not_told_of_its_route_alone() -> None:
    """Both arrive as DEFAULT_4XX: a malformed request, and a Bearer key on an unknown route."""
    text = API["GatewayResponses"]["DEFAULT_4XX"]["ResponseTemplates"]["application/json"]

    message = json.loads(text)["error"]["message"]
    assert message.startswith("No such route, or the request is malformed")


@pytest.mark.parametrize("kind", ["THROTTLED", "QUOTA_EXCEEDED"])
def test_a_throttled_client_is_told_when_to_come_back(kind: str) -> None:
    headers = API["GatewayResponses"][kind]["ResponseParameters"]["Headers"]

    assert 1 <= int(headers["Retry-After"].strip("'")) <= 120
