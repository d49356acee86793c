"""What a batch keeps while it runs, in memory."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from larder.services.batches.ports import FinishState, WriterState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from larder.domain.batch_plan import Plan
    from larder.domain.ids import BatchId, FileId, TenantId
    from larder.services.batches.ports import Chunk, OutputWriter
    from tests.fakes.objects import InMemoryObjects


class InMemoryBatchObjects:
    """`BatchObjects` in memory."""

    def __init__(self, objects: InMemoryObjects) -> None:
        self._objects = objects
        self.inputs: dict[BatchId, bytes] = {}
        self.plans: dict[BatchId, Plan] = {}
        self.chunks: dict[tuple[BatchId, int], Chunk] = {}
        self.partials: dict[tuple[BatchId, int], bytes] = {}
        self.finishes: dict[BatchId, FinishState] = {}
        self.half_written: dict[FileId, bytes] = {}

    def copy_input(self, tenant: TenantId, file_id: FileId, batch_id: BatchId) -> bool:
        stored = self._objects.files.get((tenant, file_id))
        if stored is None:
            return False
        self.inputs[batch_id] = stored
        return True

    @contextmanager
    def open_input(self, tenant: TenantId, batch_id: BatchId) -> Iterator[Iterable[bytes]]:
        data = self.inputs[batch_id]
        yield (data[at : at + 100] for at in range(0, len(data), 100))

    def read_input(self, tenant: TenantId, batch_id: BatchId, start: int, length: int) -> bytes:
        return self.inputs[batch_id][start : start + length]

    def put_plan(self, tenant: TenantId, batch_id: BatchId, plan: Plan) -> None:
        self.plans[batch_id] = plan

    def get_plan(self, tenant: TenantId, batch_id: BatchId) -> Plan | None:
        return self.plans.get(batch_id)

    def put_chunk(self, tenant: TenantId, batch_id: BatchId, number: int, chunk: Chunk) -> bool:
        if (batch_id, number) in self.chunks:
            return False
        self.chunks[batch_id, number] = chunk
        return True

    def stored_chunks(self, tenant: TenantId, batch_id: BatchId, chunks: range) -> set[int]:
        return {number for number in chunks if (batch_id, number) in self.chunks}

    def get_chunk(self, tenant: TenantId, batch_id: BatchId, number: int) -> Chunk | None:
        return self.chunks.get((batch_id, number))

    def put_partial(self, tenant: TenantId, batch_id: BatchId, shard: int, data: bytes) -> None:
        self.partials[batch_id, shard] = data

    def get_partial(self, tenant: TenantId, batch_id: BatchId, shard: int) -> bytes:
        return self.partials.get((batch_id, shard), b"")

    def open_output(
        self, tenant: TenantId, file_id: FileId, state: WriterState | None
    ) -> OutputWriter:
        return InMemoryWriter(self._objects, tenant, file_id, b"" if state is None else state.tail)

    def put_finish(self, tenant: TenantId, batch_id: BatchId, state: FinishState) -> None:
        self.finishes[batch_id] = state

    def get_finish(self, tenant: TenantId, batch_id: BatchId) -> FinishState:
        return self.finishes.get(batch_id, FinishState())

    def clear(self, tenant: TenantId, batch_id: BatchId) -> None:
        self.inputs.pop(batch_id, None)
        self.plans.pop(batch_id, None)
        self.finishes.pop(batch_id, None)
        for kept in (self.chunks, self.partials):
            for key in [key for key in kept if key[0] == batch_id]:
                del kept[key]


class InMemoryWriter:
    """`OutputWriter` in memory; what is suspended is all of it."""

    def __init__(
        self, objects: InMemoryObjects, tenant: TenantId, file_id: FileId, data: bytes
    ) -> None:
        self._objects = objects
        self._key = (tenant, file_id)
        self._data = data

    @property
    def size(self) -> int:
        return len(self._data)

    def write(self, data: bytes) -> None:
        self._data += data

    def suspend(self) -> WriterState:
        return WriterState("m", (), self._data, len(self._data))

    def finish(self) -> None:
        self._objects.files.setdefault(self._key, self._data)
