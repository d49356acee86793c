"""What a module loads, in an interpreter of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.built_pages import built_pages

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/larder/python"
FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/app.py"))


def loaded_by(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after the statement."""
    answer = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", f"{statement}\nimport sys; print(*sys.modules, sep='\\n')"],
        cwd=ROOT,
        env={
            "PYTHONPATH": f"{PACKAGE}:{built_pages()}",
            "AWS_DEFAULT_REGION": "us-east-1",
            "STORAGE_ORIGIN": "https://files.s3.us-east-1.amazonaws.com",
            "KEY_REQUESTS_PER_SECOND": "50",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return set(answer.stdout.split())


def import_function(name: str) -> str:
    return f"import runpy; runpy.run_path('functions/{name}/app.py')"
