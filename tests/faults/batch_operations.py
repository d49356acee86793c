"""Every route of `/v1/batches`, and the workers that the state machine calls.

A line whose model no server has is answered with an error, and one whose server is away waits
until the batch is cancelled. Only lines with references need a server of models: it tells whether
what they refer to was put in.
"""

from __future__ import annotations

import atexit
import json
import time
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING

from larder.domain.upstreams import Upstream
from larder.services.batches.start import START_GRACE
from tests.e2e.api import batch_lines, eventually
from tests.fakes.model_script import Rule
from tests.fakes.model_server import serving
from tests.faults.artifact_operations import TEXT, a_bundle
from tests.faults.case import Case, Operation

if TYPE_CHECKING:
    import httpx

    from tests.e2e.api import Json
    from tests.faults.deployment import Deployment

LINES = batch_lines(3)
AWAY = "away"
GRANTED, REFUSED = "rules-granted", "rules-refused"
"""Models that say yes and no to a request with the text of the artifact, and else the opposite."""
ENDED = {"completed", "failed", "expired", "cancelled"}
WITHIN = 600
PATIENCE = 15
AFTER_START = START_GRACE + 10


def _a_validated_file(case: Case, data: bytes = LINES) -> None:
    case.made["file"] = case.file(data, "batch")
    case.settled(case.made["file"])


def _all_ended(case: Case) -> list[Json]:
    """Wait until no batch of the project runs; keep what they leave.

    A batch whose start was lost is started by the sweeper, which comes in a while.
    """
    swept = time.monotonic()

    def look() -> list[Json]:
        nonlocal swept
        if time.monotonic() > swept + PATIENCE:
            case.deployment.sweep(AFTER_START)
            swept = time.monotonic()
        found: list[Json] = case.api.json("GET", "/batches")["data"]
        return found

    batches = eventually(
        look, lambda batches: all(batch["status"] in ENDED for batch in batches), WITHIN
    )
    for batch in batches:
        case.expected[batch["id"]] = ("there", "there")
        for written in (batch["output_file_id"], batch["error_file_id"]):
            if written is not None:
                case.keep(written, case.api.content(written).content)
    return batches


def _send(case: Case) -> httpx.Response:
    body = {"input_file_id": case.made["file"], "endpoint": "/v1/chat/completions"}
    return case.api.send("POST", "/batches", json=body)


def _create(case: Case) -> httpx.Response:
    response = _send(case)
    batches = _all_ended(case)
    if response.is_success:
        assert [batch["id"] for batch in batches] == [response.json()["id"]]
    return response


def _run(case: Case) -> None:
    """A batch is run to its end, whatever happens to its workers."""
    assert _send(case).status_code == 200
    [batch] = _all_ended(case)
    assert batch["status"] == "completed", batch
    assert batch["request_counts"] == {"total": 3, "completed": 0, "failed": 3}, batch


def _an_ended_batch(case: Case) -> None:
    _a_validated_file(case)
    case.made["batch"] = _send(case).json()["id"]
    _all_ended(case)


def _a_waiting_batch(case: Case) -> None:
    away = Upstream(AWAY, "http://127.0.0.1:9/v1", (AWAY,), created_at=int(time.time()))
    case.deployment.operator.upstreams.put(away)
    _a_validated_file(case, LINES.replace(b"gpt-5-mini", AWAY.encode()))
    batch_id = case.made["batch"] = _send(case).json()["id"]
    eventually(
        lambda: case.api.json("GET", f"/batches/{batch_id}"),
        lambda batch: batch["status"] == "in_progress",
        WITHIN,
    )


def _cancel(case: Case) -> httpx.Response:
    path = f"/batches/{case.made['batch']}/cancel"
    response = case.api.send("POST", path)
    if not response.is_success:
        # It may have been cancelled or not; what runs for a day cannot be waited for.
        case.api.send("POST", path)
    [batch] = _all_ended(case)
    assert batch["status"] == "cancelled", batch
    return response


def _retry(case: Case) -> httpx.Response:
    """The requests without a good answer become a batch, once."""
    path = f"/batches/{case.made['batch']}/retry"
    response = case.api.send("POST", path)
    if not response.is_success:
        # Whether it took effect or not, asking again leads to the same batch.
        assert case.api.send("POST", path).is_success
    retried = [batch for batch in _all_ended(case) if batch["id"] != case.made["batch"]]
    assert [batch["status"] for batch in retried] == ["completed"], retried
    assert retried[0]["request_counts"] == {"total": 3, "completed": 0, "failed": 3}, retried
    input_id = retried[0]["input_file_id"]
    case.keep(input_id, case.api.content(input_id).content)
    return response


