"""The examples of the written pages run as pasted, each page from top to bottom."""

from __future__ import annotations

import os
import secrets
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.e2e.models import models_for_clients
from tests.e2e.stack import ROOT
from tests.support.pages import PAGES, script

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.projects import NewProject, Operator
    from tests.e2e.stack import Stack


@pytest.fixture(scope="module", autouse=True)
def _models(operator: Operator) -> Iterator[None]:
    # The examples ask a model of OpenAI's, which the embedded model would answer in minutes.
    with models_for_clients(operator, "gpt-*"):
        yield


@pytest.fixture
def clone(tmp_path: Path, stack: Stack, new_project: NewProject) -> Path:
    """A folder like a clone in which `make run` is up: what the examples write stays in it."""
    project = new_project()
    for name in ("README.md", "examples"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / ".local").mkdir()
    of_client = {"LARDER_BASE_URL": stack.base_url, "LARDER_API_KEY": project.key}
    for file, variables in (("env", of_client), ("operator.env", stack.env | of_client)):
        lines = (f"{name}={shlex.quote(value)}\n" for name, value in variables.items())
        (tmp_path / ".local" / file).write_text("".join(lines))
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_run_as_pasted(page: str, clone: Path) -> None:
    # A project's name is taken once for each stack.
    examples = script(ROOT / page).replace("research", f"docs-{secrets.token_hex(6)}")
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LARDER_", "AWS_", "VIRTUAL_ENV"))
    }

    done = subprocess.run(  # noqa: S603 - the examples under test
        ["bash", "-c", examples],  # noqa: S607
        cwd=clone,
        env=environment | {"XDG_STATE_HOME": str(clone / "state")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=180,
        check=False,
    )

    assert done.returncode == 0, done.stdout
