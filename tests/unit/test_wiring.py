"""Ports go by their names: a use case's fields, a function's keywords."""

from __future__ import annotations

import inspect
from dataclasses import fields
from importlib import import_module
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any

import pytest

import larder.services
from larder.runtime.composition import Composition

if TYPE_CHECKING:
    from collections.abc import Callable

MODULES = [
    import_module(found.name)
    for found in walk_packages(larder.services.__path__, "larder.services.")
]


def defined(kind: Callable[[object], bool]) -> list[Any]:
    """Return what of that kind the services define."""
    return [
        found
        for module in MODULES
        for _, found in inspect.getmembers(module, kind)
        if found.__module__ == module.__name__
    ]


USE_CASES: list[type[Any]] = [
    found
    for found in defined(inspect.isclass)
    if hasattr(found, "__dataclass_fields__") and "__call__" in vars(found)
]


def type_of(port: str) -> object:
    """Return the type of the port of that name, as it is annotated; None for no port."""
    member = inspect.getattr_static(Composition, port, None)
    function = getattr(member, "func", None) or getattr(member, "fget", None)
    if function is not None:
        return function.__annotations__["return"]
    return next((field.type for field in fields(Composition) if field.name == port), None)


def test_use_cases_are_found() -> None:
    assert "CreateFile" in {use_case.__name__ for use_case in USE_CASES}


@pytest.mark.parametrize("use_case", USE_CASES)
def test_each_field_of_a_use_case_is_a_port_of_its_type(use_case: type[Any]) -> None:
    wanted = {field.name: field.type for field in fields(use_case) if field.init}

    assert {name: type_of(name) for name in wanted} == wanted


@pytest.mark.parametrize("use_case", USE_CASES)
def test_a_use_case_of_up_to_three_ports_is_a_function(use_case: type[Any]) -> None:
    assert len(fields(use_case)) > 3


@pytest.mark.parametrize("function", defined(inspect.isfunction))
def test_a_function_takes_up_to_three_ports(function: Any) -> None:
    ports = [name for name in inspect.signature(function).parameters if type_of(name) is not None]

    assert len(ports) <= 3
