"""One step of a batch in a process of its own, as Lambda would run it.

    python -m bench.batch_worker plan|run|finish|profile PROJECT BATCH

It works on the running stack's table and bucket through the real adapters. `run` works through all
shards, one after another; `profile` does the same and looks on. It prints, as JSON, the seconds and
the processor time of the step, the process's peak memory in bytes, and what `profile` has seen.
"""

import json
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from bench.cpu_shares import cpu_shares
from larder.domain.ids import BatchId, TenantId
from larder.runtime.composition import Composition
from larder.services.batches.finish import finish_batch
from larder.services.batches.plan import Next, PlanBatch
from larder.services.batches.run_shard import RunShard


def _plan(ports: Composition, tenant: TenantId, batch: BatchId) -> bool:
    return ports.make(PlanBatch)(tenant, batch).next is Next.RUN


def _run(ports: Composition, tenant: TenantId, batch: BatchId) -> bool:
    plan = ports.batch_objects.get_plan(tenant, batch)
    if plan is None:
        return False
    worker = ports.make(RunShard)
    return not any(
        worker(tenant, batch, shard, keep_going=lambda: True).more for shard in plan.shards()
    )


def _finish(ports: Composition, tenant: TenantId, batch: BatchId) -> bool:
    following = Next.FINISH
    while following is Next.FINISH:
        following = finish_batch(
            tenant,
            batch,
            keep_going=lambda: True,
            batches=ports.batches,
            batch_objects=ports.batch_objects,
            clock=ports.clock,
        )
    return following is Next.STOP


STEPS = {"plan": _plan, "run": _run, "profile": _run, "finish": _finish}


def _main(step: str, project: str, batch: str) -> None:
    ports = Composition.from_environment()
    tenant, batch_id = TenantId(project), BatchId(batch)
    # The clients are made before the clock starts.
    ports.batches.get(tenant, batch_id)
    ports.batch_objects.get_finish(tenant, batch_id)
    started, cpu = time.perf_counter(), time.process_time()
    shares: dict[str, int] = {}
    with ExitStack() as opened:
        if step == "profile":
            shares = opened.enter_context(cpu_shares())
        if not STEPS[step](ports, tenant, batch_id):
            sys.exit(f"the step {step} did not end as it should")
    taken = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024
    print(json.dumps({**taken, "peak": peak, "shares": shares}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
