"""GET /v1/keys/me: a key learns what it is, and a session of the console what it may do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from larder.services.projects.keys import create_key
from larder.services.projects.sessions import create_code
from tests.integration.console import sign_in
from tests.support.events import recorded

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Functions


def me(functions: Functions, secret: str) -> tuple[int, Any]:
    """Ask as the gateway does: first the authorizer, then the function."""
    request = recorded("authorize")
    request["headers"] = {"Authorization": f"Bearer {secret}"}
    context = functions.invoke("authorize", request)["context"]
    event = recorded("keys_me")
    event["requestContext"]["authorizer"] = context
    answer = functions.invoke("keys_me", event)
    return answer["statusCode"], json.loads(answer["body"])


def test_a_key_learns_what_it_is(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    secret, record = ports.make(create_key)(
        tenant, name="the nightly job", scopes=frozenset({"read"}), lifetime=3_600
    )

    status, found = me(functions, secret)

    assert status == 200
    assert found.pop("last_used_on") is not None
    assert found == {
        "object": "key",
        "id": record.id,
        "name": "the nightly job",
        "hint": f"zk_live_…{secret[-4:]}",
        "scopes": ["read"],
        "created_at": record.created_at,
        "expires_at": record.expires_at,
        "project": {"id": tenant},
        "workspace_id": tenant,
        "session": None,
    }


def test_a_session_says_that_it_is_one(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    code = ports.make(create_code)(tenant, admin=True)
    session = sign_in(functions, tenant, code).json

    _, found = me(functions, session["secret"])

    assert found["id"] == session["id"]
    assert found["hint"].startswith("zs_")
    assert found["scopes"] == ["read", "write", "batches", "admin"]
    assert found["session"] == {"expires_at": session["expires_at"]}


def test_a_key_that_was_revoked_within_the_minute_is_refused(
    functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    secret, record = ports.make(create_key)(tenant)
    request = recorded("authorize")
    request["headers"] = {"Authorization": f"Bearer {secret}"}
    event = recorded("keys_me")
    event["requestContext"]["authorizer"] = functions.invoke("authorize", request)["context"]

    ports.register.revoke(record.digest, int(ports.clock()))

    assert functions.invoke("keys_me", event)["statusCode"] == 401
