from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.models import models_for_clients

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.projects import NewProject, Operator

FOLDER = Path(__file__).parent / "node"


@pytest.fixture(scope="module")
def node() -> str:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node.js with npm is not installed")
    subprocess.run([npm, "ci", "--silent"], cwd=FOLDER, check=True, timeout=120)  # noqa: S603
    return node


@pytest.fixture(scope="module", autouse=True)
def _models(operator: Operator) -> Iterator[None]:
    with models_for_clients(operator):
        yield


def test_the_official_sdk_for_node_works_unmodified(node: str, new_project: NewProject) -> None:
    project = new_project()

    done = subprocess.run(  # noqa: S603
        [node, "--test", "files.test.mjs", "parts.test.mjs", "batches.test.mjs"],
        cwd=FOLDER,
        env=os.environ | {"LARDER_BASE_URL": project.base_url, "LARDER_API_KEY": project.key},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
