"""Dockerfile and compose.yaml agree with what they start."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import yaml

from local.ports import BIND
from local.state import DEFAULT, ROOT, State

RECIPE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICE = COMPOSE["services"]["larder"]


def instruction(name: str) -> list[str]:
    return re.findall(rf"^{name} (.+)$", RECIPE, re.MULTILINE)


def test_it_starts_the_local_stack_on_the_port_that_is_published() -> None:
    [command], [port] = instruction("CMD"), instruction("EXPOSE")
    start, chosen = ["python", "-m", "local", "run", "--port"], f"${{PORT:-{port}}}"

    assert json.loads(command) == [*start, port]
    assert SERVICE["command"] == [*start, chosen]
    # Only this machine reaches it, and by the same number.
    assert SERVICE["ports"] == [f"127.0.0.1:{chosen}:{chosen}"]
    assert f"{BIND}=0.0.0.0" in instruction("ENV")


def test_it_installs_what_make_run_needs() -> None:
    makefile = (ROOT / "Makefile").read_text()
    [needed] = re.findall(r"^run: (.+?) ##", makefile, re.MULTILINE)

    assert f"make {needed}" in instruction("RUN")


def test_the_state_outlives_the_container_and_says_when_it_is_ready() -> None:
    [place], [folder] = instruction("WORKDIR"), instruction("VOLUME")
    inside = State(Path(place) / DEFAULT.relative_to(ROOT))

    assert folder == str(inside.folder)
    assert SERVICE["volumes"] == [f"state:{folder}"]
    assert SERVICE["healthcheck"]["test"] == shlex.split(
        f"CMD test -e {inside.env.relative_to(place)}"
    )


def test_the_image_has_what_the_repository_has() -> None:
    """What git ignores stays out of the image, wherever it is, and so does git's own folder."""
    ignored = (ROOT / ".gitignore").read_text().split()
    # To git, a name without a slash is one in any folder.
    names = {line.rstrip("/") for line in ignored}
    expected = {name if "/" in name else f"**/{name}" for name in names}

    assert set((ROOT / ".dockerignore").read_text().splitlines()) == {".git", *expected}
