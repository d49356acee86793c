from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.projects import NewProject, Operator, Project
from tests.e2e.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.api import Api


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def stack() -> Stack:
    return Stack.read(Path(os.environ["LARDER_ENV_FILE"]))


@pytest.fixture(scope="session")
def operator(stack: Stack) -> Operator:
    return Operator(stack)


@pytest.fixture(scope="session")
def new_project(operator: Operator) -> NewProject:
    return operator.new_project


@pytest.fixture(scope="module")
def project(new_project: NewProject) -> Project:
    """The project of a test module whose tests do not look at quota."""
    return new_project()


@pytest.fixture(scope="module")
def api(project: Project) -> Iterator[Api]:
    with project.api() as api:
        yield api
