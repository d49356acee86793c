from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.projects import NewProject, Operator, Project, RevokedKey
from tests.e2e.stack import Stack, started_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.api import Api

HERE = Path(__file__).parent

# Each takes 40 seconds or more. They run first, so that no process waits for another's last file.
LONG = {
    "test_batches_interrupted.py",
    "test_batches_unruly_models.py",
    "test_documentation.py",
    "test_operations.py",
    "test_packages.py",
    "test_permissions.py",
    "test_space_cli.py",
    "test_space_folders.py",
    "test_versions.py",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.e2e)
    # Tests that wait for a minute to pass run last, so that the others use the minute.
    items.sort(key=lambda item: (_waits(item), item.path.name not in LONG))


def _waits(item: pytest.Item) -> bool:
    return "revoked_key" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The stack of LARDER_ENV_FILE; without it, one that this session starts."""
    if env_file := os.environ.get("LARDER_ENV_FILE"):
        yield Stack.read(Path(env_file))
    else:
        with started_stack() as stack:
            yield stack


@pytest.fixture(scope="session")
def operator(stack: Stack) -> Operator:
    return Operator(stack)


@pytest.fixture(scope="session")
def new_project(operator: Operator) -> NewProject:
    return operator.new_project


@pytest.fixture(scope="session")
def revoked_key(operator: Operator) -> RevokedKey:
    """A key that was revoked while it was in use."""
    return operator.used_and_revoked_key()


@pytest.fixture(scope="session", autouse=True)
def _revoked_before_the_first_test(request: pytest.FixtureRequest) -> None:
    if any(map(_waits, request.session.items)):
        request.getfixturevalue("revoked_key")


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    """The project of a test module, for tests that do not look at quota."""
    return new_project()


@pytest.fixture(scope="module")
def api(project: Project) -> Iterator[Api]:
    with project.api() as api:
        yield api


@pytest.fixture(scope="session")
def node_packages() -> Path:
    """The folder of the tests in JavaScript, with the packages that they drive installed."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("Node.js with npm is not installed")
    folder = HERE / "node"
    wanted, installed = folder / "package-lock.json", folder / "node_modules/.package-lock.json"
    with wanted.open() as lock:
        # One at a time: another process of pytest-xdist installs into the same folder.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not installed.exists() or installed.stat().st_mtime < wanted.stat().st_mtime:
            subprocess.run([npm, "ci", "--silent"], cwd=folder, check=True, timeout=120)  # noqa: S603
    return folder
