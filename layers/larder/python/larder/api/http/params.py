"""The parameters of a query string: declared in a function's signature, checked by pydantic."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from larder.api.http.requests import invalid_parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Query:
    """Marks a parameter: `limit: Annotated[int, Query(description="1..100")] = 10`.

    On the wire it is called `alias`, or as in the signature.
    """

    description: str
    alias: str | None = None


def with_query[Answer](
    function: Callable[..., Answer], sent: Callable[[], Mapping[str, Sequence[str]]]
) -> Callable[..., Answer]:
    """Return the function with its query parameters filled in from what was `sent`.

    It is called with what the path says; raises InvalidParameterError for a value that is not of
    the parameter's type. What was not sent takes its default.
    """
    declared = {
        name: (query.alias or name, TypeAdapter(parameter.annotation))
        for name, parameter in inspect.signature(function).parameters.items()
        if (query := _declaration(parameter.annotation)) is not None
    }
    if not declared:
        return function

    @wraps(function)
    def answer(**path: str) -> Answer:
        given: Mapping[str, Sequence[str]] = sent()
        values = {
            name: _checked(wire_name, adapter, given[wire_name][0])
            for name, (wire_name, adapter) in declared.items()
            if given.get(wire_name)
        }
        return function(**path, **values)

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
