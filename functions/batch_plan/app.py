"""Step Functions: look at a batch's input, and cut it into chunks."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.domain.ids import BatchId, TenantId
from larder.runtime.composition import Composition
from larder.runtime.observability import logger
from larder.services.batches.plan import PlanBatch

ports = Composition.from_environment()
plan_batch = ports.make(PlanBatch)


def lambda_handler(event: dict[str, str], _: LambdaContext) -> dict[str, Any]:
    """Return what comes next, and after how many seconds if it is to wait."""
    tenant, batch_id = TenantId(event["tenant"]), BatchId(event["batch"])
    step = plan_batch(tenant, batch_id)
    logger.info("batch_plan", extra={**event, "next": step.next})
    return {"next": step.next, "seconds": step.seconds}
