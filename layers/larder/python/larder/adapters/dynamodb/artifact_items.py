"""Artifacts and bundles as items of the Store table, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from larder.adapters.dynamodb.attributes import text
from larder.adapters.dynamodb.items import file_from, unlisted_item
from larder.domain.artifacts import Artifact, ArtifactType, Bundle, Member, Retention
from larder.domain.ids import ArtifactId, FileId

if TYPE_CHECKING:
    from larder.adapters.dynamodb.attributes import Item, ItemRead
    from larder.domain.artifacts import Encoding
    from larder.domain.ids import TenantId


def new_item(tenant: TenantId, made: Artifact | Bundle) -> Item:
    """Return the item of a new artifact or bundle: that of its file, and what it has besides."""
    item = unlisted_item(tenant, made.file, made.file.created_at)
    item["metadata"] = text(made.metadata)
    if isinstance(made, Bundle):
        item["bundle_type"] = text(made.type)
        item["members"] = {
            "L": [
                {"M": {"id": text(member.artifact_id), "role": text(member.role)}}
                for member in made.members
            ]
        }
    else:
        item["artifact_type"] = text(made.type)
        item["retention"] = text(made.retention)
        item["encoding"] = text(made.encoding)
    return item


def artifact_from(item: ItemRead) -> Artifact:
    """Return the artifact that an item records."""
    return Artifact(
        file=file_from(FileId(item["sk"]["S"]), item),
        type=ArtifactType(item["artifact_type"]["S"]),
        retention=Retention(item["retention"]["S"]),
        encoding=cast("Encoding", item["encoding"]["S"]),
        metadata=item["metadata"]["S"],
    )


def bundle_from(item: ItemRead) -> Bundle:
    """Return the bundle that an item records."""
    return Bundle(
        file=file_from(FileId(item["sk"]["S"]), item),
        type=item["bundle_type"]["S"],
        members=tuple(
            Member(ArtifactId(FileId(each["M"]["id"]["S"])), each["M"]["role"]["S"])
            for each in item["members"]["L"]
        ),
        metadata=item["metadata"]["S"],
    )
