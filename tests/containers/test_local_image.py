"""compose.yaml, by the commands in README and at its own top.

The container is built, started, used from this machine and from within, stopped, removed, and
started again.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from typing import TYPE_CHECKING, NoReturn

import httpx
import pytest

from local.containers.engine import require_engine
from local.errors import LocalError
from local.ports import free_port
from local.state import ROOT
from tests.containers.python_image import python_image

if TYPE_CHECKING:
    from collections.abc import Iterator

UP, SHOW, STOP = re.findall(r"`(docker compose [^`]+)`", (ROOT / "README.md").read_text())
[BATCH] = re.findall(r"^# `.+`, then: (.+)$", (ROOT / "compose.yaml").read_text(), re.MULTILINE)


def run(command: str) -> str:
    done = subprocess.run(
        shlex.split(command), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def missing(why: str) -> NoReturn:
    assert "CI" not in os.environ, why
    pytest.skip(why)


@pytest.fixture(scope="module", autouse=True)
def started() -> Iterator[None]:
    """The container, as the first command leaves it, beside any that the user runs."""
    try:
        require_engine()
        base = python_image()
    except LocalError as error:
        missing(str(error))
    with pytest.MonkeyPatch.context() as shell:
        shell.setenv("COMPOSE_PROJECT_NAME", f"larder-test-{os.getpid()}")
        shell.setenv("PORT", str(free_port()))
        try:
            run("docker compose version")
        except AssertionError:
            missing("Docker's compose plugin is missing: https://docs.docker.com/compose/install/")
        try:
            run(f"docker compose build --build-arg BASE={base}")
            run(UP)
            yield
        finally:
            print(run("docker compose logs --tail 50"))
            run("docker compose down --volumes --rmi local")


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """A program on this machine, with the address and the key that the second command prints."""
    shown = dict(line.split("=", 1) for line in run(SHOW).splitlines())
    key = {"Authorization": f"Bearer {shown['LARDER_API_KEY']}"}
    with httpx.Client(base_url=shown["LARDER_BASE_URL"], headers=key, timeout=60) as client:
        yield client


def test_the_embedded_model_answers_a_batch() -> None:
    run(BATCH)

    answers = run(f"docker compose exec larder cat {shlex.split(BATCH)[-1]}")
    assert len(answers.splitlines()) == 20


@pytest.mark.parametrize("end", [STOP, "docker compose down"])
def test_its_files_outlive_it(end: str, client: httpx.Client) -> None:
    form = {"data": {"purpose": "user_data"}, "files": {"file": ("a.txt", b"kept")}}
    sent = client.post("files", **form)  # type: ignore[arg-type]
    file_id = sent.raise_for_status().json()["id"]

    run(end)
    with pytest.raises(httpx.TransportError):
        client.get("files")
    run(UP)

    assert client.get(f"files/{file_id}/content").content == b"kept"
