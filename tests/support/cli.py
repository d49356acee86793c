"""Run `larder` in this process, with arguments as typed in a shell."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from click.testing import CliRunner

from larder_cli.main import app


@dataclass(frozen=True)
class Printed:
    exit_code: int
    stdout: str
    stderr: str
    stdout_bytes: bytes = field(default=b"", compare=False, repr=False)

    @property
    def id(self) -> str:
        """The one id that a successful command printed."""
        assert self.exit_code == 0, self.stderr
        [printed] = self.stdout.split()
        return printed

    @property
    def json(self) -> Any:
        """The one JSON document."""
        return json.loads(self.stdout)

    @property
    def json_lines(self) -> list[Any]:
        return [json.loads(line) for line in self.stdout.splitlines()]


def larder(*arguments: str, stdin: str | None = None) -> Printed:
    result = CliRunner().invoke(app, arguments, input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    stdout = result.stdout_bytes.decode(errors="replace")
    return Printed(result.exit_code, stdout, result.stderr, result.stdout_bytes)
