"""One record of each kind, as this version writes it, and how each kind is read.

`python -m tests.support.stored` writes those of this version to tests/contract/stored/.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from larder.domain.admin_log import Actor, LogEntry
from larder.domain.api_keys import KeyRecord
from larder.domain.batches import BatchStatus
from larder.domain.edits import FilePlace
from larder.domain.files import FileStatus, Purpose
from larder.domain.ids import BatchId, FileId, FolderId, UploadId, WebhookId, new_action_id
from larder.domain.quota import NOTHING, Amount
from larder.domain.uploads import Completion
from larder.domain.webhooks import delivery_of
from larder.services.chat.ports import Action
from larder.services.projects.ports import Count, Recount, UsageDay
from tests.backends.aws import aws_backend
from tests.fakes.clock import START
from tests.samples import (
    TENANT,
    a_batch,
    a_file,
    a_file_id,
    a_folder,
    a_project,
    a_webhook,
    an_event,
    an_upload,
    an_upstream,
    close_folder,
    to_trash,
)
from tests.support.batches import bring_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.backends.aws import AwsBackend

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests/contract/stored"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

NOW = int(START)

type Item = dict[str, Any]

_LISTS = {"PROJECTS", "LOG", "UPSTREAMS", "SWEEP", "R", "L"}
"""Partitions with one kind of item, whose sort keys are names."""


def kind_of(item: Item) -> str:
    """Return what kind an item is, by its keys: `P file-`, `U usage`, `LOG`."""
    if "sk" not in item:
        return "key" if "digest" in item or "key_id" in item else "rate"
    partition: str = item["pk"]["S"].partition("#")[0]
    if partition in _LISTS:
        return partition
    found = re.match(r"(trash#)?[a-z]+[-_#]?", item["sk"]["S"])
    assert found, item
    return f"{partition} {found[0]}"


def store_everything(aws: AwsBackend) -> None:
    """Write a record of each kind, but for the answers that idempotency keeps for a day."""
    tenant = a_project(aws, limit=Amount(files=100, bytes=10_000))
    folder = a_folder(aws, tenant, "reports")
    file = a_file(
        id=a_file_id(number=1),
        purpose=Purpose.BATCH,
        expires_at=NOW + 9_000,
        sha256="0" * 64,
        status=FileStatus.PROCESSED,
        folder=folder.id,
        tags=("a",),
        favorite=True,
    )
    aws.files.admit(tenant, file)
    trashed = a_file(id=a_file_id(number=7))
    aws.files.admit(tenant, trashed)
    to_trash(aws, tenant, trashed.id)
    closed = a_folder(aws, tenant, "old")
    close_folder(aws, tenant, closed.id, NOW + 60)
    upload = replace(an_upload(sha256="0" * 64, folder=folder.id), tags=("a",))
    aws.uploads.reserve(tenant, upload)
    aws.uploads.keep_completion(tenant, upload, Completion(md5="0" * 32))
    named, released = an_upload(), a_file(id=a_file_id(number=8))
    aws.uploads.reserve(tenant, named)
    claim = aws.uploads.claim(tenant, None, named.filename, START)
    aws.uploads.complete(tenant, named, named.to_file(), claim)
    aws.files.admit(tenant, released)
    aws.files.release(tenant, released)
    batch = a_batch(file.id, metadata={"a": "b"}, output_lifetime=3_600)
    aws.batches.create(tenant, batch, check_at=NOW + 120, request="0" * 64)
    bring_to(aws, tenant, batch, BatchStatus.FINALIZING)
    aws.upstreams.put(an_upstream())
    aws.limits.take(
        an_upstream(requests_per_minute=9, tokens_per_minute=99), NOW, requests=1, tokens=1
    )
    webhook = a_webhook(aws)
    aws.deliveries.announce(tenant, webhook.id, [delivery_of(an_event(), webhook)], NOW + 300)
    edits = (FilePlace(file.id, trashed=True),)
    aws.actions.add(tenant, Action(new_action_id(START), "trash_files", "Move it.", NOW, edits))
    aws.readings.note(tenant, "key_1", NOW + 60)
    aws.places.keep({"due#03": f"{NOW}|P#{tenant}|{file.id}"})
    aws.usage.keep_day(tenant, UsageDay("2026-11-28", Amount(files=1, bytes=2)))
    count = Count(used=NOTHING, reserved=NOTHING)
    aws.usage.keep_recount(tenant, Recount(1, count, after=file.id))
    actor = Actor("key_1", "request-1")
    entry = LogEntry(f"log_{1:024x}", NOW, "key.create", actor, "key_2", tenant, {"a": "b"})
    key = KeyRecord(f"key_{1:016x}", tenant, f"{1:064x}", "0001", NOW)
    aws.register.create(key, entry)
    aws.uses.keep(key.digest, "2026-11-28")
    aws.rates.add(key.id, NOW, 1)


def written() -> dict[str, Item]:
    """Return a record of each kind as this version writes it."""
    with aws_backend() as aws:
        store_everything(aws)
        names = aws.stack.settings
        found = list(aws.stack.items())
        for table in (names.keys_table, names.rates_table):
            found += aws.stack.dynamodb.scan(TableName=table)["Items"]
        # The fullest of each kind.
        return {kind_of(item): item for item in sorted(found, key=len)}


def stored(version: str) -> dict[str, Item]:
    """Return the records of a version."""
    items = json.loads((FOLDER / f"{version}.json").read_text())
    return {kind_of(item): item for item in items}


def put(aws: AwsBackend, items: dict[str, Item]) -> None:
    """Put the records into the tables."""
    names = aws.stack.settings
    for kind, item in items.items():
        table = {"key": names.keys_table, "rate": names.rates_table}.get(kind, names.store_table)
        aws.stack.dynamodb.put_item(TableName=table, Item=item)


def _id(item: Item) -> str:
    return str(item["sk"]["S"].rpartition("#")[2])


READERS: dict[str, Callable[[AwsBackend, Item], object]] = {
    "P file-": lambda aws, item: aws.files.get(TENANT, FileId(_id(item))),
    "P trash#file-": lambda aws, item: aws.trash.get(TENANT, FileId(_id(item))),
    "P trash#folder-": lambda aws, item: aws.folder_trash.get(TENANT, FolderId(_id(item))),
    "P folder-": lambda aws, item: aws.folders.get(TENANT, FolderId(_id(item))),
    "P folders": lambda aws, item: aws.folders.tree(TENANT).version == int(item["version"]["N"]),
    "P upload_": lambda aws, item: aws.uploads.get(TENANT, UploadId(_id(item))),
    "P batch_": lambda aws, item: aws.batches.get(TENANT, BatchId(_id(item))),
    "U usage": lambda aws, _: aws.usage.get(TENANT),
    "U day#": lambda aws, _: aws.usage.days(TENANT, "2026-01-01"),
    "W wh_": lambda aws, item: aws.webhooks.get(TENANT, WebhookId(_id(item))),
    "W delivery#": lambda aws, item: aws.deliveries.get(
        TENANT, WebhookId(item["sk"]["S"].split("#")[1]), _id(item)
    ),
    "C act_": lambda aws, item: aws.actions.get(TENANT, _id(item)),
    "C read#": lambda aws, item: aws.readings.noted(TENANT, _id(item), START),
    "PROJECTS": lambda aws, _: list(aws.projects.list()),
    "LOG": lambda aws, _: aws.log.page(limit=9, after=None).entries,
    "UPSTREAMS": lambda aws, _: aws.upstreams.list(),
    "SWEEP": lambda aws, _: aws.places.get(),
    "key": lambda aws, item: aws.keys.find(item["pk"]["S"]),
}
"""How each kind is read; what is read has to be there."""

NOT_READ = {
    "I batch#": "a request that made a batch: its key refuses a second one, for a day",
    "L": "what was released: its key refuses a second release",
    "P input#": "the input of a running batch: its key refuses its deletion",
    "P name#": "who took a name last, for a day",
    "P output#": "an output to come: its key is counted",
    "R": "the rate of an upstream, for minutes",
    "U batches": "counters, which are only added to and compared",
    "W queued#": "a delivery to make: its key says when",
    "rate": "the requests of a key in a second",
}
"""Kinds that no record of the domain is made of, and what they do."""


def write() -> None:
    """Write the records of this version."""
    found = written()
    text = json.dumps([found[kind] for kind in sorted(found)], indent=1)
    (FOLDER / f"{VERSION}.json").write_text(text + "\n")


if __name__ == "__main__":
    write()
