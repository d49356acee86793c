"""`sam local` on the built template, its functions talking to an endpoint of this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SAM = ROOT / ".tools" / "sam" / "bin" / "sam"

_LISTENING_WITHIN = 60


class SamLocalError(Exception):
    """`sam` itself failed, not the function; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a function returned (an error it raised counts), and everything that was logged."""

    result: object
    log: str


@dataclass(frozen=True, slots=True)
class SamLocal:
    """The functions of a built template in containers made from `image`.

    `variables` replaces what the template gives the functions as environment variables; `shell`
    is sam's own environment, from which the functions get their credentials and region.
    `folder` keeps what this writes for sam to read.
    """

    template: Path
    image: str
    architecture: str
    variables: dict[str, str]
    shell: dict[str, str]
    folder: Path

    def invoke(self, function: str, event: Path) -> Invocation:
        """Call the function in a container of its own with the event in that file.

        Raises:
            SamLocalError: sam could not run it.
        """
        done = subprocess.run(
            [*self._command("invoke", logical_id(function)), "--event", str(event)],
            cwd=ROOT,
            env=self.shell,
            capture_output=True,
            text=True,
            check=False,
        )
        if not done.stdout.strip():
            raise SamLocalError(done.stderr)
        return Invocation(json.loads(done.stdout), done.stderr)

    @contextmanager
    def api(self, port: int) -> Iterator[str]:
        """Serve the template's API on 127.0.0.1:`port` and give its URL.

        Raises:
            SamLocalError: it does not listen within a minute.
        """
        log = self.folder / "start-api.log"
        with log.open("wb") as sink:
            server = subprocess.Popen(
                [*self._command("start-api"), "--port", str(port), "--warm-containers", "LAZY"],
                cwd=ROOT,
                env=self.shell,
                stdout=sink,
                stderr=sink,
            )
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_for(server, url, log)
            yield url
        finally:
            # The signal on which sam removes its containers.
            server.send_signal(signal.SIGINT)
            server.wait(timeout=60)

    def _command(self, *what: str) -> list[str]:
        variables = self.folder / "variables.json"
        variables.write_text(json.dumps({"Parameters": self.variables}))
        return [
            *(str(SAM), "local", *what),
            *("--template", str(self.template), "--env-vars", str(variables)),
            *("--parameter-overrides", f"Architecture={self.architecture}"),
            *("--invoke-image", self.image, "--skip-pull-image"),
            *("--layer-cache-basedir", str(self.folder)),
        ]


def logical_id(function: str) -> str:
    """Return the name that the template has for the function in `functions/<function>`."""
    return function.title().replace("_", "")


def shell_for(credentials: dict[str, str], engine: str) -> dict[str, str]:
    """Return an environment for sam: none of this shell's AWS settings but `credentials`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return inherited | credentials | {"DOCKER_HOST": engine, "SAM_CLI_TELEMETRY": "0"}


def build(folder: Path, architecture: str) -> Path:
    """Build the template's functions and layer into `folder`; return the built template.

    Raises:
        SamLocalError: the build failed.
    """
    done = subprocess.run(
        [
            *(str(SAM), "build", "--template", str(ROOT / "template.yaml")),
            *("--build-dir", str(folder), "--parameter-overrides", f"Architecture={architecture}"),
        ],
        cwd=ROOT,
        env=os.environ | {"SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SamLocalError(done.stderr)
    return folder / "template.yaml"


def _wait_for(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _LISTENING_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    raise SamLocalError(log.read_text())
