"""The SAM CLI, with what it prints in a log."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from larder_cli.failures import OperatorError

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAM = Path(".tools/sam/bin/sam")
LOG = Path(".local/deploy.log")

_CHANGE_SET = re.compile(r"arn:[\w-]+:cloudformation:\S+:changeSet/\S+")
_TAIL = 12


@dataclass(frozen=True)
class Sam:
    """The SAM CLI for one environment of samconfig.toml."""

    environment: str

    def build(self) -> None:
        """Build the functions and the layers.

        Raises:
            OperatorError: it failed; the message has the end of the log.
        """
        LOG.parent.mkdir(exist_ok=True)
        LOG.unlink(missing_ok=True)
        self._run("build")

    def create_change_set(self, parameters: Mapping[str, str]) -> str | None:
        """Upload what was built, and return the ARN of a change set; None if nothing changes.

        Raises:
            OperatorError: it failed; the message has the end of the log.
        """
        overrides = [f'{name}="{_escaped(value)}"' for name, value in parameters.items()]
        # SAM takes the values from the deployed stack of what is not named here.
        named = ["--parameter-overrides", *overrides] if overrides else []
        printed = self._run(
            *("deploy", "--no-execute-changeset", "--no-confirm-changeset"),
            *("--no-fail-on-empty-changeset", "--no-progressbar", *named),
        )
        found = _CHANGE_SET.search(printed)
        return found[0] if found else None

    def _run(self, command: str, *options: str) -> str:
        if not PROGRAM.exists():
            message = f"There is no {PROGRAM} here. Run 'make deploy' in a clone of Larder."
            raise OperatorError(message)
        arguments = [str(PROGRAM), command, "--config-env", self.environment, *options]
        done = subprocess.run(  # noqa: S603 - the SAM CLI of uv.lock
            arguments,
            env=os.environ | {"SAM_CLI_TELEMETRY": "0"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        with LOG.open("a") as log:
            log.write(done.stdout)
        if done.returncode:
            tail = "\n".join(done.stdout.strip().splitlines()[-_TAIL:])
            message = f"sam {command} failed. The end of {LOG}:\n{tail}"
            raise OperatorError(message)
        return done.stdout


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
