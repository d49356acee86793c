"""Requests about artifacts and bundles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from tests.integration.conftest import Answer, Functions


def create_artifact(functions: Functions, tenant: TenantId, **fields: Any) -> Answer:
    """Create an artifact, a short text unless the fields say otherwise."""
    given = {"artifact_type": "text_context", **fields}
    if "content" not in given and "file_id" not in given:
        given["content"] = "Answer in one word."
    return send(functions, tenant, "artifacts_create", given)


def create_bundle(functions: Functions, tenant: TenantId, *artifact_ids: str) -> Answer:
    """Create a bundle of artifacts with the role `system`."""
    artifacts = [{"artifact_id": each, "role": "system"} for each in artifact_ids]
    return send(functions, tenant, "bundles_create", {"artifacts": artifacts})


def send(functions: Functions, tenant: TenantId, function: str, body: Any) -> Answer:
    """Send a JSON body."""
    return functions.call(function, tenant, body=json.dumps(body), isBase64Encoded=False)


def on_artifact(
    functions: Functions, tenant: TenantId, verb: str, artifact_id: str, **changes: Any
) -> Answer:
    """Call `artifacts_<verb>`."""
    path = {"artifact_id": artifact_id}
    return functions.call(f"artifacts_{verb}", tenant, pathParameters=path, **changes)


def on_bundle(functions: Functions, tenant: TenantId, verb: str, bundle_id: str) -> Answer:
    """Call `bundles_<verb>`."""
    return functions.call(f"bundles_{verb}", tenant, pathParameters={"bundle_id": bundle_id})
