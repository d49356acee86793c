"""Events: real operations, as the table's stream reports them and EventBridge gets them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from larder.domain.upstreams import Upstream
from tests.fakes.model_server import serving
from tests.integration import batch_operations as batches
from tests.integration.batches import on_batch
from tests.integration.files import upload
from tests.integration.operations import World
from tests.integration.space import put
from tests.integration.stream import Stream, passed_on
from tests.integration.uploads import DATA, age, upload_directly
from tests.integration.workers import arrive
from tests.support.events import recorded
from tests.support.handlers import load
from tests.support.template import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Functions
    from tests.moto_stack import MotoStack

SCHEMA = Draft202012Validator(json.loads((ROOT / "docs/schemas/event.json").read_text()))
INVALID = b'{"custom_id": "a"}\n'


@pytest.fixture
def stream(stack: MotoStack) -> Stream:
    return Stream(stack)


@pytest.fixture
def world(
    functions: Functions, tenant: TenantId, stack: MotoStack, ports: Composition
) -> Iterator[World]:
    with serving() as models:
        ports.upstreams.put(Upstream("models", models.base_url, ("*",), created_at=0))
        yield World(functions, tenant, stack, ports)


class Bus:
    """Takes what is put on EventBridge; refuses while `refusing`."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.refusing = False

    def put_events(self, **request: Any) -> dict[str, Any]:
        codes = {"ErrorCode": "InternalFailure"} if self.refusing else {"EventId": "1"}
        if not self.refusing:
            self.entries += request["Entries"]
        size = len(request["Entries"])
        return {"FailedEntryCount": size * self.refusing, "Entries": [codes] * size}

    def details(self) -> list[dict[str, Any]]:
        return [json.loads(entry["Detail"]) for entry in self.entries]

    def told(self) -> list[tuple[str, str]]:
        return [(detail["type"], detail["data"]["id"]) for detail in self.details()]


