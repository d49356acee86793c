"""Step Functions: ask for the answers of one shard of a batch."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.domain.ids import BatchId, TenantId
from larder.runtime.composition import Composition
from larder.runtime.observability import count, logger
from larder.services.batches.run_shard import GRACE_SECONDS, RunShard

SPARE_MS = (GRACE_SECONDS + 30) * 1_000
"""Time left, when the worker stops, for requests under way and for saving their answers."""

ports = Composition.from_environment()
run_shard = ports.make(RunShard)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Return whether the shard has lines left, and the seconds to wait before those."""
    result = run_shard(
        TenantId(event["tenant"]),
        BatchId(event["batch"]),
        int(event["shard"]),
        keep_going=lambda: context.get_remaining_time_in_millis() > SPARE_MS,
    )
    if result.answers:
        count("BatchAnswers", result.answers)
    if result.unreachable:
        count("UpstreamUnreachable", len(result.unreachable))
    if result.more and not result.answers:
        count("BatchWorkerIdle")
    logger.info(
        "batch_run_shard",
        extra={
            **event,
            "more": result.more,
            "wait": result.wait,
            "answers": result.answers,
            "unreachable": result.unreachable,
        },
    )
    return {"more": result.more, "seconds": result.wait}
