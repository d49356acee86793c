"""The baselines that Larder's validator is compared with: other ways to process the same file.

The loops of the peers are copied from their sources, reduced to the work they do for a valid file:

* LiteLLM 1.106.2, `proxy/openai_files_endpoints/batch_file_validation.py`
* AIBrix 0.8.0, `batch/storage/input_validation.py` and `storage/local.py`
* OGX 1.5.0 (once llama-stack), `providers/inline/batches/reference/batches.py`

Each function takes a path and returns the number of valid requests.
"""

import hashlib
import importlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints, TypeAdapter

from bench.inputs import REQUESTS, URL
from larder_jsonl import BatchValidator, ValidationReport

BLOCK = 64 * 1024


def larder(path: Path) -> ValidationReport:
    """Larder's validator: all rules and the SHA-256."""
    validator = BatchValidator()
    with path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK):
            validator.feed(block)
    return validator.finish()


def sha256(path: Path) -> str:
    """Hash the file, and nothing else."""
    with path.open("rb", buffering=0) as file:
        digest = hashlib.sha256()
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def newlines(path: Path) -> int:
    """Count newlines, and nothing else."""
    count = 0
    with path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK):
            count += block.count(b"\n")
    return count


def litellm(path: Path) -> int:
    """LiteLLM: each line is a JSON object with the four members."""
    count = 0
    with path.open("rb") as file:
        for raw in file:
            if raw.strip():
                parsed = json.loads(raw)
                if not isinstance(parsed, dict):
                    raise TypeError
                missing = next((key for key in _MEMBERS if key not in parsed), None)
                count += missing is None
    return count


def installed_litellm() -> Callable[[Path], int] | None:
    """Return LiteLLM's own validator, or None if the package is not installed; see peers.md."""
    # Without this, its import waits for the network.
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    name = "litellm.proxy.openai_files_endpoints.batch_file_validation"
    try:
        check = importlib.import_module(name).check_batch_file_upload
    except ImportError:
        return None

    def count(path: Path) -> int:
        with path.open("rb") as file:
            failure = check(path.name, file, None)
        return 0 if failure else REQUESTS

    return count


def aibrix(path: Path) -> int:
    """AIBrix: types of the four members, and of those that the endpoint requires."""
    count = 0
    with path.open(encoding="utf-8") as file:
        for line in list(file):
            stripped = line.strip()
            if not stripped:
                continue
            request = json.loads(stripped)
            valid = all(name in request for name in _MEMBERS) and isinstance(request["body"], dict)
            valid = valid and all(isinstance(request.get(name), str) for name in _MEMBERS[:3])
            valid = valid and request["method"].upper() in _METHODS and request["url"].endswith(URL)
            body = request["body"]
            valid = valid and "model" in body and isinstance(body.get("messages"), list)
            count += valid
    return count


_OGX_TYPES: tuple[tuple[str, type], ...] = (
    ("custom_id", str),
    ("method", str),
    ("url", str),
    ("body", dict),
)
_OGX_BODY_TYPES: tuple[tuple[str, type], ...] = (("model", str), ("messages", list))


class _OgxRequest(BaseModel):
    line_num: int
    custom_id: str
    method: str
    url: str
    body: dict[str, Any]


def ogx(path: Path) -> int:
    """OGX: types, url, streaming. It keeps the whole file and every request in memory."""
    requests: list[_OgxRequest] = []
    for number, line in enumerate(path.read_bytes().decode().strip().split("\n"), 1):
        if not line.strip():
            continue
        request = json.loads(line)
        valid = isinstance(request, dict)
        for name, kind in _OGX_TYPES:
            valid = valid and name in request and isinstance(request[name], kind)
        body = request["body"]
        valid = valid and request["url"] == URL and not body.get("stream", False)
        for name, kind in _OGX_BODY_TYPES:
            valid = valid and name in body and isinstance(body[name], kind)
        if valid:
            requests.append(_OgxRequest(line_num=number, **request))
    return len(requests)


class _Message(BaseModel):
    role: Literal["developer", "system", "user", "assistant", "tool", "function"]
    content: str | list[Any] | None = None


class _Body(BaseModel):
    model: Annotated[str, StringConstraints(min_length=1)]
    messages: Annotated[list[_Message], Field(min_length=1)]
    stream: Literal[False] | None = None


class _Request(BaseModel):
    custom_id: Annotated[str, StringConstraints(min_length=1, max_length=512)]
    method: Literal["POST"]
    url: Literal["/v1/chat/completions"]
    body: _Body


_MEMBERS = ("custom_id", "method", "url", "body")
_METHODS = {"GET", "POST", "PUT", "DELETE", "PATCH"}


def pydantic(path: Path) -> int:
    """Pydantic models of a chat request, and unique ids."""
    validate = TypeAdapter(_Request).validator.validate_json
    ids = set()
    with path.open("rb") as file:
        for line in file:
            ids.add(validate(line).custom_id)
    return len(ids)
