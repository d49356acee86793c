"""What `larder` loads before it does anything: every module is time that a user waits."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CLI = Path(__file__).parents[2] / "cli"

# Each of these takes as long as all of Typer: 50 to 150 ms.
SLOW = {"asyncio", "boto3", "botocore", "pydantic", "rich"}

RUN = """
import sys
from larder_cli.__main__ import run
try:
    run()
finally:
    print(*sys.modules, sep="\\n")
"""


def loaded_by(*arguments: str) -> set[str]:
    """Return the top-level modules that the command has loaded at its end."""
    answer = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", RUN, *arguments],
        env={
            "PYTHONPATH": f"{CLI}:{CLI.parent}/layers/larder/python",
            # None that can be asked: the commands end there.
            "LARDER_BASE_URL": "nowhere",
            "LARDER_API_KEY": "zk_live_none",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in answer.stderr, answer.stderr
    return {module.partition(".")[0] for module in answer.stdout.split()}


@pytest.mark.parametrize("command", ["put", "get", "rm"])
def test_a_command_about_files_loads_nothing_slow(command: str) -> None:
    loaded = loaded_by(command, "nothing")

    assert {"typer", "larder_client"} <= loaded
    assert not loaded & SLOW


@pytest.mark.parametrize("command", [("ls",), ("validate", "nothing")], ids=lambda words: words[0])
def test_only_what_prints_a_table_loads_rich(command: tuple[str, ...]) -> None:
    assert loaded_by(*command) & SLOW == {"rich"}
