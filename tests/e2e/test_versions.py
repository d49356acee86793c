"""A change of one parameter takes effect for the API when the deployment ends."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.e2e.api import eventually
from tests.support.template import ANSWERING, FUNCTIONS, folder_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.api import Api
    from tests.e2e.stack import Stack

SNAPSHOTS_SECONDS = 120


@contextmanager
def deployed_with(stack: Stack, **values: str) -> Iterator[None]:
    """Deploy with other parameters, and afterwards with the previous ones."""
    cloudformation = stack.client("cloudformation")
    name = stack.env["LARDER_STACK"]

    def deploy(parameters: list[dict[str, str]]) -> None:
        cloudformation.update_stack(
            StackName=name,
            UsePreviousTemplate=True,
            Parameters=parameters,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        cloudformation.get_waiter("stack_update_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1}
        )

    before = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Parameters"]
    deploy(
        [
            each | {"ParameterValue": values.get(each["ParameterKey"], each["ParameterValue"])}
            for each in before
        ]
    )
    try:
        yield
    finally:
        deploy(before)


def live(stack: Stack) -> dict[str, dict[str, Any]]:
    """The version of each function that is called, once all are active."""
    functions = stack.client("lambda")

    def look() -> dict[str, dict[str, Any]]:
        return {
            name: functions.get_function_configuration(
                FunctionName=named(stack, name), Qualifier="live"
            )
            for name in FUNCTIONS
        }

    return eventually(
        look,
        lambda found: all(each["State"] == "Active" for each in found.values()),
        SNAPSHOTS_SECONDS,
    )


def named(stack: Stack, name: str) -> str:
    folder = folder_of(FUNCTIONS[name])
    return f"{stack.env['LARDER_STACK']}-{folder}"


def with_snapshots(functions: dict[str, dict[str, Any]]) -> set[str]:
    return {
        name
        for name, each in functions.items()
        if each["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
    }


def log_levels(functions: dict[str, dict[str, Any]]) -> set[tuple[str, str]]:
    """Powertools' levels, and those that Lambda lets through."""
    return {
        (
            each["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"],
            each["LoggingConfig"]["ApplicationLogLevel"],
        )
        for each in functions.values()
    }


def test_the_called_versions_have_the_parameters_of_the_last_deployment(
    stack: Stack, api: Api
) -> None:
    before = live(stack)

    with deployed_with(stack, SnapStart="PublishedVersions", LogLevel="WARNING"):
        changed = live(stack)
        file = api.create_file(b"from a snapshot")
        content = api.content(file["id"]).content
    after = live(stack)

    assert content == b"from a snapshot"
    # The chat of the local stack streams, and what streams has no snapshot.
    assert with_snapshots(changed) == ANSWERING - {"Chat"}
    assert with_snapshots(before) == with_snapshots(after) == set()
    assert log_levels(changed) == {("WARNING", "WARN")}
    assert log_levels(before) == log_levels(after) == {("INFO", "INFO")}


def test_a_version_that_was_replaced_is_gone(stack: Stack) -> None:
    """A snapshot costs money as long as its version exists."""
    functions = stack.client("lambda")
    kept = {
        name: [
            version["Version"]
            for version in functions.list_versions_by_function(FunctionName=named(stack, name))[
                "Versions"
            ]
        ]
        for name in FUNCTIONS
    }

    assert kept == {
        name: ["$LATEST", live_one["Version"]] for name, live_one in live(stack).items()
    }
