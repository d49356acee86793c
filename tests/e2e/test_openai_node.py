from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.e2e.models import models_for_clients

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.projects import NewProject, Operator


@pytest.fixture(scope="module", autouse=True)
def _models(operator: Operator) -> Iterator[None]:
    with models_for_clients(operator):
        yield


def test_the_official_sdk_for_node_works_unmodified(
    node_packages: Path, new_project: NewProject
) -> None:
    project = new_project()

    done = subprocess.run(
        ["node", "--test", "files.test.mjs", "parts.test.mjs", "batches.test.mjs"],  # noqa: S607
        cwd=node_packages,
        env=os.environ | {"LARDER_BASE_URL": project.base_url, "LARDER_API_KEY": project.key},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
