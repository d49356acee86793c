"""What the objects of a batch hold: a chunk's metadata, and the state of a suspended joining."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from larder.domain.batches import Progress, TokenUsage
from larder.services.batches.object_ports import Chunk, FinishState, Unanswered, WriterState

if TYPE_CHECKING:
    from collections.abc import Mapping


def chunk_metadata(chunk: Chunk) -> dict[str, str]:
    """Return the metadata of a chunk's object, whose bytes are its good lines, then the others."""
    metadata = {"good": str(chunk.good_size), **_figures(chunk.progress)}
    if chunk.unanswered.lines:
        metadata["unanswered"] = ",".join(map(str, chunk.unanswered.lines))
        metadata["unanswered-bytes"] = str(chunk.unanswered.bytes)
    return metadata


def chunk_from(data: bytes, metadata: Mapping[str, str]) -> Chunk:
    """Return the chunk that an object holds."""
    unanswered = Unanswered()
    if lines := metadata.get("unanswered"):
        numbers = tuple(int(line) for line in lines.split(","))
        unanswered = Unanswered(numbers, int(metadata["unanswered-bytes"]))
    return Chunk(data, int(metadata["good"]), _progress_from(metadata), unanswered)


def finish_bytes(state: FinishState) -> bytes:
    """Return the state, with what the writers have not sent behind it."""
    writers = (state.output, state.error)
    head = {
        "next_chunk": state.next_chunk,
        "progress": _figures(state.progress),
        "unanswered": [state.unanswered.lines, state.unanswered.bytes],
        "writers": [
            None if each is None else [each.multipart_id, each.etags, len(each.tail), each.size]
            for each in writers
        ],
    }
    tails = b"".join(each.tail for each in writers if each is not None)
    return json.dumps(head).encode() + b"\n" + tails


def finish_from(data: bytes) -> FinishState:
    """Return the state that the bytes hold."""
    line, _, tails = data.partition(b"\n")
    head = json.loads(line)
    writers: list[WriterState | None] = []
    for each in head["writers"]:
        if each is None:
            writers.append(None)
            continue
        multipart_id, etags, length, size = each
        writers.append(WriterState(multipart_id, tuple(etags), tails[:length], size))
        tails = tails[length:]
    output, error = writers
    lines, size = head["unanswered"]
    return FinishState(
        next_chunk=head["next_chunk"],
        progress=_progress_from(head["progress"]),
        unanswered=Unanswered(tuple(lines), size),
        output=output,
        error=error,
    )


def _figures(progress: Progress) -> dict[str, str]:
    usage = progress.usage
    return {
        "completed": str(progress.completed),
        "failed": str(progress.failed),
        "input-tokens": str(usage.input),
        "cached-tokens": str(usage.cached),
        "output-tokens": str(usage.output),
        "reasoning-tokens": str(usage.reasoning),
    }


def _progress_from(figures: Mapping[str, str]) -> Progress:
    tokens = ("input-tokens", "cached-tokens", "output-tokens", "reasoning-tokens")
    usage = TokenUsage(*(int(figures[name]) for name in tokens))
    return Progress(int(figures["completed"]), int(figures["failed"]), usage)
