"""What `make sam-local` says where there is nothing to run containers on."""

from __future__ import annotations

import pytest

from local.containers.engine import require_engine
from local.errors import LocalError


def test_a_machine_without_docker_is_told_where_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")

    with pytest.raises(LocalError, match=r"no docker command: https://docs\.docker\.com/"):
        require_engine()


def test_an_engine_that_does_not_answer_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")

    with pytest.raises(
        LocalError, match=r"no Docker engine .* answers .*/nonexistent/docker\.sock"
    ):
        require_engine()
