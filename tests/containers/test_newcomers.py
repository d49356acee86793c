"""Three people who have read nothing but their pages, each with a home that is empty.

The clone is clean too: they begin with `make`, and paste every command. Downloads come from uv's
cache, as CI has them.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from local.ports import free_port
from local.state import ROOT
from tests.support.pages import examples, script

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST = 480
"""Seconds; README runs a batch of 20 questions twice."""

READY = "The functions' logs follow."
A_CHANGE_IN_SECONDS = 10


def _processor_seconds() -> float:
    """Return what the commands so far have taken. By the clock, it depends on what else runs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# How this machine gets to its interpreters and to PyPI.
MACHINE = re.compile(r"^(CI|PYENV_ROOT|PIP_.*|UV_.*INDEX.*)$|_CERT|_CA_|_proxy$", re.IGNORECASE)


class Person:
    """A newcomer at a terminal in the clone."""

    def __init__(self, clone: Path, home: Path) -> None:
        self.clone = clone
        home.mkdir()
        cache = subprocess.run(["uv", "cache", "dir"], check=True, capture_output=True, text=True)
        # Their PATH has no tools of this clone, which the tests run in.
        path = [each for each in os.environ["PATH"].split(":") if str(ROOT) not in each]
        self.environment = {
            **{name: it for name, it in os.environ.items() if MACHINE.search(name)},
            "PATH": ":".join(path),
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "UV_CACHE_DIR": cache.stdout.strip(),
        }

    def start(self, *command: str, output: Path) -> subprocess.Popen[bytes]:
        with output.open("wb") as log:
            return subprocess.Popen(
                command,
                cwd=self.clone,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def paste(self, commands: str) -> str:
        done = subprocess.run(
            ["bash", "-c", commands],
            cwd=self.clone,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `git clone` gives, with the changes that are not committed yet."""
    folder = tmp_path_factory.mktemp("newcomers") / "larder"
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            shutil.copy(ROOT / name, folder / name)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def running(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The clone after the first command of README, in a terminal that stays open."""
    first = examples((clone / "README.md").read_text())[0].code.strip()
    assert first == "make run"
    home = tmp_path_factory.mktemp("first") / "home"
    output = clone.parent / "terminal"
    # Another port than the usual one, which may be taken here.
    command = (*first.split(), f"PORT={free_port()}")
    process = Person(clone, home).start(*command, output=output)
    try:
        deadline = time.monotonic() + LONGEST
        while READY not in output.read_text():
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.5)
        yield clone
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        process.wait(60)


def test_an_engineer_gets_through_readme(running: Path, tmp_path: Path) -> None:
    printed = Person(running, tmp_path / "home").paste(script(running / "README.md"))

    assert "completed" in printed
    assert len((running / "answers.jsonl").read_text().splitlines()) == 20


def test_a_person_with_files_gets_through_their_pages(running: Path, tmp_path: Path) -> None:
    person = Person(running, tmp_path / "home")

    for page in ("docs/console.md", "docs/space.md", "docs/uploads.md"):
        person.paste(script(running / page))


def test_an_operator_gets_through_their_pages_and_changes_a_function(
    running: Path, tmp_path: Path
) -> None:
    person = Person(running, tmp_path / "home")
    for page in ("docs/keys.md", "docs/costs.md"):
        person.paste(script(running / page))
    function = running / "functions/usage_get/app.py"
    function.write_text(function.read_text() + "\n# a change\n")

    before = _processor_seconds()
    deployed = person.paste("make deploy-local")
    took = _processor_seconds() - before

    assert "deployed: usage_get" in deployed
    assert took < A_CHANGE_IN_SECONDS
    status = person.paste("make status")
    assert "Larder is running" in status
    assert re.search(r"http://127\.0\.0\.1:\d+/", status)
    ask = 'curl -sSf "$LARDER_BASE_URL/usage" -H "Authorization: Bearer $LARDER_API_KEY"'
    assert "limit" in person.paste(f". .local/env; {ask}")
    assert "Larder has stopped" in person.paste("make stop")
