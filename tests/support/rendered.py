"""template.yaml as CloudFormation creates it: translated by SAM, with every value filled in."""

from __future__ import annotations

import json
import re
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.support.template import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PYTHON = ROOT / ".tools/sam/bin/python"
NOTHING = object()
"""What `AWS::NoValue` makes of a value."""

RANDOM = "1A2B3C4D5E6F7"
"""As long as what CloudFormation adds to the name of a resource."""

OWN_NAMES = {
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}
"""The property that names each resource of these types; CloudFormation names the others."""

_IN_TEXT = re.compile(r"\$\{(!?[\w:.]+)\}")


@cache
def translated(changes: str = "", /, **parameters: str) -> dict[str, Any]:
    """Return the template after the Serverless transform, with its references.

    With parameters, as the transform makes it of a deployment with these; with changes of the
    resources, in YAML, after those.
    """
    assert PYTHON.exists(), "The SAM CLI is not installed: run 'make tools'."
    script = ROOT / "tests/support/translate.py"
    command = [str(PYTHON), str(script), json.dumps(parameters), changes]
    output = subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603
    template: dict[str, Any] = json.loads(output)
    return template


class Stack:
    """A stack of the template, with those parameters and the defaults of the others."""

    def __init__(self, name: str = "larder", **parameters: str) -> None:
        self.template = translated()
        unknown = parameters.keys() - self.template["Parameters"].keys()
        assert not unknown, unknown
        defaults = {key: str(it["Default"]) for key, it in self.template["Parameters"].items()}
        self._values: dict[str, str] = {
            "AWS::StackName": name,
            # The longest names of their kind.
            "AWS::Region": "ap-southeast-1",
            "AWS::Partition": "aws-us-gov",
            "AWS::AccountId": "123456789012",
            "AWS::URLSuffix": "amazonaws.com.cn",
            **defaults,
            **parameters,
        }
        self.resources: dict[str, dict[str, Any]] = {
            key: {"Type": each["Type"], "Properties": self._value(each.get("Properties", {}))}
            for key, each in self.template["Resources"].items()
            if "Condition" not in each or self._holds(each["Condition"])
        }
        self.outputs = self._value(self.template["Outputs"])

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        return {
            key: each["Properties"] for key, each in self.resources.items() if each["Type"] == kind
        }

    def name_of(self, resource: str) -> str:
        """Return the name that CloudFormation gives to a resource."""
        return self._physical(resource)

    def leaves(self) -> dict[tuple[str, str], Any]:
        """Return each value that is no mapping or list, by its resource and its path in it."""
        found = {}
        for key, each in self.resources.items():
            for path, value in _leaves(each["Properties"]):
                found[key, path] = value
        return found

    def _holds(self, condition: str) -> bool:
        return self._true(self.template["Conditions"][condition])

    def _true(self, condition: Any) -> bool:
        match condition:
            case {"Fn::Equals": [left, right]}:
                return bool(self._value(left) == self._value(right))
            case {"Fn::Not": [other]}:
                return not self._true(other)
        raise AssertionError(condition)

    def _value(self, value: Any) -> Any:  # noqa: C901, PLR0911 - one for each function
        match value:
            case {"Ref": "AWS::NoValue"}:
                return NOTHING
            case {"Ref": str(name)}:
                return self._values[name] if name in self._values else self._physical(name)
            case {"Fn::GetAtt": [name, *rest]}:
                return self._attribute(name, ".".join(rest))
            case {"Fn::Sub": str(text)}:
                return _IN_TEXT.sub(lambda found: self._in_text(found[1]), text)
            case {"Fn::Sub": [text, others]}:
                known = {name: self._value(other) for name, other in others.items()}
                return _IN_TEXT.sub(lambda it: known.get(it[1]) or self._in_text(it[1]), text)
            case {"Fn::Join": [between, parts]}:
                return between.join(self._value(part) for part in parts)
            case {"Fn::Select": [int(index), choices]}:
                return self._value(choices[index])
            case {"Fn::If": [condition, then, otherwise]}:
                return self._value(then if self._holds(condition) else otherwise)
            case dict():
                assert not any(key.startswith("Fn::") for key in value), value
                filled = {key: self._value(each) for key, each in value.items()}
                return {key: each for key, each in filled.items() if each is not NOTHING}
            case list():
                return [each for each in map(self._value, value) if each is not NOTHING]
        return value

    def _in_text(self, name: str) -> str:
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        if "." in name:
            return self._attribute(*name.split(".", 1))
        return str(self._value({"Ref": name}))

    def _physical(self, name: str) -> str:
        resource = self.template["Resources"][name]
        if own := OWN_NAMES.get(resource["Type"]):
            return str(self._value(resource["Properties"][own]))
        return f"{self._values['AWS::StackName']}-{name}-{RANDOM}"

    def _attribute(self, name: str, attribute: str) -> str:
        if not attribute.endswith("Arn"):
            return self._physical(name)
        service = self.template["Resources"][name]["Type"].split("::")[1].lower()
        where = f"{self._values['AWS::Region']}:{self._values['AWS::AccountId']}"
        arn = f"arn:{self._values['AWS::Partition']}:{service}:{where}:{self._physical(name)}"
        return arn + "/stream/2026-01-01T00:00:00.000" * (attribute == "StreamArn")


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    match value:
        case dict():
            for key, each in value.items():
                yield from _leaves(each, f"{path}.{key}" if path else key)
        case list():
            for number, each in enumerate(value):
                yield from _leaves(each, f"{path}.{number}")
        case _:
            yield path, value


def needed_by(resources: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return for each resource which others CloudFormation has to create before it."""
    return {
        name: ({*_named(each)} | {*_listed(each.get("DependsOn"))}) & resources.keys()
        for name, each in resources.items()
    }


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _named(value: Any) -> Iterator[str]:
    match value:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::Sub": str(text)}:
            yield from (found.split(".")[0] for found in _IN_TEXT.findall(text))
        case {"Fn::Sub": [str(text), others]}:
            yield from _named([{"Fn::Sub": text}, others])
        case dict():
            for each in value.values():
                yield from _named(each)
        case list():
            for each in value:
                yield from _named(each)
