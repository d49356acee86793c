"""`larder migrate`, on a table from before the index by purpose, on moto."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.adapters.dynamodb import file_pages
from larder.adapters.dynamodb.items import file_item
from larder.adapters.dynamodb.transactions import transact
from larder.domain.errors import InvalidParameterError
from larder.domain.files import Purpose
from larder.domain.quota import Amount
from larder.domain.trash import TrashedFile
from larder.services.files.ports import PageQuery
from larder.services.projects.projects import create_project
from larder_operator.storage import migration
from tests.fakes.clock import START
from tests.integration.local_stack import local_stack, nowhere
from tests.samples import a_file, a_file_id
from tests.support.cli import larder

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import FileId, TenantId
    from larder.runtime.composition import Composition
    from tests.moto_stack import MotoStack

__all__ = ["local_stack", "nowhere"]

pytestmark = pytest.mark.usefixtures("local_stack", "short_of_queries")

RARE = a_file(id=a_file_id(number=0), purpose=Purpose.BATCH)
OTHERS = [a_file(id=a_file_id(number=number)) for number in range(1, 31)]


@pytest.fixture
def short_of_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page takes two queries before the index, and three without. One record at a time."""
    monkeypatch.setattr(file_pages, "MAX_QUERIES", 3)
    monkeypatch.setattr(file_pages, "_READ_AT_LEAST", 3)
    monkeypatch.setattr(file_pages, "_PROBE", 2)
    # moto's transactions are not made for threads.
    monkeypatch.setattr(migration, "_WRITERS", 1)


@pytest.fixture
def old(ports: Composition, stack: MotoStack) -> TenantId:
    """A project from before the index, with one batch file behind thirty others."""
    tenant = project(ports, "old")
    stack.dynamodb.update_item(
        TableName=stack.settings.store_table,
        Key={"pk": {"S": f"U#{tenant}"}, "sk": {"S": "usage"}},
        UpdateExpression="REMOVE purposes_indexed",
    )
    put_as_before(stack, tenant, RARE, *OTHERS)
    return tenant


def project(ports: Composition, name: str) -> TenantId:
    limit = Amount(files=100, bytes=100_000)
    return create_project(name, limit, projects=ports.projects, clock=ports.clock).id


def put_as_before(stack: MotoStack, tenant: TenantId, *files: File) -> None:
    for file in files:
        item = file_item(tenant, file, int(START))
        del item["by_purpose"]
        stack.dynamodb.put_item(TableName=stack.settings.store_table, Item=item)


def of_purpose(ports: Composition, tenant: TenantId, purpose: Purpose) -> list[FileId]:
    page = ports.files.page(tenant, PageQuery(limit=2, purpose=purpose), START)
    assert not page.has_more
    return [file.id for file in page.files]


def test_before_the_migration_a_list_by_purpose_misses_no_file(
    ports: Composition, old: TenantId
) -> None:
    with pytest.raises(InvalidParameterError, match="larder migrate") as refused:
        of_purpose(ports, old, Purpose.BATCH)

    assert refused.value.param == "purpose"


def test_before_the_migration_the_pages_of_a_frequent_purpose_are_exact(
    ports: Composition, old: TenantId
) -> None:
    found: list[FileId] = []
    after = None
    while True:
        query = PageQuery(limit=2, purpose=Purpose.USER_DATA, after=after)
        page = ports.files.page(old, query, START)
        found += [file.id for file in page.files]
        if not page.has_more:
            break
        after = found[-1]

    assert found == [file.id for file in reversed(OTHERS)]


def test_after_the_migration_the_index_finds_the_file(ports: Composition, old: TenantId) -> None:
    migrated = larder("migrate")

    assert (migrated.exit_code, migrated.stdout) == (0, "old  31 files\n")
    assert of_purpose(ports, old, Purpose.BATCH) == [RARE.id]


def test_a_second_migration_finds_nothing_to_do(ports: Composition, old: TenantId) -> None:
    project(ports, "new")

    [document] = larder("migrate", "--json").json_lines
    again = larder("migrate")

    assert document == {"project": old, "name": "old", "files": 31}
    assert (again.exit_code, again.stdout) == (0, "")


def test_an_interrupted_migration_goes_on(
    ports: Composition, stack: MotoStack, old: TenantId
) -> None:
    position = {":position": {"S": f"batch/{RARE.id}"}}
    stack.dynamodb.update_item(
        TableName=stack.settings.store_table,
        Key={"pk": {"S": f"P#{old}"}, "sk": {"S": RARE.id}},
        UpdateExpression="SET by_purpose = :position",
        ExpressionAttributeValues=position,
    )
    with pytest.raises(InvalidParameterError):
        of_purpose(ports, old, Purpose.BATCH)

    assert larder("migrate").stdout == "old  30 files\n"

    assert of_purpose(ports, old, Purpose.BATCH) == [RARE.id]


def test_a_file_that_goes_meanwhile_stays_gone(
    ports: Composition, stack: MotoStack, old: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:

    def after_a_delete(client: object, items: object) -> None:
        key = {"pk": {"S": f"P#{old}"}, "sk": {"S": RARE.id}}
        stack.dynamodb.delete_item(TableName=stack.settings.store_table, Key=key)
        transact(client, items)  # type: ignore[arg-type]

    monkeypatch.setattr(migration, "transact", after_a_delete)

    assert larder("migrate").stdout == "old  30 files\n"

    assert ports.files.get(old, RARE.id) is None
    assert of_purpose(ports, old, Purpose.BATCH) == []


def test_a_file_from_the_trash_is_found_when_it_is_back(ports: Composition, old: TenantId) -> None:
    assert ports.trash.put(old, [RARE], START)
    larder("migrate")

    assert ports.trash.restore(old, TrashedFile(RARE, int(START)), RARE)

    assert of_purpose(ports, old, Purpose.BATCH) == [RARE.id]
