"""What a list reads at most, however few of the stored items match.

`docs/scale.md` has the bounds as a table; the last test compares it with what the adapters do.
"""

from __future__ import annotations

import random
import re
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from larder.adapters.dynamodb import file_pages
from larder.adapters.dynamodb.artifact_items import new_item
from larder.adapters.dynamodb.artifacts import DynamoArtifacts
from larder.adapters.dynamodb.batches import DynamoBatches
from larder.adapters.dynamodb.file_search import DynamoFileSearch
from larder.adapters.dynamodb.files import DynamoFiles
from larder.adapters.dynamodb.folders import DynamoFolders
from larder.adapters.dynamodb.items import file_item, trash_item
from larder.adapters.dynamodb.trash import DynamoTrash
from larder.adapters.dynamodb.uploads import DynamoUploads
from larder.domain.artifacts import MAX_MEMBERS, ArtifactType, Member
from larder.domain.errors import ContentionError, ExpiredBacklogError
from larder.domain.files import Purpose
from larder.domain.ids import FolderId, new_artifact_id
from larder.domain.projects import Project
from larder.domain.trash import TrashedFile
from larder.services.artifacts.get import read_bundle
from larder.services.files.list import list_files
from larder.services.files.ports import FilePage, PageQuery
from larder.services.space.ports import FileQuery, Sort
from tests.fakes.clock import START
from tests.samples import ROOM, TENANT, a_bundle, a_file, a_file_id, an_artifact
from tests.support.template import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from larder.adapters.dynamodb.attributes import Item
    from larder.domain.files import File
    from larder.domain.ids import FileId
    from tests.backends.aws import AwsBackend

NEWEST, OLDEST = True, False
both_orders = pytest.mark.parametrize("newest_first", [NEWEST, OLDEST])


@pytest.fixture
def backend(aws: AwsBackend, monkeypatch: pytest.MonkeyPatch) -> AwsBackend:
    """Lists are read in steps that a test can exceed."""
    monkeypatch.setattr(file_pages, "MAX_QUERIES", 6)
    monkeypatch.setattr(file_pages, "MAX_RECORDS", 5)
    monkeypatch.setattr(file_pages, "_READ_AT_LEAST", 3)
    monkeypatch.setattr(file_pages, "_PROBE", 2)
    aws.projects.create(Project(TENANT, "demo", int(START)), ROOM, int(START))
    return aws


def put(backend: AwsBackend, *files: File) -> None:
    for file in files:
        backend.stack.dynamodb.put_item(TableName="Store", Item=file_item(TENANT, file, int(START)))


def store(
    backend: AwsBackend, purposes: list[Purpose], expires_at: int | None = None
) -> list[FileId]:
    """Put the record of a file of each purpose, the oldest first."""
    ids = [a_file_id(number=number) for number in range(len(purposes))]
    put(
        backend,
        *(
            a_file(id=file_id, purpose=purpose, expires_at=expires_at)
            for file_id, purpose in zip(ids, purposes, strict=True)
        ),
    )
    return ids


def listed(
    backend: AwsBackend, limit: int, purpose: Purpose | None, *, newest_first: bool
) -> list[FilePage]:
    """Page through the list as OpenAI's clients do: after the last file, until none follows."""
    pages: list[FilePage] = []
    after = None
    while True:
        page = list_files(
            TENANT,
            limit=limit,
            after=after,
            order="desc" if newest_first else "asc",
            purpose=purpose,
            files=backend.files,
            clock=lambda: START,
        )
        pages.append(page)
        if not page.files or not page.has_more:
            return pages
        after = page.files[-1].id


def ids(pages: list[FilePage]) -> list[FileId]:
    return [file.id for page in pages for file in page.files]


