"""Batches whose requests refer to artifacts and bundles, from the file to the model."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from larder.domain.upstreams import Upstream
from larder.services.batches import prompts
from tests.fakes.model_script import Rule
from tests.fakes.model_server import serving
from tests.integration.artifacts import (
    create_artifact,
    create_bundle,
    on_artifact,
    on_bundle,
    send,
)
from tests.integration.batch_operations import step
from tests.integration.batches import create, on_batch
from tests.integration.files import get, upload
from tests.integration.operations import World
from tests.integration.workers import arrive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.fakes.model_server import ModelServer
    from tests.integration.conftest import Answer, Functions
    from tests.moto_stack import MotoStack

SECRET = 'Answer like "Ödön".\nAlways.'
ABSENT = "art_" + "0" * 24
DONE = {"more": False, "seconds": 0}


@pytest.fixture
def models() -> Iterator[ModelServer]:
    """A server that answers requests with the secret prompt, and refuses all others."""
    whole = json.dumps(SECRET, ensure_ascii=False)
    with serving([Rule(contains=whole), Rule(status=400)]) as server:
        yield server


@pytest.fixture
def world(
    functions: Functions,
    tenant: TenantId,
    stack: MotoStack,
    ports: Composition,
    models: ModelServer,
) -> World:
    ports.upstreams.put(Upstream("models", models.base_url, ("*",), created_at=0))
    return World(functions, tenant, stack, ports)


def lines(*firsts: Any) -> bytes:
    user = {"role": "user", "content": "Who are you?"}
    return b"\n".join(
        json.dumps(
            {
                "custom_id": str(number),
                "method": "POST",
                "url": "/v1/chat/completions",
                "body": {"model": "m", "messages": [first, user]},
            }
        ).encode()
        for number, first in enumerate(firsts)
    )


def system(referred: str) -> Any:
    return {"role": "system", "content": {"$artifact": referred}}


def batch_of(world: World, *firsts: Any) -> Answer:
    file_id = upload(world.functions, world.tenant, lines(*firsts)).json["id"]
    assert get(world.functions, world.tenant, file_id).json["status"] == "processed"
    return create(world.functions, world.tenant, file_id)


def run(world: World, batch_id: str) -> Any:
    assert step(world, "batch_plan", batch_id)["next"] == "run"
    assert step(world, "batch_run_shard", batch_id, shard=0) == DONE
    assert step(world, "batch_finish", batch_id) == {"next": "stop"}
    return on_batch(world.functions, world.tenant, "get", batch_id).json


def artifact(world: World, **fields: Any) -> str:
    made: str = create_artifact(
        world.functions, world.tenant, **{"content": SECRET, **fields}
    ).json["id"]
    return made


def test_an_artifact_and_a_bundle_are_put_in(world: World, models: ModelServer) -> None:
    prompt = artifact(world)
    bundle = create_bundle(world.functions, world.tenant, prompt).json["id"]

    made = batch_of(world, system(prompt), {"$bundle": bundle}).json
    ended = run(world, made["id"])

    assert ended["request_counts"] == {"total": 2, "completed": 2, "failed": 0}
    assert len(models.calls) == 2
    report = get(world.functions, world.tenant, made["input_file_id"], "files_validation").json
    assert report["references"] == [prompt, bundle]


def test_what_is_planned_goes_on_without_them(world: World) -> None:
    prompt = artifact(world)
    bundle = create_bundle(world.functions, world.tenant, prompt).json["id"]
    batch_id = batch_of(world, system(prompt), {"$bundle": bundle}).json["id"]
    assert step(world, "batch_plan", batch_id)["next"] == "run"

    on_artifact(world.functions, world.tenant, "delete", prompt)
    on_bundle(world.functions, world.tenant, "delete", bundle)
    world.stack.s3.delete_object(
        Bucket=world.stack.settings.files_bucket, Key=f"files/{world.tenant}/{prompt}"
    )

    assert run(world, batch_id)["request_counts"]["completed"] == 2


def test_so_does_a_retry(world: World, models: ModelServer) -> None:
    prompt = artifact(world)
    batch_id = batch_of(world, system(prompt)).json["id"]
    models.script([Rule(status=400)])
    assert run(world, batch_id)["request_counts"]["failed"] == 1
    on_artifact(world.functions, world.tenant, "delete", prompt)
    models.script([Rule(contains=json.dumps(SECRET, ensure_ascii=False)), Rule(status=400)])

    retry = on_batch(world.functions, world.tenant, "retry", batch_id).json
    assert step(world, "batch_plan", retry["id"])["next"] == "wait"
    arrive(world.functions, world.tenant, retry["input_file_id"])

    assert run(world, retry["id"])["request_counts"]["completed"] == 1


def test_an_attachment_is_put_in_as_a_data_url(world: World, models: ModelServer) -> None:
    data = base64.b64encode(b"\x89PNG").decode()
    picture = artifact(
        world,
        artifact_type="binary_attachment",
        content=data,
        content_encoding="base64",
        content_media_type="image/png",
    )
    models.script([Rule(contains=f'"data:image/png;base64,{data}"'), Rule(status=400)])
    part = {"type": "image_url", "image_url": {"url": {"$artifact": picture}}}

    made = batch_of(world, {"role": "user", "content": [part]}).json

    assert run(world, made["id"])["request_counts"]["completed"] == 1


def test_no_batch_is_made_of_what_is_not_there(world: World, stranger: TenantId) -> None:
    foreign = create_artifact(world.functions, stranger).json["id"]
    gone = artifact(world)
    bundle = create_bundle(world.functions, world.tenant, gone).json["id"]
    on_artifact(world.functions, world.tenant, "delete", gone)
    absent_bundle = "bnd_" + "0" * 24

    codes = {
        name: batch_of(world, first).error["code"]
        for name, first in {
            "absent": system(ABSENT),
            "another project's": system(foreign),
            "deleted": system(gone),
            "no bundle": {"$bundle": absent_bundle},
            "a bundle without it": {"$bundle": bundle},
        }.items()
    }

    assert codes == {
        "absent": "artifact_not_found",
        "another project's": "artifact_not_found",
        "deleted": "artifact_not_found",
        "no bundle": "bundle_not_found",
        "a bundle without it": "invalid_bundle",
    }


@pytest.mark.parametrize("kind", ["role", "bytes"])
def test_a_bundle_that_makes_no_messages_is_refused(world: World, kind: str) -> None:
    binary = {
        "artifact_type": "binary_attachment",
        "content": "AAAA",
        "content_encoding": "base64",
    }
    member = artifact(world, **(binary if kind == "bytes" else {}))
    role = "policy" if kind == "role" else "system"
    made = send(
        world.functions,
        world.tenant,
        "bundles_create",
        {"artifacts": [{"artifact_id": member, "role": role}]},
    ).json

    refused = batch_of(world, {"$bundle": made["id"]})

    assert (refused.status, refused.error["code"]) == (400, "invalid_bundle")


def test_a_batch_fails_whose_artifact_goes_before_it_is_planned(world: World) -> None:
    prompt = artifact(world)
    batch_id = batch_of(world, system(prompt)).json["id"]
    on_artifact(world.functions, world.tenant, "delete", prompt)

    assert step(world, "batch_plan", batch_id)["next"] == "stop"

    failed = on_batch(world.functions, world.tenant, "get", batch_id).json
    assert failed["status"] == "failed"
    assert [each["code"] for each in failed["errors"]["data"]] == ["artifact_not_found"]


def test_artifacts_of_a_batch_have_a_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompts, "MAX_PINNED_BYTES", 10)

    refused = batch_of(world, system(artifact(world)))

    assert (refused.status, refused.error["code"]) == (400, "artifacts_too_large")


@pytest.mark.parametrize("over", [False, True])
def test_a_batch_fails_whose_artifacts_are_too_large_as_json(
    world: World, models: ModelServer, monkeypatch: pytest.MonkeyPatch, *, over: bool
) -> None:
    content, as_json = "\x01" * 10, len(json.dumps("\x01" * 10))
    prompt = artifact(world, content=content)
    bundle = create_bundle(world.functions, world.tenant, prompt).json["id"]
    monkeypatch.setattr(prompts, "MAX_PINNED_BYTES", 2 * as_json - over)
    models.script([Rule(contains=json.dumps(content)), Rule(status=400)])

    batch_id = batch_of(world, system(prompt), {"$bundle": bundle}).json["id"]

    if not over:
        assert run(world, batch_id)["request_counts"]["completed"] == 2
        return
    assert step(world, "batch_plan", batch_id)["next"] == "stop"
    failed = on_batch(world.functions, world.tenant, "get", batch_id).json
    [error] = failed["errors"]["data"]
    assert (failed["status"], error["code"]) == ("failed", "artifacts_too_large")
    assert "once they are written as JSON" in error["message"]
    assert models.calls == []


def test_a_batch_fails_whose_artifact_has_lost_its_bytes(world: World) -> None:
    prompt = artifact(world)
    batch_id = batch_of(world, system(prompt)).json["id"]
    world.stack.s3.delete_object(
        Bucket=world.stack.settings.files_bucket, Key=f"files/{world.tenant}/{prompt}"
    )

    assert step(world, "batch_plan", batch_id)["next"] == "stop"

    failed = on_batch(world.functions, world.tenant, "get", batch_id).json
    [error] = failed["errors"]["data"]
    assert error["code"] == "artifact_not_found"
    assert prompt in error["message"]


@pytest.mark.parametrize(("times", "fits"), [(2, True), (3, False)])
def test_an_artifact_counts_each_time_that_it_is_in_a_bundle(
    world: World, monkeypatch: pytest.MonkeyPatch, times: int, *, fits: bool
) -> None:
    prompt = artifact(world)
    bundle = create_bundle(world.functions, world.tenant, *[prompt] * times).json["id"]
    monkeypatch.setattr(prompts, "MAX_PINNED_BYTES", 2 * len(f'"{SECRET}"'.encode()))

    answer = batch_of(world, {"$bundle": bundle})

    assert (answer.status == 200) is fits
    assert fits or answer.error["code"] == "artifacts_too_large"


def test_the_artifacts_in_bundles_count_as_well(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three = (artifact(world) for _ in range(3))
    bundle = create_bundle(world.functions, world.tenant, one, two).json["id"]
    monkeypatch.setattr(prompts, "MAX_PINNED_ARTIFACTS", 2)

    taken = batch_of(world, {"$bundle": bundle}, system(one))
    refused = batch_of(world, {"$bundle": bundle}, system(three))

    assert taken.status == 200
    assert (refused.status, refused.error["code"]) == (400, "too_many_artifacts")


def test_a_request_that_grows_too_long_is_not_sent(
    world: World, models: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompts, "MAX_LINE_BYTES", 100)

    ended = run(world, batch_of(world, system(artifact(world))).json["id"])

    assert ended["request_counts"]["failed"] == 1
    assert models.calls == []
