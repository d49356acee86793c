"""The calls of AWS that each operation makes, all of them and in order: what it waits and pays for.

`docs/costs.md` puts prices on this table. Every function has a row in it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import botocore.client
import pytest

from tests.integration.every_operation import OPERATIONS
from tests.moto_stack import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.operations import World

FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/app.py"))


@contextmanager
def recording() -> Iterator[list[str]]:
    """Record the operations that botocore's clients are asked for."""
    called: list[str] = []
    call = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

    def recorded_call(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
        items = parameters.get("TransactItems")
        called.append(operation if items is None else f"{operation} {len(items)}")
        return call(self, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", recorded_call)
        yield called


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_a_row(function: str) -> None:
    assert function in {name.partition(",")[0] for name in OPERATIONS}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_makes_the_calls_it_is_listed_with(world: World, operation: str) -> None:
    prepare, calls = OPERATIONS[operation]
    act = prepare(world)

    with recording() as called:
        act()

    assert ", ".join(called) == calls
