"""Schedule: sweep what has fallen due, and audit counters."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from larder.runtime.composition import Composition
from larder.runtime.observability import count, log_failure, logger
from larder.services.upkeep.sweep import Sweep, SweepResult, Swept, seconds_behind

SPARE_MS = 60_000
"""The time kept free for the current item, which may be 512 MiB of parts to join."""

LARGE_PROJECT = 2**30
"""The bytes of records from which a project's are a metric: a tenth of what one can have."""

ports = Composition.from_environment()
sweep, behind = ports.make(Sweep), ports.make(seconds_behind)


def log_swept(swept: Swept) -> None:
    """Log the result of one item, and count an audit's drift and a large project's records."""
    details: dict[str, object] = {
        "outcome": swept.result,
        "tenant": swept.due.tenant,
        "object_id": swept.due.id,
    }
    if swept.usage is not None and swept.usage.record_bytes >= LARGE_PROJECT:
        details["record_bytes"] = swept.usage.record_bytes
        count("ProjectRecordBytes", swept.usage.record_bytes, "Bytes")
    if swept.result is SweepResult.COUNTERS_DRIFTED:
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
    """Sweep until nothing is due or the time runs out. Any failure fails the run."""
    if lag := behind():
        count("SweepLag", lag, "Seconds")
    results = sweep(
        keep_going=lambda: context.get_remaining_time_in_millis() > SPARE_MS, report=log_swept
    )
    for result, times in results.items():
        count(f"Sweep{result.title().replace('_', '')}", times)
    logger.info("sweep", extra={"outcomes": dict(results)})
    if results[SweepResult.FAILED]:
        message = f"{results[SweepResult.FAILED]} of {results.total()} could not be swept"
        raise RuntimeError(message)
    return {str(result): times for result, times in results.items()}
