"""Imports point one way: functions → services → domain; adapters implement what services need."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

import pytest

from larder.api.http.routes import CATCH_ALL, PAGES, ROUTES
from tests.support.imports import FUNCTIONS, PACKAGE, ROOT, import_function, loaded_by

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# All functions that answer no route.
WORKERS = sorted(set(FUNCTIONS) - {route.function for route in (*ROUTES, *CATCH_ALL, *PAGES)})
TABLE_OF_ROUTES = {"larder.api", "larder.api.http", "larder.api.http.routes"}
# What the authorizer needs of `larder.api`, and what loads no library.
ACCESS = TABLE_OF_ROUTES | {"larder.api.http.access"}

# What each ring may import of the package.
MAY_IMPORT = {
    # The validator is a distribution of its own, which the client uses too.
    "jsonl": (),
    "domain": ("larder.domain",),
    "services": ("larder.domain", "larder.services"),
    "adapters": ("larder.domain", "larder.services", "larder.adapters"),
    "runtime": ("larder.domain", "larder.services", "larder.adapters", "larder.runtime"),
    "api": ("larder.domain", "larder.services", "larder.runtime.observability", "larder.api"),
    "functions": (
        "larder.domain",
        "larder.services",
        "larder.api",
        "larder.runtime",
        # The shapes of the events that S3 and DynamoDB send.
        "larder.adapters.dynamodb.changes",
        "larder.adapters.dynamodb.items",
        "larder.adapters.s3",
        "larder.adapters.sqs",
    ),
}
# Inside a ring each capability has a room. A room imports itself, what the ring's rooms share, and
# the rooms named here. An arrow that runs the other way is a failure.
ROOMS = {
    "services": {
        "artifacts": {"files"},
        "batches": {"artifacts", "files"},
        "chat": {"batches", "files", "projects", "space"},
        "files": set[str](),
        "projects": set[str](),
        "space": {"files"},
        "uploads": {"files", "space"},
        "upkeep": {"batches", "files", "projects", "space", "uploads", "webhooks"},
        "webhooks": set[str](),
    },
    "api": {
        "http": set[str](),
        "admin": {"http", "keys", "projects"},
        "artifacts": {"files", "http"},
        "batches": {"http"},
        "chat": {"http"},
        "console": {"http"},
        "files": {"http"},
        "keys": {"http"},
        "mcp": {"http"},
        "projects": {"http"},
        "reference": {"http"},
        "space": {"files", "http"},
        "uploads": {"files", "http"},
        "webhooks": {"http"},
    },
}
# The modules of the services that adapters implement: ports, and no use case.
PORTS = (
    *("clock", "idempotency", "model_ports", "object_ports", "object_store", "ports"),
    *("part_store", "quota"),
)
# Which layers may import what is not the standard library's.
ALLOWED_IN = {
    # In adapters for its idempotency utility, which is one more thing kept in the table.
    "aws_lambda_powertools": {"adapters", "api", "runtime", "functions"},
    "boto3": set[str](),
    "botocore": {"adapters"},
    "larder_jsonl": {"jsonl", "services"},
    # The text of documents, in a process of its own.
    "docx": {"adapters"},
    "lxml": {"adapters"},
    "msgspec": {"adapters", "domain", "jsonl", "services"},
    "openpyxl": {"adapters"},
    "pypdf": {"adapters"},
    "multipart": {"api"},
    "pybase64": {"api"},
    "pydantic": {"api"},
    "pydantic_core": {"api"},
    "typing_extensions": {"jsonl"},
    "urllib3": {"adapters"},
}
# A domain that reads no clock, no file and no socket runs the same everywhere.
INPUT_AND_OUTPUT = {
    "asyncio", "http", "io", "logging", "os", "pathlib", "random", "shutil", "socket",
    "subprocess", "sys", "tempfile", "threading", "time",
}  # fmt: skip


def modules() -> Iterator[tuple[str, Path]]:
    """Yield each module with its layer."""
    for path in sorted((PACKAGE / "larder").glob("*/**/*.py")):
        yield path.relative_to(PACKAGE / "larder").parts[0], path
    for path in sorted((PACKAGE / "larder_jsonl").glob("*.py")):
        yield "jsonl", path
    for name in FUNCTIONS:
        yield "functions", ROOT / "functions" / name / "app.py"


def imported(path: Path) -> set[str]:
    """Return the names of the modules that a module imports, for types as well."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names):
                found |= {name.name for name in names}
            case ast.ImportFrom(module=str(module), level=0):
                found.add(module)
            case ast.ImportFrom():
                pytest.fail(f"{path} imports relatively")
    return found


def imported_names(path: Path) -> set[str]:
    """Return what a module imports by `from`: names, or modules of a package."""
    return {
        name.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }


