"""Leaves out of the layer what Larder never uses and what would cost time at every start.

    python trim.py FOLDER

FOLDER is where the layer's packages are installed. Each cut saves a function that answers requests
at least 10 ms of processor time when it starts. The figures beside the cuts are from one run of
`python -m bench.trim`, which measures each cut by itself.
"""

import gzip
import json
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

OPERATIONS = {
    "bedrock-runtime": {"Converse", "ConverseStream"},
    "dynamodb": {
        "DeleteItem",  # Powertools' idempotency, as PutItem
        "BatchGetItem",
        "GetItem",
        "PutItem",
        "Query",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    },
    "events": {"PutEvents"},
    "s3": {
        "AbortMultipartUpload",
        "CompleteMultipartUpload",
        "CopyObject",
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
    "stepfunctions": {"DescribeExecution", "StartExecution"},
}
"""All calls to AWS, by service. A test compares them with the calls that the adapters make."""


def leave_out_services(packages: Path) -> None:
    """Remove botocore's descriptions of other services, which it searches for every client."""
    for folder in (packages / "botocore" / "data").iterdir():
        if folder.is_dir() and folder.name not in OPERATIONS:
            shutil.rmtree(folder)


def leave_out_operations(packages: Path) -> None:
    """Remove operations that Larder never calls from the descriptions of the services."""
    for service, names in OPERATIONS.items():
        for path in (packages / "botocore" / "data" / service).glob("*/service-2.json.gz"):
            model = json.loads(gzip.decompress(path.read_bytes()))
            path.unlink()
            path.with_suffix("").write_text(_dump(_only(model, names)))


def leave_out_endpoints(packages: Path) -> None:
    """Remove the endpoints of other services, which botocore reads for its first client."""
    path = packages / "botocore" / "data" / "endpoints.json"
    endpoints = json.loads(path.read_text())
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in OPERATIONS if name in services}
    path.unlink()  # uv may have linked the file to its cache.
    path.write_text(_dump(endpoints))


def leave_out_resolvers(packages: Path) -> None:
    """Remove the module that imports all of Powertools' resolvers to export them.

    `aws_lambda_powertools.event_handler` becomes a namespace package: import from its submodules.
    """
    (packages / "aws_lambda_powertools" / "event_handler" / "__init__.py").unlink()


CUTS: dict[str, Callable[[Path], None]] = {
    "botocore's other services": leave_out_services,
    "botocore's other operations": leave_out_operations,
    "botocore's other endpoints": leave_out_endpoints,
    "Powertools' other resolvers": leave_out_resolvers,
}


def _only(model: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """Return the model with these operations and the shapes that they need."""
    operations = {name: each for name, each in model["operations"].items() if name in names}
    needed: set[str] = set()
    waiting = [*_shapes_in(operations)]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += _shapes_in(model["shapes"][name])
    shapes = {name: shape for name, shape in model["shapes"].items() if name in needed}
    return {**model, "operations": operations, "shapes": shapes}


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


def _dump(data: object) -> str:
    return json.dumps(data, separators=(",", ":"))


if __name__ == "__main__":
    for cut in CUTS.values():
        cut(Path(sys.argv[1]))
