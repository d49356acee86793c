"""What is installed on its own: the client, and the validator that it shares with the server."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import larder_cli
from larder.domain import batches, files
from larder.domain.errors import InvalidParameterError
from larder.domain.filenames import InvalidFilenameError, clean_filename
from larder.domain.filenames import folded as folded_by_the_server
from larder_cli.shared import batch_options
from larder_client.files.models import File
from larder_client.space.names import folded
from larder_client.transfer.download import local_name

ROOT = Path(__file__).parents[2]
SERVER = {"larder", "larder_operator"}
# Imports only what the process has loaded already.
GUARDED = {"cli/larder_cli/failures.py"}
MODULES = [
    path
    for folder in ("cli/larder_cli", "cli/larder_client", "layers/larder/python/larder_jsonl")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def project(path: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / path).read_text())["project"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_client_imports_nothing_of_the_server(path: Path) -> None:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names):
                found |= {name.name for name in names}
            case ast.ImportFrom(module=str(module)):
                found.add(module)

    servers = {module for module in found if module.split(".")[0] in SERVER}
    assert not servers or str(path.relative_to(ROOT)) in GUARDED


def test_all_distributions_have_one_version() -> None:
    version = larder_cli.__version__
    client = project("cli/pyproject.toml")

    # Its version is that of the module, as pyproject.toml says to hatch.
    assert client["dynamic"] == ["version"]
    assert f"larder-jsonl=={version}" in client["dependencies"]
    assert project("pyproject.toml")["version"] == version
    assert project("layers/larder/python/pyproject.toml")["version"] == version


def test_the_client_refuses_what_the_server_refuses_of_a_batch() -> None:
    assert batch_options.MAX_METADATA_PAIRS == batches.MAX_METADATA_PAIRS
    assert batch_options.MAX_METADATA_KEY == batches.MAX_METADATA_KEY
    assert batch_options.MAX_METADATA_VALUE == batches.MAX_METADATA_VALUE
    assert batch_options.MIN_LIFETIME == files.MIN_LIFETIME
    assert batch_options.MAX_LIFETIME == files.MAX_LIFETIME
    hours = batch_options.MAX_WINDOW_HOURS
    assert batches.window_seconds(f"{hours}h") == hours * 3_600
    with pytest.raises(InvalidParameterError):
        batches.window_seconds(f"{hours + 1}h")


@given(st.text())
def test_the_client_compares_names_as_the_server_does(name: str) -> None:
    assert folded(name) == folded_by_the_server(name)


@given(st.text(max_size=99) | st.text(st.sampled_from("./\\ a\n\u2028\ud800é"), max_size=300))
def test_a_download_gets_the_name_that_the_server_would_take(filename: str) -> None:
    file = File(
        id="file-1", bytes=0, created_at=0, filename=filename, purpose="batch", status="processed"
    )
    try:
        wanted = clean_filename(filename)
    except InvalidFilenameError:
        wanted = file.id

    assert local_name(file) == wanted
