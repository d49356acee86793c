"""The examples in docs/openapi.json: each operation is carried out, and answers what they say.

`pytest tests/integration/test_examples.py --update-examples` writes what it answers now.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from larder.api.http.routes import ROUTES
from tests.integration.conftest import Functions
from tests.integration.every_operation import OPERATIONS
from tests.integration.examples import example_of
from tests.moto_stack import ROOT

if TYPE_CHECKING:
    from tests.integration.operations import World
    from tests.support.handlers import FakeContext

EXAMPLES = ROOT / "docs" / "openapi_examples.json"
WITHOUT_JSON = {"artifacts_content", "files_content"}


@pytest.mark.parametrize("function", sorted({route.function for route in ROUTES} - WITHOUT_JSON))
def test_an_operation_answers_what_its_example_says(
    world: World, function: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    prepare, _ = OPERATIONS[function]
    act = prepare(world)
    exchanged: list[tuple[dict[str, Any], dict[str, Any]]] = []
    invoke = Functions.invoke

    def recording(
        self: Functions, name: str, event: dict[str, Any], context: FakeContext | None = None
    ) -> Any:
        answer = invoke(self, name, event, context)
        if name == function:
            exchanged.append((event, answer))
        return answer

    monkeypatch.setattr(Functions, "invoke", recording)
    act()

    found = example_of(*exchanged[-1])
    examples = json.loads(EXAMPLES.read_text()) if EXAMPLES.exists() else {}
    if request.config.getoption("--update-examples"):
        examples[function] = found
        text = json.dumps(examples, indent=2, sort_keys=True, ensure_ascii=False)
        EXAMPLES.write_text(text + "\n")
    else:
        assert found == examples[function]


def test_no_example_is_of_an_operation_that_is_gone() -> None:
    examples = json.loads(EXAMPLES.read_text())

    assert examples.keys() == {route.function for route in ROUTES} - WITHOUT_JSON
