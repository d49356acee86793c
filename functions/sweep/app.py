"""Schedule: collect what has fallen due, and audit counters."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.runtime.composition import Composition
from larder.runtime.observability import count, log_failure, logger
from larder.services.upkeep.sweep import Outcome, Sweeper, Swept

SPARE_MS = 10_000
"""Time left for the item at hand when the function stops taking on more."""

ports = Composition.from_environment()
sweeper = Sweeper(
    files=ports.files,
    trash=ports.trash,
    folders=ports.folders,
    uploads=ports.uploads,
    usage=ports.usage,
    deadlines=ports.deadlines,
    objects=ports.objects,
    parts=ports.parts,
    validation_queue=ports.validation_queue,
    cleanups=ports.cleanups,
    clock=ports.clock,
)


def tell(swept: Swept) -> None:
    """Log what became of one thing that was due."""
    details: dict[str, object] = {
        "outcome": swept.outcome,
        "tenant": swept.work.tenant,
        "object_id": swept.work.file_id or swept.work.upload_id or swept.work.folder_id,
    }
    if swept.outcome is Outcome.COUNTERS_DRIFTED:
        drift = {
            "used_files": swept.drift.used.files,
            "used_bytes": swept.drift.used.bytes,
            "reserved_files": swept.drift.reserved.files,
            "reserved_bytes": swept.drift.reserved.bytes,
        }
        count("CounterDrift", sum(map(abs, drift.values())))
        details["drift"] = drift
        logger.error("counters_drifted", extra=details)
    elif swept.error is not None:
        log_failure("sweep_failed", swept.error, **details)
    else:
        logger.info("swept", extra=details)


def lambda_handler(_: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Sweep until nothing is due or the time runs out; failures fail the run, loudly."""
    outcomes = sweeper.sweep(
        keep_going=lambda: context.get_remaining_time_in_millis() > SPARE_MS, report=tell
    )
    for outcome, times in outcomes.items():
        count(f"Sweep{outcome.title().replace('_', '')}", times)
    logger.info("sweep", extra={"outcomes": dict(outcomes)})
    if outcomes[Outcome.FAILED]:
        message = f"{outcomes[Outcome.FAILED]} of {outcomes.total()} could not be swept"
        raise RuntimeError(message)
    return {str(outcome): times for outcome, times in outcomes.items()}
