"""Searching files: exactly those that match, sorted, each once, page by page."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest

from larder.adapters.dynamodb import pages
from larder.api.space.models import SpaceFile
from larder.domain.filenames import folded
from larder.domain.files import File, FileStatus
from larder.domain.quota import Amount
from larder.services.files.ports import Settlement
from larder.services.space.ports import FileQuery, Page, Position, Sort
from tests.backends.aws import aws_backend
from tests.fakes.clock import START
from tests.samples import OTHER, TENANT, a_file, a_file_id, a_folder, a_project, an_upload, to_trash

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.ids import FileId, FolderId, TenantId
    from tests.backends.aws import AwsBackend
    from tests.backends.backend import Backend

ALL = FileQuery()
NOW = int(START)

PLACES: tuple[Literal["root"] | None, ...] = (None, "root")

ORDERS = [
    pytest.param(sort, descending, id=f"{sort}-{'desc' if descending else 'asc'}")
    for sort in Sort
    for descending in (True, False)
]


@pytest.fixture
def tenant(backend: Backend) -> TenantId:
    """A project with room for whatever a test looks for."""
    return a_project(backend, limit=Amount(files=10_000, bytes=10**12))


def find(
    backend: Backend,
    tenant: TenantId,
    query: FileQuery = ALL,
    *,
    limit: int = 100,
    after: Position | None = None,
    now: float | None = None,
) -> Page[File]:
    return backend.search.search(
        tenant, query, limit=limit, after=after, now=backend.clock() if now is None else now
    )


def ids(found: Page[File]) -> list[FileId]:
    return [file.id for file in found.items]


def names(found: Page[File]) -> list[str]:
    return [file.filename for file in found.items]


def paged(
    backend: Backend, tenant: TenantId, query: FileQuery, *, limit: int
) -> Iterator[Page[File]]:
    """Yield every page, each begun where the one before says."""
    page = find(backend, tenant, query, limit=limit)
    yield page
    while page.next is not None:
        page = find(backend, tenant, query, limit=limit, after=page.next)
        yield page


def every_list_of(folder: FolderId | None) -> list[FileQuery]:
    """Return the queries for all files, and for those of a folder, in every order."""
    return [
        FileQuery(folder=place, sort=sort, descending=descending)
        for place in (None, folder or "root")
        for sort in Sort
        for descending in (True, False)
    ]


def in_order(files: list[File], query: FileQuery) -> list[FileId]:
    def key(file: File) -> tuple[str | int, str]:
        match query.sort:
            case Sort.NAME:
                return folded(file.filename), file.id
            case Sort.SIZE_BYTES:
                return file.bytes, file.id
        return file.id, ""

    return [file.id for file in sorted(files, key=key, reverse=query.descending)]


def a_shelf(backend: Backend, tenant: TenantId) -> list[File]:
    """Admit 12 files that are alike in some things and differ in others, a second apart."""
    folder = a_folder(backend, tenant).id
    files = []
    for number in range(12):
        file = a_file(
            number * 7919 % 5 * 100,
            id=a_file_id(backend.clock()),
            filename=f"{'Report' if number % 3 else 'notes'} {number * 31 % 7}.txt",
            mime_type=("text/plain", "text/csv", "image/png")[number % 3],
            folder=folder if number % 2 else None,
            tags=(("a",), ("a", "b"), (), ("ab",))[number % 4],
            favorite=number % 5 == 0,
        )
        backend.files.admit(tenant, file)
        files.append(file)
        backend.clock.advance(1)
    return files


class TestWhatMatches:
    def test_an_empty_project_has_no_file(self, backend: Backend, tenant: TenantId) -> None:
        assert find(backend, tenant) == Page((), None)

    def test_files_are_found_with_all_their_fields(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        folder = a_folder(backend, tenant)
        file = a_file(
            7,
            filename="naïve 😀.jsonl",
            expires_at=NOW + 3_600,
            sha256="ab" * 32,
            folder=folder.id,
            tags=("b", "a"),
            favorite=True,
        )
        backend.files.admit(tenant, file)
        backend.files.settle(tenant, file, Settlement(FileStatus.ERROR, details="no line"))

        found = find(backend, tenant)

        settled = replace(file, status=FileStatus.ERROR, status_details="no line")
        assert found == Page((settled,), None)

    def test_a_folder_shows_its_own_files_and_the_root_the_others(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        outer = a_folder(backend, tenant, "outer")
        inner = a_folder(backend, tenant, "inner", parent=outer.id)
        for folder in (None, outer.id, inner.id):
            backend.files.admit(tenant, a_file(filename=f"in {folder}", folder=folder))

        found = {
            place: names(find(backend, tenant, FileQuery(folder=place)))
            for place in ("root", outer.id, inner.id)
        }

        assert found == {
            "root": ["in None"],
            outer.id: [f"in {outer.id}"],
            inner.id: [f"in {inner.id}"],
        }
        assert len(ids(find(backend, tenant))) == 3

    @pytest.mark.parametrize("sort", Sort)
    def test_a_moved_file_is_found_where_it_is_now(
        self, backend: Backend, tenant: TenantId, sort: Sort
    ) -> None:
        here, there = (a_folder(backend, tenant, name).id for name in ("here", "there"))
        file = a_file(folder=here)
        backend.files.admit(tenant, file)

        moved = replace(file, folder_id=there, revision=1)
        assert backend.files.revise(tenant, file, moved)
        found = [find(backend, tenant, FileQuery(folder=f, sort=sort)) for f in (here, there)]
        assert backend.files.revise(tenant, moved, replace(moved, folder_id=None, revision=2))
        found += [
            find(backend, tenant, FileQuery(folder=f, sort=sort)) for f in (here, there, "root")
        ]

        assert [ids(page) for page in found] == [[], [file.id], [], [], [file.id]]

    @pytest.mark.parametrize("sort", Sort)
    def test_a_renamed_file_is_found_by_its_new_name(
        self, backend: Backend, tenant: TenantId, sort: Sort
    ) -> None:
        file = a_file(filename="Draft.txt")
        backend.files.admit(tenant, file)

        backend.files.revise(tenant, file, replace(file, filename="FINAL.txt", revision=1))

        assert names(find(backend, tenant, FileQuery(name_part="draft", sort=sort))) == []
        assert names(find(backend, tenant, FileQuery(name_part="final", sort=sort))) == [
            "FINAL.txt"
        ]

    @pytest.mark.parametrize(
        ("tag", "found"), [("a", ["1", "2"]), ("b", ["2"]), ("A", []), ("ab", ["3"]), ("", [])]
    )
    def test_a_tag_is_matched_whole(
        self, backend: Backend, tenant: TenantId, tag: str, found: list[str]
    ) -> None:
        for name, tags in {"1": ("a",), "2": ("b", "a"), "3": ("ab",), "4": ()}.items():
            backend.files.admit(tenant, a_file(filename=name, tags=tags))

        query = FileQuery(tag=tag, sort=Sort.NAME, descending=False)

        assert names(find(backend, tenant, query)) == found

    @pytest.mark.parametrize("favorite", [True, False])
    def test_favorites_and_other_files_are_found(
        self, backend: Backend, tenant: TenantId, *, favorite: bool
    ) -> None:
        for marked in (True, False):
            backend.files.admit(tenant, a_file(filename=str(marked), favorite=marked))

        assert names(find(backend, tenant, FileQuery(favorite=favorite))) == [str(favorite)]

    @pytest.mark.parametrize(
        ("typed", "name"),
        [
            ("PORT", "Quarterly Report.txt"),
            ("ly re", "Quarterly Report.txt"),
            ("strasse", "Straße.txt"),
            ("STRAßE", "Strasse.txt"),
            ("CAFE\u0301", "un caf\u00e9.txt"),
            ("\u00c5", "\u212bngström"),
            ("\U00010400", "\U00010428 deseret"),
            ("日本", "日本語.txt"),
            ("👩‍🚀", "👩‍🚀.txt"),
            ("\ufdfa", "\ufdfa.txt"),
            ("\u202egpj", "\u202egpj.exe"),
        ],
    )
    def test_a_part_of_a_name_is_found_in_any_case_and_form(
        self, backend: Backend, tenant: TenantId, typed: str, name: str
    ) -> None:
        backend.files.admit(tenant, a_file(filename=name))
        backend.files.admit(tenant, a_file(filename="something else"))

        found = find(backend, tenant, FileQuery(name_part=folded(typed)))

        assert names(found) == [name]

    @pytest.mark.parametrize(
        ("prefix", "found"),
        [
            ("image/", ["image/jpeg", "image/png"]),
            ("image/png", ["image/png"]),
            ("text", ["text/plain; charset=utf-8"]),
            ("/png", []),
        ],
    )
    def test_a_media_type_is_found_by_its_prefix(
        self, backend: Backend, tenant: TenantId, prefix: str, found: list[str]
    ) -> None:
        for media_type in ("image/png", "image/jpeg", "text/plain; charset=utf-8"):
            backend.files.admit(tenant, a_file(filename=media_type[0], mime_type=media_type))

        page = find(backend, tenant, FileQuery(mime_prefix=prefix))

        assert sorted(file.mime_type for file in page.items) == found

    @pytest.mark.parametrize("sort", Sort)
    def test_all_conditions_apply_at_once(
        self, backend: Backend, tenant: TenantId, sort: Sort
    ) -> None:
        files = a_shelf(backend, tenant)
        folder = next(file.folder_id for file in files if file.folder_id is not None)
        places: tuple[FolderId | Literal["root"] | None, ...] = (None, folder, "root")
        choices = itertools.product(
            places, (None, "a"), (None, True), (None, "port"), (None, "text/")
        )
        for place, tag, favorite, part, mime in choices:
            query = FileQuery(place, tag, favorite, part, mime, sort, descending=bool(tag))
            matching = [
                file
                for file in files
                if (place is None or (file.folder_id or "root") == place)
                and (tag is None or tag in file.tags)
                and (favorite is None or file.favorite)
                and (part is None or "port" in file.filename)
                and (mime is None or file.mime_type.startswith("text/"))
            ]

            assert ids(find(backend, tenant, query)) == in_order(matching, query), query


class TestWhatIsNotFound:
    def test_another_projects_files(self, backend: Backend, tenant: TenantId) -> None:
        other = a_project(backend, OTHER)
        folder = a_folder(backend, other)
        for within in (None, folder.id):
            backend.files.admit(other, a_file(folder=within))

        for query in every_list_of(folder.id):
            assert find(backend, tenant, query) == Page((), None), query

    @pytest.mark.parametrize("in_folder", [True, False], ids=["folder", "root"])
    def test_files_that_are_not_live(
        self, backend: Backend, tenant: TenantId, *, in_folder: bool
    ) -> None:
        folder = a_folder(backend, tenant)
        a_folder(backend, tenant, "inner", parent=folder.id)
        within = folder.id if in_folder else None
        backend.uploads.reserve(tenant, an_upload(folder=within))
        trashed, released, live = (a_file(folder=within) for _ in range(3))
        for file in (trashed, released, live):
            backend.files.admit(tenant, file)
        to_trash(backend, tenant, trashed.id)
        backend.files.release(tenant, released)

        for query in every_list_of(within):
            assert find(backend, tenant, query) == Page((live,), None), query

    def test_a_file_from_the_second_on_in_which_it_expires(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        file = a_file(expires_at=NOW + 3_600)
        backend.files.admit(tenant, file)

        for query in every_list_of(None):
            assert ids(find(backend, tenant, query, now=NOW + 3_599.999)) == [file.id], query
            assert find(backend, tenant, query, now=NOW + 3_600) == Page((), None), query

    def test_a_restored_file_is_found_again(self, backend: Backend, tenant: TenantId) -> None:
        folder = a_folder(backend, tenant)
        file = a_file(folder=folder.id)
        backend.files.admit(tenant, file)
        to_trash(backend, tenant, file.id)
        trashed = backend.trash.get(tenant, file.id)
        assert trashed is not None
        restored = replace(file, revision=1)

        backend.trash.restore(tenant, trashed, restored)

        for sort in Sort:
            assert find(backend, tenant, FileQuery(folder=folder.id, sort=sort)).items == (
                restored,
            )


class TestOrder:
    def test_names_are_sorted_in_any_case(self, backend: Backend, tenant: TenantId) -> None:
        written = ["b", "A", "a b", "a", "B", "Z", "é", "a.txt", "10", "9", "_", "ß", "日", "😀"]
        for number, name in enumerate(written):
            backend.files.admit(tenant, a_file(id=a_file_id(number=number), filename=name))

        expected = [
            "10", "9", "_", "A", "a", "a b", "a.txt", "b", "B", "ß", "Z", "é", "日", "😀",
        ]  # fmt: skip
        for folder in PLACES:
            query = FileQuery(folder=folder, sort=Sort.NAME, descending=False)
            assert names(find(backend, tenant, query)) == expected

    def test_sizes_are_sorted_as_numbers(self, backend: Backend, tenant: TenantId) -> None:
        sizes = [0, 9, 10, 255, 256, 4_096, 10**9]
        for size in sizes:
            backend.files.admit(tenant, a_file(size))

        for folder in PLACES:
            found = find(backend, tenant, FileQuery(folder=folder, sort=Sort.SIZE_BYTES))
            assert [file.bytes for file in found.items] == sizes[::-1]

    def test_equal_files_are_sorted_by_creation(self, backend: Backend, tenant: TenantId) -> None:
        for number in (2, 4, 1, 3):
            backend.files.admit(tenant, a_file(id=a_file_id(number=number)))

        expected = [a_file_id(number=number) for number in (1, 2, 3, 4)]
        for query in every_list_of(None):
            found = find(backend, tenant, query)
            assert ids(found) == (expected[::-1] if query.descending else expected), query


class TestPages:
    @pytest.mark.parametrize(("sort", "descending"), ORDERS)
    def test_pages_have_every_file_once_and_know_when_they_end(
        self, backend: Backend, tenant: TenantId, sort: Sort, *, descending: bool
    ) -> None:
        files = a_shelf(backend, tenant)
        query = FileQuery(sort=sort, descending=descending)

        for limit in (1, 5, 11, 12, 13):
            found = list(paged(backend, tenant, query, limit=limit))

            assert [i for page in found for i in ids(page)] == in_order(files, query)
            assert [len(page.items) for page in found[:-1]] == [limit] * (len(found) - 1)
            assert len(found) == -(-12 // limit)

    @pytest.mark.parametrize(("sort", "descending"), ORDERS)
    def test_pages_are_full_though_few_files_match(
        self, backend: Backend, tenant: TenantId, sort: Sort, *, descending: bool
    ) -> None:
        files = a_shelf(backend, tenant)
        for favorite, folder, limit in itertools.product((True, None), PLACES, (1, 2, 3)):
            query = FileQuery(folder, "a", favorite, "t", "text/", sort, descending)
            matching = [
                file
                for file in files
                if "a" in file.tags
                and (favorite is None or file.favorite)
                and (folder is None or file.folder_id is None)
                and "t" in folded(file.filename)
                and file.mime_type.startswith("text/")
            ]

            found = list(paged(backend, tenant, query, limit=limit))

            assert [i for page in found for i in ids(page)] == in_order(matching, query)
            assert len(found) == max(1, -(-len(matching) // limit))

    @pytest.mark.parametrize(("sort", "descending"), ORDERS)
    def test_a_full_page_that_is_the_last_says_so(
        self, backend: Backend, tenant: TenantId, sort: Sort, *, descending: bool
    ) -> None:
        for number in range(3):
            for match in (True, False):
                file = a_file(
                    number,
                    id=a_file_id(number=2 * number + match),
                    favorite=match,
                    filename=f"{number}",
                )
                backend.files.admit(tenant, file)
        query = FileQuery(favorite=True, sort=sort, descending=descending)

        assert find(backend, tenant, query, limit=3).next is None
        assert find(backend, tenant, query, limit=2).next is not None

    def test_expired_files_cause_no_further_page(self, backend: Backend, tenant: TenantId) -> None:
        for number in range(6):
            expires_at = None if number in {1, 4} else NOW + 5
            backend.files.admit(tenant, a_file(id=a_file_id(number=number), expires_at=expires_at))

        first = find(backend, tenant, limit=1, now=NOW + 10)
        second = find(backend, tenant, limit=1, after=first.next, now=NOW + 10)

        assert (ids(first), ids(second)) == ([a_file_id(number=4)], [a_file_id(number=1)])
        assert second.next is None

    @pytest.mark.parametrize("change", ["deleted", "trashed", "renamed", "moved", "unmatched"])
    @pytest.mark.parametrize(("sort", "descending"), ORDERS)
    def test_the_next_page_begins_where_a_file_was(
        self, backend: Backend, tenant: TenantId, sort: Sort, change: str, *, descending: bool
    ) -> None:
        folder = a_folder(backend, tenant).id
        files = [
            a_file(n, id=a_file_id(START + n), filename=f"{n}", folder=folder, favorite=True)
            for n in range(5)
        ]
        for file in files:
            backend.files.admit(tenant, file)
        everywhere = FileQuery(favorite=True, sort=sort, descending=descending)
        queries = [everywhere, replace(everywhere, folder=folder)]
        first = [find(backend, tenant, query, limit=2) for query in queries]
        passed, last = first[0].items

        match change:
            case "deleted":
                backend.files.release(tenant, last)
            case "trashed":
                to_trash(backend, tenant, last.id)
            case "renamed":
                renamed = replace(last, filename=passed.filename, revision=1)
                backend.files.revise(tenant, last, renamed)
            case "moved":
                elsewhere = a_folder(backend, tenant, "elsewhere").id
                backend.files.revise(tenant, last, replace(last, folder_id=elsewhere, revision=1))
            case "unmatched":
                backend.files.revise(tenant, last, replace(last, favorite=False, revision=1))

        for query, page in zip(queries, first, strict=True):
            rest = find(backend, tenant, query, after=page.next)
            assert ids(rest) == in_order(files, query)[2:], query
            assert rest.next is None

    def test_a_file_added_before_the_position_is_not_on_a_later_page(
        self, backend: Backend, tenant: TenantId
    ) -> None:
        files = [a_file(id=a_file_id(START + n)) for n in range(3)]
        for file in files:
            backend.files.admit(tenant, file)
        first = find(backend, tenant, limit=2)
        backend.files.admit(tenant, a_file(id=a_file_id(START + 9)))

        assert ids(find(backend, tenant, after=first.next)) == [files[0].id]

    @pytest.mark.parametrize("sort", Sort)
    def test_a_position_without_a_file_is_accepted(
        self, backend: Backend, tenant: TenantId, sort: Sort
    ) -> None:
        other = a_project(backend, OTHER)
        for number in range(3):
            backend.files.admit(other, a_file(id=a_file_id(number=number)))
        elsewhere = find(backend, other, FileQuery(sort=sort), limit=1).next
        mine = a_file(id=a_file_id(number=0))
        backend.files.admit(tenant, mine)

        found = find(backend, tenant, FileQuery(sort=sort), after=elsewhere)

        assert found == Page((mine,), None)

    @pytest.mark.parametrize("sort", Sort)
    def test_more_than_dynamodb_reads_at_once_is_still_one_page(
        self, backend: Backend, tenant: TenantId, sort: Sort
    ) -> None:
        # A Query ends at 1 MB, here after the third of five items.
        for number in range(5):
            file = a_file(number, id=a_file_id(number=number), mime_type="x" * 350_000)
            backend.files.admit(tenant, file)

        whole = find(backend, tenant, FileQuery(sort=sort), limit=5)
        cut = find(backend, tenant, FileQuery(sort=sort), limit=4)

        assert len(whole.items) == 5
        assert whole.next is None
        assert len(cut.items) == 4
        assert cut.next is not None


class TestSize:
    def test_a_page_ends_before_it_is_too_large_for_an_answer(
        self, aws: AwsBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tenant = a_project(aws, limit=Amount(files=10_000, bytes=10**12))
        made = [a_file(id=a_file_id(number=number), tags=("t" * 64,) * 9) for number in range(5)]
        for file in made:
            aws.files.admit(tenant, file)
        monkeypatch.setattr(pages, "MAX_INLINE_BYTES", 4_000)

        found = list(paged(aws, tenant, ALL, limit=1_000))

        assert [len(page.items) for page in found] == [2, 2, 1]
        assert [i for page in found for i in ids(page)] == [file.id for file in reversed(made)]

    def test_one_item_that_is_too_large_is_a_page(
        self, aws: AwsBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tenant = a_project(aws, limit=Amount(files=10_000, bytes=10**12))
        for number in range(2):
            aws.files.admit(tenant, a_file(id=a_file_id(number=number)))
        monkeypatch.setattr(pages, "MAX_INLINE_BYTES", 1)

        assert [len(page.items) for page in paged(aws, tenant, ALL, limit=2)] == [1, 1]

    @pytest.mark.parametrize("text", ['"', "é", "😀"])
    def test_an_item_is_no_larger_in_json_than_a_page_counts(
        self, aws: AwsBackend, monkeypatch: pytest.MonkeyPatch, text: str
    ) -> None:
        tenant = a_project(aws, limit=Amount(files=10, bytes=10**15))
        folder = a_folder(aws, tenant)
        file = a_file(
            10**13,
            filename=text * (255 // len(text.encode())),
            tags=tuple(text * 62 + f"{number:02}" for number in range(50)),
            mime_type="m" * 255,
            expires_at=NOW + 10**6,
            folder=folder.id,
        )
        for each in (file, replace(file, id=a_file_id())):
            aws.files.admit(tenant, each)
        size = len(SpaceFile.of(file).model_dump_json(by_alias=True).encode())

        monkeypatch.setattr(pages, "MAX_INLINE_BYTES", 2 * size - 1)

        assert len(find(aws, tenant).items) == 1


@pytest.fixture(scope="class")
def stocked() -> Iterator[AwsBackend]:
    """A project with 100 files, of which the first and the 51st are favorites."""
    with aws_backend() as backend:
        tenant = a_project(backend, limit=Amount(files=10_000, bytes=10**12))
        for number in range(100):
            file = a_file(id=a_file_id(number=number), favorite=number % 50 == 0)
            backend.files.admit(tenant, file)
        yield backend


class TestCost:
    def queries(self, aws: AwsBackend, query: FileQuery, *, limit: int) -> int:
        made = 0

        def count(**_: object) -> None:
            nonlocal made
            made += 1

        aws.dynamodb.meta.events.register("before-call.dynamodb.Query", count, unique_id="count")
        find(aws, TENANT, query, limit=limit)
        aws.dynamodb.meta.events.unregister("before-call.dynamodb.Query", unique_id="count")
        return made

    def test_a_page_without_conditions_is_one_query(self, stocked: AwsBackend) -> None:
        assert self.queries(stocked, ALL, limit=10) == 1

    def test_a_condition_that_few_files_meet_takes_few_queries(self, stocked: AwsBackend) -> None:
        # For 3, 12, 48 and 192 items.
        assert self.queries(stocked, FileQuery(favorite=True), limit=2) == 4

    def test_a_search_that_takes_too_many_queries_says_where_to_continue(
        self, stocked: AwsBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pages, "MAX_QUERIES", 2)

        found = list(paged(stocked, TENANT, FileQuery(favorite=True), limit=1))

        assert [i for page in found for i in ids(page)] == [
            a_file_id(number=50),
            a_file_id(number=0),
        ]
        assert any(page.items == () and page.next is not None for page in found)
