"""What the workers of batches meet when things go wrong: each with its own permissions."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from larder.domain.batches import BatchStatus, Progress
from larder.domain.ids import BatchId, new_file_id
from larder.domain.upstreams import Auth, Upstream
from larder.services.batches.object_ports import Chunk
from larder.services.batches.ports import Finalizing
from larder_jsonl.endpoints import ENDPOINTS
from tests.fakes.model_server import serving
from tests.integration.batches import create
from tests.integration.files import upload
from tests.integration.iam import role_of
from tests.integration.workers import arrive
from tests.moto_stack import REGION
from tests.support.events import recorded

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Functions
    from tests.moto_stack import MotoStack

SECRET = "larder/upstreams/models"


@pytest.fixture
def file_id(functions: Functions, tenant: TenantId) -> str:
    """A batch file that has been validated."""
    created: str = upload(functions, tenant).json["id"]
    arrive(functions, tenant, created)
    return created


@pytest.fixture
def batch_id(functions: Functions, tenant: TenantId, file_id: str) -> str:
    created: str = create(functions, tenant, file_id).json["id"]
    return created


def step(functions: Functions, tenant: TenantId, worker: str, batch_id: str, **more: Any) -> Any:
    return functions.invoke(worker, {"tenant": tenant, "batch": batch_id, **more})


def test_a_file_without_a_report_is_taken_and_its_requests_are_counted_later(
    functions: Functions, stack: MotoStack, tenant: TenantId, file_id: str
) -> None:
    bucket = stack.settings.files_bucket
    stack.s3.delete_object(Bucket=bucket, Key=f"reports/{tenant}/{file_id}")

    created = create(functions, tenant, file_id)

    assert created.status == 200
    assert created.json["request_counts"]["total"] == 0


@pytest.mark.parametrize("worker", ["batch_finish", "batch_plan"])
def test_a_large_file_that_another_worker_made_is_left_as_it_is(
    stack: MotoStack, ports: Composition, tenant: TenantId, worker: str
) -> None:
    made = new_file_id(time.time())
    bucket, key = stack.settings.files_bucket, f"files/{tenant}/{made}"
    with role_of(worker, stack.logical_names()):
        late = ports.batch_objects.open_output(tenant, made, None)
        late.write(b"late" * (9 * 2**18))
    stack.s3.put_object(Bucket=bucket, Key=key, Body=b"first")

    with role_of(worker, stack.logical_names()):
        late.finish()

    assert stack.s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"first"
    assert "Uploads" not in stack.s3.list_multipart_uploads(Bucket=bucket)


def test_a_batch_whose_report_is_gone_fails_and_says_so(
    functions: Functions,
    stack: MotoStack,
    ports: Composition,
    tenant: TenantId,
    file_id: str,
    batch_id: str,
) -> None:
    bucket = stack.settings.files_bucket
    stack.s3.delete_object(Bucket=bucket, Key=f"reports/{tenant}/{file_id}")

    assert step(functions, tenant, "batch_plan", batch_id)["next"] == "stop"

    batch = ports.batches.get(tenant, BatchId(batch_id))
    assert batch is not None
    assert (batch.status, batch.errors[0].code) == ("failed", "input_file_unavailable")


def test_a_finisher_that_comes_second_gives_its_own_copy_up(
    functions: Functions, stack: MotoStack, ports: Composition, tenant: TenantId, batch_id: str
) -> None:
    assert step(functions, tenant, "batch_plan", batch_id)["next"] == "run"
    batch = ports.batches.get(tenant, BatchId(batch_id))
    assert batch is not None
    answers = b'{"custom_id":"a"}' + b" " * 9 * 2**20 + b"\n"
    chunk = Chunk(answers, len(answers), Progress(completed=1))
    assert ports.batch_objects.put_chunk(tenant, batch.id, 0, chunk)
    output, error = new_file_id(time.time()), new_file_id(time.time())
    assert ports.batches.finalize(tenant, batch, Finalizing(output, error, cut_short=False), at=1)
    bucket, key = stack.settings.files_bucket, f"files/{tenant}/{output}"
    stack.s3.put_object(Bucket=bucket, Key=key, Body=answers)

    assert step(functions, tenant, "batch_finish", batch_id) == {"next": "stop"}

    ended = ports.batches.get(tenant, batch.id)
    assert ended is not None
    assert (ended.status, ended.output_file_id) == ("completed", output)
    assert stack.s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []


def test_a_worker_sends_the_key_that_is_kept_for_its_upstream(
    functions: Functions, ports: Composition, tenant: TenantId, batch_id: str
) -> None:
    secrets = boto3.client("secretsmanager", region_name=REGION)
    secrets.create_secret(Name=SECRET, SecretString="a key of the model")
    assert step(functions, tenant, "batch_plan", batch_id)["next"] == "run"

    with serving(key="a key of the model") as server:
        upstream = Upstream(
            "models", server.base_url, ("*",), created_at=0, auth=Auth.BEARER, secret_id=SECRET
        )
        ports.upstreams.put(upstream)
        result = step(functions, tenant, "batch_run_shard", batch_id, shard=0)

    assert result == {"more": False, "seconds": 0}
    batch = ports.batches.get(tenant, BatchId(batch_id))
    assert batch is not None
    assert (batch.progress.completed, batch.progress.failed) == (1, 0)


def a_line(number: int, model: str, url: str = "/v1/chat/completions", **body: Any) -> bytes:
    request = {"model": model, **(body or {"messages": [{"role": "user", "content": "hi"}]})}
    line = {"custom_id": f"q-{number}", "method": "POST", "url": url, "body": request}
    return json.dumps(line).encode() + b"\n"


def run_to_the_end(functions: Functions, tenant: TenantId, batch_id: str) -> None:
    assert step(functions, tenant, "batch_plan", batch_id)["next"] == "run"
    step(functions, tenant, "batch_run_shard", batch_id, shard=0)
    assert step(functions, tenant, "batch_finish", batch_id)["next"] == "stop"


def test_each_line_goes_to_the_upstream_of_its_own_model(
    functions: Functions, ports: Composition, tenant: TenantId
) -> None:
    models = ["small", "large", "unknown", "small", "large"]
    data = b"".join(a_line(number, model) for number, model in enumerate(models))
    batch_id = create(functions, tenant, upload(functions, tenant, data).json["id"]).json["id"]

    with serving() as small, serving() as large:
        ports.upstreams.put(Upstream("small", small.base_url, ("small",), created_at=0))
        ports.upstreams.put(Upstream("large", large.base_url, ("large",), created_at=0))
        run_to_the_end(functions, tenant, batch_id)
        asked = [[call.model for call in server.calls] for server in (small, large)]

    assert asked == [["small"] * 2, ["large"] * 2]
    batch = ports.batches.get(tenant, BatchId(batch_id))
    assert batch is not None
    # No upstream serves the one in the middle.
    assert (batch.progress.completed, batch.progress.failed) == (4, 1)
    assert batch.model is None


BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "hi"}]},
    "/v1/completions": {"prompt": "hi"},
    "/v1/embeddings": {"input": ["hi", "there"]},
    "/v1/responses": {"input": "hi"},
    "/v1/moderations": {"input": "hi"},
    "/v1/images/generations": {"prompt": "a jar"},
    "/v1/images/edits": {"prompt": "a jar", "images": [{"image_url": "https://a.example/a.png"}]},
    "/v1/videos": {"prompt": "a jar"},
}


@pytest.mark.parametrize("endpoint", sorted(ENDPOINTS))
def test_every_endpoint_is_asked_under_its_own_path(
    functions: Functions, ports: Composition, tenant: TenantId, endpoint: str
) -> None:
    data = a_line(0, "m", endpoint, **BODIES[endpoint])
    file_id = upload(functions, tenant, data).json["id"]
    batch_id = create(functions, tenant, file_id, endpoint=endpoint).json["id"]

    with serving() as server:
        ports.upstreams.put(Upstream("models", server.base_url, ("*",), created_at=0))
        run_to_the_end(functions, tenant, batch_id)
        assert [call.path for call in server.calls] == [endpoint]

    batch = ports.batches.get(tenant, BatchId(batch_id))
    assert batch is not None
    assert (batch.status, batch.progress.completed) == (BatchStatus.COMPLETED, 1)


def test_a_worker_counts_its_answers(
    functions: Functions,
    ports: Composition,
    tenant: TenantId,
    batch_id: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert step(functions, tenant, "batch_plan", batch_id)["next"] == "run"

    with serving() as server:
        ports.upstreams.put(Upstream("models", server.base_url, ("*",), created_at=0))
        step(functions, tenant, "batch_run_shard", batch_id, shard=0)

    emitted = capsys.readouterr().out
    assert '"BatchAnswers":[1.0]' in emitted
    assert "UpstreamUnreachable" not in emitted
    assert "BatchWorkerIdle" not in emitted


def test_a_worker_that_reaches_nobody_says_so(
    functions: Functions,
    ports: Composition,
    tenant: TenantId,
    batch_id: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert step(functions, tenant, "batch_plan", batch_id)["next"] == "run"
    ports.upstreams.put(Upstream("away", "http://127.0.0.1:9/v1", ("*",), created_at=0))
    monkeypatch.setattr("larder.services.batches.shard_lines._MAX_BACKOFF", 0.01)

    result = step(functions, tenant, "batch_run_shard", batch_id, shard=0)

    assert result["more"]
    emitted = capsys.readouterr().out
    assert '"UpstreamUnreachable":[1.0]' in emitted
    assert '"BatchWorkerIdle":[1.0]' in emitted
    assert "BatchAnswers" not in emitted


def test_the_sweep_restarts_a_batch_that_has_no_execution(
    functions: Functions, stack: MotoStack, ports: Composition, tenant: TenantId, batch_id: str
) -> None:
    stack.dynamodb.update_item(
        TableName=stack.settings.store_table,
        Key={"pk": {"S": f"P#{tenant}"}, "sk": {"S": batch_id}},
        UpdateExpression="SET due_at = :now, execution = :lost",
        ExpressionAttributeValues={":now": {"N": "1"}, ":lost": {"N": "7"}},
    )

    assert functions.invoke("sweep", recorded("sweep"))["batch_restarted"] == 1

    batch = ports.batches.get(tenant, BatchId(batch_id))
    assert batch is not None
    assert batch.execution == 8
    assert ports.executions.running(batch.id, 8)
