"""What a key may do: each route needs its scope, and no route lets an expired key in."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from larder.api.http.routes import CATCH_ALL, ROUTES
from larder.domain.scopes import SCOPES
from tests.support.events import recorded

if TYPE_CHECKING:
    from larder.api.http.routes import Route
    from tests.integration.conftest import Functions

KEYED = [route for route in (*ROUTES, *CATCH_ALL) if route.surface != "public"]
each_route = pytest.mark.parametrize(
    "route", KEYED, ids=[f"{route.method} {route.path}" for route in KEYED]
)


def ask(functions: Functions, route: Route, **authorizer: str) -> tuple[int, Any]:
    """Send the request that was recorded, with what the authorizer says of its key."""
    event = recorded(route.function)
    event |= {"httpMethod": route.method, "resource": route.path}
    event["requestContext"]["authorizer"] |= authorizer
    answer = functions.invoke(route.function, event)
    return answer["statusCode"], json.loads(answer["body"]).get("error")


def test_the_scopes_of_the_table_are_scopes() -> None:
    assert {route.scope for route in (*ROUTES, *CATCH_ALL)} <= {*SCOPES, None}


@each_route
def test_a_key_without_the_scope_is_refused_with_what_is_missing(
    functions: Functions, route: Route
) -> None:
    others = [scope for scope in SCOPES if scope != route.scope]

    status, error = ask(functions, route, scopes=" ".join(others))

    if route.scope is None:
        assert status != 403
        return
    assert status == 403
    assert error["code"] == "insufficient_permissions"
    assert error["type"] == "invalid_request_error"
    assert f"'{route.scope}'" in error["message"]
    assert " + ".join(others) in error["message"]
    assert ask(functions, route, scopes="")[0] == 403


@each_route
def test_a_key_that_has_just_expired_is_refused(functions: Functions, route: Route) -> None:
    scopes = " ".join(SCOPES)

    status, error = ask(functions, route, scopes=scopes, expiresAt=str(int(time.time())))

    assert (status, error["code"]) == (401, "invalid_api_key")
    assert "expired" in error["message"]


def test_what_the_gateway_cached_before_an_update_is_served(functions: Functions) -> None:
    """For a minute after the update to the version that has scopes."""
    [route] = [route for route in ROUTES if route.function == "batches_list"]
    assert "scopes" not in recorded(route.function)["requestContext"]["authorizer"]

    assert ask(functions, route)[0] == 200


def test_a_key_with_its_scope_is_served_until_it_expires(functions: Functions) -> None:
    [route] = [route for route in ROUTES if route.function == "batches_list"]
    soon = str(int(time.time()) + 60)

    assert ask(functions, route, scopes="batches", expiresAt=soon)[0] == 200
