"""Every contract test runs on the fakes and on the adapters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.backends.aws import aws_backend
from tests.backends.memory import MemoryBackend
from tests.layer import as_in_the_layer  # noqa: F401 - a fixture
from tests.samples import OTHER, a_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.ids import TenantId
    from tests.backends.aws import AwsBackend
    from tests.backends.backend import Backend


@pytest.fixture
def aws() -> Iterator[AwsBackend]:
    with aws_backend() as backend:
        yield backend


@pytest.fixture(params=["memory", "aws"])
def backend(request: pytest.FixtureRequest) -> Backend:
    if request.param == "memory":
        return MemoryBackend()
    found: Backend = request.getfixturevalue("aws")
    return found


@pytest.fixture
def tenant(backend: Backend) -> TenantId:
    """A project with room for 10 files and 1,000 bytes."""
    return a_project(backend)


@pytest.fixture
def other(backend: Backend) -> TenantId:
    """Another project, with the same room."""
    return a_project(backend, OTHER)