@both_orders
@pytest.mark.parametrize("limit", [1, 7, 100])
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_paging_yields_every_file_of_a_purpose_once(
    backend: AwsBackend, share: float, limit: int, *, newest_first: bool
) -> None:
    chosen = random.Random(f"{share}")  # noqa: S311 - a mix, the same each time
    purposes = [Purpose.BATCH if chosen.random() < share else Purpose.USER_DATA for _ in range(60)]
    stored = store(backend, purposes)
    wanted = [each for each, purpose in zip(stored, purposes, strict=True) if purpose == "batch"]

    pages = listed(backend, limit, Purpose.BATCH, newest_first=newest_first)

    assert ids(pages) == (wanted[::-1] if newest_first else wanted)
    assert all(page.files for page in pages if page.has_more)
    assert not pages[-1].has_more


@both_orders
def test_the_one_file_of_a_purpose_is_found_behind_many_others(
    backend: AwsBackend, *, newest_first: bool
) -> None:
    others = [Purpose.BATCH_OUTPUT] * 40
    stored = store(backend, [*others, Purpose.BATCH, *others])

    pages = listed(backend, 10, Purpose.BATCH, newest_first=newest_first)

    assert pages == [FilePage((a_file(id=stored[40], purpose=Purpose.BATCH),), has_more=False)]


