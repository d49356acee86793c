"""Finding files: what a client may ask for, and what its words mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.errors import InvalidParameterError, NotFoundError
from larder.domain.ids import new_folder_id
from larder.services.space.find_files import MAX_FILTER, file_query, find_files
from larder.services.space.ports import FileQuery, Page, Sort
from tests.fakes.clock import START
from tests.samples import TENANT
from tests.unit.use_cases import make_folder, store, trash

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from tests.backends.memory import MemoryBackend

pytestmark = pytest.mark.usefixtures("tenant")


def query(ports: MemoryBackend, **asked: Any) -> FileQuery:
    nothing: dict[str, Any] = {
        "folder_id": None,
        "tag": None,
        "favorite": None,
        "name_part": None,
        "mime_prefix": None,
        "sort": "createdAt",
        "order": None,
    }
    return ports.make(file_query)(TENANT, **{**nothing, **asked})


def find(ports: MemoryBackend, asked: FileQuery, limit: int = 10) -> Page[File]:
    return ports.make(find_files)(TENANT, asked, limit=limit, after=None)


class TestQuery:
    def test_who_asks_for_nothing_gets_all_newest_first(self, ports: MemoryBackend) -> None:
        assert query(ports) == FileQuery(sort=Sort.CREATED_AT, descending=True)

    @pytest.mark.parametrize(
        ("sort", "order", "descending"),
        [
            ("createdAt", None, True),
            ("sizeBytes", None, True),
            ("name", None, False),
            ("createdAt", "asc", False),
            ("sizeBytes", "asc", False),
            ("name", "desc", True),
        ],
    )
    def test_each_sort_has_an_order_of_its_own(
        self, ports: MemoryBackend, sort: str, order: str | None, *, descending: bool
    ) -> None:
        found = query(ports, sort=sort, order=order)

        assert (found.sort, found.descending) == (sort, descending)

    @pytest.mark.parametrize("sort", ["", "Name", "created_at", "x" * 100])
    def test_another_sort_is_refused(self, ports: MemoryBackend, sort: str) -> None:
        with pytest.raises(InvalidParameterError, match="createdAt, name, sizeBytes") as refused:
            query(ports, sort=sort)

        assert refused.value.param == "sort"

    @pytest.mark.parametrize("order", ["", "ASC", "down", "x" * 100])
    def test_another_order_is_refused(self, ports: MemoryBackend, order: str) -> None:
        with pytest.raises(InvalidParameterError, match="'asc' or 'desc'") as refused:
            query(ports, order=order)

        assert refused.value.param == "order"

    def test_a_folder_is_one_of_the_project_or_the_root(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "a").id

        assert query(ports, folder_id=folder).folder == folder
        assert query(ports, folder_id="root").folder == "root"

    @pytest.mark.parametrize("folder", ["", "Root", "folder-1", "file-" + "0" * 24, "x" * 999])
    def test_a_malformed_folder_is_not_found(self, ports: MemoryBackend, folder: str) -> None:
        with pytest.raises(NotFoundError) as refused:
            query(ports, folder_id=folder)

        assert refused.value.param == "folder_id"

    def test_another_project_s_folder_is_not_found(
        self, ports: MemoryBackend, other: TenantId
    ) -> None:
        folder = make_folder(ports, "a", tenant=other).id

        with pytest.raises(NotFoundError):
            query(ports, folder_id=folder)
        with pytest.raises(NotFoundError):
            query(ports, folder_id=new_folder_id(START))

    @pytest.mark.parametrize(
        ("asked", "means"),
        [
            ({"tag": " Q3 "}, {"tag": "Q3"}),
            ({"tag": "cafe\u0301"}, {"tag": "caf\u00e9"}),
            ({"name_part": "STRASSE"}, {"name_part": "strasse"}),
            ({"name_part": "Straße"}, {"name_part": "strasse"}),
            ({"name_part": " "}, {"name_part": " "}),
            ({"mime_prefix": "Image/"}, {"mime_prefix": "image/"}),
            ({"favorite": False}, {"favorite": False}),
            ({"tag": "", "name_part": "", "mime_prefix": ""}, {}),
        ],
    )
    def test_words_are_taken_as_they_are_stored(
        self, ports: MemoryBackend, asked: dict[str, Any], means: dict[str, Any]
    ) -> None:
        assert query(ports, **asked) == FileQuery(**means)

    @pytest.mark.parametrize(
        ("name", "param"), [("tag", "tag"), ("name_part", "q"), ("mime_prefix", "mime_type")]
    )
    def test_words_may_be_long_and_not_longer(
        self, ports: MemoryBackend, name: str, param: str
    ) -> None:
        query(ports, **{name: "x" * MAX_FILTER})

        with pytest.raises(InvalidParameterError, match="at most 1024") as refused:
            query(ports, **{name: "x" * (MAX_FILTER + 1)})

        assert refused.value.param == param


class TestFind:
    def test_what_matches_is_found(self, ports: MemoryBackend) -> None:
        folder = make_folder(ports, "a").id
        wanted = store(ports, filename="Report.csv", folder=folder, tags=("q3",))
        store(ports, filename="Report.txt", folder=folder)
        store(ports, filename="Report.csv")

        asked = query(ports, folder_id=folder, tag="q3", name_part="REP", mime_prefix="text/")

        assert find(ports, asked) == Page((wanted,), None)

    def test_what_is_trashed_or_has_expired_is_not(self, ports: MemoryBackend) -> None:
        trash(ports, store(ports).id)
        store(ports, expires_after=3_600)
        ports.clock.advance(3_600)

        assert find(ports, query(ports)) == Page((), None)

    @pytest.mark.parametrize("limit", [1, 1_000])
    def test_a_page_may_have_1_to_1000_files(self, ports: MemoryBackend, limit: int) -> None:
        for _ in range(2):
            store(ports)

        assert len(find(ports, query(ports), limit).items) == min(limit, 2)

    @pytest.mark.parametrize("limit", [-1, 0, 1_001])
    def test_another_limit_is_refused(self, ports: MemoryBackend, limit: int) -> None:
        with pytest.raises(InvalidParameterError, match="between 1 and 1000") as refused:
            find(ports, query(ports), limit)

        assert refused.value.param == "limit"
