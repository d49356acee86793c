"""What a change of a parameter needs to reach those who call the functions: docs/adr/0012."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.template import ANSWERING, FUNCTIONS, RESOURCES, TEMPLATE, of_type, rendered

GLOBALS: dict[str, Any] = TEMPLATE["Globals"]["Function"]
PARAMETERS: dict[str, Any] = TEMPLATE["Parameters"]
# Concurrency belongs to a function, not to a version of it.
NOT_CONFIGURATION = {
    *("FunctionName", "VersionDescription", "Description", "Policies", "Events"),
    "ReservedConcurrentExecutions",
}


def parameters_in(value: Any) -> set[str]:
    """The template's parameters that a value of it is made from."""
    found: set[str]
    match value:
        case {"Ref": str(name)}:
            found = {name}
        case {"Fn::Sub": str(text)}:
            found = set(re.findall(r"\$\{(\w+)\}", text))
        case {"Fn::Sub": [text, values]}:
            found = parameters_in({"Fn::Sub": text}) | parameters_in(values)
        case {"Fn::If": [condition, *values]}:
            found = parameters_in(TEMPLATE["Conditions"][condition]) | parameters_in(values)
        case dict():
            found = set().union(*map(parameters_in, value.values()))
        case list():
            found = set().union(*map(parameters_in, value))
        case _:
            found = set()
    return found & PARAMETERS.keys()


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=list(FUNCTIONS))
def test_a_version_is_described_by_the_parameters_that_make_it(function: dict[str, Any]) -> None:
    """With one missing, its change would publish nothing; with one too many, a deployment that
    changes just that would fail: Lambda publishes no version of what has not changed.
    """
    configuration = GLOBALS | function
    configuration["Environment"] = [GLOBALS["Environment"], function.get("Environment", {})]
    made_from = parameters_in(
        {name: value for name, value in configuration.items() if name not in NOT_CONFIGURATION}
    )

    assert parameters_in(function["VersionDescription"]) == made_from
    assert {"Architecture", "LogLevel", "PartThreshold"} <= made_from


def test_a_change_of_a_function_or_of_its_layer_publishes_a_version() -> None:
    assert GLOBALS["AutoPublishAliasAllProperties"] is True
    assert RESOURCES["LarderLayer"]["Properties"]["PublishLambdaVersion"] is True


def test_only_the_latest_version_is_kept() -> None:
    assert GLOBALS["VersionDeletionPolicy"] == "Delete"


def test_whoever_calls_a_function_calls_its_alias() -> None:
    """SAM sees to it for the events of a function, where it has an alias; the others name it."""
    mappings = of_type("AWS::Lambda::EventSourceMapping").values()
    authorizers = RESOURCES["Api"]["Properties"]["Auth"]["Authorizers"].values()

    called = [mapping["FunctionName"] for mapping in mappings]
    called += [authorizer["FunctionArn"] for authorizer in authorizers]

    assert GLOBALS["AutoPublishAlias"] == "live"
    assert [name["Ref"].partition(".")[2] for name in called] == ["Alias"] * 8
    assert not any("AutoPublishAlias" in function for function in FUNCTIONS.values())


def test_those_for_whom_somebody_waits_may_start_from_snapshots() -> None:
    assert PARAMETERS["SnapStart"]["Default"] == "None"
    assert with_snapshots() == ANSWERING


def test_a_runtime_that_streams_starts_from_no_snapshot() -> None:
    assert with_snapshots(StreamChat="true") == ANSWERING - {"Chat"}
    described = [
        rendered(FUNCTIONS["Chat"]["VersionDescription"], StreamChat="true", SnapStart=value)
        for value in ("None", "PublishedVersions")
    ]
    # A description that changed with nothing else would fail: Lambda publishes no such version.
    assert described[0]["Fn::Sub"][1] == described[1]["Fn::Sub"][1]


def with_snapshots(**parameters: str) -> set[str]:
    """The functions that start from snapshots where the parameter asks for that."""
    wanted = {"SnapStart": "PublishedVersions"} | parameters
    return {
        name
        for name, function in FUNCTIONS.items()
        if rendered(function.get("SnapStart", GLOBALS["SnapStart"])["ApplyOn"], **wanted) != "None"
    }
