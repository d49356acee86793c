"""Every contract test runs on the fakes and on the adapters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from larder.domain.files import DAY, FileStatus, Purpose
from larder.services.files.ports import Settlement
from tests.backends.aws import aws_backend
from tests.backends.memory import MemoryBackend
from tests.fakes.clock import START
from tests.layer import as_in_the_layer  # noqa: F401 - a fixture
from tests.samples import OTHER, a_batch, a_file, a_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larder.domain.batches import Batch
    from larder.domain.files import File
    from larder.domain.ids import FileId, TenantId
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


@pytest.fixture
def new_batch(backend: Backend, tenant: TenantId) -> Callable[..., Batch]:
    """What creates another batch, of a file of its own unless it is given."""

    def create(file_id: FileId | None = None) -> Batch:
        batch = a_batch(file_id)
        backend.batches.create(tenant, batch, check_at=int(START) + 120)
        return batch

    return create


@pytest.fixture
def batch(new_batch: Callable[..., Batch]) -> Batch:
    """A batch that is being validated; the sweeper looks at it after two minutes."""
    return new_batch()


@pytest.fixture
def source(backend: Backend, tenant: TenantId) -> File:
    """A validated input, which expires in thirty days."""
    file = a_file(10, purpose=Purpose.BATCH, expires_at=int(START) + 30 * DAY)
    backend.files.admit(tenant, file)
    backend.files.settle(tenant, file, Settlement(FileStatus.PROCESSED))
    return replace(file, status=FileStatus.PROCESSED)
