"""The image of the Dockerfile, as compose.yaml runs it; it begins with Docker's image of Python."""

from __future__ import annotations

import re
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from local.containers.engine import docker, require_engine
from local.errors import LocalError
from local.ports import free_port
from local.state import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGE, VOLUME = "larder-local:test", "larder-local-test"
READY_SECONDS = 300


@pytest.fixture(scope="module")
def image() -> str:
    [base] = re.findall(r"^ARG BASE=(.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    try:
        require_engine()
        docker("pull", "--quiet", base)
    except LocalError as error:
        pytest.skip(str(error))
    except subprocess.CalledProcessError as error:
        pytest.skip(f"{base} cannot be pulled here: {error.stderr.decode().strip()}")
    docker("build", "--quiet", "--tag", IMAGE, str(ROOT))
    return IMAGE


@contextmanager
def running(image: str, port: int) -> Iterator[dict[str, str]]:
    """Run the container until it is ready; yield the variables that it publishes."""
    container = docker(
        *("run", "--detach", "--init", "--publish", f"127.0.0.1:{port}:{port}"),
        *("--volume", f"{VOLUME}:/larder/.local", image),
        *("python", "-m", "local", "run", "--port", str(port)),
    )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                env = docker("exec", container, "cat", ".local/env")
            except subprocess.CalledProcessError:
                assert time.monotonic() < deadline, docker("logs", container)
                time.sleep(1)
            else:
                break
        yield dict(line.split("=", 1) for line in env.splitlines())
        docker("stop", "--time", "60", container)
    finally:
        docker("rm", "--force", container)


def test_this_machine_reaches_it_and_its_files_outlive_it(image: str) -> None:
    port = free_port()
    try:
        with running(image, port) as variables:
            headers = {"Authorization": f"Bearer {variables['LARDER_API_KEY']}"}
            base_url = variables["LARDER_BASE_URL"]
            form = {"data": {"purpose": "user_data"}, "files": {"file": ("a.txt", b"kept")}}
            sent = httpx.post(f"{base_url}/files", headers=headers, timeout=60, **form)  # type: ignore[arg-type]
            file_id = sent.raise_for_status().json()["id"]
        with running(image, port):
            content = f"{base_url}/files/{file_id}/content"
            assert httpx.get(content, headers=headers, timeout=60).content == b"kept"
    finally:
        docker("volume", "rm", "--force", VOLUME)
