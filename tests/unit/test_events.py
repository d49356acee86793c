"""Every function has a recorded event, and a recorded request is one of the route that it names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from larder.api.http.routes import CATCH_ALL, PAGES, ROUTES, Route
from tests.containers.cases import CASES, FUNCTIONS, function_of

EVENTS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text())
    for path in (Path(__file__).parents[2] / "events").glob("*.json")
}
REQUESTS = sorted(name for name, event in EVENTS.items() if "resource" in event)


def route_of(event: dict[str, Any]) -> Route:
    [route] = [
        route
        for route in (*ROUTES, *CATCH_ALL, *PAGES)
        if (route.method, route.path) == (event["httpMethod"], event["resource"])
    ]
    return route


def test_every_function_has_a_recorded_event_and_every_event_a_function() -> None:
    assert {function_of(name) for name in EVENTS} == FUNCTIONS


def test_every_event_has_a_case_for_the_containers() -> None:
    assert set(CASES) == set(EVENTS)


def test_every_routed_function_is_recorded_with_a_request() -> None:
    recorded = {function_of(name) for name in REQUESTS} - {"authorize"}

    assert recorded == {route.function for route in (*ROUTES, *CATCH_ALL, *PAGES)}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_recorded_request_is_one_of_its_route(name: str) -> None:
    event = EVENTS[name]

    route = route_of(event)

    assert function_of(name) in {route.function, "authorize"}
    headers = {header.lower() for header in event["headers"]}
    carries = {"authorization", "x-api-key"} & headers
    assert len(carries) == min(1, len(route.key_headers))
    assert carries <= {name.lower() for name in route.key_headers}
    parameters = event["pathParameters"] or {}
    assert event["path"] == route.path.replace("+}", "}").format(**parameters)