def test_a_file_that_the_index_still_has_but_the_table_has_not_is_left_out(
    backend: AwsBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = store(backend, [Purpose.BATCH, Purpose.BATCH, *[Purpose.USER_DATA] * 40])
    lagging = file_pages._of_purpose
    monkeypatch.setattr(
        file_pages,
        "_of_purpose",
        lambda *query: ([*lagging(*query)[0], a_file_id(number=999)], False),
    )

    assert ids(listed(backend, 10, Purpose.BATCH, newest_first=NEWEST)) == stored[1::-1]


def test_a_page_cut_short_holds_back_its_last_file(backend: AwsBackend) -> None:
    live = store(backend, [Purpose.USER_DATA] * 3)
    gone = [
        a_file(id=a_file_id(START + 1, number), expires_at=int(START) - 1) for number in range(40)
    ]
    put(backend, *gone)

    page = backend.files.page(TENANT, PageQuery(limit=4, newest_first=OLDEST), START)

    assert page.has_more
    assert [file.id for file in page.files] == live[:2]


@pytest.mark.parametrize("purpose", [None, Purpose.BATCH])
def test_behind_too_many_expired_files_the_list_says_so_instead_of_ending(
    backend: AwsBackend, purpose: Purpose | None
) -> None:
    store(backend, [Purpose.BATCH] * 100, expires_at=int(START) - 1)

    with pytest.raises(ExpiredBacklogError):
        backend.files.page(TENANT, PageQuery(limit=10, purpose=purpose), START)


class Endless:
    """A table in which no query finds anything that matches, and each says that there is more."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.queries = 0
        self.records = 0

    def query(self, **request: Any) -> dict[str, Any]:
        self.queries += 1
        # A count has no limit of its own.
        limit = request.get("Limit", 1_000)
        in_index = range(limit if request.get("IndexName") == "by_purpose" else 0)
        return {
            "Items": [
                {**self.item, "sk": {"S": a_file_id(number=2 + number)}} for number in in_index
            ],
            "ScannedCount": limit,
            "Count": 0,
            "LastEvaluatedKey": self.item,
        }

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        [asked] = RequestItems.values()
        self.records += len(asked["Keys"])
        return {"Responses": {}, "UnprocessedKeys": {}}

    def get_item(self, **_: Any) -> dict[str, Any]:
        self.records += 1
        return {"Item": {**self.item, "purposes_indexed": {"BOOL": True}}}


def _files(client: Any, **query: Any) -> None:
    with suppress(ExpiredBacklogError):
        DynamoFiles(client, "Store", lambda: START).page(TENANT, PageQuery(**query), START)


def _uploads(client: Any) -> None:
    with suppress(ContentionError):
        uploads = DynamoUploads(client, "Store", lambda: START)
        uploads.page(TENANT, limit=100, after=None, now=START)


def _batches(client: Any) -> None:
    with suppress(ContentionError):
        DynamoBatches(client, "Store").page(TENANT, limit=100, after=None)


def _artifacts(client: Any, only: ArtifactType | None = None) -> None:
    with suppress(ContentionError):
        DynamoArtifacts(client, "Store").page(TENANT, limit=100, after=None, only=only, now=START)


def _bundles(client: Any) -> None:
    with suppress(ContentionError):
        DynamoArtifacts(client, "Store").page_of_bundles(TENANT, limit=100, after=None)


def _bundle(client: Any) -> None:
    artifacts = DynamoArtifacts(client, "Store")
    read_bundle(TENANT, BUNDLE.id, artifacts=artifacts, clock=lambda: START)


def _search(client: Any, **query: Any) -> None:
    search = DynamoFileSearch(client, "Store")
    search.search(TENANT, FileQuery(**query), limit=100, after=None, now=START)


LIVE = file_item(TENANT, a_file(id=a_file_id(number=1)), int(START))
TRASHED = trash_item(TENANT, TrashedFile(a_file(id=a_file_id(number=1)), int(START)))
BUNDLE = a_bundle(
    *(Member(new_artifact_id(START + number), "system") for number in range(MAX_MEMBERS))
)
ARTIFACT = new_item(TENANT, an_artifact())
BATCH: Item = {"pk": LIVE["pk"], "sk": {"S": "other"}}

SEARCHES: dict[str, dict[str, Any]] = {
    "q": {"name_part": "a"},
    "tag": {"tag": "a"},
    "mimeType": {"mime_prefix": "a"},
    "favorite": {"favorite": True},
    "folderId": {"folder": "root"},
    "sort": {"sort": Sort.SIZE_BYTES},
}
READS: dict[str, tuple[Item, Callable[[Any], Any]]] = {
    "`GET /v1/files`": (LIVE, lambda client: _files(client, limit=10_000)),
    "`GET /v1/files?purpose=`": (
        LIVE,
        lambda client: _files(client, limit=10_000, purpose=Purpose.BATCH),
    ),
    "`GET /v1/uploads`": (BATCH, _uploads),
    "`GET /v1/batches`": (
        BATCH,
        _batches,
    ),
    **{
        f"`GET /v1/storage/files?{name}=`": (LIVE, partial(_search, **query))
        for name, query in SEARCHES.items()
    },
    "`GET /v1/storage/trash`": (
        TRASHED,
        lambda client: DynamoTrash(client, "Store", lambda: START).page(
            TENANT, limit=100, after=None, now=START
        ),
    ),
    "`GET /v1/storage/folders`": (
        LIVE,
        lambda client: DynamoFolders(client, "Store").children(TENANT, None, limit=100, after=None),
    ),
    "`GET /v1/storage/folders/{id}`": (
        LIVE,
        lambda client: DynamoFileSearch(client, "Store").counts(TENANT, FolderId("f"), START),
    ),
    "`GET /v2/artifacts`": (ARTIFACT, _artifacts),
    "`GET /v2/artifacts?artifact_type=`": (
        ARTIFACT,
        lambda client: _artifacts(client, ArtifactType.POLICY),
    ),
    "`GET /v2/bundles`": (new_item(TENANT, BUNDLE), _bundles),
    "`GET /v2/bundles/{id}`": (new_item(TENANT, BUNDLE), _bundle),
}


def documented() -> Iterator[tuple[str, int, int]]:
    """Yield what docs/scale.md says of each list: its queries, and its records by key."""
    page = (ROOT / "docs/scale.md").read_text()
    for row in re.findall(r"^\| (`GET .*`) \| (\d+) \| ([\d,]+) \|", page, re.MULTILINE):
        yield row[0], int(row[1]), int(row[2].replace(",", ""))


def test_every_list_has_its_worst_case_in_the_documentation() -> None:
    assert [name for name, _, _ in documented()] == list(READS)


@pytest.mark.parametrize(("name", "queries", "records"), list(documented()))
def test_a_list_that_finds_nothing_stops_at_its_documented_bound(
    name: str, queries: int, records: int
) -> None:
    item, read = READS[name]
    table = Endless(item)

    read(table)

    assert (table.queries, table.records) == (queries, records)
