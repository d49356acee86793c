"""Stored items stay readable: `stored/` has one of each kind for each version that wrote them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.ids import FileId, FolderId, UploadId
from larder.services.upkeep.ports import (
    DueAudit,
    DueFile,
    DueFolder,
    DueItem,
    DueTrashedFile,
    DueUpload,
)
from tests.fakes.clock import START
from tests.samples import TENANT
from tests.support.stored import FOLDER as STORED
from tests.support.stored import NOT_READ, READERS, VERSION, put, written
from tests.support.stored import stored as stored_by

if TYPE_CHECKING:
    from tests.backends.aws import AwsBackend

VERSIONS = sorted(path.stem for path in STORED.glob("*.json"))
# From before versions had numbers: each kind that is due.
ITEMS: list[dict[str, Any]] = json.loads((STORED / "0.0.0.json").read_text())
FILE, TRASHED, UPLOAD, FOLDER = (
    next(item["sk"]["S"] for item in ITEMS if item["sk"]["S"].startswith(prefix))
    for prefix in ("file-", "trash#", "upload_", "folder-")
)
IN_TRASH = FileId(TRASHED.removeprefix("trash#"))
LATER = START + 10**8


@pytest.fixture
def stored(aws: AwsBackend) -> AwsBackend:
    for item in ITEMS:
        aws.dynamodb.put_item(TableName=aws.stack.settings.store_table, Item=item)
    return aws


@pytest.mark.parametrize("version", VERSIONS)
def test_every_record_of_every_version_is_read(version: str, aws: AwsBackend) -> None:
    items = stored_by(version)
    put(aws, items)

    for kind, item in items.items():
        assert kind in NOT_READ or READERS[kind](aws, item), kind


def test_this_version_has_a_record_of_each_kind_as_it_writes_it() -> None:
    """If this fails, records have a new shape: run `python -m tests.support.stored`.

    After a release, raise the version first: the records of the last one stay.
    """
    now, kept = written(), stored_by(VERSION)

    assert {kind: item.keys() for kind, item in kept.items()} == {
        kind: item.keys() for kind, item in now.items()
    }
    assert kept.keys() == READERS.keys() | NOT_READ.keys()


def test_each_kind_of_item_falls_due_as_itself(stored: AwsBackend) -> None:
    assert set(stored.deadlines.due(LATER)) == {
        DueFile(TENANT, FileId(FILE)),
        DueTrashedFile(TENANT, IN_TRASH),
        DueUpload(TENANT, UploadId(UPLOAD)),
        DueFolder(TENANT, FolderId(FOLDER)),
        DueAudit(TENANT),
    }


def test_what_expires_is_found_for_its_project(stored: AwsBackend) -> None:
    assert set(stored.deadlines.expired(TENANT, LATER)) == {
        DueFile(TENANT, FileId(FILE)),
        DueTrashedFile(TENANT, IN_TRASH),
        DueUpload(TENANT, UploadId(UPLOAD)),
    }


def test_every_record_is_read(stored: AwsBackend) -> None:
    assert stored.files.get(TENANT, FileId(FILE)) is not None
    assert stored.trash.get(TENANT, IN_TRASH) is not None
    assert stored.uploads.get(TENANT, UploadId(UPLOAD)) is not None
    assert stored.folders.get(TENANT, FolderId(FOLDER)) is not None
    assert stored.usage.get(TENANT) is not None


def test_an_item_of_an_unknown_kind_is_due_as_what_it_is(aws: AwsBackend) -> None:
    unknown = {
        "pk": {"S": f"P#{TENANT}"},
        "sk": {"S": "later-1"},
        "due_shard": {"S": "due#00"},
        "due_at": {"N": "1"},
    }
    aws.dynamodb.put_item(TableName=aws.stack.settings.store_table, Item=unknown)

    assert list(aws.deadlines.due(START)) == [DueItem(TENANT, "later-1")]
