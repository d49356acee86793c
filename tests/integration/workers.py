"""Events of the workers, and their clock."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from larder.runtime.composition import Composition
from larder.services.upkeep.sweep import Sweep
from tests.support.events import arrival, recorded
from tests.support.handlers import load

if TYPE_CHECKING:
    import pytest

    from larder.domain.ids import TenantId
    from tests.integration.conftest import Functions
    from tests.moto_stack import MotoStack


def arrive(functions: Functions, tenant: TenantId, file_id: str) -> Any:
    return functions.invoke("on_object_created", arrival(f"files/{tenant}/{file_id}"))


def removal(stack: MotoStack, tenant: TenantId, object_id: str) -> dict[str, Any]:
    """Return the stream's event for the removal of the item as it is now."""
    key = {"pk": {"S": f"P#{tenant}"}, "sk": {"S": object_id}}
    image = stack.dynamodb.get_item(TableName=stack.settings.store_table, Key=key)["Item"]
    event = recorded("on_file_removed")
    event["Records"][0]["dynamodb"] |= {"Keys": key, "OldImage": image}
    return event


def vanish(stack: MotoStack, tenant: TenantId, object_id: str) -> dict[str, Any]:
    """Remove the item as DynamoDB's TTL does, and return the stream's event."""
    event = removal(stack, tenant, object_id)
    stack.dynamodb.delete_item(
        TableName=stack.settings.store_table, Key=event["Records"][0]["dynamodb"]["Keys"]
    )
    return event


def later(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    """Let the sweep run `seconds` from now."""
    module = load("sweep")
    now = time.time() + seconds
    ports = Composition(module.ports.settings, clock=lambda: now)
    monkeypatch.setattr(module, "ports", ports)
    monkeypatch.setattr(module, "sweep", ports.make(Sweep))
