"""LiteLLM as a client, in an environment of its own: it brings half a hundred packages."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.models import models_for_clients

if TYPE_CHECKING:
    from tests.e2e.projects import NewProject, Operator

CHECKS = Path(__file__).parent / "litellm"
ROOT = Path(__file__).parents[2]


def interpreter() -> str:
    """Return a Python that has LiteLLM, and pytest."""
    uv = shutil.which("uv") or str(ROOT / ".tools/uv/bin/uv")
    environment = ROOT / ".tools" / "litellm"
    subprocess.run(  # noqa: S603
        [uv, "sync", "--quiet", "--frozen", "--no-install-project", "--only-group", "litellm"],
        cwd=ROOT,
        env=os.environ | {"UV_PROJECT_ENVIRONMENT": str(environment)},
        check=True,
        timeout=300,
    )
    return str(environment / "bin" / "python")


def test_litellm_runs_batches_unmodified(new_project: NewProject, operator: Operator) -> None:
    project = new_project()
    reached = {"LARDER_BASE_URL": project.base_url, "LARDER_API_KEY": project.key}
    # Otherwise it looks for a newer list of prices, on the internet.
    offline = {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}

    with models_for_clients(operator):
        done = subprocess.run(  # noqa: S603
            [
                *[interpreter(), "-m", "pytest", "--quiet", "--tb=short", "-p", "no:cacheprovider"],
                # Only its own conftest: the outer one needs packages that are not installed here.
                *["--confcutdir", str(CHECKS), "-o", "python_files=check_*.py", str(CHECKS)],
                # Its imports warn.
                *["-W", "default", "--disable-warnings"],
            ],
            cwd=ROOT,
            env=os.environ | reached | offline,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )

    assert done.returncode == 0, done.stdout + done.stderr
