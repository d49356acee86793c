"""What a batch keeps in S3 while it runs, under `batches/<project>/<batch>/`.

| key             | what it is                                                                     |
|-----------------|--------------------------------------------------------------------------------|
| `input`         | a copy of the input file                                                       |
| `pinned`        | what its requests refer to, by id, as JSON; none for most batches              |
| `plan.json`     | the chunks: `{"chunks": [[start, length, lines], …]}`                          |
| `shards.json`   | what the state machine maps over: `[{"shard": 0}, …]`                          |
| `chunks/000123` | the lines of a chunk, good ones first; metadata: how many bytes, and figures   |
| `partial/00012` | the answers of a shard's open chunks                                           |
| `finish`        | how far the joining has come: a line of JSON, then bytes not yet sent as parts |
| `unanswered`    | the numbers of the requests without a good answer: `[0, 7, …]`                 |

When a batch has ended, `input`, `pinned` and `unanswered` stay if it can be retried, for the
bucket's rule to delete: after 45 days, longer than a batch and its record live.
"""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from itertools import batched
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING

from larder.adapters.s3 import BLOCK, FILES, copy_object, object_key
from larder.adapters.s3_batch_formats import (
    chunk_from,
    chunk_metadata,
    finish_bytes,
    finish_from,
)
from larder.adapters.s3_output import S3OutputWriter, put_new
from larder.domain.batch_plan import ChunkSpan, Plan
from larder.domain.parts import MIB
from larder.services.batches.object_ports import FinishState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, GetObjectRequestTypeDef

    from larder.domain.ids import BatchId, FileId, TenantId
    from larder.services.batches.object_ports import Chunk, WriterState

INPUT, PINNED, UNANSWERED = "input", "pinned", "unanswered"

_PAGE = 1_000
"""Keys that S3 lists, and deletes, at once."""

_ON_DISK = 4 * MIB
"""Bytes of answers to keep that go to the disk first: the worker has them in memory already."""


def batch_key(tenant: TenantId, batch_id: BatchId, name: str) -> str:
    """Return the key of something that the batch keeps."""
    return f"batches/{tenant}/{batch_id}/{name}"


