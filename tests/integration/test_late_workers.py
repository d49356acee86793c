"""Uploads that everybody comes across hours too late: the bytes decide, not the clock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.quota import Amount
from tests.integration import space
from tests.integration.artifacts import create_artifact, create_bundle
from tests.integration.batch_operations import cancelled
from tests.integration.batches import on_batch
from tests.integration.files import upload as create_file
from tests.integration.operations import World
from tests.integration.uploads import DATA, age, create, on_upload, put, send_part, used
from tests.support.events import arrival, recorded
from tests.support.handlers import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Functions
    from tests.moto_stack import MotoStack

MIB = 2**20

type Finder = Callable[[Functions, TenantId, str], Any]

FINDERS: dict[str, Finder] = {
    "uploads_get": lambda functions, tenant, id_: on_upload(functions, tenant, "get", id_),
    "uploads_complete": lambda functions, tenant, id_: on_upload(
        functions, tenant, "complete", id_
    ),
    "usage_get": lambda functions, tenant, _: used(functions, tenant),
    "files_create": lambda functions, tenant, _: create_file(functions, tenant),
    "space_files_create": lambda functions, tenant, _: space.put(functions, tenant),
    "artifacts_create": lambda functions, tenant, _: create_artifact(functions, tenant),
    "uploads_create": lambda functions, tenant, _: create(functions, tenant),
    "on_object_created": lambda functions, tenant, id_: functions.invoke(
        "on_object_created", arrival(f"files/{tenant}/{id_.replace('upload_', 'file-')}")
    ),
    "sweep": lambda functions, *_: functions.invoke("sweep", recorded("sweep")),
}


@pytest.mark.parametrize("finder", FINDERS)
@pytest.mark.parametrize("arrived", [True, False])
def test_whoever_finds_an_overdue_upload_looks_at_the_object_first(
    functions: Functions,
    stack: MotoStack,
    ports: Composition,
    tenant: TenantId,
    finder: str,
    *,
    arrived: bool,
) -> None:
    # Nothing else fits, so that what is created has to reclaim.
    ports.projects.set_limit(tenant, Amount(files=1, bytes=100))
    upload = create(functions, tenant).json
    if arrived:
        put(stack, tenant, upload["id"])
    age(stack, tenant, upload["id"])

    try:
        FINDERS[finder](functions, tenant, upload["id"])
    except AssertionError:
        # The Space's own `put` expects room, and this file leaves no room for another one.
        assert arrived

    found = on_upload(functions, tenant, "get", upload["id"]).json
    assert found["status"] == ("completed" if arrived else "expired")
    assert (found["file"] is not None) == arrived
    if arrived:
        assert used(functions, tenant) == (1, 0, 10, 0)


@pytest.mark.parametrize("arrived", [True, False])
def test_so_does_a_retry_that_needs_room_for_its_input(
    functions: Functions,
    stack: MotoStack,
    ports: Composition,
    tenant: TenantId,
    *,
    arrived: bool,
) -> None:
    batch_id = cancelled(World(functions, tenant, stack, ports))
    files, *_ = used(functions, tenant)
    ports.projects.set_limit(tenant, Amount(files=files + 1, bytes=2**20))
    upload = create(functions, tenant).json
    if arrived:
        put(stack, tenant, upload["id"])
    age(stack, tenant, upload["id"])

    answer = on_batch(functions, tenant, "retry", batch_id)

    found = on_upload(functions, tenant, "get", upload["id"]).json
    assert found["status"] == ("completed" if arrived else "expired")
    assert answer.status == (400 if arrived else 200)


@pytest.mark.parametrize("arrived", [True, False])
def test_so_does_a_bundle_that_needs_room(
    functions: Functions,
    stack: MotoStack,
    ports: Composition,
    tenant: TenantId,
    *,
    arrived: bool,
) -> None:
    artifact_id = create_artifact(functions, tenant, content="x").json["id"]
    ports.projects.set_limit(tenant, Amount(files=2, bytes=100))
    upload = create(functions, tenant).json
    if arrived:
        put(stack, tenant, upload["id"])
    age(stack, tenant, upload["id"])

    answer = create_bundle(functions, tenant, artifact_id)

    found = on_upload(functions, tenant, "get", upload["id"]).json
    assert found["status"] == ("completed" if arrived else "expired")
    assert answer.status == (400 if arrived else 200)


def died(functions: Functions, tenant: TenantId, upload_id: str, step: str, **body: Any) -> None:
    """Complete the upload with a request that dies before that step."""
    parts = load("uploads_complete").ports.parts
    with pytest.MonkeyPatch.context() as crash:
        crash.setattr(type(parts), step, lambda *_: 1 / 0)
        answer = on_upload(functions, tenant, "complete", upload_id, json.dumps(body))
    assert answer.status == 500


def test_the_sweep_joins_small_parts_for_a_completion_that_died(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    upload = create(functions, tenant).json
    sent = [send_part(functions, tenant, upload["id"], data) for data in (DATA[5:], DATA[:5])]
    ids = [answer.json["id"] for answer in sent]
    died(functions, tenant, upload["id"], "assemble", part_ids=ids[::-1])
    age(stack, tenant, upload["id"])

    assert functions.invoke("sweep", recorded("sweep")) == {"completed": 1}

    file_id = on_upload(functions, tenant, "get", upload["id"]).json["file"]["id"]
    stored = stack.s3.get_object(
        Bucket=stack.settings.files_bucket, Key=f"files/{tenant}/{file_id}"
    )
    assert stored["Body"].read() == DATA
    assert used(functions, tenant) == (1, 0, 10, 0)
    listed = stack.s3.list_objects_v2(Bucket=stack.settings.files_bucket, Prefix="parts/")
    assert listed["KeyCount"] == 0


def test_the_sweep_joins_s3s_parts_for_a_completion_that_died(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    size = 64 * MIB + 1
    upload = create(functions, tenant, bytes=size).json
    file_id = upload["id"].replace("upload_", "file-")
    key = f"files/{tenant}/{file_id}"
    bucket = stack.settings.files_bucket
    [multipart] = stack.s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    for number, length in enumerate([16 * MIB] * 4 + [1], start=1):
        stack.s3.upload_part(
            Bucket=bucket,
            Key=key,
            UploadId=multipart["UploadId"],
            PartNumber=number,
            Body=b"x" * length,
        )
    died(functions, tenant, upload["id"], "finish", part_ids=[])
    age(stack, tenant, upload["id"])

    assert functions.invoke("sweep", recorded("sweep")) == {"completed": 1}

    assert stack.s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == size
    assert used(functions, tenant) == (1, 0, size, 0)


def test_usage_is_exact_when_more_has_expired_than_a_request_reclaims(
    functions: Functions, stack: MotoStack, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("larder.services.upkeep.reclaim.RECLAIM_SECONDS", 0)
    age(stack, tenant, create_file(functions, tenant).json["id"])
    kept = create_file(functions, tenant).json

    assert used(functions, tenant) == (1, 0, kept["bytes"], 0)

    usage = stack.dynamodb.get_item(
        TableName=stack.settings.store_table, Key={"pk": {"S": f"U#{tenant}"}, "sk": {"S": "usage"}}
    )["Item"]
    assert usage["files_left"] == {"N": "198"}
