"""Which modules `larder` loads: a user waits for each of them before anything happens."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CLI = Path(__file__).parents[2] / "cli"

# Each of these takes 50 to 150 ms, more than all that the command itself loads.
SLOW = {"asyncio", "boto3", "botocore", "pydantic", "rich"}

RUN = """
import sys
from larder_cli.__main__ import run
try:
    run()
finally:
    print(*(name for name, module in sys.modules.items() if module), sep="\\n")
"""


def loaded_by(*arguments: str) -> set[str]:
    """Return the top-level modules that the command has loaded when it ends."""
    answer = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", RUN, *arguments],
        env={
            "PYTHONPATH": f"{CLI}:{CLI.parent}/layers/larder/python",
            # Not a URL: each command fails before it sends anything.
            "LARDER_BASE_URL": "nowhere",
            "LARDER_API_KEY": "zk_live_none",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in answer.stderr, answer.stderr
    return {module.partition(".")[0] for module in answer.stdout.split()}


@pytest.mark.parametrize("command", ["put", "get", "rm", "validate"])
def test_a_command_that_prints_no_table_loads_nothing_slow(command: str) -> None:
    loaded = loaded_by(command, "nothing")

    assert {"click", "larder_client"} <= loaded
    assert not loaded & SLOW


def test_what_connects_to_nothing_loads_no_http() -> None:
    assert not loaded_by("validate", "examples/requests.jsonl") & (SLOW | {"httpx", "ssl"})


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "nothing"),
        ("list", "--json"),
        ("show", "nothing"),
        ("cancel", "nothing"),
        ("retry", "nothing"),
        ("results", "nothing"),
        ("run", "nothing", "-o", "answers"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_command_of_batches_loads_nothing_slow(arguments: tuple[str, ...]) -> None:
    loaded = loaded_by("batch", *arguments)

    assert {"click", "larder_client"} <= loaded
    assert not loaded & SLOW


def test_a_command_that_prints_a_table_loads_rich_and_nothing_else_slow() -> None:
    assert loaded_by("ls") & SLOW == {"rich"}


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("pu", {"put"}),
        ("space mk", {"mkdir"}),
        ("put --fold", {"--folder"}),
        ("ls --prof", {"--profile"}),
        # The shell itself completes a path.
        ("put exam", {"exam"}),
        ("get file-1 -o d/", {"d/"}),
        ("batch create exam", {"exam"}),
    ],
)
def test_the_shell_completes_commands_and_options(typed: str, offered: set[str]) -> None:
    words = f"larder {typed}"
    done = subprocess.run(  # noqa: S603 - the command under test
        [Path(sys.executable).with_name("larder")],
        env={
            "_LARDER_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
        },
        capture_output=True,
        text=True,
        check=True,
    )

    # Each line is a type and a word.
    assert {line.partition(",")[2] for line in done.stdout.splitlines()} == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_reads_the_script_of_its_completion(shell: str) -> None:
    larder = Path(sys.executable).with_name("larder")
    done = subprocess.run(  # noqa: S603 - the command under test
        [larder, "completion", shell], capture_output=True, text=True, check=True
    )

    assert "_LARDER_COMPLETE" in done.stdout
    if found := shutil.which(shell):
        subprocess.run([found, "-n"], input=done.stdout, text=True, check=True)  # noqa: S603
