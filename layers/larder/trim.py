"""Cuts what is installed in the layer down to what Larder uses: `python trim.py <its folder>`.

A function that starts reads and imports a lot that it never uses: botocore reads the description
of a whole service, documentation included, to make a client of it, and imports what writes
docstrings for `help()`; Powertools' packages import all that they export, thirty kinds of events
for one; urllib3 and pydantic import what looks for other packages. Tests compare the table of
operations with the calls that the adapters make, run the adapters and functions on data cut down
like this, and run each function on what is built.
"""

import ast
import gzip
import json
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

OPERATIONS = {
    "dynamodb": {
        "DeleteItem",  # Powertools' idempotency, as PutItem
        "GetItem",
        "PutItem",
        "Query",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    },
    "s3": {
        "AbortMultipartUpload",
        "CompleteMultipartUpload",
        "CreateMultipartUpload",
        "DeleteObject",
        "DeleteObjects",
        "GetObject",
        "HeadBucket",  # botocore itself, when S3 says that the bucket is in another region
        "HeadObject",
        "ListObjectsV2",
        "ListParts",
        "PutObject",
        "UploadPart",
    },
    "secretsmanager": {"GetSecretValue"},
    "sqs": {"SendMessage"},
}
PAGINATORS = {"dynamodb": {"Query"}, "s3": {"ListObjectsV2", "ListParts"}}

_AS_THEY_ARE = {"endpoint-rule-set-1", "service-2.sdk-extras"}

# Not the documentation of a parameter called `documentation`: of what has a description beside it.
_PROSE = ("documentation", "documentationUrl", "externalDocumentation")


_NO_DOCSTRINGS = '''"""Instead of the library's own: clients without docstrings for help()."""


class _Docstring(str):
    __slots__ = ()

    def __new__(cls, *_: object, **__: object) -> "_Docstring":
        return super().__new__(cls)


{names} = _Docstring
'''


LAZY = (
    "aws_lambda_powertools",
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/data_classes",
)

LATE = {"pydantic/plugin/_loader.py": "entry_points", "urllib3/http2/__init__.py": "version"}
"""Modules, and the function of `importlib.metadata` that they import and here never call."""

_LATE = """def {name}(*args, **kwargs):
    from importlib.metadata import {name}

    return {name}(*args, **kwargs)
"""

_LAZILY = """

_EXPORTED_BY = {exports}


def __getattr__(name: str) -> object:
    if name not in _EXPORTED_BY:
        raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(_EXPORTED_BY[name], __name__), name)
    return value
"""


def _leave_out_docstrings(packages: Path) -> None:
    for library in ("boto3", "botocore"):
        _leave_out_docstrings_of(packages / library / "docs")


def _leave_out_docstrings_of(docs: Path) -> None:
    module = ast.parse((docs / "docstring.py").read_text())
    names = [each.name for each in module.body if isinstance(each, ast.ClassDef)]
    for path in list(docs.iterdir()):
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "utils.py":  # which handlers of other events are made with
            path.unlink()
    (docs / "__init__.py").write_text('"""Left out, except for what is imported."""\n')
    (docs / "docstring.py").write_text(_NO_DOCSTRINGS.format(names=" = ".join(names)))


