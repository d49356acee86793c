"""Handing out a file whole: its bytes up to just under 4 MiB, else a link."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import NotFoundError
from larder.domain.limits import MAX_INLINE_BYTES, URL_LIFETIME
from larder.domain.quota import Amount
from larder.services.object_store import SignedRequest
from larder.services.space.read_file import read_file
from tests.samples import TENANT, a_file, a_file_id, a_project
from tests.unit.use_cases import store, trash

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from tests.backends.memory import MemoryBackend


@pytest.fixture
def tenant(ports: MemoryBackend) -> TenantId:
    """A project with room for files of any size."""
    return a_project(ports, limit=Amount(files=10, bytes=10**9))


pytestmark = pytest.mark.usefixtures("tenant")


def read(ports: MemoryBackend, file_id: str) -> tuple[File, bytes | SignedRequest]:
    return ports.make(read_file)(TENANT, file_id)


@pytest.mark.parametrize("size", [0, 1, MAX_INLINE_BYTES - 1])
def test_a_small_file_comes_with_its_bytes(ports: MemoryBackend, size: int) -> None:
    file = store(ports, b"x" * size)

    assert read(ports, file.id) == (file, b"x" * size)


@pytest.mark.parametrize("size", [MAX_INLINE_BYTES, MAX_INLINE_BYTES + 1])
def test_a_large_file_comes_with_a_link_for_five_minutes(ports: MemoryBackend, size: int) -> None:
    file = store(ports, b"x" * size)

    found, link = read(ports, file.id)

    assert found == file
    assert isinstance(link, SignedRequest)
    assert link.expires_at == int(ports.clock()) + URL_LIFETIME


def test_a_file_whose_bytes_have_not_arrived_is_not_found(ports: MemoryBackend) -> None:
    file = a_file()
    ports.files.admit(TENANT, file)

    with pytest.raises(NotFoundError, match=file.id):
        read(ports, file.id)


@pytest.mark.parametrize("size", [1, MAX_INLINE_BYTES])
@pytest.mark.parametrize("fate", ["malformed", "random", "foreign", "trashed", "expired"])
def test_a_file_that_is_not_there_is_not_found(
    ports: MemoryBackend, other: TenantId, fate: str, size: int
) -> None:
    file_id: str = a_file_id()
    match fate:
        case "malformed":
            file_id = "../../etc/passwd"
        case "foreign":
            file_id = store(ports, b"x", tenant=other).id
        case "trashed":
            file_id = trash(ports, store(ports, b"x" * size).id)
        case "expired":
            file_id = store(ports, b"x" * size, expires_after=3_600).id
            ports.clock.advance(3_600)

    with pytest.raises(NotFoundError, match="No such File object"):
        read(ports, file_id)