class S3BatchObjects:
    """`BatchObjects` on S3."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def copy_input(self, tenant: TenantId, file_id: FileId, batch_id: BatchId) -> bool:
        """Have S3 copy the file, of up to 5 GiB."""
        source, target = object_key(FILES, tenant, file_id), batch_key(tenant, batch_id, INPUT)
        return copy_object(self._client, self._bucket, source, target)

    @contextmanager
    def open_input(self, tenant: TenantId, batch_id: BatchId) -> Iterator[Iterable[bytes]]:
        """GET the input, to be read in blocks of 64 KiB.

        Raises:
            LookupError: the batch has ended, and what it kept was cleared.
        """
        found = self._get(batch_key(tenant, batch_id, INPUT))
        if found is None:
            raise LookupError(batch_id)
        with closing(found["Body"]) as body:
            yield body.iter_chunks(BLOCK)

    def read_input(self, tenant: TenantId, batch_id: BatchId, start: int, length: int) -> bytes:
        """GET a range of the input."""
        last = start + length - 1
        found = self._get(batch_key(tenant, batch_id, INPUT), f"bytes={start}-{last}")
        if found is None:
            raise LookupError(batch_id)
        return _all_of(found["Body"])

    def put_pinned(self, tenant: TenantId, batch_id: BatchId, data: bytes) -> None:
        """PUT the object."""
        self._put(batch_key(tenant, batch_id, PINNED), data)

    def get_pinned(self, tenant: TenantId, batch_id: BatchId) -> bytes:
        """GET the object."""
        return self._read(batch_key(tenant, batch_id, PINNED)) or b""

    def put_plan(self, tenant: TenantId, batch_id: BatchId, plan: Plan) -> Plan:
        """PUT the list of shards, and then the plan: where a plan is, the list is as well.

        Raises:
            LookupError: the batch has ended, and what it kept was cleared.
        """
        self._put_shards(tenant, batch_id, plan)
        chunks = [[span.start, span.length, span.lines] for span in plan.chunks]
        data = json.dumps({"chunks": chunks}).encode()
        if put_new(self._client, self._bucket, batch_key(tenant, batch_id, "plan.json"), data):
            return plan
        stored = self.get_plan(tenant, batch_id)
        if stored is None:
            raise LookupError(batch_id)
        self._put_shards(tenant, batch_id, stored)
        return stored

    def _put_shards(self, tenant: TenantId, batch_id: BatchId, plan: Plan) -> None:
        shards = [{"shard": shard} for shard in plan.shards()]
        self._put(batch_key(tenant, batch_id, "shards.json"), json.dumps(shards).encode())

    def get_plan(self, tenant: TenantId, batch_id: BatchId) -> Plan | None:
        """GET the plan."""
        data = self._read(batch_key(tenant, batch_id, "plan.json"))
        if data is None:
            return None
        return Plan(tuple(ChunkSpan(*each) for each in json.loads(data)["chunks"]))

    def put_chunk(self, tenant: TenantId, batch_id: BatchId, number: int, chunk: Chunk) -> bool:
        """PUT the lines with their figures as metadata, unless the chunk is there."""
        return put_new(
            self._client,
            self._bucket,
            _chunk_key(tenant, batch_id, number),
            chunk.data,
            chunk_metadata(chunk),
        )

    def stored_chunks(self, tenant: TenantId, batch_id: BatchId, chunks: range) -> dict[int, int]:
        """List the chunks from the first to the last that is asked for."""
        if not chunks:
            return {}
        prefix = batch_key(tenant, batch_id, "chunks/")
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket,
            Prefix=prefix,
            StartAfter=_chunk_key(tenant, batch_id, chunks.start - 1) if chunks.start else prefix,
            PaginationConfig={"PageSize": min(_PAGE, len(chunks)), "MaxItems": len(chunks)},
        )
        return {
            number: entry["Size"]
            for page in pages
            for entry in page.get("Contents", [])
            if (number := int(entry["Key"].removeprefix(prefix))) in chunks
        }

    def get_chunk(self, tenant: TenantId, batch_id: BatchId, number: int) -> Chunk | None:
        """GET the lines and their figures."""
        found = self._get(_chunk_key(tenant, batch_id, number))
        if found is None:
            return None
        return chunk_from(_all_of(found["Body"]), found["Metadata"])

    def put_partial(
        self, tenant: TenantId, batch_id: BatchId, shard: int, pieces: Iterable[bytes]
    ) -> None:
        """PUT the answers in place of those before, from the disk if they are many."""
        with SpooledTemporaryFile(_ON_DISK) as file:
            file.writelines(pieces)
            file.seek(0)
            self._put(batch_key(tenant, batch_id, f"partial/{shard:05d}"), file)

    def get_partial(self, tenant: TenantId, batch_id: BatchId, shard: int) -> bytes:
        """GET the answers."""
        return self._read(batch_key(tenant, batch_id, f"partial/{shard:05d}")) or b""

    def open_output(
        self, tenant: TenantId, file_id: FileId, state: WriterState | None
    ) -> S3OutputWriter:
        """Return a writer of the file's object."""
        key = object_key(FILES, tenant, file_id)
        return S3OutputWriter(self._client, self._bucket, key, state)

    def put_finish(self, tenant: TenantId, batch_id: BatchId, state: FinishState) -> None:
        """PUT the state, with what the writers have not sent behind it."""
        self._put(batch_key(tenant, batch_id, "finish"), finish_bytes(state))

    def get_finish(self, tenant: TenantId, batch_id: BatchId) -> FinishState:
        """GET the state."""
        data = self._read(batch_key(tenant, batch_id, "finish"))
        return FinishState() if data is None else finish_from(data)

    def put_unanswered(self, tenant: TenantId, batch_id: BatchId, lines: Sequence[int]) -> None:
        """PUT the numbers."""
        self._put(batch_key(tenant, batch_id, UNANSWERED), json.dumps(lines).encode())

    def get_unanswered(self, tenant: TenantId, batch_id: BatchId) -> Sequence[int] | None:
        """GET the numbers."""
        data = self._read(batch_key(tenant, batch_id, UNANSWERED))
        return None if data is None else json.loads(data)

    def clear(self, tenant: TenantId, batch_id: BatchId, *, for_retry: bool) -> None:
        """Delete the objects of the batch, a thousand at a time."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=batch_key(tenant, batch_id, "")
        )
        spared = (INPUT, PINNED, UNANSWERED) if for_retry else ()
        kept = {batch_key(tenant, batch_id, name) for name in spared}
        found = (entry["Key"] for page in pages for entry in page.get("Contents", []))
        keys = [key for key in found if key not in kept]
        for some in batched(keys, _PAGE, strict=False):
            answer = self._client.delete_objects(
                Bucket=self._bucket,
                Delete={"Objects": [{"Key": key} for key in some], "Quiet": True},
            )
            if failures := answer.get("Errors"):
                message = f"{len(failures)} objects of {batch_id} could not be deleted"
                raise OSError(message)

    def _put(self, key: str, data: bytes | IO[bytes]) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=data)

    def _read(self, key: str) -> bytes | None:
        found = self._get(key)
        return None if found is None else _all_of(found["Body"])

    def _get(self, key: str, byte_range: str | None = None) -> GetObjectOutputTypeDef | None:
        request: GetObjectRequestTypeDef = {"Bucket": self._bucket, "Key": key}
        if byte_range is not None:
            request["Range"] = byte_range
        try:
            return self._client.get_object(**request)
        except self._client.exceptions.NoSuchKey:
            return None


def _chunk_key(tenant: TenantId, batch_id: BatchId, number: int) -> str:
    return batch_key(tenant, batch_id, f"chunks/{number:06d}")


def _all_of(body: StreamingBody) -> bytes:
    with closing(body):
        return body.read()
