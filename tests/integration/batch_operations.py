"""Operations on batches: each is prepared, and then carried out by one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.integration.batches import create, on_batch, page
from tests.integration.workers import arrive

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.operations import Act, World


def step(world: World, function: str, batch_id: str, **more: Any) -> Any:
    """Call a worker as the state machine does."""
    return world.functions.invoke(function, {"tenant": world.tenant, "batch": batch_id, **more})


def batch(world: World) -> str:
    """Create a batch of one line, whose file has been validated."""
    file_id = world.file()
    arrive(world.functions, world.tenant, file_id)
    batch_id: str = create(world.functions, world.tenant, file_id).json["id"]
    return batch_id


def planned(world: World) -> str:
    batch_id = batch(world)
    assert step(world, "batch_plan", batch_id) == {"next": "run", "seconds": 0}
    return batch_id


def answered(world: World) -> str:
    batch_id = planned(world)
    assert step(world, "batch_run_shard", batch_id, shard=0) == {"more": False, "seconds": 0}
    return batch_id


def batches_create(world: World) -> Act:
    file_id = world.unvalidated_file()

    def act() -> None:
        assert create(world.functions, world.tenant, file_id).status == 200

    return act


def batches_create_once(world: World) -> Act:
    file_id = world.unvalidated_file()
    headers = {"Content-Type": "application/json", "Idempotency-Key": "the-same"}

    def act() -> None:
        assert create(world.functions, world.tenant, file_id, headers).status == 200

    return act


def batches_create_counted(world: World) -> Act:
    """The file has been validated, and says how many requests it has."""
    file_id = world.file()

    def act() -> None:
        made = create(world.functions, world.tenant, file_id)
        assert made.json["request_counts"]["total"] == 1

    return act


def cancelled(world: World) -> str:
    """Bring a batch to its end before its line was asked for."""
    batch_id = planned(world)
    assert on_batch(world.functions, world.tenant, "cancel", batch_id).status == 200
    assert step(world, "batch_finish", batch_id) == {"next": "stop"}
    return batch_id


def retried(world: World) -> str:
    answer = on_batch(world.functions, world.tenant, "retry", cancelled(world))
    assert answer.status == 200
    return str(answer.json["id"])


def batches_retry(world: World) -> Act:
    batch_id = cancelled(world)

    def act() -> None:
        answer = on_batch(world.functions, world.tenant, "retry", batch_id)
        assert answer.json["request_counts"]["total"] == 1

    return act


def batch_plan_retry(world: World) -> Act:
    """The input of a retry is written."""
    batch_id = retried(world)

    def act() -> None:
        assert step(world, "batch_plan", batch_id) == {"next": "wait", "seconds": 2}

    return act


def on_a_batch(verb: str) -> Callable[[World], Act]:
    def prepare(world: World) -> Act:
        batch_id = batch(world)

        def act() -> None:
            assert on_batch(world.functions, world.tenant, verb, batch_id).status == 200

        return act

    return prepare


def batches_list(world: World) -> Act:
    batch_id = batch(world)

    def act() -> None:
        found = page(world.functions, world.tenant).json["data"]
        assert [each["id"] for each in found] == [batch_id]

    return act


def batch_plan(world: World) -> Act:
    batch_id = batch(world)

    def act() -> None:
        assert step(world, "batch_plan", batch_id) == {"next": "run", "seconds": 0}

    return act


def batch_plan_early(world: World) -> Act:
    """The file is still being validated."""
    batch_id: str = create(world.functions, world.tenant, world.unvalidated_file()).json["id"]

    def act() -> None:
        assert step(world, "batch_plan", batch_id) == {"next": "wait", "seconds": 2}

    return act


def batch_plan_in_vain(world: World) -> Act:
    """The lines of the file are for another endpoint than the batch."""
    file_id = world.file()
    arrive(world.functions, world.tenant, file_id)
    made = create(world.functions, world.tenant, file_id, endpoint="/v1/embeddings").json

    def act() -> None:
        assert step(world, "batch_plan", made["id"]) == {"next": "stop", "seconds": 0}

    return act


def batch_run_shard(world: World) -> Act:
    batch_id = planned(world)

    def act() -> None:
        assert step(world, "batch_run_shard", batch_id, shard=0) == {"more": False, "seconds": 0}

    return act


def batch_finish(world: World) -> Act:
    batch_id = answered(world)

    def act() -> None:
        assert step(world, "batch_finish", batch_id) == {"next": "stop"}

    return act


def batch_finish_cancelled(world: World) -> Act:
    """A batch that was cancelled before its line was asked for: it gets an error."""
    batch_id = planned(world)
    assert on_batch(world.functions, world.tenant, "cancel", batch_id).status == 200

    def act() -> None:
        assert step(world, "batch_finish", batch_id) == {"next": "stop"}

    return act


def upstreams_list(world: World) -> Act:
    def act() -> None:
        found = world.functions.call("upstreams_list", world.tenant).json["data"]
        assert [each["name"] for each in found] == ["models"]

    return act
