"""Stored items stay readable: `stored_items.json` has one of each kind from an earlier version."""

from __future__ import annotations

import json
from pathlib import Path
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

if TYPE_CHECKING:
    from tests.backends.aws import AwsBackend

ITEMS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "stored_items.json").read_text())
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
