"""The fuzzer's deployment has a port for whatever a function of the API asks for."""

from __future__ import annotations

import subprocess
import sys

from tests.support.imports import PACKAGE, ROOT


def test_every_function_is_loaded_on_the_fakes() -> None:
    """In an interpreter of its own: the deployment takes over where functions find their ports."""
    loaded = subprocess.run(
        [sys.executable, "-c", "from tests.fuzz.deployment import Deployment; Deployment()"],
        cwd=ROOT,
        env={
            "PYTHONPATH": f"{ROOT}:{PACKAGE}",
            "AWS_DEFAULT_REGION": "us-east-1",
            "POWERTOOLS_SERVICE_NAME": "larder",
            "POWERTOOLS_METRICS_NAMESPACE": "Larder",
        },
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert loaded.returncode == 0, loaded.stderr
