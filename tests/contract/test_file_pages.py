"""Pages of files: in order, exact at their ends, full despite filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.files import File, FileStatus, Purpose
from larder.domain.quota import Amount
from larder.services.files.ports import FilePage, PageQuery, Settlement
from tests.fakes.clock import START
from tests.samples import OTHER, a_file, a_file_id, a_project, an_upload, to_trash

if TYPE_CHECKING:
    from larder.domain.ids import FileId, TenantId
    from tests.backends.aws import AwsBackend
    from tests.backends.backend import Backend

ALL = PageQuery(limit=10_000)


@pytest.fixture
def tenant(backend: Backend) -> TenantId:
    """A project with room for whatever a test lists."""
    return a_project(backend, limit=Amount(files=1_000, bytes=10**9))


def ids(page: FilePage) -> list[FileId]:
    return [file.id for file in page.files]


def admit(
    backend: Backend, tenant: TenantId, count: int, purpose: Purpose = Purpose.USER_DATA
) -> list[File]:
    """Admit files one second apart, and return them oldest first."""
    files = []
    for _ in range(count):
        files.append(a_file(id=a_file_id(backend.clock()), purpose=purpose))
        backend.files.admit(tenant, files[-1])
        backend.clock.advance(1)
    return files


def test_an_empty_project_has_an_empty_page(backend: Backend, tenant: TenantId) -> None:
    assert backend.files.page(tenant, ALL, START) == FilePage(files=(), has_more=False)


def test_a_page_holds_whole_records_newest_first(backend: Backend, tenant: TenantId) -> None:
    files = admit(backend, tenant, 3)

    page = backend.files.page(tenant, ALL, backend.clock())

    assert page == FilePage(files=tuple(reversed(files)), has_more=False)


def test_a_page_can_begin_with_the_oldest(backend: Backend, tenant: TenantId) -> None:
    files = admit(backend, tenant, 3)

    page = backend.files.page(tenant, PageQuery(limit=10, newest_first=False), backend.clock())

    assert page == FilePage(files=tuple(files), has_more=False)


def test_files_of_the_same_millisecond_have_a_fixed_order(
    backend: Backend, tenant: TenantId
) -> None:
    for number in (2, 3, 1):
        backend.files.admit(tenant, a_file(id=a_file_id(number=number)))

    page = backend.files.page(tenant, ALL, START)

    assert ids(page) == [a_file_id(number=number) for number in (3, 2, 1)]


@pytest.mark.parametrize("newest_first", [True, False], ids=["desc", "asc"])
@pytest.mark.parametrize("limit", range(1, 7))
def test_following_the_last_id_yields_every_file_once(
    backend: Backend, tenant: TenantId, limit: int, *, newest_first: bool
) -> None:
    files = admit(backend, tenant, 5)
    expected = ids(FilePage(tuple(files), has_more=False))
    if newest_first:
        expected.reverse()

    seen: list[FileId] = []
    has_more = True
    while has_more:
        query = PageQuery(limit, after=seen[-1] if seen else None, newest_first=newest_first)
        page = backend.files.page(tenant, query, backend.clock())
        assert len(page.files) <= limit
        seen += ids(page)
        assert page.has_more == (len(seen) < 5)
        has_more = page.has_more

    assert seen == expected


@pytest.mark.parametrize("newest_first", [True, False], ids=["desc", "asc"])
def test_after_is_a_position_that_need_not_exist(
    backend: Backend, tenant: TenantId, *, newest_first: bool
) -> None:
    oldest, middle, newest = admit(backend, tenant, 3)
    backend.files.release(tenant, middle)

    page = backend.files.page(
        tenant, PageQuery(limit=10, after=middle.id, newest_first=newest_first), backend.clock()
    )

    assert ids(page) == [oldest.id if newest_first else newest.id]


def test_there_is_nothing_beyond_the_ends(backend: Backend, tenant: TenantId) -> None:
    oldest, newest = admit(backend, tenant, 2)

    beyond_oldest = backend.files.page(tenant, PageQuery(10, after=oldest.id), backend.clock())
    beyond_newest = backend.files.page(
        tenant, PageQuery(10, after=newest.id, newest_first=False), backend.clock()
    )

    assert beyond_oldest == beyond_newest == FilePage(files=(), has_more=False)


def test_a_file_deleted_between_pages_leaves_no_gap(backend: Backend, tenant: TenantId) -> None:
    files = admit(backend, tenant, 4)
    first = backend.files.page(tenant, PageQuery(limit=2), backend.clock())
    backend.files.release(tenant, first.files[-1])

    second = backend.files.page(tenant, PageQuery(2, after=ids(first)[-1]), backend.clock())

    assert ids(second) == [files[1].id, files[0].id]
    assert not second.has_more


def test_an_expired_file_is_not_listed_from_its_second_on(
    backend: Backend, tenant: TenantId
) -> None:
    file = a_file(expires_at=int(START) + 3_600)
    backend.files.admit(tenant, file)

    before = backend.files.page(tenant, ALL, START + 3_599.999)
    after = backend.files.page(tenant, ALL, START + 3_600)

    assert ids(before) == [file.id]
    assert ids(after) == []


def test_expired_files_do_not_count_as_more(backend: Backend, tenant: TenantId) -> None:
    for number, expires_at in enumerate([START + 5, None, START + 5, None, START + 5]):
        backend.files.admit(
            tenant,
            a_file(
                id=a_file_id(number=number),
                expires_at=None if expires_at is None else int(expires_at),
            ),
        )

    first = backend.files.page(tenant, PageQuery(limit=1), START + 10)
    second = backend.files.page(tenant, PageQuery(limit=1, after=a_file_id(number=3)), START + 10)

    assert (ids(first), first.has_more) == ([a_file_id(number=3)], True)
    assert (ids(second), second.has_more) == ([a_file_id(number=1)], False)


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_pages_of_one_purpose_are_full_despite_other_files(
    backend: Backend, tenant: TenantId, limit: int
) -> None:
    wanted = []
    for _ in range(3):
        admit(backend, tenant, 4, Purpose.BATCH)
        wanted += admit(backend, tenant, 1, Purpose.EVALS)
    admit(backend, tenant, 4, Purpose.BATCH)

    page = backend.files.page(
        tenant, PageQuery(limit=limit, purpose=Purpose.EVALS), backend.clock()
    )

    newest_first = [file.id for file in reversed(wanted)]
    assert ids(page) == newest_first[:limit]
    assert page.has_more == (limit < 3)


def test_a_purpose_that_no_file_has_is_an_empty_page(backend: Backend, tenant: TenantId) -> None:
    admit(backend, tenant, 3)

    page = backend.files.page(tenant, PageQuery(limit=1, purpose=Purpose.VISION), backend.clock())

    assert page == FilePage(files=(), has_more=False)


def test_settled_files_are_listed_as_they_are_now(backend: Backend, tenant: TenantId) -> None:
    (file,) = admit(backend, tenant, 1)
    backend.files.settle(tenant, file, Settlement(FileStatus.ERROR, details="no line at all"))

    page = backend.files.page(tenant, ALL, backend.clock())

    assert page.files[0].status is FileStatus.ERROR
    assert page.files[0].status_details == "no line at all"


def test_only_live_files_of_the_project_are_listed(backend: Backend, tenant: TenantId) -> None:
    live, trashed = admit(backend, tenant, 2)
    to_trash(backend, tenant, trashed.id)
    backend.uploads.reserve(tenant, an_upload())
    admit(backend, a_project(backend, OTHER), 2)

    page = backend.files.page(tenant, ALL, backend.clock())

    assert page == FilePage(files=(live,), has_more=False)


def test_a_position_from_another_project_is_accepted(backend: Backend, tenant: TenantId) -> None:
    (mine,) = admit(backend, tenant, 1)
    (foreign,) = admit(backend, a_project(backend, OTHER), 1)

    page = backend.files.page(tenant, PageQuery(limit=10, after=foreign.id), backend.clock())

    assert ids(page) == [mine.id]


def test_more_than_dynamodb_reads_at_once_is_still_one_page(
    backend: Backend, tenant: TenantId
) -> None:
    # A Query ends at 1 MB, here after the third of five items.
    for number in range(5):
        file = a_file(id=a_file_id(number=number), mime_type="x" * 350_000)
        backend.files.admit(tenant, file)

    page = backend.files.page(tenant, ALL, START)
    cut = backend.files.page(tenant, PageQuery(limit=4), START)

    assert len(page.files) == 5
    assert not page.has_more
    assert len(cut.files) == 4
    assert cut.has_more


def test_a_rare_purpose_costs_few_queries(aws: AwsBackend) -> None:
    tenant = a_project(aws, limit=Amount(files=1_000, bytes=10**9))
    admit(aws, tenant, 60)
    queries = 0

    def count(**_: object) -> None:
        nonlocal queries
        queries += 1

    aws.dynamodb.meta.events.register("before-call.dynamodb.Query", count, unique_id="count")
    aws.files.page(tenant, PageQuery(limit=1, purpose=Purpose.VISION), aws.clock())
    aws.dynamodb.meta.events.unregister("before-call.dynamodb.Query", unique_id="count")

    assert queries <= 3
