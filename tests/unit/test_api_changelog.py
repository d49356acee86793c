"""docs/api-changelog.md names every change of an operation that was released."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from docs.openapi_changes import digests, mistakes, updated

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = {
    "paths": {
        "/v1/files": {
            "get": {
                "description": "Lists files.",
                "parameters": [{"name": "limit", "schema": {"type": "integer"}}],
                "responses": {"200": {"schema": {"$ref": "#/components/schemas/File"}}},
            }
        },
        "/v1/usage": {"get": {"responses": {}}},
    },
    "components": {
        "schemas": {
            "File": {
                "properties": {
                    "id": {"type": "string"},
                    "parent": {"$ref": "#/components/schemas/File"},
                }
            }
        }
    },
}


def released(document: dict[str, Any]) -> str:
    """Return a changelog whose only entries were released with that document."""
    text = updated("# Changes\n\n## What may change\n\n## Unreleased\n", document)
    return text.replace("## Unreleased\n", "## Unreleased\n\n## 1.0.0\n")


@pytest.fixture
def changed() -> dict[str, Any]:
    return deepcopy(DOCUMENT)


def test_the_changelog_names_the_operations_as_they_are() -> None:
    document = json.loads((ROOT / "docs/openapi.json").read_text())

    assert mistakes((ROOT / "docs/api-changelog.md").read_text(), document) == []


def test_what_has_not_changed_needs_no_entry() -> None:
    assert mistakes(released(DOCUMENT), DOCUMENT) == []


def test_a_changed_parameter_needs_an_entry(changed: dict[str, Any]) -> None:
    changed["paths"]["/v1/files"]["get"]["parameters"][0]["schema"]["type"] = "string"

    [mistake] = mistakes(updated(released(DOCUMENT), changed), changed)

    assert mistake.startswith("GET /v1/files has changed: ")


def test_a_change_of_a_schema_is_one_of_each_operation_that_refers_to_it(
    changed: dict[str, Any],
) -> None:
    changed["components"]["schemas"]["File"]["properties"]["id"]["type"] = "integer"

    [mistake] = mistakes(released(DOCUMENT), changed)

    assert mistake.startswith("GET /v1/files has changed: ")


def test_an_entry_for_the_change_is_enough(changed: dict[str, Any]) -> None:
    changed["paths"]["/v1/files"]["get"]["parameters"] = []
    entry = "## Unreleased\n\n* `GET /v1/files` has no `limit` any more.\n"

    text = released(DOCUMENT).replace("## Unreleased\n", entry)

    assert mistakes(updated(text, changed), changed) == []


def test_another_wording_needs_no_entry(changed: dict[str, Any]) -> None:
    changed["paths"]["/v1/files"]["get"] |= {"description": "Files, listed.", "summary": "List"}

    assert digests(changed) == digests(DOCUMENT)


def test_a_property_that_is_called_like_prose_is_part_of_the_contract(
    changed: dict[str, Any],
) -> None:
    changed["components"]["schemas"]["File"]["properties"]["title"] = {"type": "string"}

    assert digests(changed)["GET /v1/files"] != digests(DOCUMENT)["GET /v1/files"]


def test_what_is_unreleased_may_change(changed: dict[str, Any]) -> None:
    changed["paths"]["/v1/files"]["get"]["parameters"] = []
    text = released(DOCUMENT).replace("## Unreleased\n\n## 1.0.0\n", "## Unreleased\n")

    assert mistakes(updated(text, changed), changed) == []


def test_a_new_operation_gets_its_line(changed: dict[str, Any]) -> None:
    changed["paths"]["/v1/keys/me"] = {"get": {"responses": {}}}

    assert len(mistakes(released(DOCUMENT), changed)) == 1
    text = updated(released(DOCUMENT), changed)
    assert mistakes(text, changed) == []
    assert "* `GET /v1/keys/me`: new." in text.partition("## 1.0.0")[0]


def test_the_end_of_an_operation_needs_an_entry(changed: dict[str, Any]) -> None:
    del changed["paths"]["/v1/usage"]

    [mistake] = mistakes(updated(released(DOCUMENT), changed), changed)
    assert mistake.startswith("GET /v1/usage is gone: ")
    entry = "## Unreleased\n\n* `GET /v1/usage`: removed.\n"
    text = released(DOCUMENT).replace("## Unreleased\n", entry)
    assert mistakes(updated(text, changed), changed) == []
