"""docs/openapi.json describes every route, as the recorded requests use it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openapi_schema_validator import OAS31Validator

from larder.api.http.routes import ROUTES, Route

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs/openapi.json").read_text())

each_route = pytest.mark.parametrize(
    "route", ROUTES, ids=lambda route: f"{route.method} {route.path}"
)


def operation_of(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][route.path][route.method.lower()]
    return found


def recorded(route: Route) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / f"events/{route.function}.json").read_text())
    return event


def mistakes(value: object, schema: dict[str, Any]) -> list[str]:
    validator = OAS31Validator(schema | {"components": DOCUMENT["components"]})
    return [mistake.message for mistake in validator.iter_errors(value)]


def in_the_document(reference: dict[str, Any]) -> dict[str, Any]:
    found = DOCUMENT
    for step in reference["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def schemas_with_examples(part: object) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if isinstance(part.get("examples"), list):
            yield part
        for each in part.values():
            yield from schemas_with_examples(each)
    elif isinstance(part, list):
        for each in part:
            yield from schemas_with_examples(each)


def test_the_document_has_the_routes_of_the_table() -> None:
    described = {
        (method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods
    }

    assert described == {(route.method, route.path) for route in ROUTES}


@each_route
def test_an_operation_is_described_in_words(route: Route) -> None:
    operation = operation_of(route)

    assert operation["operationId"].startswith(route.function)
    assert operation["summary"]
    assert operation["description"].endswith(".")
    assert set(operation["tags"]) <= {tag["name"] for tag in DOCUMENT["tags"]}
    assert all("description" in each for each in operation["parameters"] if each["in"] != "path")


@each_route
def test_an_operation_says_in_which_header_its_key_goes(route: Route) -> None:
    requirements = operation_of(route)["security"]

    if not route.key_headers:
        assert requirements == []
        return
    [[(name, _)]] = (each.items() for each in requirements)
    scheme = DOCUMENT["components"]["securitySchemes"][name]
    header = "Authorization" if scheme.get("scheme") == "bearer" else scheme["name"]
    assert (header,) == route.key_headers


@each_route
def test_an_operation_takes_the_body_that_its_recorded_request_has(route: Route) -> None:
    event = recorded(route)

    body = operation_of(route).get("requestBody")

    assert (body is not None) == (event["body"] is not None)
    if body is None:
        return
    sent = next(value for name, value in event["headers"].items() if name.lower() == "content-type")
    [(media_type, content)] = body["content"].items()
    assert media_type == sent.partition(";")[0]
    if media_type == "application/json":
        assert mistakes(json.loads(base64.b64decode(event["body"])), content["schema"]) == []


@each_route
def test_an_operation_takes_the_parameters_that_its_recorded_request_has(route: Route) -> None:
    event = recorded(route)

    named = {(each["in"], each["name"]) for each in operation_of(route)["parameters"]}

    assert {name for place, name in named if place == "path"} == set(event["pathParameters"] or ())
    assert set(event["queryStringParameters"] or ()) <= {
        name for place, name in named if place == "query"
    }


@each_route
def test_an_operation_lists_its_errors_in_the_envelope(route: Route) -> None:
    responses = operation_of(route)["responses"]

    assert {"401", "429", "5XX"} < set(responses)
    assert ("404" in responses) >= ("{" in route.path)
    assert ("413" in responses) >= ("requestBody" in operation_of(route))
    for status, response in responses.items():
        if status[0] in "45":
            whole = in_the_document(response) if "$ref" in response else response
            schema = whole["content"]["application/json"]["schema"]
            # MCP has an envelope of its own beside ours.
            assert {"$ref": "#/components/schemas/Error"} in schema.get("oneOf", [schema])


@pytest.mark.parametrize("name", DOCUMENT["components"]["responses"])
def test_an_example_of_an_error_is_one(name: str) -> None:
    [content] = DOCUMENT["components"]["responses"][name]["content"].values()

    assert mistakes(content["example"], content["schema"]) == []


def test_every_example_fits_its_schema() -> None:
    found = list(schemas_with_examples(DOCUMENT))

    assert found
    for schema in found:
        for example in schema["examples"]:
            assert mistakes(example, schema) == [], schema


@each_route
def test_an_operation_has_examples_that_fit_their_schemas(route: Route) -> None:
    operation = operation_of(route)

    contents = [
        message["content"]["application/json"]
        for message in (operation.get("requestBody", {}), operation["responses"]["200"])
        if "application/json" in message.get("content", {})
    ]

    for content in contents:
        # pytest tests/integration/test_examples.py --update-examples, then make openapi
        assert "example" in content
        assert mistakes(content["example"], content["schema"]) == []


def test_a_list_of_files_has_10000_of_them_newest_first_unless_asked_otherwise() -> None:
    query = {each["name"]: each for each in DOCUMENT["paths"]["/v1/files"]["get"]["parameters"]}

    limit = query["limit"]["schema"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 10_000, 10_000)
    assert query["order"]["schema"]["default"] == "desc"


def test_a_list_of_the_space_has_10_files_and_at_most_1000() -> None:
    operation = DOCUMENT["paths"]["/v1/storage/files"]["get"]
    [limit] = [each["schema"] for each in operation["parameters"] if each["name"] == "limit"]

    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 1_000, 10)
