"""The bucket as operators see it: every key, multipart uploads, deleted versions."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, cast

from larder_operator.deployment import operator_client

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

_DELETED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A key and the size of what is stored there."""

    key: str
    size: int


class Bucket:
    """A bucket. Listings are in the order of their keys, and of any length."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._client = cast("S3Client", operator_client("s3"))

    def objects(self, prefix: str = "") -> Iterator[StoredObject]:
        """Yield the objects whose keys begin with `prefix`."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix
        )
        for page in pages:
            for entry in page.get("Contents", []):
                yield StoredObject(entry["Key"], entry["Size"])

    def folders(self, prefix: str = "") -> Iterator[str]:
        """Yield what the keys below `prefix` begin with, up to the next slash or their end."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix, Delimiter="/"
        )
        for page in pages:
            yield from (entry["Prefix"] for entry in page.get("CommonPrefixes", []))
            yield from (entry["Key"] for entry in page.get("Contents", []))

    def multipart_uploads(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield key and id of each multipart upload in progress whose key begins with `prefix`."""
        pages = self._client.get_paginator("list_multipart_uploads").paginate(
            Bucket=self.name, Prefix=prefix
        )
        for page in pages:
            for entry in page.get("Uploads", []):
                yield entry["Key"], entry["UploadId"]

    def abort(self, key: str) -> None:
        """Abort every multipart upload of that key."""
        for found, upload_id in list(self.multipart_uploads(key)):
            if found == key:
                self._client.abort_multipart_upload(Bucket=self.name, Key=key, UploadId=upload_id)

    def delete(self, keys: Iterable[str]) -> None:
        """Delete the objects, as far as versions are concerned their current ones."""
        self._delete({"Key": key} for key in keys)

    def delete_everything(self) -> None:
        """Delete every version of every object, and every multipart upload."""
        for key, upload_id in self.multipart_uploads(""):
            self._client.abort_multipart_upload(Bucket=self.name, Key=key, UploadId=upload_id)
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self.name)
        self._delete(
            {"Key": entry["Key"], "VersionId": entry["VersionId"]}
            for page in pages
            for entry in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
        )

    def remove(self) -> None:
        """Delete every version of every object, then the bucket, if it exists."""
        with suppress(self._client.exceptions.NoSuchBucket):
            self.delete_everything()
            self._client.delete_bucket(Bucket=self.name)

    def deleted_versions(self, key: str) -> list[str]:
        """Return the markers that hide the last version of a deleted object; none if it is gone."""
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self.name, Prefix=key
        )
        markers: list[str] = []
        kept = False
        for page in pages:
            kept = kept or any(entry["Key"] == key for entry in page.get("Versions", []))
            markers += (
                entry["VersionId"] for entry in page.get("DeleteMarkers", []) if entry["Key"] == key
            )
        return markers if kept else []

    def undelete(self, key: str) -> None:
        """Bring the last version of a deleted object back."""
        self._delete({"Key": key, "VersionId": marker} for marker in self.deleted_versions(key))

    def _delete(self, objects: Iterable[ObjectIdentifierTypeDef]) -> None:
        for some in batched(objects, _DELETED_AT_ONCE, strict=False):
            answer = self._client.delete_objects(
                Bucket=self.name, Delete={"Objects": list(some), "Quiet": True}
            )
            for error in answer.get("Errors", []):
                message = f"S3 did not delete {error.get('Key')}: {error.get('Message')}"
                raise OSError(message)
