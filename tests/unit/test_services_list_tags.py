"""The list of tags: by name, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.errors import InvalidParameterError
from larder.services.space.list_tags import list_tags
from larder.services.space.update_file import FileChanges
from tests.samples import TENANT
from tests.unit.use_cases import store, trash, update

if TYPE_CHECKING:
    from tests.backends.memory import MemoryBackend

pytestmark = pytest.mark.usefixtures("tenant")


def tags(ports: MemoryBackend, limit: int = 100) -> list[tuple[str, int]]:
    """Return the tags of all pages of that size."""
    found: list[tuple[str, int]] = []
    after = None
    while True:
        page, exact = ports.make(list_tags)(TENANT, limit=limit, after=after)
        assert exact
        assert len(page.items) <= limit
        found += [(each.tag, each.count) for each in page.items]
        after = page.next
        if after is None:
            return found
        assert len(page.items) == limit


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
def test_tags_are_sorted_by_name_in_any_case(ports: MemoryBackend, limit: int) -> None:
    store(ports, tags=("b", "A"))
    store(ports, tags=("b", "a", "C"))

    assert tags(ports, limit) == [("A", 1), ("a", 1), ("b", 2), ("C", 1)]


def test_a_tag_without_a_file_is_not_listed(ports: MemoryBackend) -> None:
    first, second = store(ports, tags=("a",)), store(ports, tags=("b",))
    update(ports, first.id, FileChanges(remove_tags=("a",)))
    trash(ports, second.id)

    assert tags(ports) == []


@pytest.mark.parametrize("limit", [0, 1_001])
def test_a_limit_out_of_range_is_refused(ports: MemoryBackend, limit: int) -> None:
    with pytest.raises(InvalidParameterError):
        ports.make(list_tags)(TENANT, limit=limit, after=None)
