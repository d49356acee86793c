"""Prints template.yaml as CloudFormation sees it, run by the SAM CLI's own Python.

Parameters keep their names in what SAM makes of it: their defaults are taken out before, and SAM
cannot fill them in. Those of a deployment, which SAM looks at, may be an argument: JSON. So may be
changes of the template's resources, in YAML: mappings are merged, and lists go on.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse  # type: ignore[import-not-found]

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"
# A folder becomes an address in S3 when the template is packaged.
FOLDERS = ("CodeUri", "ContentUri", "DefinitionUri")


def translate(parameters: dict[str, str], changes: dict[str, Any]) -> dict[str, Any]:
    """Return the template after the Serverless transform."""
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    logging.disable()
    from samtranslator.parser.parser import Parser  # type: ignore[import-not-found]  # noqa: PLC0415
    from samtranslator.translator.translator import (  # type: ignore[import-not-found]  # noqa: PLC0415
        Translator,
    )

    template = json.loads(json.dumps(yaml_parse(TEMPLATE.read_text())))
    template["Resources"] = merged(template["Resources"], changes)
    defaults = {
        name: parameter.pop("Default") for name, parameter in template["Parameters"].items()
    }
    for resource in template["Resources"].values():
        for name in FOLDERS:
            if name in resource["Properties"]:
                resource["Properties"][name] = f"s3://artifacts/{resource['Properties'][name]}"
    translated: dict[str, Any] = Translator({}, Parser()).translate(template, parameters)
    for name, default in defaults.items():
        translated["Parameters"][name]["Default"] = default
    return translated


def merged(given: Any, change: Any) -> Any:
    """Return what a change makes of a value."""
    if isinstance(given, dict) and isinstance(change, dict):
        return given | {name: merged(given.get(name), each) for name, each in change.items()}
    return [*given, *change] if isinstance(given, list) else change


if __name__ == "__main__":
    given, patch = sys.argv[1:]
    json.dump(translate(json.loads(given), yaml_parse(patch) or {}), sys.stdout)
