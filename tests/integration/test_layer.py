"""The layer: nothing uses what its build leaves out, and what stays works as before."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import aws_lambda_powertools
import botocore
import pytest

from layers.larder import trim
from tests.layer import ROOT, copy_data
from tests.support.built_pages import built_pages

ADAPTERS = ROOT / "layers/larder/python/larder/adapters"
FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/app.py"))

# What others than the adapters call: Powertools' idempotency, and botocore itself on a redirect.
BY_OTHERS = {"DeleteItem", "PutItem", "UpdateItem", "HeadBucket"}


def calls_of_the_adapters() -> set[str]:
    """Return the operations that adapters call, paginate or sign."""
    named: set[str] = set()
    for path in ADAPTERS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(attr="get_paginator" | "generate_presigned_url")):
                    argument = node.args[0]
                    assert isinstance(argument, ast.Constant)
                    named.add(str(argument.value))
                case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="_client"), attr=name)):
                    named.add(name)
                case ast.Call(func=ast.Attribute(value=ast.Name("client"), attr=name)):
                    named.add(name)
    named -= {"get_paginator", "generate_presigned_url"}
    return {re.sub(r"(?:^|_)(.)", lambda found: found[1].upper(), name) for name in named}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the trimmed libraries."""
    folder = tmp_path_factory.mktemp("packages")
    for library in (aws_lambda_powertools, botocore):
        source = Path(str(library.__file__)).parent
        shutil.copytree(
            source, folder / source.name, ignore=shutil.ignore_patterns("data", "__pycache__")
        )
    copy_data(folder)
    (folder / "botocore" / "data" / "ec2").mkdir()
    for cut in trim.CUTS.values():
        cut(folder)
    return folder


def run(packages: Path, code: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env={
            "PYTHONPATH": f"{packages}:{ROOT / 'layers/larder/python'}:{built_pages()}",
            "STORAGE_ORIGIN": "https://files.s3.eu-central-1.amazonaws.com",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "PYDANTIC_DISABLE_PLUGINS": "true",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "EVENTS_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/1/q",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def starting(functions: list[str]) -> str:
    """Return code that starts these functions as Lambda does, but all in one process."""
    starts = "\n".join(f"runpy.run_path('functions/{name}/app.py')" for name in functions)
    return f"import runpy, sys\n{starts}"


def test_the_layer_keeps_exactly_the_operations_that_are_called() -> None:
    left_in = set().union(*trim.OPERATIONS.values())

    assert left_in - BY_OTHERS == calls_of_the_adapters() - BY_OTHERS
    assert left_in >= BY_OTHERS


def test_every_function_starts_with_the_trimmed_layer(packages: Path) -> None:
    loaded = run(packages, f"{starting(FUNCTIONS)}\nprint(sys.modules['botocore'].__file__)")

    assert loaded.strip() == str(packages / "botocore/__init__.py")


def test_what_an_idempotent_request_imports_is_there(packages: Path) -> None:
    run(
        packages,
        "import boto3.session, aws_lambda_powertools.utilities.idempotency as utility\n"
        "utility.DynamoDBPersistenceLayer('Store', boto3_client=object())",
    )


def test_other_services_are_left_out(packages: Path) -> None:
    folders = {path.name for path in (packages / "botocore" / "data").iterdir() if path.is_dir()}

    assert folders == set(trim.OPERATIONS)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"])
def test_endpoints_and_errors_are_those_of_the_whole_botocore(packages: Path, region: str) -> None:
    code = f"""
import botocore.session
session = botocore.session.get_session()
for service in {sorted(trim.OPERATIONS)!r}:
    client = session.create_client(service, region_name={region!r})
    print(client.meta.endpoint_url, client.meta.service_model.metadata)
    for operation in {sorted(set().union(*trim.OPERATIONS.values()))!r}:
        if operation in client.meta.service_model.operation_names:
            model = client.meta.service_model.operation_model(operation)
            print(operation, model.http, sorted(shape.name for shape in model.error_shapes))
            print(model.input_shape.members, model.output_shape and model.output_shape.members)
"""

    assert run(packages, code).splitlines() == run(Path(), code).splitlines()
