"""Use cases are tested on the fakes, which the contract suite holds to what the adapters do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.backends.memory import MemoryBackend
from tests.samples import OTHER, a_project

if TYPE_CHECKING:
    from larder.domain.ids import TenantId


@pytest.fixture
def ports() -> MemoryBackend:
    return MemoryBackend()


@pytest.fixture
def tenant(ports: MemoryBackend) -> TenantId:
    """A project with room for 10 files and 1,000 bytes."""
    return a_project(ports)


@pytest.fixture
def other(ports: MemoryBackend) -> TenantId:
    """Another project, with the same room."""
    return a_project(ports, OTHER)
