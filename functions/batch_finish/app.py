"""Step Functions: join the answers of a batch into its files, and end it."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.domain.ids import BatchId, TenantId
from larder.runtime.composition import Composition
from larder.runtime.observability import logger
from larder.services.batches.finish import finish_batch
from larder.services.batches.plan import Next

SPARE_MS = 60_000
"""Time left, when the function stops, for what it is at."""

ports = Composition.from_environment()
batches, batch_objects = ports.batches, ports.batch_objects


def lambda_handler(event: dict[str, str], context: LambdaContext) -> dict[str, Any]:
    """Return what comes next: `stop` once the batch has ended."""
    tenant, batch_id = TenantId(event["tenant"]), BatchId(event["batch"])

    def keep_going() -> bool:
        return context.get_remaining_time_in_millis() > SPARE_MS

    following = Next.FINISH
    while following is Next.FINISH and keep_going():
        following = finish_batch(
            tenant,
            batch_id,
            keep_going=keep_going,
            batches=batches,
            batch_objects=batch_objects,
            clock=ports.clock,
        )
    logger.info("batch_finish", extra={**event, "next": following})
    return {"next": following}
