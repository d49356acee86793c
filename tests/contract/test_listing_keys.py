"""The sort keys of lists: no name makes one too long for DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.adapters.dynamodb.listings import LISTINGS, folder_listing_key, listing_keys
from larder.domain.filenames import MAX_FILENAME_BYTES, checked_name, folded
from larder.domain.folders import Folder
from larder.domain.ids import new_folder_id
from larder.services.space.ports import FileQuery, Sort
from tests.backends.expressions import MAX_SORT_KEY
from tests.fakes.clock import START
from tests.samples import TENANT, WORST_CHARACTER, a_file, a_folder, a_project

if TYPE_CHECKING:
    from tests.backends.aws import AwsBackend

LONGEST = WORST_CHARACTER * (MAX_FILENAME_BYTES // 4) + "aaa"


def size(text: str) -> int:
    return len(text.encode())


def test_the_keys_of_the_worst_name_are_short_enough() -> None:
    folder_id = new_folder_id(START)
    assert checked_name(LONGEST, param="name") == LONGEST
    assert size(LONGEST) == MAX_FILENAME_BYTES

    keys = {
        **listing_keys(a_file(filename=LONGEST, folder=folder_id)),
        "folder": folder_listing_key(Folder(folder_id, LONGEST, folder_id))["in_folder_by_name"],
    }

    sizes = {name: size(key["S"]) for name, key in keys.items()}
    assert set(LISTINGS) < set(sizes)
    assert sizes["in_folder_by_name"] == 32 + 63 * 12 + 3 + 1 + 29
    assert max(sizes.values()) == sizes["folder"] == 831
    assert max(sizes.values()) <= MAX_SORT_KEY


def test_the_worst_name_is_stored_and_found(aws: AwsBackend) -> None:
    a_project(aws)
    folder = a_folder(aws, TENANT, LONGEST)
    inner = a_folder(aws, TENANT, LONGEST, parent=folder.id)
    file = a_file(filename=LONGEST, folder=inner.id)
    aws.files.admit(TENANT, file)

    query = FileQuery(folder=inner.id, name_part=folded(LONGEST), sort=Sort.NAME)

    found = aws.search.search(TENANT, query, limit=1, after=None, now=START)
    assert found.items == (file,)
    children = aws.folders.children(TENANT, folder.id, limit=1, after=None)
    assert children.items[0].name == LONGEST