def _a_retry(case: Case) -> None:
    """A batch is retried to its end, whatever happens to what writes its input."""
    assert _retry(case).is_success


@cache
def _serve_models(deployment: Deployment) -> None:
    text = TEXT.decode()
    rules = [
        Rule(model=GRANTED, contains=text),
        Rule(model=GRANTED, status=400),
        Rule(model=REFUSED, contains=text, status=400),
    ]
    serves = ExitStack()
    server = serves.enter_context(serving(rules))
    atexit.register(serves.close)
    upstream = Upstream("rules", server.base_url, (GRANTED, REFUSED), created_at=int(time.time()))
    deployment.operator.upstreams.put(upstream)


def _a_file_with_references(case: Case, model: str = GRANTED) -> None:
    """Of two requests, one refers to an artifact and the other to a bundle."""
    _serve_models(case.deployment)
    a_bundle(case)
    firsts = (
        {"role": "system", "content": {"$artifact": case.made["artifact"]}},
        {"$bundle": case.made["bundle"]},
    )
    requests = [json.loads(line) for line in batch_lines(len(firsts), model=model).splitlines()]
    for request, first in zip(requests, firsts, strict=True):
        request["body"]["messages"].insert(0, first)
    _a_validated_file(case, b"\n".join(json.dumps(each).encode() for each in requests))


def _an_ended_batch_with_references(case: Case) -> None:
    """What it referred to is deleted: a retry has only what the batch kept."""
    _a_file_with_references(case, REFUSED)
    case.made["batch"] = _send(case).json()["id"]
    [batch] = _all_ended(case)
    _was_refused(case, batch)
    for kind in ("bundle", "artifact"):
        assert case.api.send("DELETE", f"/{kind}s/{case.made[kind]}", version=2).is_success
        case.becomes(case.made[kind], "gone", before="gone")


def _was_refused(case: Case, batch: Json) -> None:
    """Check that the model got what both requests refer to."""
    assert batch["request_counts"] == {"total": 2, "completed": 0, "failed": 2}, batch
    answers = case.api.content(batch["error_file_id"]).content
    assert answers.count(b'"status_code":400') == 2, answers


def _put_in(case: Case) -> None:
    """A batch with references is run to its end, and both requests get what they refer to."""
    assert _send(case).status_code == 200
    [batch] = _all_ended(case)
    assert batch["status"] == "completed", batch
    assert batch["request_counts"] == {"total": 2, "completed": 2, "failed": 0}, batch


def _put_in_again(case: Case) -> None:
    """A retry is run to its end with what the first batch kept."""
    assert case.api.send("POST", f"/batches/{case.made['batch']}/retry").is_success
    [retry] = [batch for batch in _all_ended(case) if batch["id"] != case.made["batch"]]
    _was_refused(case, retry)
    case.keep(retry["input_file_id"], case.api.content(retry["input_file_id"]).content)


def _get(case: Case) -> httpx.Response:
    return case.api.send("GET", f"/batches/{case.made['batch']}")


def _list(case: Case) -> httpx.Response:
    return case.api.send("GET", "/batches?limit=1")


BATCHES = (
    Operation("batches_create", "batches_create", _a_validated_file, _create),
    Operation("batches_get", "batches_get", _an_ended_batch, _get),
    Operation("batches_list", "batches_list", _an_ended_batch, _list),
    Operation("batches_cancel", "batches_cancel", _a_waiting_batch, _cancel),
    Operation("batches_retry", "batches_retry", _an_ended_batch, _retry),
    Operation("batch_plan", "batch_plan", _a_validated_file, _run),
    Operation("batch_plan, retry", "batch_plan", _an_ended_batch, _a_retry),
    Operation("batch_run_shard", "batch_run_shard", _a_validated_file, _run),
    Operation("batches_create, references", "batches_create", _a_file_with_references, _create),
    Operation("batch_plan, references", "batch_plan", _a_file_with_references, _put_in),
    Operation(
        "batch_plan, retry with references",
        "batch_plan",
        _an_ended_batch_with_references,
        _put_in_again,
    ),
    Operation("batch_run_shard, references", "batch_run_shard", _a_file_with_references, _put_in),
    Operation("batch_finish", "batch_finish", _a_validated_file, _run),
)
