"""What holds for a batch that has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.batch_plan import MAX_CHUNK_LINES

if TYPE_CHECKING:
    from larder.domain.batches import Batch
    from tests.property.batch_world import BatchWorld

LINES = 2 * MAX_CHUNK_LINES + 3


def check_exact(world: BatchWorld, batch: Batch, lines: int = LINES) -> None:
    """Check invariants 2 and 11: both files together hold every line once, in input order."""
    output, error = world.lines_of(batch.output_file_id), world.lines_of(batch.error_file_id)
    found = [[int(line["custom_id"][1:]) for line in lines] for lines in (output, error)]
    if batch.in_progress_at is not None:
        assert sorted([*found[0], *found[1]]) == list(range(lines))
        assert all(numbers == sorted(numbers) for numbers in found)
        assert batch.progress.completed + batch.progress.failed == batch.total == lines
    assert batch.progress.completed == len(output)
    assert batch.progress.failed == len(error)
    assert batch.progress.usage.total == 5 * len(output)
