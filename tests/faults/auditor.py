"""An auditor that knows S3 and DynamoDB by their raw keys, and nothing of Larder's code.

What it checks is section 4 of the design: records and bytes belong together, counters are what is
stored, quota was given back once, and what a client was told is true.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

    type Record = dict[str, Any]


@dataclass(frozen=True)
class Stock:
    """All that one project has: records by sort key, objects by what follows the project."""

    project: str
    records: Mapping[str, Record]
    usage: Record
    files: Mapping[str, int]
    reports: Mapping[str, int]
    parts: Mapping[str, int]
    multiparts: frozenset[str]

    def state(self, object_id: str) -> str:
        """Return `live`, `trash`, `there`, an upload's status, or `gone`."""
        if object_id in self.records:
            if object_id.startswith("upload_"):
                return str(self.records[object_id]["status"])
            return "live" if object_id.startswith(("file-", "art_", "bnd_")) else "there"
        return "trash" if f"trash#{object_id}" in self.records else "gone"

    def file_records(self) -> Iterator[tuple[str, Record]]:
        """Yield live and trashed files, artifacts and bundles with their ids."""
        for sk, record in self.records.items():
            file_id = sk.removeprefix("trash#")
            if file_id.startswith(("file-", "art_", "bnd_")):
                yield file_id, record

    def pending(self) -> list[Record]:
        return [
            record
            for sk, record in self.records.items()
            if sk.startswith("upload_") and record["status"] == "pending"
        ]


@dataclass
class Auditor:
    """Reads with the rights of the account's root."""

    s3: S3Client
    dynamodb: DynamoDBClient
    table: str
    bucket: str
    _plain: TypeDeserializer = field(default_factory=TypeDeserializer)

    def stock(self, project: str) -> Stock:
        usage = self.dynamodb.get_item(
            TableName=self.table,
            Key={"pk": {"S": f"U#{project}"}, "sk": {"S": "usage"}},
            ConsistentRead=True,
        )["Item"]
        records: dict[str, Record] = {}
        for page in self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"P#{project}"}},
            ConsistentRead=True,
        ):
            for item in page["Items"]:
                record = self._record(item)
                records[record["sk"]] = record
        uploads = self.s3.list_multipart_uploads(Bucket=self.bucket, Prefix=f"files/{project}/")
        return Stock(
            project,
            records,
            self._record(usage),
            files=self._objects(f"files/{project}/"),
            reports=self._objects(f"reports/{project}/"),
            parts=self._objects(f"parts/{project}/"),
            multiparts=frozenset(each["UploadId"] for each in uploads.get("Uploads", [])),
        )

    def _record(self, item: Mapping[str, Any]) -> Record:
        return {name: self._plain.deserialize(value) for name, value in item.items()}

    def _objects(self, prefix: str) -> dict[str, int]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return {
            entry["Key"].removeprefix(prefix): entry["Size"]
            for page in pages
            for entry in page.get("Contents", [])
        }

    def given_back(self, object_id: str) -> bool:
        """Tell whether the ledger says that the quota of a file or upload was given back."""
        key = {"pk": {"S": f"L#{object_id}"}, "sk": {"S": "released"}}
        return "Item" in self.dynamodb.get_item(TableName=self.table, Key=key, ConsistentRead=True)

    def digest(self, project: str, file_id: str) -> str:
        """Return the SHA-256 of a file's bytes, empty when there are none."""
        key = f"files/{project}/{file_id}"
        try:
            body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"]
        except self.s3.exceptions.NoSuchKey:
            return ""
        return hashlib.sha256(body.read()).hexdigest()

    def audit(self, stock: Stock, *, pending_allowed: bool) -> list[str]:
        """Return every way in which the project breaks an invariant, once all has settled."""
        return [
            *_records_and_bytes(stock),
            *_validation(stock),
            *_counters(stock),
            *_folders(stock),
            *_folders_in_the_trash(stock),
            *self._ledger(stock),
            *(_nothing_left_over(stock) if not pending_allowed else ()),
        ]

    def _ledger(self, stock: Stock) -> Iterator[str]:
        for file_id, _ in stock.file_records():
            if self.given_back(file_id):
                yield f"{file_id} is there, but its quota was given back"
        for sk, record in stock.records.items():
            if sk.startswith("upload_"):
                ended = record["status"] in {"cancelled", "expired"}
                if ended != self.given_back(sk):
                    yield f"{sk} is {record['status']}, given back: {not ended}"