def within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def room_of(layer: str, module: str) -> str | None:
    """Return the room of a ring that a module is in, None for one of another ring."""
    prefix = f"larder.{layer}."
    return module.removeprefix(prefix).split(".")[0] if module.startswith(prefix) else None


MODULES = [
    pytest.param(layer, path, id=str(path.relative_to(ROOT)).removeprefix("layers/larder/python/"))
    for layer, path in modules()
]


@pytest.mark.parametrize(("layer", "path"), MODULES)
def test_a_module_imports_only_from_its_layer_inwards(layer: str, path: Path) -> None:
    ours = {module for module in imported(path) if within(module, ("larder", "functions"))}

    assert {module for module in ours if not within(module, MAY_IMPORT[layer])} == set()


@pytest.mark.parametrize(("layer", "path"), MODULES)
def test_a_module_imports_only_from_its_room_and_those_below(layer: str, path: Path) -> None:
    rooms = ROOMS.get(layer, {})
    room = path.parent.name
    allowed = {room, *rooms[room]} if room in rooms else set[str]()

    others = {room_of(layer, module) for module in imported(path)} & rooms.keys()

    assert others - allowed == set()


@pytest.mark.parametrize(
    "path", [path for layer, path in modules() if layer == "adapters"], ids=lambda path: path.stem
)
def test_an_adapter_knows_ports_and_no_use_case(path: Path) -> None:
    services = {module for module in imported(path) if within(module, ("larder.services",))}

    assert {module for module in services if module.split(".")[-1] not in PORTS} == set()


def test_every_folder_of_a_ring_is_a_room_with_its_arrows() -> None:
    for layer, rooms in ROOMS.items():
        folders = {path.parent.name for path in (PACKAGE / "larder" / layer).glob("*/*.py")}

        assert folders == rooms.keys()


@pytest.mark.parametrize(("layer", "path"), MODULES)
def test_a_module_imports_only_the_libraries_of_its_layer(layer: str, path: Path) -> None:
    roots = {module.split(".")[0] for module in imported(path)}
    libraries = {
        root
        # The standard library's types are in _typeshed.
        for root in roots - sys.stdlib_module_names - {"larder", "_typeshed"}
        if not root.startswith("mypy_boto3_")
    }

    assert {library for library in libraries if layer not in ALLOWED_IN[library]} == set()


@pytest.mark.parametrize(
    "path",
    [path for layer, path in modules() if layer in {"domain", "jsonl"}],
    ids=lambda path: path.stem,
)
def test_the_domain_does_no_input_and_output(path: Path) -> None:
    roots = {module.split(".")[0] for module in imported(path)}

    assert roots & INPUT_AND_OUTPUT == set()
    assert "urllib.request" not in imported(path)


@pytest.mark.parametrize("worker", WORKERS)
def test_a_worker_loads_neither_pydantic_nor_the_resolver(worker: str) -> None:
    loaded = loaded_by(import_function(worker))

    assert "larder.runtime.composition" in loaded
    unwanted = ("pydantic", "pydantic_core", "aws_lambda_powertools.event_handler", "larder.api")
    assert {module for module in loaded - ACCESS if within(module, unwanted)} == set()


def test_a_function_of_the_api_loads_only_the_adapters_that_it_asks_for() -> None:
    loaded = loaded_by(import_function("files_get"))

    adapters = {module for module in loaded if module.startswith("larder.adapters.")}
    assert "larder.adapters.dynamodb.files" in adapters
    assert not adapters & {"larder.adapters.s3", "larder.adapters.sqs", "larder.adapters.secrets"}


def test_domain_and_services_load_no_library_of_the_outer_layers() -> None:
    names = [
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        for layer, path in modules()
        if layer in {"domain", "services"} and path.stem != "__init__"
    ]

    loaded = loaded_by("import " + ", ".join(names))

    outer = ("aws_lambda_powertools", "boto3", "botocore", "pydantic", "larder.adapters")
    assert {module for module in loaded if within(module, outer)} == set()


def test_every_route_is_served_by_a_function() -> None:
    assert {route.function for route in (*ROUTES, *CATCH_ALL, *PAGES)} <= set(FUNCTIONS)


def test_the_table_of_routes_loads_nothing_but_the_standard_library() -> None:
    loaded = loaded_by("import larder.api.http.routes") - loaded_by("")

    libraries = {name.split(".")[0] for name in loaded - TABLE_OF_ROUTES - {"larder"}}
    assert libraries <= sys.stdlib_module_names


def test_no_module_imports_a_test_module() -> None:
    found = {
        str(path.relative_to(ROOT)): wanted
        for folder in ("tests", "bench", "local", "docs")
        for path in sorted((ROOT / folder).rglob("*.py"))
        # What a benchmark has built, or npm has installed.
        if not {".data", "node_modules"} & set(path.parts)
        for wanted in (*imported(path), *imported_names(path))
        if wanted.split(".")[-1].startswith("test_")
    }

    assert found == {}
