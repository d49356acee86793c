"""Write the input of a batch that retries another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.batch_plan import request_lines

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import BatchId, TenantId
    from larder.services.batches.object_ports import BatchObjects


def write_retry_input(
    tenant: TenantId, source: BatchId, file: File, *, batch_objects: BatchObjects
) -> None:
    """Write the requests of `source` that have no good answer as the bytes of the file.

    In one stream, in memory of one line and one part. Any number of writers may run at once: all
    write the same bytes.

    Raises:
        LookupError: what `source` kept of its input is gone.
    """
    numbers = batch_objects.get_unanswered(tenant, source)
    if numbers is None:
        raise LookupError(source)
    wanted = frozenset(numbers)
    writer = batch_objects.open_output(tenant, file.id, None)
    with batch_objects.open_input(tenant, source) as blocks:
        for number, line in enumerate(request_lines(blocks)):
            if number in wanted:
                writer.write(line)
    writer.finish()
