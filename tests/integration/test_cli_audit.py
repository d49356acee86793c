"""`larder audit`, on moto."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from larder.domain.quota import Amount
from larder.services.projects.projects import create_project
from tests.integration.local_stack import local_stack, nowhere
from tests.support.cli import larder

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.moto_stack import MotoStack

__all__ = ["local_stack", "nowhere"]

pytestmark = pytest.mark.usefixtures("local_stack")


@pytest.fixture
def exact(ports: Composition) -> TenantId:
    return project(ports, "exact")


@pytest.fixture
def drifted(ports: Composition, stack: MotoStack) -> TenantId:
    """A project whose counters include a file of 10 bytes that does not exist."""
    tenant = project(ports, "drifted")
    stack.dynamodb.update_item(
        TableName=stack.settings.store_table,
        Key={"pk": {"S": f"U#{tenant}"}, "sk": {"S": "usage"}},
        UpdateExpression="SET files_left = files_left - :one, bytes_left = bytes_left - :ten",
        ExpressionAttributeValues={":one": {"N": "1"}, ":ten": {"N": "10"}},
    )
    return tenant


def project(ports: Composition, name: str) -> TenantId:
    limit = Amount(files=10, bytes=1_000)
    return create_project(name, limit, projects=ports.projects, clock=ports.clock).id


def test_counters_without_a_drift_are_exact(exact: TenantId) -> None:
    printed = larder("audit", "exact", "--json")

    assert printed.exit_code == 0
    [found] = printed.json
    assert (found["project"], found["state"]) == (exact, "exact")
    assert found["drift"] == {
        "used": {"files": 0, "bytes": 0},
        "reserved": {"files": 0, "bytes": 0},
    }


def test_a_drift_is_shown_and_not_repaired(
    ports: Composition, exact: TenantId, drifted: TenantId
) -> None:
    before = ports.usage.get(drifted)

    printed = larder("audit")

    assert printed.exit_code == 1
    lines = {
        line.split()[0]: line.split()[1:] for line in printed.stdout.splitlines() if line.strip()
    }
    assert lines["exact"] == ["exact", "+0", "+0", "+0", "+0"]
    assert lines["drifted"] == ["drifted", "+1", "+10", "+0", "+0"]
    assert ports.usage.get(drifted) == before
    assert ports.usage.get(exact) is not None


def test_repair_corrects_a_drift(ports: Composition, drifted: TenantId) -> None:
    printed = larder("audit", drifted, "--repair", "--json")

    assert printed.exit_code == 0
    assert printed.json[0]["state"] == "repaired"
    assert larder("audit", "drifted", "--json").json[0]["state"] == "exact"
    usage = ports.usage.get(drifted)
    assert usage is not None
    assert usage.left == Amount(files=10, bytes=1_000)


def test_an_unknown_project_is_reported() -> None:
    printed = larder("audit", "nobody")

    assert printed.exit_code == 1
    assert "nobody" in printed.stderr
