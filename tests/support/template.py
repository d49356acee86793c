"""template.yaml as data: `!Ref X` reads as `{"Ref": "X"}`, `!Sub` as `{"Fn::Sub": …}`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix == "Ref" else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _intrinsic)

TEMPLATE: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), _Loader)  # noqa: S506
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {
        name: resource["Properties"]
        for name, resource in RESOURCES.items()
        if resource["Type"] == kind
    }


FUNCTIONS = of_type("AWS::Serverless::Function")


def _routes() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, function in FUNCTIONS.items():
        for event in function.get("Events", {}).values():
            if event["Type"] == "Api":
                yield name, event["Properties"]
    for path, methods in RESOURCES["Api"]["Properties"]["DefinitionBody"]["paths"].items():
        for method, operation in methods.items():
            _, values = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
            [[authorizer]] = operation["security"]
            name = values["Function"]["Ref"].removesuffix(".Alias")
            auth = {"Authorizer": authorizer}
            yield name, {"Path": path, "Method": method.upper(), "Auth": auth}


ROUTES = list(_routes())
"""Each route with its function's name: the functions' events, and the API's own definition."""

ROUTED = {name for name, _ in ROUTES}
"""The functions that answer requests."""

LIMITED = ROUTED - {
    *("UnknownRoute", "ConsolePage", "ConsoleSessionsCreate", "ConsoleSessionsDelete"),
    *("Healthz", "Reference"),
}
"""The functions that count the requests of each key."""

ANSWERING = {"Authorize"} | ROUTED
"""The functions that somebody waits for."""

ALARMS = of_type("AWS::CloudWatch::Alarm")


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def folder_of(function: dict[str, Any]) -> str:
    """The function's folder below `functions/`."""
    uri: str = function["CodeUri"]
    return uri.removeprefix("functions/")


def rendered(value: Any, **parameters: str) -> Any:
    """Return a part of the template with its conditions decided and its parameters filled in.

    What refers to a resource stays as it is.
    """
    values = {
        name: str(parameter.get("Default")) for name, parameter in TEMPLATE["Parameters"].items()
    } | parameters
    match value:
        case {"Fn::If": [condition, yes, no]}:
            return rendered(yes if _holds({"Condition": condition}, values) else no, **parameters)
        case {"Fn::Select": [int(index), choices]}:
            return rendered(choices[index], **parameters)
        case {"Ref": name} if name in values:
            return values[name]
        case dict():
            parts = {key: rendered(part, **parameters) for key, part in value.items()}
            return {key: part for key, part in parts.items() if part != _NO_VALUE}
        case list():
            return [rendered(part, **parameters) for part in value]
    return value


_NO_VALUE = {"Ref": "AWS::NoValue"}


def _holds(condition: Any, values: dict[str, str]) -> bool:
    match condition:
        case {"Condition": name}:
            return _holds(TEMPLATE["Conditions"][name], values)
        case {"Fn::Not": [other]}:
            return not _holds(other, values)
        case {"Fn::Equals": [{"Ref": name}, value]}:
            return bool(values[name] == value)
    message = f"no test needs {condition} yet"
    raise NotImplementedError(message)
