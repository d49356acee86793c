"""Listing: parameters checked, pages cut to what an answer holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import InvalidParameterError
from larder.domain.limits import MAX_INLINE_BYTES
from larder.domain.quota import Amount
from larder.services.files.list import list_files
from tests.fakes.clock import START
from tests.samples import TENANT, a_file, a_file_id, a_project
from tests.unit.use_cases import store

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.services.files.ports import FilePage
    from tests.backends.memory import MemoryBackend


def listed(
    ports: MemoryBackend,
    *,
    tenant: TenantId = TENANT,
    limit: int = 10_000,
    after: str | None = None,
    order: str = "desc",
    purpose: str | None = None,
) -> FilePage:
    return ports.make(list_files)(tenant, limit=limit, after=after, order=order, purpose=purpose)


def numbered(ports: MemoryBackend, count: int, filename: str = "notes.txt") -> None:
    a_project(ports, limit=Amount(files=count, bytes=count * 10))
    for number in range(count):
        ports.files.admit(TENANT, a_file(id=a_file_id(number=number), filename=filename))


def test_the_newest_file_comes_first(ports: MemoryBackend) -> None:
    numbered(ports, 3)

    page = listed(ports)

    assert [file.id for file in page.files] == [a_file_id(number=n) for n in (2, 1, 0)]
    assert not page.has_more


def test_the_oldest_file_may_come_first(ports: MemoryBackend) -> None:
    numbered(ports, 3)

    page = listed(ports, order="asc", limit=2)

    assert [file.id for file in page.files] == [a_file_id(number=n) for n in (0, 1)]
    assert page.has_more


def test_a_page_goes_on_after_a_position(ports: MemoryBackend) -> None:
    numbered(ports, 3)

    page = listed(ports, after=a_file_id(number=1))

    assert [file.id for file in page.files] == [a_file_id(number=0)]


def test_a_purpose_alone_is_listed(ports: MemoryBackend, tenant: TenantId) -> None:
    store(ports, purpose="batch")
    wanted = store(ports, purpose="vision")

    assert listed(ports, tenant=tenant, purpose="vision").files == (wanted,)


def test_the_batch_executor_s_files_can_be_listed(ports: MemoryBackend, tenant: TenantId) -> None:
    assert listed(ports, tenant=tenant, purpose="batch_output").files == ()


def test_an_expired_file_is_not_listed(ports: MemoryBackend, tenant: TenantId) -> None:
    store(ports, expires_after=3_600)
    ports.clock.advance(3_600)

    assert listed(ports, tenant=tenant).files == ()


def test_another_project_s_files_are_not_listed(
    ports: MemoryBackend, tenant: TenantId, other: TenantId
) -> None:
    store(ports, tenant=tenant)

    assert listed(ports, tenant=other).files == ()


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        (10_001, "integer_above_max_value"),
        (0, "integer_below_min_value"),
        (-1, "integer_below_min_value"),
    ],
)
def test_a_limit_out_of_bounds_is_refused(ports: MemoryBackend, limit: int, code: str) -> None:
    with pytest.raises(InvalidParameterError) as refused:
        listed(ports, limit=limit)

    assert refused.value.param == "limit"
    assert refused.value.code == code


@pytest.mark.parametrize("after", ["", "file-1", "upload_0123456789abcdef01234567", "x" * 999])
def test_a_malformed_position_is_refused(ports: MemoryBackend, after: str) -> None:
    with pytest.raises(InvalidParameterError) as refused:
        listed(ports, after=after)

    assert refused.value.param == "after"
    assert len(refused.value.message) < 200


def test_an_unknown_order_is_refused(ports: MemoryBackend) -> None:
    with pytest.raises(InvalidParameterError) as refused:
        listed(ports, order="newest")

    assert refused.value.param == "order"


def test_an_unknown_purpose_is_refused(ports: MemoryBackend) -> None:
    with pytest.raises(InvalidParameterError) as refused:
        listed(ports, purpose="nonsense")

    assert refused.value.param == "purpose"


def test_a_page_too_large_for_one_answer_ends_sooner_and_has_more(ports: MemoryBackend) -> None:
    numbered(ports, 6_000, filename='"' * 255)

    page = listed(ports)

    longest = MAX_INLINE_BYTES // (320 + 2 * 255)
    assert len(page.files) == longest
    assert page.has_more


def test_pages_cut_for_their_size_still_yield_every_file_once(ports: MemoryBackend) -> None:
    numbered(ports, 6_000, filename="a" * 255)

    first = listed(ports)
    second = listed(ports, after=first.files[-1].id)

    assert len(first.files) + len(second.files) == 6_000
    assert not second.has_more
    assert len({file.id for file in first.files + second.files}) == 6_000


def test_a_page_is_as_of_now(ports: MemoryBackend, tenant: TenantId) -> None:
    file = a_file(expires_at=int(START) + 1)
    ports.files.admit(tenant, file)

    assert listed(ports).files == (file,)
    ports.clock.advance(1)
    assert listed(ports).files == ()
