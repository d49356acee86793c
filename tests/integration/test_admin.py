"""Managing projects and keys over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from larder.services.projects.keys import create_key

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Answer, Functions


def call(
    functions: Functions, tenant: TenantId, name: str, body: Any = None, **path: str
) -> Answer:
    changes: dict[str, Any] = {}
    if body is not None:
        changes |= {"body": json.dumps(body), "isBase64Encoded": False}
    if path:
        changes["pathParameters"] = path
    return functions.call(name, tenant, **changes)


def test_a_key_that_was_handed_out_is_listed_rotated_and_revoked(
    functions: Functions, tenant: TenantId
) -> None:
    made = call(
        functions, tenant, "admin_keys_create", {"project": tenant, "scopes": ["batches", "read"]}
    ).json
    rotated = call(functions, tenant, "admin_keys_rotate", {"grace": 60}, key_id=made["id"]).json
    revoked = call(functions, tenant, "admin_keys_revoke", key_id=made["id"])
    query = {"project": tenant}
    listed = functions.call("admin_keys_list", tenant, queryStringParameters=query).json

    assert made["secret"].startswith("zk_live_")
    assert (made["scopes"], made["project"]) == (["read", "batches"], {"id": tenant})
    assert revoked.json == {"id": made["id"], "object": "key", "revoked": True}
    # Keys of the same second are in no order.
    old, new = sorted(listed["data"], key=lambda key: key["id"] == rotated["id"])
    assert (old["id"], old["replaced_by"]) == (made["id"], rotated["id"])
    assert old["revoked_at"] is not None
    assert (new["id"], new["scopes"]) == (rotated["id"], ["read", "batches"])
    assert "secret" not in old | new
    ends = [listed["data"][0]["id"], listed["data"][-1]["id"], False]
    assert [listed["first_id"], listed["last_id"], listed["has_more"]] == ends


@pytest.mark.parametrize("name", ["admin_keys_create", "admin_keys_rotate"])
def test_no_secret_is_kept_to_be_repeated(
    functions: Functions, tenant: TenantId, ports: Composition, name: str
) -> None:
    _, key = ports.make(create_key)(tenant)
    body = {"project": tenant} if name == "admin_keys_create" else {"grace": 60}
    path = {} if name == "admin_keys_create" else {"key_id": key.id}
    headers = {"Authorization": "Bearer x", "Idempotency-Key": "once"}

    def ask() -> Answer:
        return functions.call(
            name,
            tenant,
            headers=headers,
            body=json.dumps(body),
            isBase64Encoded=False,
            pathParameters=path or None,
        )

    first, second = ask(), ask()

    assert first.json["secret"].startswith("zk_live_")
    assert second.headers["larder-idempotent-replay"] == "true"
    assert second.json == first.json | {"secret": None}
    kept = str(list(functions.stack.items()))
    assert first.json["secret"][-43:] not in kept


def test_an_admin_key_is_not_made_over_http(functions: Functions, tenant: TenantId) -> None:
    answer = call(
        functions, tenant, "admin_keys_create", {"project": tenant, "scopes": ["read", "admin"]}
    )

    assert (answer.status, answer.error["code"]) == (403, "insufficient_permissions")
    assert "AWS credentials" in answer.error["message"]


def test_a_project_is_created_limited_and_found(functions: Functions, tenant: TenantId) -> None:
    made = call(
        functions, tenant, "admin_projects_create", {"name": "lab", "limits": {"files": 3}}
    ).json
    limits = {"limits": {"bytes": 5, "batch_requests": 7}}
    call(functions, tenant, "admin_projects_update", limits, project_id=made["id"])

    found = call(functions, tenant, "admin_projects_get", project_id="lab").json

    assert (found["id"], found["name"]) == (made["id"], "lab")
    assert (found["usage"]["files"]["limit"], found["usage"]["bytes"]["limit"]) == (3, 5)
    assert found["usage"]["batch_requests"]["limit"] == 7
    assert made["usage"]["bytes"]["limit"] == 256 * 2**20


@pytest.mark.parametrize(
    ("name", "body", "path", "status"),
    [
        ("admin_projects_create", {"name": "demo"}, {}, 409),
        ("admin_projects_create", {"name": "A b"}, {}, 400),
        ("admin_projects_create", {"name": "x", "limits": {"files": -1}}, {}, 400),
        ("admin_projects_create", {"name": "x", "limits": {"fils": 1}}, {}, 400),
        ("admin_projects_update", {"limits": {"files": 1}}, {"project_id": "nobody"}, 404),
        ("admin_projects_update", {"limits": {"files": 3_000_000}}, {"project_id": "demo"}, 400),
        ("admin_projects_get", None, {"project_id": "nobody"}, 404),
        ("admin_keys_create", {"project": "nobody"}, {}, 404),
        ("admin_keys_create", {"project": "demo", "scopes": []}, {}, 400),
        ("admin_keys_create", {"project": "demo", "scopes": ["all"]}, {}, 400),
        ("admin_keys_create", {"project": "demo", "expires_in": 1}, {}, 400),
        ("admin_keys_create", {"project": "demo", "name": "a\n"}, {}, 200),
        ("admin_keys_create", {"project": "demo", "name": "a\nb"}, {}, 400),
        ("admin_keys_revoke", None, {"key_id": "key_0000000000000000"}, 404),
        ("admin_keys_rotate", {}, {"key_id": "key_0000000000000000"}, 404),
        ("admin_keys_rotate", {"grace": -1}, {"key_id": "key_0000000000000000"}, 400),
    ],
)
def test_what_cannot_be_is_refused(
    functions: Functions, tenant: TenantId, name: str, body: Any, path: dict[str, str], status: int
) -> None:
    assert call(functions, tenant, name, body, **path).status == status


def test_the_log_says_who_did_what_by_which_request(functions: Functions, tenant: TenantId) -> None:
    made = call(functions, tenant, "admin_keys_create", {"project": tenant}).json

    entry = functions.call("admin_log_list", tenant).json["data"][0]

    assert (entry["action"], entry["target"], entry["project"]) == (
        "key.create",
        made["id"],
        tenant,
    )
    assert entry["actor"] == "key_9f2c4e61a07b3d58"
    assert entry["request_id"] == "0ec49089-6057-4a27-ae39-ddcdad472ae4"
    query = {"after": "nonsense"}
    assert functions.call("admin_log_list", tenant, queryStringParameters=query).status == 400


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        (None, 400, "project: Field required."),
        ({"project": ""}, 404, "No such Project object:  (not found)"),
        ({"project": "nobody"}, 404, "No such Project object: nobody (not found)"),
    ],
)
def test_keys_are_those_of_a_project_that_is_named(
    functions: Functions, tenant: TenantId, query: dict[str, str] | None, status: int, says: str
) -> None:
    refused = functions.call("admin_keys_list", tenant, queryStringParameters=query)

    assert refused.status == status
    assert (refused.error["message"], refused.error["param"]) == (says, "project")


def test_a_limit_that_no_project_can_have_is_named(functions: Functions, tenant: TenantId) -> None:
    wanted = {"name": "large", "limits": {"files": 10**12}}

    refused = call(functions, tenant, "admin_projects_create", wanted)

    assert (refused.status, refused.error["param"]) == (400, "limits.files")