@pytest.fixture
def bus(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> Bus:
    assert stream.records() == []
    taking = Bus()
    monkeypatch.setattr(load("on_change").ports.event_bus, "_client", taking)
    return taking


def run(functions: Functions, stream: Stream) -> dict[str, Any]:
    """Pass every record on, and check that the filter would have let through those that count."""
    answers: list[dict[str, str]] = []
    taking = load("on_change").ports.event_bus._client
    for record in stream.records():
        before = len(taking.entries)
        answers += functions.invoke("on_change", {"Records": [record]})["batchItemFailures"]
        if len(taking.entries) > before:
            assert passed_on(record)
    return {"batchItemFailures": answers}


def test_a_file_is_processed_once_whatever_is_done_with_it_later(
    world: World, stream: Stream, bus: Bus
) -> None:
    file_id = world.file()
    world.on("space_files_update", id=file_id, body={"name": "b"})
    world.on("space_files_trash", id=file_id)
    world.on("trash_restore", id=file_id)
    world.functions.call("files_delete", world.tenant, pathParameters={"file_id": file_id})

    run(world.functions, stream)

    assert bus.told() == [("file.processed", file_id)]


def test_an_invalid_batch_file_has_failed(world: World, stream: Stream, bus: Bus) -> None:
    made = upload_directly(world.functions, world.stack, world.tenant, INVALID)
    arrive(world.functions, world.tenant, made["id"])

    run(world.functions, stream)

    assert bus.told() == [("file.failed", made["id"])]


def test_a_file_of_the_space_is_processed_when_its_bytes_were_seen(
    world: World, stream: Stream, bus: Bus
) -> None:
    file_id = put(world.functions, world.tenant, "a.txt", DATA)["fileId"]
    arrive(world.functions, world.tenant, file_id)
    arrive(world.functions, world.tenant, file_id)

    run(world.functions, stream)

    assert bus.told() == [("file.processed", file_id)]
    assert bus.details()[0]["data"]["purpose"] == "user_data"


def test_a_file_expires_when_the_sweeper_takes_it(world: World, stream: Stream, bus: Bus) -> None:
    file_id = world.file()
    age(world.stack, world.tenant, file_id)
    world.functions.invoke("sweep", recorded("sweep"))

    run(world.functions, stream)

    assert bus.told() == [("file.processed", file_id), ("file.expired", file_id)]


def test_a_file_does_not_expire_in_the_trash(world: World, stream: Stream, bus: Bus) -> None:
    file_id = world.trashed()
    trashed = {"pk": {"S": f"P#{world.tenant}"}, "sk": {"S": f"trash#{file_id}"}}
    world.stack.dynamodb.update_item(
        TableName="Store",
        Key=trashed,
        UpdateExpression="SET expires_at = :past, due_at = :past",
        ExpressionAttributeValues={":past": {"N": "1"}},
    )
    world.functions.invoke("sweep", recorded("sweep"))

    run(world.functions, stream)

    assert ("file.expired", file_id) not in bus.told()


def test_an_abandoned_upload_is_no_event(world: World, stream: Stream, bus: Bus) -> None:
    upload_id = world.upload()
    age(world.stack, world.tenant, upload_id)
    world.functions.invoke("sweep", recorded("sweep"))

    run(world.functions, stream)

    assert bus.told() == []


def test_a_batch_completes_with_its_files(world: World, stream: Stream, bus: Bus) -> None:
    batch_id = batches.answered(world)
    batches.step(world, "batch_finish", batch_id)
    ended = on_batch(world.functions, world.tenant, "get", batch_id).json

    run(world.functions, stream)

    assert bus.told()[1:] == [
        ("file.processed", ended["output_file_id"]),
        ("batch.completed", batch_id),
    ]
    assert bus.details()[-1]["data"] == {
        "id": batch_id,
        **{
            name: ended[name]
            for name in ("endpoint", "input_file_id", "output_file_id", "error_file_id")
        },
        "request_counts": ended["request_counts"],
    }


def test_a_batch_ends_in_each_of_its_ways(world: World, stream: Stream, bus: Bus) -> None:
    cancelled = batches.cancelled(world)
    prepared = batches.batch_plan_in_vain(world)
    prepared()

    run(world.functions, stream)

    told = bus.told()
    assert ("batch.cancelled", cancelled) in told
    assert "batch.failed" in {kind for kind, _ in told}


def test_a_retry_of_an_ended_batch_does_not_end_it_again(
    world: World, stream: Stream, bus: Bus
) -> None:
    batch_id = batches.cancelled(world)
    on_batch(world.functions, world.tenant, "retry", batch_id)

    run(world.functions, stream)

    assert [kind for kind, object_id in bus.told() if object_id == batch_id] == ["batch.cancelled"]


def test_every_event_has_the_documented_schema_and_an_id_of_its_own(
    world: World, stream: Stream, bus: Bus
) -> None:
    batches.step(world, "batch_finish", batches.answered(world))
    batches.cancelled(world)
    age(world.stack, world.tenant, world.file())
    world.functions.invoke("sweep", recorded("sweep"))

    run(world.functions, stream)

    details = bus.details()
    for entry, detail in zip(bus.entries, details, strict=True):
        SCHEMA.validate(detail)
        assert (entry["Source"], entry["DetailType"]) == ("larder", detail["type"])
        assert (detail["project"], detail["deployment"]) == (world.tenant, "larder")
    assert len({detail["id"] for detail in details}) == len(details)


def test_the_schema_refuses_what_it_does_not_name() -> None:
    detail = {"id": "evt_1", "object": "event", "type": "file.processed", "data": {"id": "x"}}

    assert not SCHEMA.is_valid(detail)


def test_a_record_that_comes_twice_has_the_same_events(
    world: World, stream: Stream, bus: Bus
) -> None:
    batches.step(world, "batch_finish", batches.answered(world))

    run(world.functions, stream)
    first = bus.details()
    run(world.functions, stream)

    assert bus.details() == first * 2


def test_a_refused_event_is_reported_and_put_again(world: World, stream: Stream, bus: Bus) -> None:
    world.file()

    bus.refusing = True
    failed = run(world.functions, stream)["batchItemFailures"]
    bus.refusing = False
    run(world.functions, stream)

    assert len(failed) == 1
    assert len(bus.entries) == 1


def test_the_same_file_in_two_projects_is_two_events(
    world: World, stranger: TenantId, stream: Stream, bus: Bus
) -> None:
    world.file()
    upload(world.functions, stranger)

    run(world.functions, stream)

    assert [detail["project"] for detail in bus.details()] == [world.tenant, stranger]
