from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.models import models_for_clients

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.projects import NewProject, Operator

CHECKS = Path(__file__).parent / "openai_python"
ROOT = Path(__file__).parents[2]


def interpreter_with(major: int) -> str:
    """Return a Python that has that major version of the SDK, and pytest."""
    if major == 3:
        return sys.executable
    uv = shutil.which("uv") or str(ROOT / ".tools/uv/bin/uv")
    environment = ROOT / ".tools" / "openai2"
    subprocess.run(  # noqa: S603
        [uv, "sync", "--quiet", "--frozen", "--no-install-project", "--only-group", "openai2"],
        cwd=ROOT,
        env=os.environ | {"UV_PROJECT_ENVIRONMENT": str(environment)},
        check=True,
        timeout=120,
    )
    return str(environment / "bin" / "python")


@pytest.fixture(scope="module", autouse=True)
def _models(operator: Operator) -> Iterator[None]:
    with models_for_clients(operator):
        yield


@pytest.mark.parametrize("major", [3, 2])
def test_the_official_sdk_for_python_works_unmodified(major: int, new_project: NewProject) -> None:
    project = new_project()
    python = interpreter_with(major)
    version = [python, "-c", "import openai; print(openai.__version__)"]
    assert subprocess.check_output(version, text=True).startswith(f"{major}.")  # noqa: S603

    done = subprocess.run(  # noqa: S603
        [
            *[python, "-m", "pytest", "--quiet", "--tb=short", "-p", "no:cacheprovider"],
            # Only its own conftest: the outer one needs packages that are not installed here.
            *["--confcutdir", str(CHECKS), "-o", "python_files=check_*.py", str(CHECKS)],
        ],
        cwd=ROOT,
        env=os.environ
        | {
            "LARDER_BASE_URL": project.base_url,
            "LARDER_API_KEY": project.key,
            "PYTHONPATH": str(ROOT / "cli"),
        },
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
