"""Deploys functions whose own code has changed, past CloudFormation: in seconds."""

from __future__ import annotations

import io
import shutil
import zipfile
from typing import TYPE_CHECKING

import boto3

from local.containers.sam import logical_id
from local.errors import LocalError
from local.sam import STACK, is_whole, status
from local.sources import changed_functions, fingerprint
from local.state import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from local.state import State

ALIAS = "live"


def push(state: State) -> list[str] | None:
    """Deploy the functions that changed since the last deployment, and return their names.

    Returns None, and deploys nothing, if more than functions has changed or the stack is not whole.

    Raises:
        LocalError: a function is not Python.
    """
    deployed, built = state.fingerprint("deploy"), state.fingerprint("build")
    if not deployed.exists() or not built.exists():
        return None
    before, now = deployed.read_text(), fingerprint()
    names = changed_functions(before, now)
    if names is None or built.read_text() != before or not is_whole(status()):
        return None
    for name in names:
        _check(ROOT / "functions" / name)
    built.unlink()
    # CloudFormation does not know of it, and leaves alone what did not change in the template.
    _remember(state, names)
    for name in names:
        shutil.copytree(
            ROOT / "functions" / name,
            state.build / logical_id(name),
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        _update(name)
    built.write_text(now)
    deployed.write_text(now)
    return names


def push_again(state: State) -> None:
    """Deploy what has been pushed since the last whole deployment, now that there is another."""
    for name in _pushed(state):
        if (ROOT / "functions" / name).exists():
            _update(name)
    state.pushed.unlink(missing_ok=True)


def _pushed(state: State) -> set[str]:
    return set(state.pushed.read_text().split()) if state.pushed.exists() else set()


def _remember(state: State, names: list[str]) -> None:
    if names:
        state.pushed.write_text("\n".join(sorted(_pushed(state).union(names))))


def _update(name: str) -> None:
    client, function = boto3.client("lambda"), f"{STACK}-{name}"
    published = client.update_function_code(
        FunctionName=function, ZipFile=_zipped(ROOT / "functions" / name), Publish=True
    )
    client.update_alias(FunctionName=function, Name=ALIAS, FunctionVersion=published["Version"])


def _check(folder: Path) -> None:
    for path in folder.rglob("*.py"):
        try:
            compile(path.read_bytes(), path, "exec")
        except SyntaxError as error:
            message = f"{path.relative_to(ROOT)}, line {error.lineno}: {error.msg}"
            raise LocalError(message) from error


def _zipped(folder: Path) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                archive.write(path, path.relative_to(folder))
    return data.getvalue()
