"""What a batch keeps while it runs, in memory."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from larder.services.batches.object_ports import FinishState, OutputLostError, WriterState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from larder.domain.batch_plan import Plan
    from larder.domain.ids import BatchId, FileId, TenantId
    from larder.services.batches.object_ports import Chunk
    from tests.fakes.objects import InMemoryObjects

    type Owner = tuple[TenantId, BatchId]

PART_BYTES = 8 * 2**20


class InMemoryBatchObjects:
    """`BatchObjects` in memory; `half_written` has the parts of files that are not made yet."""

    def __init__(self, objects: InMemoryObjects, part_bytes: int = PART_BYTES) -> None:
        self._objects = objects
        self.part_bytes = part_bytes
        self.inputs: dict[Owner, bytes] = {}
        self.pinned: dict[Owner, bytes] = {}
        self.plans: dict[Owner, Plan] = {}
        self.chunks: dict[tuple[Owner, int], Chunk] = {}
        self.partials: dict[tuple[Owner, int], bytes] = {}
        self.finishes: dict[Owner, FinishState] = {}
        self.unanswered: dict[Owner, Sequence[int]] = {}
        self.half_written: dict[str, dict[int, bytes]] = {}
        self.begun = 0

    def copy_input(self, tenant: TenantId, file_id: FileId, batch_id: BatchId) -> bool:
        stored = self._objects.files.get((tenant, file_id))
        if stored is None:
            return False
        self.inputs[tenant, batch_id] = stored
        return True

    @contextmanager
    def open_input(self, tenant: TenantId, batch_id: BatchId) -> Iterator[Iterable[bytes]]:
        data = self.inputs[tenant, batch_id]
        yield (data[at : at + 100] for at in range(0, len(data), 100))

    def read_input(self, tenant: TenantId, batch_id: BatchId, start: int, length: int) -> bytes:
        return self.inputs[tenant, batch_id][start : start + length]

    def put_pinned(self, tenant: TenantId, batch_id: BatchId, data: bytes) -> None:
        self.pinned[tenant, batch_id] = data

    def get_pinned(self, tenant: TenantId, batch_id: BatchId) -> bytes:
        return self.pinned.get((tenant, batch_id), b"")

    def put_plan(self, tenant: TenantId, batch_id: BatchId, plan: Plan) -> Plan:
        return self.plans.setdefault((tenant, batch_id), plan)

    def get_plan(self, tenant: TenantId, batch_id: BatchId) -> Plan | None:
        return self.plans.get((tenant, batch_id))

    def put_chunk(self, tenant: TenantId, batch_id: BatchId, number: int, chunk: Chunk) -> bool:
        if ((tenant, batch_id), number) in self.chunks:
            return False
        self.chunks[(tenant, batch_id), number] = chunk
        return True

    def stored_chunks(self, tenant: TenantId, batch_id: BatchId, chunks: range) -> dict[int, int]:
        found = {number: self.chunks.get(((tenant, batch_id), number)) for number in chunks}
        return {number: len(chunk.data) for number, chunk in found.items() if chunk is not None}

    def get_chunk(self, tenant: TenantId, batch_id: BatchId, number: int) -> Chunk | None:
        return self.chunks.get(((tenant, batch_id), number))

    def put_partial(
        self, tenant: TenantId, batch_id: BatchId, shard: int, pieces: Iterable[bytes]
    ) -> None:
        self.partials[(tenant, batch_id), shard] = b"".join(pieces)

    def get_partial(self, tenant: TenantId, batch_id: BatchId, shard: int) -> bytes:
        return self.partials.get(((tenant, batch_id), shard), b"")

    def open_output(
        self, tenant: TenantId, file_id: FileId, state: WriterState | None
    ) -> InMemoryWriter:
        return InMemoryWriter(self, self._objects, (tenant, file_id), state)

    def put_finish(self, tenant: TenantId, batch_id: BatchId, state: FinishState) -> None:
        self.finishes[tenant, batch_id] = state

    def get_finish(self, tenant: TenantId, batch_id: BatchId) -> FinishState:
        return self.finishes.get((tenant, batch_id), FinishState())

    def put_unanswered(self, tenant: TenantId, batch_id: BatchId, lines: Sequence[int]) -> None:
        self.unanswered[tenant, batch_id] = list(lines)

    def get_unanswered(self, tenant: TenantId, batch_id: BatchId) -> Sequence[int] | None:
        return self.unanswered.get((tenant, batch_id))

    def clear(self, tenant: TenantId, batch_id: BatchId, *, for_retry: bool) -> None:
        owner = (tenant, batch_id)
        if not for_retry:
            self.inputs.pop(owner, None)
            self.pinned.pop(owner, None)
            self.unanswered.pop(owner, None)
        self.plans.pop(owner, None)
        self.finishes.pop(owner, None)
        for kept in (self.chunks, self.partials):
            for key in [key for key in kept if key[0] == owner]:
                del kept[key]


class InMemoryWriter:
    """`OutputWriter` in memory, in parts as S3 has them."""

    def __init__(
        self,
        batch_objects: InMemoryBatchObjects,
        objects: InMemoryObjects,
        key: tuple[TenantId, FileId],
        state: WriterState | None,
    ) -> None:
        self._half_written = batch_objects.half_written
        self._batch_objects = batch_objects
        self._objects = objects
        self._key = key
        state = state or WriterState("", (), b"", 0)
        self._multipart_id = state.multipart_id
        self._parts = len(state.etags)
        self._tail = state.tail
        self.size = state.size

    def write(self, data: bytes | memoryview) -> None:
        self._tail += data
        self.size += len(data)
        full = self._batch_objects.part_bytes
        while len(self._tail) >= full:
            self._send(self._tail[:full])
            self._tail = self._tail[full:]

    def suspend(self) -> WriterState:
        etags = tuple(f"part {number}" for number in range(self._parts))
        return WriterState(self._multipart_id, etags, self._tail, self.size)

    def finish(self) -> None:
        if not self._multipart_id:
            self._objects.files.setdefault(self._key, self._tail)
            return
        if self._tail:
            self._send(self._tail)
        parts = self._half_written.pop(self._multipart_id, None)
        if self._key in self._objects.files:
            return
        if parts is None:
            raise OutputLostError(self._key)
        self._objects.multipart(*self._key, [parts[number] for number in sorted(parts)])

    def _send(self, part: bytes) -> None:
        if not self._multipart_id:
            self._batch_objects.begun += 1
            self._multipart_id = f"m{self._batch_objects.begun}"
            self._half_written[self._multipart_id] = {}
        if self._multipart_id in self._half_written:
            self._half_written[self._multipart_id][self._parts] = part
        elif self._key not in self._objects.files:
            raise OutputLostError(self._key)
        self._parts += 1