def _records_and_bytes(stock: Stock) -> Iterator[str]:
    # A bundle is a list in its record.
    known = {each: found for each, found in stock.file_records() if not each.startswith("bnd_")}
    pending = {record["sk"].replace("upload_", "file-") for record in stock.pending()}
    for file_id, record in known.items():
        if file_id not in stock.files:
            yield f"{file_id} has no bytes"
        elif stock.files[file_id] != record["bytes"]:
            yield f"{file_id} has {stock.files[file_id]} bytes, not {record['bytes']}"
        if {file_id, f"trash#{file_id}"} <= stock.records.keys():
            yield f"{file_id} is live and in the trash"
    for file_id in stock.files.keys() - known.keys() - pending:
        yield f"bytes of {file_id} without a record"
    for file_id in stock.reports.keys() - known.keys():
        yield f"report of {file_id} without a record"


def _validation(stock: Stock) -> Iterator[str]:
    for file_id, record in stock.file_records():
        if record["status"] == "uploaded":
            # In the trash it may wait: restoring it announces it again.
            if file_id in stock.records:
                yield f"{file_id} was never settled"
        elif record["purpose"] == "batch" and file_id not in stock.reports:
            yield f"{file_id} has no report"


def _counters(stock: Stock) -> Iterator[str]:
    used = [record for _, record in stock.file_records()]
    reserved = stock.pending()
    for unit, size in (("files", lambda _: 1), ("bytes", lambda record: record["bytes"])):
        held = sum(map(size, reserved))
        taken = stock.usage[f"{unit}_limit"] - stock.usage[f"{unit}_left"]
        if stock.usage[f"{unit}_reserved"] != held:
            yield f"{unit} reserved: {stock.usage[f'{unit}_reserved']}, pending uploads: {held}"
        if taken != sum(map(size, used)) + held:
            yield f"{unit} taken: {taken}, stored: {sum(map(size, used))}, pending: {held}"


def _folders(stock: Stock) -> Iterator[str]:
    for sk, record in stock.records.items():
        home = record.get("parent_id" if sk.startswith("folder-") else "folder_id")
        if home is not None and home not in stock.records and not sk.startswith("upload_"):
            yield f"{sk} lies in {home}, which is gone"
        if sk.startswith("folder-") and "deleting" in record:
            yield f"{sk} is still being deleted"
        if sk.startswith("folder-") and "restoring" in record:
            yield f"{sk} is still being restored"


def _folders_in_the_trash(stock: Stock) -> Iterator[str]:
    for sk, record in stock.records.items():
        if record.get("trash_state", "kept") != "kept":
            yield f"{sk} is still {record['trash_state']}"
        if "within" in record and f"trash#{record['within']}" not in stock.records:
            yield f"{sk} went with {record['within']}, which is gone"
    for sk, record in stock.records.items():
        if "trash_state" in record:
            held = sum(
                each.get("within") == sk.removeprefix("trash#") and "bytes" in each
                for each in stock.records.values()
            )
            if held != record["file_count"]:
                yield f"{sk} counts {record['file_count']} files, and holds {held}"


def _nothing_left_over(stock: Stock) -> Iterator[str]:
    for record in stock.pending():
        yield f"{record['sk']} is pending for ever"
    for key in stock.parts:
        yield f"part {key} of an upload that has ended"
    for sk, record in stock.records.items():
        if record.get("multipart_id") in stock.multiparts and record["status"] != "pending":
            yield f"the multipart upload of {sk}, which is {record['status']}, was left open"