def _export_lazily(package: Path) -> None:
    """Import what a package exports when it is first asked for (PEP 562)."""
    init = package / "__init__.py"
    source = init.read_text()
    lines = source.splitlines()
    exported = next(
        ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    # A submodule of the same name would stand in the way.
    lazy = {name for name in exported if not (package / f"{name}.py").exists()}
    exports: dict[str, str] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and {each.name for each in node.names} <= lazy:
            module = "." * node.level + (node.module or "")
            exports |= {each.name: module for each in node.names}
            end = node.end_lineno or node.lineno
            lines[node.lineno - 1 : end] = [""] * (end - node.lineno + 1)
    _replace(init, "\n".join(lines) + _LAZILY.format(exports=exports))


def _import_late(packages: Path) -> None:
    """Import functions of `importlib.metadata` when they are called; that takes zipfile and csv."""
    for path, name in LATE.items():
        module = packages / path
        before, line, after = module.read_text().partition(
            f"from importlib.metadata import {name}\n"
        )
        if not line:
            message = f"{module} no longer imports {name}"
            raise ValueError(message)
        _replace(module, before + _LATE.format(name=name) + after)


def trim_data(data: Path) -> None:
    """Cut down the folder `botocore/data` in place."""
    for folder in [path for path in data.iterdir() if path.is_dir()]:
        if folder.name not in OPERATIONS:
            shutil.rmtree(folder)
            continue
        *old, latest = sorted(folder.iterdir())
        for version in old:
            shutil.rmtree(version)
        _trim_service(folder.name, latest)
    _rewrite(data / "endpoints.json", _trim_endpoints)


def _trim_service(service: str, folder: Path) -> None:
    paginated = PAGINATORS.get(service, set())
    for path in list(folder.iterdir()):
        kind = path.name.removesuffix(".gz").removesuffix(".json")
        if kind == "service-2":
            _rewrite(path, lambda model: _trim_model(model, OPERATIONS[service]))
        elif kind == "paginators-1" and paginated:
            _rewrite(path, lambda found: _only(found, "pagination", paginated))
        elif kind in _AS_THEY_ARE:
            _rewrite(path, lambda same: same)
        else:
            path.unlink()


def _trim_model(model: dict[str, Any], operations: set[str]) -> dict[str, Any]:
    kept = {name: model["operations"][name] for name in sorted(operations)}
    reached: set[str] = set()
    waiting = list(_shapes_in(kept))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += _shapes_in(model["shapes"][name])
    shapes = {name: shape for name, shape in model["shapes"].items() if name in reached}
    return {**model, "operations": _without_prose(kept), "shapes": _without_prose(shapes)}


def _shapes_in(node: object) -> Iterable[str]:
    """Yield the names of the shapes that a part of a model refers to."""
    match node:
        case dict():
            if isinstance(node.get("shape"), str):
                yield node["shape"]
            for child in node.values():
                yield from _shapes_in(child)
        case list():
            for child in node:
                yield from _shapes_in(child)


def _without_prose(node: Any) -> Any:  # noqa: ANN401 - any JSON
    match node:
        case dict():
            return {
                key: _without_prose(value)
                for key, value in node.items()
                if not (key in _PROSE and isinstance(value, str | dict) and "shape" not in value)
            }
        case list():
            return [_without_prose(each) for each in node]
    return node


def _only(found: dict[str, Any], part: str, names: set[str]) -> dict[str, Any]:
    return {**found, part: {name: found[part][name] for name in sorted(names)}}


def _trim_endpoints(endpoints: dict[str, Any]) -> dict[str, Any]:
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in OPERATIONS if name in services}
    return endpoints


def _rewrite(path: Path, change: Any) -> None:  # noqa: ANN401 - JSON to JSON
    """Change a JSON file; what was compressed is written plain, which is faster to read."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    changed = json.dumps(change(json.loads(text)), separators=(",", ":"))
    path.unlink()
    path.with_name(path.name.removesuffix(".gz")).write_text(changed)


def _replace(path: Path, text: str) -> None:
    """Write a new file: uv links what it installs to its cache, and to all other environments."""
    path.unlink()
    path.write_text(text)


CUTS: dict[str, Callable[[Path], None]] = {
    "botocore's data": lambda packages: trim_data(packages / "botocore" / "data"),
    "docstrings for help()": _leave_out_docstrings,
    **{
        f"exports of {package}": lambda packages, package=package: _export_lazily(
            packages / package
        )
        for package in LAZY
    },
    "importlib.metadata": _import_late,
}
"""What is cut, by the names that `python -m bench.trim` measures it under."""


def trim(packages: Path) -> None:
    """Cut down the packages in that folder in place."""
    for cut in CUTS.values():
        cut(packages)


if __name__ == "__main__":
    trim(Path(sys.argv[1]))
