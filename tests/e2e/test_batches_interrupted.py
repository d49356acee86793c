"""Batches whose workers, executions, inputs or room go while they run."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING

from larder.domain.batch_kept import decode_kept
from larder.domain.upstreams import Upstream
from tests.e2e.api import Api, assert_refused, batch_lines, eventually
from tests.e2e.batches import (
    an_upstream,
    batch_file,
    completed,
    create,
    ended,
    number_of,
    reached,
    results,
)
from tests.e2e.parts import sweep
from tests.e2e.projects import Operator
from tests.e2e.space import Space
from tests.e2e.stack import stack_in
from tests.fakes.model_script import Rule
from tests.fakes.model_server import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.e2e.projects import NewProject, Project
    from tests.e2e.stack import Stack
    from tests.fakes.model_server import ModelServer

WITHIN = 180
SLOW = Rule(latency=(0.3, 0.6))
KILLS = 3


def saved(stack: Stack, project: Project, batch_id: str) -> set[int]:
    """Return the requests whose answers a worker has saved or stored."""
    bucket, prefix = stack.env["LARDER_FILES_BUCKET"], f"batches/{project.id}/{batch_id}/"
    objects = stack.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    found: set[int] = set()
    for key in (each["Key"] for each in objects):
        data = stack.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        if "/partial/" in key:
            lines = [answer.line for answer in decode_kept(data).answers]
        elif "/chunks/" in key:
            lines = data.splitlines()
        else:
            continue
        found |= {number_of(json.loads(line)) for line in lines}
    return found


def asked_again(server: ModelServer, kept: Mapping[int, float]) -> list[str]:
    """Return what was sent after its answer had been seen, at that time, among the saved ones."""
    return [
        call.text
        for call in server.calls
        if call.began > kept.get(int(call.text.removeprefix("Hello ")), math.inf)
    ]


def test_killed_workers_repeat_only_what_they_had_not_saved(
    new_project: NewProject, operator: Operator, stack: Stack
) -> None:
    project = new_project()
    with an_upstream(operator, "steady", [SLOW], concurrency=5) as server, project.api() as api:
        batch_id = create(api, batch_file(api, batch_lines(300, model="steady")))["id"]
        kept: dict[int, float] = {}
        for _ in range(KILLS):
            # More has been saved than by the worker before.
            enough = len(kept) + 5
            seen = eventually(
                lambda: saved(stack, project, batch_id),
                lambda now, enough=enough: len(now) > enough,  # type: ignore[misc]
                60,
            )
            kept = dict.fromkeys(seen, time.time()) | kept
            workers = stack.workers("batch_run_shard")
            assert workers
            for worker in workers:
                worker.kill()

        good, bad = completed(api, batch_id, WITHIN)

    assert (len(good), bad) == (300, [])
    assert len(kept) < 300
    assert asked_again(server, kept) == []
    # Each kill costs what was in flight, and what was answered since the last save.
    assert len(server.calls) <= 300 + KILLS * (5 + 100)


def test_a_stopped_execution_is_followed_by_another(
    new_project: NewProject, operator: Operator, stack: Stack
) -> None:
    project = new_project()
    with an_upstream(operator, "stopped", [SLOW], concurrency=5) as server, project.api() as api:
        batch_id = create(api, batch_file(api, batch_lines(100, model="stopped")))["id"]
        eventually(lambda: len(server.calls), lambda calls: calls >= 20, WITHIN)

        stop_execution(stack, batch_id)
        # Its worker goes on beside those of the next one.
        start_again(stack, project, batch_id)
        good, bad = completed(api, batch_id, WITHIN)

    assert (len(good), bad) == (100, [])
    assert execution_of(stack, project, batch_id) == 2


def stop_execution(stack: Stack, batch_id: str) -> None:
    client = stack.client("stepfunctions")
    [machine] = [
        each["stateMachineArn"]
        for each in client.list_state_machines()["stateMachines"]
        if each["name"] == f"{stack.env['LARDER_STACK']}-batches"
    ]
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{batch_id}-1"
    client.stop_execution(executionArn=arn)
    assert client.describe_execution(executionArn=arn)["status"] == "ABORTED"


def start_again(stack: Stack, project: Project, batch_id: str) -> None:
    """Let the sweeper look at the batch, as it does every few minutes."""
    stack.dynamodb.update_item(
        TableName=stack.env["LARDER_STORE_TABLE"],
        Key={"pk": {"S": f"P#{project.id}"}, "sk": {"S": batch_id}},
        UpdateExpression="SET due_at = :past",
        ConditionExpression="attribute_exists(due_at)",
        ExpressionAttributeValues={":past": {"N": str(int(time.time()) - 60)}},
    )

    def swept() -> int:
        # The index of due items lags.
        sweep(stack)
        return execution_of(stack, project, batch_id)

    eventually(swept, lambda execution: execution == 2, 30)


def execution_of(stack: Stack, project: Project, batch_id: str) -> int:
    found = stack.dynamodb.get_item(
        TableName=stack.env["LARDER_STORE_TABLE"],
        Key={"pk": {"S": f"P#{project.id}"}, "sk": {"S": batch_id}},
    )
    return int(found["Item"]["execution"]["N"])


LOSSES: dict[str, Callable[[Stack, Project, Api, str], object]] = {
    "deleted": lambda _, __, api, file_id: api.json("DELETE", f"/files/{file_id}"),
    "trashed": lambda _, __, api, file_id: Space(api).trash(file_id),
    "expired": lambda stack, project, _, file_id: stack.set_expiry(
        project.id, file_id, int(time.time()) - 1
    ),
}


def test_a_batch_goes_on_when_its_input_goes(
    new_project: NewProject, operator: Operator, stack: Stack
) -> None:
    project = new_project()
    with an_upstream(operator, "busy", [Rule(status=503)]) as server, project.api() as api:
        files = {loss: batch_file(api, batch_lines(30, model="busy")) for loss in LOSSES}
        batches = {loss: create(api, file_id)["id"] for loss, file_id in files.items()}
        for loss, batch_id in batches.items():
            reached(api, batch_id, "in_progress")
            LOSSES[loss](stack, project, api, files[loss])
            assert api.send("GET", f"/files/{files[loss]}").status_code == 404
        # The bytes of what was deleted go soon after the record.
        key = f"files/{project.id}/{files['deleted']}"
        eventually(lambda: stack.stored(key), lambda stored: not stored)

        server.script([])

        for batch_id in batches.values():
            good, bad = completed(api, batch_id, WITHIN)
            assert (len(good), bad) == (30, [])


def test_an_output_that_does_not_fit_the_quota_is_kept_and_counted(
    new_project: NewProject, operator: Operator
) -> None:
    data = batch_lines(40, model="wordy")
    project = new_project(size=len(data) + 2_000)
    refusal = [Rule(contains='"Hello 7"', status=400), Rule(size=500)]
    with an_upstream(operator, "wordy", refusal), project.api() as api:
        batch = ended(api, create(api, batch_file(api, data))["id"], WITHIN)

        assert batch["status"] == "completed"
        good, bad = results(api, batch)
        assert (len(good), [number_of(line) for line in bad]) == (39, [7])
        sizes = [api.file(batch[f"{kind}_file_id"])["bytes"] for kind in ("output", "error")]
        assert api.in_use() == (3, len(data) + sum(sizes))
        refused = api.post_file(b"x")
        assert_refused(refused, 400, code="storage_quota_exceeded", kind="insufficient_quota")


def test_a_batch_outlives_a_restart_of_everything(tmp_path: Path) -> None:
    """What runs in that moment fails without an event: only the sweeper finds it."""
    with serving([SLOW]) as server:
        with stack_in(tmp_path) as stack:
            operator = Operator(stack)
            project = operator.new_project()
            operator.upstreams.put(
                Upstream("slow", server.base_url, ("*",), created_at=0, concurrency=5)
            )
            with project.api() as api:
                batch_id = create(api, batch_file(api, batch_lines(120)))["id"]
                kept = eventually(
                    lambda: saved(stack, project, batch_id), lambda now: len(now) > 20, 60
                )
                seen_at = time.time()
                # Nothing ends while the stack stops.
                server.script([Rule(status=503)])

        with stack_in(tmp_path) as stack, Api(stack.base_url, project.key) as api:
            server.script([SLOW])
            start_again(stack, project, batch_id)
            good, bad = completed(api, batch_id, WITHIN)

    assert (len(good), bad) == (120, [])
    assert len(kept) < 120
    assert asked_again(server, dict.fromkeys(kept, seen_at)) == []
