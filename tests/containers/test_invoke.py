"""`sam local invoke` of every function with every event recorded for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.containers.cases import CASES, function_of
from tests.containers.world import EVENTS

if TYPE_CHECKING:
    from local.containers.sam import SamLocal
    from tests.containers.world import World


@pytest.mark.parametrize("event", sorted(CASES))
def test_a_function_in_its_container_answers_its_recorded_event(
    event: str, world: World, sam: SamLocal
) -> None:
    CASES[event].given(world)

    invocation = sam.invoke(function_of(event), EVENTS / f"{event}.json")

    CASES[event].then(invocation.result, world)
