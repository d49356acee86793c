"""Runs `sam local` on the built template; its functions use an AWS endpoint of this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import yaml

from local.errors import LocalError
from local.sam import PROGRAM
from local.state import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LISTENING_WITHIN = 60


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a function returned, or the error it raised, and its log."""

    result: object
    log: str


@dataclass(frozen=True, slots=True)
class SamLocal:
    """The functions of a built template in containers made from `image`.

    `variables` overrides the functions' environment variables of the template. `shell` is the
    environment of sam itself, from which the functions get their credentials and region. Files for
    sam are written to `folder`.
    """

    template: Path
    image: str
    architecture: str
    variables: dict[str, str]
    shell: dict[str, str]
    folder: Path

    def invoke(self, function: str, event: Path) -> Invocation:
        """Call the function in a new container with the event in that file.

        Raises:
            LocalError: sam could not run the function.
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
            raise LocalError(done.stderr)
        return Invocation(json.loads(done.stdout), done.stderr)

    @contextmanager
    def api(self, port: int) -> Iterator[str]:
        """Serve the template's API on 127.0.0.1:`port` and yield its URL.

        Raises:
            LocalError: it does not listen within a minute.
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
            # On this signal sam removes its containers.
            server.send_signal(signal.SIGINT)
            server.wait(timeout=60)

    def _command(self, *what: str) -> list[str]:
        variables = self.folder / "variables.json"
        variables.write_text(json.dumps({"Parameters": self.variables}))
        return [
            *(str(PROGRAM), "local", *what),
            *("--template", str(self.template), "--env-vars", str(variables)),
            *("--parameter-overrides", f"Architecture={self.architecture}"),
            *("--invoke-image", self.image, "--skip-pull-image"),
            *("--layer-cache-basedir", str(self.folder)),
        ]


def logical_id(function: str) -> str:
    """Return the logical id in the template of the function in `functions/<function>`."""
    return function.title().replace("_", "")


def shell_for(aws_settings: dict[str, str], engine: str) -> dict[str, str]:
    """Return an environment for sam with the given AWS settings in place of this shell's.

    sam itself uses the endpoint to get the account's number from STS.
    """
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    # Without bytecode sam takes seconds longer at each start.
    ours.pop("PYTHONDONTWRITEBYTECODE", None)
    return ours | aws_settings | {"DOCKER_HOST": engine, "SAM_CLI_TELEMETRY": "0"}


def resolvable(built: Path) -> Path:
    """Write a copy of the built template in which `sam local` finds the API's authorizer.

    `sam local` resolves neither `!Ref Authorize.Alias` nor the ARN of a function whose name is an
    intrinsic function, and would serve the API without its authorizer. It ignores versions.
    """
    template = yaml.safe_load(built.read_text())
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            properties.pop("FunctionName", None)
        for authorizer in properties.get("Auth", {}).get("Authorizers", {}).values():
            function = authorizer["FunctionArn"]["Ref"].removesuffix(".Alias")
            authorizer["FunctionArn"] = {"Fn::GetAtt": [function, "Arn"]}
    # Beside the original, since its paths are relative to its folder. JSON is valid YAML.
    copy = built.with_name("sam-local.yaml")
    copy.write_text(json.dumps(template))
    return copy


def _wait_for(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _LISTENING_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    raise LocalError(log.read_text())
