"""The authorizer: which requests it allows, and for which project."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from larder.adapters.dynamodb.api_keys import DynamoKeyUses
from larder.domain.api_keys import new_secret
from larder.services.projects.keys import create_key, revoke_key
from tests.support.events import recorded

if TYPE_CHECKING:
    from larder.domain.api_keys import KeyRecord
    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Functions


@pytest.fixture
def key(ports: Composition, tenant: TenantId) -> tuple[str, KeyRecord]:
    return create_key(tenant, register=ports.register, pepper=ports.pepper, clock=ports.clock)


def authorize(
    functions: Functions, headers: dict[str, str], event: str = "authorize"
) -> dict[str, Any]:
    request = recorded(event)
    request["headers"] = headers
    answer: dict[str, Any] = functions.invoke("authorize", request)
    return answer


def effect(answer: dict[str, Any]) -> str:
    """Return the policy's effect on the whole stage."""
    [statement] = answer["policyDocument"]["Statement"]
    assert all(resource.endswith("/prod/*/*") for resource in statement["Resource"])
    settlement: str = statement["Effect"]
    return settlement


def test_a_key_allows_every_route_for_its_project(
    functions: Functions, key: tuple[str, KeyRecord], tenant: TenantId
) -> None:
    secret, record = key

    answer = authorize(functions, {"authorization": f"Bearer {secret}"})

    assert effect(answer) == "Allow"
    assert answer["context"] == {
        "tenant": tenant,
        "keyId": record.id,
        "keyDigest": record.digest,
        "scopes": "read write batches",
        "expiresAt": "",
    }


def test_the_space_reads_the_same_key_from_its_own_header(
    functions: Functions, key: tuple[str, KeyRecord]
) -> None:
    answer = authorize(functions, {"X-Api-Key": key[0]}, "authorize_x_api_key")

    assert effect(answer) == "Allow"


@pytest.mark.parametrize("event", ["authorize", "authorize_x_api_key"])
def test_a_key_in_the_wrong_header_is_denied(
    functions: Functions, key: tuple[str, KeyRecord], event: str
) -> None:
    wrong = {
        "authorize": {"Authorization": "Bearer junk", "x-api-key": key[0]},
        "authorize_x_api_key": {"x-api-key": "junk", "Authorization": f"Bearer {key[0]}"},
    }

    answer = authorize(functions, wrong[event], event)

    assert effect(answer) == "Deny"


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Authorization": "Bearer {key}"}, True),
        ({"x-api-key": "{key}"}, True),
        ({"x-api-key": "{key}", "Authorization": "Bearer junk"}, True),
        ({"x-api-key": "junk", "Authorization": "Bearer {key}"}, True),
        ({"Authorization": "{key}"}, False),
        ({"x-api-key": "Bearer {key}"}, False),
        ({"x-api-key": "junk"}, False),
        ({}, False),
    ],
)
def test_an_unknown_route_reads_the_key_from_either_header(
    functions: Functions, key: tuple[str, KeyRecord], headers: dict[str, str], *, allowed: bool
) -> None:
    request = {**recorded("authorize"), "resource": "/{proxy+}"}
    request["headers"] = {name: value.format(key=key[0]) for name, value in headers.items()}

    answer = functions.invoke("authorize", request)

    assert effect(answer) == ("Allow" if allowed else "Deny")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic {key}",
        "{key}",
        "Bearer {key}x",
        "Bearer {key} {key}",
        "Bearer zk_live_" + "a" * 43,
        "Bearer zk_test_" + "a" * 43,
        "Bearer " + "a" * 8000,
        "Bearer zk_live_" + "ü" * 43,
    ],
)
def test_anything_else_is_denied_without_an_error(
    functions: Functions, key: tuple[str, KeyRecord], header: str
) -> None:
    answer = authorize(functions, {"Authorization": header.format(key=key[0])})

    assert effect(answer) == "Deny"
    assert not answer.get("context")


def test_a_revoked_key_is_denied(
    functions: Functions, key: tuple[str, KeyRecord], tenant: TenantId, ports: Composition
) -> None:
    revoke_key(tenant, key[1].id, register=ports.register, clock=ports.clock)

    answer = authorize(functions, {"Authorization": f"Bearer {key[0]}"})

    assert effect(answer) == "Deny"


def test_the_functions_learn_when_the_key_expires(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    secret, record = ports.make(create_key)(
        tenant, scopes=frozenset({"batches", "admin"}), lifetime=60
    )

    context = authorize(functions, {"Authorization": f"Bearer {secret}"})["context"]

    assert context["expiresAt"] == str(record.expires_at)
    assert context["scopes"] == "batches admin"


def test_the_day_of_a_key_s_use_is_kept_and_no_request_waits_for_it(
    functions: Functions,
    key: tuple[str, KeyRecord],
    ports: Composition,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise ConnectionError

    headers = {"Authorization": f"Bearer {key[0]}"}
    with monkeypatch.context() as patch:
        patch.setattr(DynamoKeyUses, "keep", fail)
        assert effect(authorize(functions, headers)) == "Allow"
    unused = ports.keys.find(key[1].digest)
    assert unused is not None
    assert unused.last_used_on is None

    assert effect(authorize(functions, headers)) == "Allow"

    used = ports.keys.find(key[1].digest)
    assert used is not None
    assert used.last_used_on == datetime.now(UTC).date().isoformat()


def test_the_table_holds_no_secret(
    ports: Composition, key: tuple[str, KeyRecord], functions: Functions
) -> None:
    held = functions.stack.dynamodb.scan(TableName=functions.stack.settings.keys_table)["Items"]

    assert key[0].removeprefix("zk_live_") not in str(held)
    assert ports.keys.find(key[1].digest) == key[1]


def test_a_random_key_is_unknown(functions: Functions) -> None:
    answer = authorize(functions, {"Authorization": f"Bearer {new_secret()}"})

    assert effect(answer) == "Deny"
