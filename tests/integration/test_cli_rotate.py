"""`larder rotate`, with the authorizer and the lists that read the secrets, on moto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from larder.adapters import secrets
from larder.services.projects.sessions import create_code
from tests.integration.local_stack import local_stack, nowhere
from tests.integration.space import on, put
from tests.support.cli import larder
from tests.support.events import recorded
from tests.support.handlers import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Answer, Functions
    from tests.moto_stack import MotoStack

__all__ = ["local_stack", "nowhere"]

pytestmark = pytest.mark.usefixtures("local_stack")


@pytest.fixture(autouse=True)
def minutes_pass(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the functions read a secret again each time, as after five minutes."""
    monkeypatch.setattr(secrets, "CACHE_SECONDS", 0)
    yield
    # Warm functions would take the rotated secrets along into the next test's stack.
    load.cache_clear()


def new_key(project: TenantId) -> str:
    printed = larder("key", "create", project)
    assert printed.exit_code == 0, printed.stderr
    return printed.stdout.strip()


def make_keys_older(stack: MotoStack) -> None:
    """Let every key be a day older than it is."""
    table = stack.settings.keys_table
    for key in stack.dynamodb.scan(TableName=table)["Items"]:
        stack.dynamodb.update_item(
            TableName=table,
            Key={"pk": key["pk"]},
            UpdateExpression="SET created_at = created_at - :day",
            ExpressionAttributeValues={":day": {"N": "86400"}},
        )


def allowed(functions: Functions, secret: str) -> bool:
    request: dict[str, Any] = recorded("authorize")
    request["headers"] = {"authorization": f"Bearer {secret}"}
    [statement] = functions.invoke("authorize", request)["policyDocument"]["Statement"]
    return bool(statement["Effect"] == "Allow")


def test_keys_from_before_and_after_a_rotation_of_the_pepper_work(
    functions: Functions, tenant: TenantId
) -> None:
    old = new_key(tenant)

    rotated = larder("rotate", "pepper")

    new = new_key(tenant)
    assert rotated.exit_code == 0, rotated.stderr
    assert allowed(functions, old)
    assert allowed(functions, new)


def test_a_second_rotation_names_the_keys_that_it_ends_and_asks(
    functions: Functions, local_stack: MotoStack, tenant: TenantId
) -> None:
    old = new_key(tenant)
    make_keys_older(local_stack)
    # The stack's first pepper is as old as the stack.
    larder("rotate", "pepper", "--yes")
    new = new_key(tenant)

    asked = larder("rotate", "pepper")

    assert asked.exit_code == 1
    assert old[-4:] in asked.stderr
    assert new[-4:] not in asked.stderr
    assert allowed(functions, old)

    assert larder("rotate", "pepper", "--yes").exit_code == 0

    assert not allowed(functions, old)
    assert allowed(functions, new)


def test_a_revoked_key_keeps_no_rotation_waiting(local_stack: MotoStack, tenant: TenantId) -> None:
    key_id = larder("key", "create", tenant, "--json").json["id"]
    larder("key", "revoke", tenant, key_id)
    make_keys_older(local_stack)

    assert larder("rotate", "pepper").exit_code == 0


def test_sessions_of_the_console_keep_no_rotation_waiting(
    local_stack: MotoStack, ports: Composition, tenant: TenantId
) -> None:
    ports.make(create_code)(tenant)
    make_keys_older(local_stack)

    assert larder("rotate", "pepper").exit_code == 0


def second_page(functions: Functions, tenant: TenantId, cursor: str) -> Answer:
    return on(functions, tenant, "space_files_list", query={"limit": "1", "cursor": cursor})


def test_a_cursor_outlives_one_rotation_of_its_key_and_is_refused_after_two(
    functions: Functions, tenant: TenantId
) -> None:
    for name in "ab":
        put(functions, tenant, name)
    first = on(functions, tenant, "space_files_list", query={"limit": "1"}).json
    cursor = first["pagination"]["cursor"]

    assert larder("rotate", "cursor-key").exit_code == 0
    found = second_page(functions, tenant, cursor)
    assert [file["name"] for file in found.json["files"]] == ["a"]

    assert larder("rotate", "cursor-key").exit_code == 0
    refused = second_page(functions, tenant, cursor)

    assert (refused.status, refused.error["param"]) == (400, "cursor")
    assert "begin again without a cursor" in refused.error["message"]
