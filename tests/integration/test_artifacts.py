"""The routes of artifacts and bundles."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.artifacts import (
    create_artifact,
    create_bundle,
    on_artifact,
    on_bundle,
    send,
)
from tests.integration.files import get, upload
from tests.integration.uploads import used
from tests.integration.workers import arrive, removal

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Functions
    from tests.moto_stack import MotoStack

TEXT = "Answer in one word."


def test_an_artifact_as_clients_see_it(functions: Functions, tenant: TenantId) -> None:
    made = create_artifact(functions, tenant, metadata={"team": "research"}).json

    found = on_artifact(functions, tenant, "get", made["id"]).json

    assert found.pop("content") == TEXT
    assert found == made
    assert made.pop("id").startswith("art_")
    assert made.pop("created_at").endswith("Z")
    assert made == {
        "object": "artifact",
        "artifact_type": "text_context",
        "project_id": tenant,
        "content_media_type": "text/plain",
        "content_encoding": "utf-8",
        "bytes": 19,
        "expires_at": None,
        "retention_class": "standard",
        "metadata": {"team": "research"},
    }


def test_its_bytes_come_with_their_media_type(functions: Functions, tenant: TenantId) -> None:
    data = b"\x89PNG\0\xff"
    encoded = base64.b64encode(data).decode()
    made = create_artifact(
        functions,
        tenant,
        artifact_type="binary_attachment",
        content=encoded,
        content_encoding="base64",
        content_media_type="image/png",
    ).json

    answer = on_artifact(
        functions, tenant, "content", made["id"], headers={"Accept": "*/*", "Range": "bytes=1-3"}
    )

    assert (answer.status, base64.b64decode(answer.raw)) == (206, b"PNG")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_client_without_accept_gets_text(functions: Functions, tenant: TenantId) -> None:
    made = create_artifact(functions, tenant).json

    answer = on_artifact(functions, tenant, "content", made["id"], headers={})

    assert (answer.binary, answer.raw, answer.headers["content-type"]) == (
        False,
        TEXT,
        "text/plain",
    )


def test_what_is_not_sent_inline_is_redirected_with_its_media_type(
    functions: Functions, tenant: TenantId
) -> None:
    made = create_artifact(
        functions,
        tenant,
        artifact_type="binary_attachment",
        content=base64.b64encode(b"\0\xff").decode(),
        content_encoding="base64",
        content_media_type="image/png",
    ).json

    answer = on_artifact(functions, tenant, "content", made["id"], headers={})

    assert answer.status == 302
    assert "response-content-type=image%2Fpng" in answer.headers["location"]


@pytest.mark.parametrize("operation", ["get", "content"])
def test_an_artifact_whose_bytes_are_lost_is_not_found(
    functions: Functions, tenant: TenantId, ports: Composition, operation: str
) -> None:
    made = create_artifact(functions, tenant).json
    ports.objects.delete(tenant, made["id"])

    answer = on_artifact(functions, tenant, operation, made["id"])

    assert (answer.status, answer.error["code"]) == (404, None)


def test_lists_go_on_after_the_last_one(functions: Functions, tenant: TenantId) -> None:
    ids = [create_artifact(functions, tenant).json["id"] for _ in range(3)]
    policy = create_artifact(functions, tenant, artifact_type="policy").json["id"]

    def listed(**query: str) -> Any:
        return functions.call("artifacts_list", tenant, queryStringParameters=query).json

    first = listed(limit="2", artifact_type="text_context")
    last = listed(limit="2", after=first["last_id"], artifact_type="text_context")

    assert first["has_more"]
    assert not last["has_more"]
    assert sorted(each["id"] for each in first["data"] + last["data"]) == sorted(ids)
    assert [each["id"] for each in listed(artifact_type="policy")["data"]] == [policy]
    assert "content" not in first["data"][0]
    assert listed(artifact_type="document")["last_id"] == ""


def test_a_bundle_as_clients_see_it(functions: Functions, tenant: TenantId) -> None:
    one, two = (create_artifact(functions, tenant).json["id"] for _ in range(2))

    made = create_bundle(functions, tenant, two, one).json
    on_artifact(functions, tenant, "delete", two)

    found = on_bundle(functions, tenant, "get", made["id"]).json
    references = [
        {"artifact_id": two, "role": "system"},
        {"artifact_id": one, "role": "system"},
    ]
    assert made["artifacts"] == references
    assert found["artifacts"] == [
        references[0] | {"deleted": True},
        references[1] | {"deleted": False},
    ]
    [listed] = functions.call("bundles_list", tenant).json["data"]
    assert listed == made
    assert {key: found[key] for key in made if key != "artifacts"} == {
        key: made[key] for key in made if key != "artifacts"
    }
    assert (made["object"], made["bundle_type"], made["project_id"]) == (
        "bundle",
        "agent_prefix",
        tenant,
    )


def test_both_count_against_the_quota_until_they_are_deleted(
    functions: Functions, tenant: TenantId
) -> None:
    artifact = create_artifact(functions, tenant).json["id"]
    bundle = create_bundle(functions, tenant, artifact).json["id"]
    assert used(functions, tenant)[0] == 2

    deleted = on_bundle(functions, tenant, "delete", bundle).json
    assert used(functions, tenant) == (1, 0, 19, 0)
    assert deleted == {"id": bundle, "object": "bundle", "deleted": True}
    deleted = on_artifact(functions, tenant, "delete", artifact).json

    assert used(functions, tenant) == (0, 0, 0, 0)
    assert deleted == {"id": artifact, "object": "artifact", "deleted": True}


def test_nothing_of_another_project_is_found(
    functions: Functions, tenant: TenantId, stranger: TenantId
) -> None:
    artifact = create_artifact(functions, tenant).json["id"]
    bundle = create_bundle(functions, tenant, artifact).json["id"]
    file_id = upload(functions, tenant).json["id"]

    answers = [
        *(
            on_artifact(functions, stranger, verb, artifact)
            for verb in ("get", "content", "delete")
        ),
        *(on_bundle(functions, stranger, verb, bundle) for verb in ("get", "delete")),
        create_bundle(functions, stranger, artifact),
        create_artifact(functions, stranger, file_id=file_id),
    ]

    assert [answer.status for answer in answers] == [404] * 7
    for kind in ("artifacts", "bundles"):
        assert functions.call(f"{kind}_list", stranger).json["data"] == []
    assert on_bundle(functions, tenant, "get", bundle).status == 200


def test_an_artifact_is_on_no_route_of_files(functions: Functions, tenant: TenantId) -> None:
    artifact = create_artifact(functions, tenant).json["id"]

    for route in ("files_get", "files_content", "files_url", "files_validation", "files_delete"):
        assert get(functions, tenant, artifact, route).status == 404
    listed = functions.call("files_list", tenant, queryStringParameters=None).json
    assert listed["data"] == []
    assert (
        functions.call("space_files_list", tenant, queryStringParameters=None).json["files"] == []
    )


def test_an_idempotency_key_makes_one_artifact(functions: Functions, tenant: TenantId) -> None:
    headers = {"Idempotency-Key": "the-same", "Content-Type": "application/json"}
    body = json.dumps({"artifact_type": "policy", "content": TEXT})

    def post(body: str) -> Any:
        return functions.call(
            "artifacts_create", tenant, headers=headers, body=body, isBase64Encoded=False
        )

    first, again = post(body), post(body)
    other = post(body.replace("word", "sentence"))

    assert first.raw == again.raw
    assert again.headers["larder-idempotent-replay"] == "true"
    assert other.status == 409
    assert used(functions, tenant)[0] == 1


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "artifact_type"),
        ({"artifact_type": 1, "content": "x"}, "artifact_type"),
        ({"artifact_type": "policy", "content": 1}, "content"),
        ({"artifact_type": "policy", "content": "x", "metadata": []}, "metadata"),
        ({"artifact_type": "policy", "content": "x", "metadata": {"n": float("inf")}}, "metadata"),
    ],
)
def test_a_wrong_field_is_named(
    functions: Functions, tenant: TenantId, body: Any, param: str
) -> None:
    answer = send(functions, tenant, "artifacts_create", body)

    assert (answer.status, answer.error["param"]) == (400, param)


def test_its_bytes_are_settled_and_cleared_by_the_workers_of_files(
    functions: Functions, stack: MotoStack, tenant: TenantId
) -> None:
    made = create_artifact(functions, tenant).json["id"]
    arrive(functions, tenant, made)
    event = removal(stack, tenant, made)
    on_artifact(functions, tenant, "delete", made)

    functions.invoke("on_file_removed", event)

    assert not [key for key in stack.object_keys() if made in key]
    assert used(functions, tenant) == (0, 0, 0, 0)
