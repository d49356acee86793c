"""What a function reads from a request, declared in its signature: query string and JSON body."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

from larder.api.http.requests import invalid_parameter, json_body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent


@dataclass(frozen=True, slots=True)
class Query:
    """Marks a query parameter: `limit: Annotated[int, Query(description="Page size")] = 10`.

    The request calls it `alias`, or by its name in the signature. Its type is checked here;
    `json_schema_extra` only documents what the use case checks further.
    """

    description: str
    alias: str | None = None
    json_schema_extra: Mapping[str, Any] | None = None


class MayBeEmpty:
    """Marks a query parameter, beside `Query`, whose empty value counts as absent."""


def with_parameters[Answer](
    function: Callable[..., Answer], event: Callable[[], APIGatewayProxyEvent]
) -> Callable[..., Answer]:
    """Return the function, with its parameters filled in from the current `event`.

    A parameter marked by `Query` comes from the query string, and one whose type is a pydantic
    model from the JSON body; a query parameter that was not sent takes its default. The returned
    function is called with the path parameters, and raises InvalidParameterError for a value that
    does not fit its type, or is missing and has no default.
    """
    parameters = inspect.signature(function).parameters
    queries = {
        name: (query.alias or name, TypeAdapter(parameter.annotation))
        for name, parameter in parameters.items()
        if (query := _declaration(parameter.annotation)) is not None
    }
    may_be_empty = {
        name
        for name, parameter in parameters.items()
        if MayBeEmpty in get_args(parameter.annotation)
    }
    required = {name for name in queries if parameters[name].default is inspect.Parameter.empty}
    bodies = {
        name: parameter.annotation
        for name, parameter in parameters.items()
        if isinstance(parameter.annotation, type) and issubclass(parameter.annotation, BaseModel)
    }
    if not queries and not bodies:
        return function

    @wraps(function)
    def answer(**path: str) -> Answer:
        request = event()
        sent = request.resolved_query_string_parameters
        values = {
            name: _checked(wire_name, adapter, value)
            for name, (wire_name, adapter) in queries.items()
            for value in sent.get(wire_name, ())[:1]
            if value or name not in may_be_empty
        }
        for name in required - values.keys():
            wire_name, _ = queries[name]
            raise invalid_parameter((wire_name,), "Field required")
        body = {name: json_body(request, model) for name, model in bodies.items()}
        return function(**path, **values, **body)

    return answer


def _declaration(annotation: object) -> Query | None:
    if get_origin(annotation) is not Annotated:
        return None
    return next((each for each in get_args(annotation) if isinstance(each, Query)), None)


def _checked(name: str, adapter: TypeAdapter[Any], value: str) -> object:
    try:
        return adapter.validate_python(value)
    except ValidationError as invalid:
        problem = invalid.errors(include_url=False, include_input=False)[0]["msg"]
        raise invalid_parameter((name,), problem) from invalid
