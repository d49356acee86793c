"""What one page of a list of files reads: queries, records and read units.

    uv run python -m bench.listings

The table is moto's, with ten files and then with ten thousand. Every page is compared with the same
query on a plain list. Read units follow DynamoDB's rule: the size of all records read, matching or
not, rounded up to 4 KB per query, strongly consistent.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from bench.results import table, write_section
from larder.adapters.dynamodb.items import file_item
from larder.domain.files import File, FileStatus, Purpose
from larder.domain.folders import Folder
from larder.domain.ids import FileId, FolderId
from larder.services.space.ports import FileQuery, Sort
from tests.backends.aws import AwsBackend, aws_backend
from tests.fakes.clock import START
from tests.fakes.file_search import InMemoryFileSearch
from tests.fakes.store import FileRow, InMemoryStore
from tests.samples import ROOM, TENANT, a_project

PAGE = 100
SIZES = (10, 10_000)
FOLDERS = 50
RARE, COMMON = 1_000, 10
UNIT = 4_096


@dataclass
class Reads:
    """What one page has read."""

    queries: int = 0
    records: int = 0
    units: int = 0


def files(count: int) -> Iterator[File]:
    """Yield realistic files: half of them in folders, some tagged, some favorites, two types."""
    chance = random.Random(7)
    for number in range(count):
        kind = ("pdf", "application/pdf") if number % 2 else ("png", "image/png")
        yield File(
            id=FileId(f"file-{int(START * 1000) + number:012x}{number:012x}"),
            filename=f"{chance.choice(WORDS)} {chance.choice(WORDS)} {number}.{kind[0]}",
            bytes=chance.randrange(10**7),
            purpose=Purpose.USER_DATA,
            mime_type=kind[1],
            expires_at=None,
            status=FileStatus.PROCESSED,
            sha256="0" * 64,
            folder_id=folder(number // 2 % FOLDERS) if number % 2 else None,
            tags=tuple(
                tag for tag, every in (("rare", RARE), ("common", COMMON)) if number % every == 0
            ),
            favorite=number % 100 == 0,
        )


WORDS = ("report", "invoice", "minutes", "draft", "photo", "contract", "plan", "summary")


def folder(number: int) -> FolderId:
    """Return the id of the folder with that number."""
    return FolderId(f"folder-{number:024x}")


QUESTIONS: dict[str, FileQuery] = {
    "newest first": FileQuery(),
    "by name": FileQuery(sort=Sort.NAME, descending=False),
    "by size": FileQuery(sort=Sort.SIZE_BYTES),
    "in a folder, newest first": FileQuery(folder=folder(0)),
    "in a folder, by name": FileQuery(folder=folder(0), sort=Sort.NAME, descending=False),
    "in a folder, by size": FileQuery(folder=folder(0), sort=Sort.SIZE_BYTES),
    "of a type that half have": FileQuery(mime_prefix="image/"),
    "with a tag that one in ten has": FileQuery(tag="common"),
    "with a tag that one in a thousand has": FileQuery(tag="rare"),
    "favorites, one in a hundred": FileQuery(favorite=True),
    "name contains what one has": FileQuery(name_part=" 7."),
    "in a folder, name contains what one has": FileQuery(folder=folder(0), name_part=" 0."),
}


def ask(backend: AwsBackend, query: FileQuery, record: int) -> tuple[list[File], Reads]:
    """Return the first page and what it read, if each record has `record` bytes."""
    reads = Reads()
    with answers(backend, lambda answer: count(reads, answer["ScannedCount"], record)):
        found = backend.search.search(TENANT, query, limit=PAGE, after=None, now=START)
    return list(found.items), reads


@contextmanager
def answers(backend: AwsBackend, look: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """Call `look` with the answer to every query."""
    events, name = backend.dynamodb.meta.events, "after-call.dynamodb.Query"
    events.register(name, lambda parsed, **_: look(parsed), unique_id="bench")
    yield
    events.unregister(name, unique_id="bench")


def count(reads: Reads, records: int, record: int) -> None:
    """Add one query that read `records` records of `record` bytes each."""
    reads.queries += 1
    reads.records += records
    reads.units += max(1, -(-records * record // UNIT))


def item_bytes(item: dict[str, Any]) -> int:
    """Return the size of a record by DynamoDB's rules."""
    plain = {name: TypeDeserializer().deserialize(value) for name, value in item.items()}
    return sum(len(name) + _value_bytes(value) for name, value in plain.items())


def _value_bytes(value: object) -> int:
    match value:
        case bool():
            return 1
        case str():
            return len(value.encode())
        case list():
            return 3 + sum(1 + _value_bytes(each) for each in value)
    return len(str(value)) // 2 + 2


def measured(size: int) -> dict[str, Reads]:
    """Fill a table, run every query, check the pages, and return what they read."""
    with aws_backend() as backend:
        a_project(backend, TENANT, ROOM)
        memory = InMemoryStore()
        search = InMemoryFileSearch(memory)
        backend.folders.create(TENANT, Folder(folder(0), "folder", None), 0)
        items = []
        for file in files(size):
            memory.files[TENANT, file.id] = FileRow(file, None)
            items.append(file_item(TENANT, file, int(START)))
        record = sum(map(item_bytes, items)) // len(items)
        for start in range(0, len(items), 25):
            backend.dynamodb.batch_write_item(
                RequestItems={
                    backend.stack.settings.store_table: [
                        {"PutRequest": {"Item": item}} for item in items[start : start + 25]
                    ]
                }
            )
        result = {}
        for name, query in QUESTIONS.items():
            found, reads = ask(backend, query, record)
            expected = search.search(TENANT, query, limit=PAGE, after=None, now=START)
            if found != list(expected.items):
                raise AssertionError(name)
            result[name] = reads
        print(f"{size:,} files: records of {record} bytes")
        return result


def main() -> None:
    """Measure, print and write the results."""
    counted = [measured(size) for size in SIZES]
    rows = [
        [
            name,
            *(
                f"{reads[name].queries} / {reads[name].records:,} / {reads[name].units:,}"
                for reads in counted
            ),
        ]
        for name in QUESTIONS
    ]
    text = table(["a page of 100", *(f"of {size:,} files" for size in SIZES)], rows)
    explained = (
        "Queries / records read / read units, strongly consistent. Every page was compared with "
        "the same query on a plain list.\n\n" + text
    )
    print(explained)
    write_section("Listings", explained)


if __name__ == "__main__":
    main()
