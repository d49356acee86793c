"""What the tests send to the console's functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.integration.conftest import Answer, Functions


def sign_in(functions: Functions, tenant: TenantId, secret: str) -> Answer:
    """Trade the secret for a session; the request itself has no key and no project."""
    body = json.dumps({"secret": secret})
    return functions.call("console_sessions_create", tenant, body=body, isBase64Encoded=False)


def sign_out(functions: Functions, tenant: TenantId, secret: str) -> Answer:
    headers = {"Authorization": f"Bearer {secret}"}
    return functions.call("console_sessions_delete", tenant, headers=headers)
