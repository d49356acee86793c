"""Who may do what: every route of the deployed API, by every kind of caller."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from larder.api.http.routes import CATCH_ALL, PAGES, ROUTES
from larder.domain.scopes import SCOPES
from larder.domain.upstreams import Upstream
from tests.e2e.api import assert_refused, batch_lines, eventually
from tests.e2e.space import Space

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from larder.api.http.routes import Route
    from larder.domain.scopes import Scope
    from tests.e2e.api import Api, Json
    from tests.e2e.projects import NewProject, Operator
    from tests.e2e.stack import Stack

EVERY_ROUTE = [*ROUTES, *CATCH_ALL, *PAGES]
KEYED = [(route, route.key_headers[0]) for route in EVERY_ROUTE if route.key_headers]
AWAY = "away"
"""A model whose server does not answer."""


def a_file(api: Api) -> str:
    file_id: str = api.create_file(batch_lines(1), "requests.jsonl", "batch")["id"]
    api.settled(file_id)
    return file_id


def a_batch_to_be(api: Api) -> Json:
    """A batch whose lines wait for a server that is away, so that it goes on running."""
    lines = batch_lines(1).replace(b"gpt-5-mini", AWAY.encode())
    file_id = api.create_file(lines, "requests.jsonl", "batch")["id"]
    api.settled(file_id)
    return {"json": {"input_file_id": file_id, "endpoint": "/v1/chat/completions"}}


def a_batch(api: Api) -> str:
    batch_id: str = api.json("POST", "/batches", **a_batch_to_be(api))["id"]
    return batch_id


def a_trashed_file(api: Api) -> str:
    file_id = a_file(api)
    Space(api).trash(file_id)
    return file_id


def a_folder(api: Api) -> str:
    name = secrets.token_hex(6)
    folder_id: str = Space(api).json("POST", "/folders", json={"name": name})["folderId"]
    return folder_id


def an_upload(api: Api) -> str:
    upload_id: str = api.create_upload(4)["id"]
    return upload_id


def an_upload_of_nothing(api: Api) -> str:
    upload_id: str = api.create_upload(0)["id"]
    return upload_id


def a_project(api: Api) -> str:
    project_id: str = api.json("GET", "/keys/me")["project"]["id"]
    return project_id


def a_key(api: Api) -> str:
    """A key of the owner's, made behind the API's back."""
    return KEYS[api.key]()


def a_webhook(api: Api) -> str:
    """A webhook of the owner's, made behind the API's back."""
    return WEBHOOKS[api.key]()


def a_key_to_be(api: Api) -> Json:
    return {"json": {"project": a_project(api), "name": "made over HTTP"}}


def a_project_to_list(api: Api) -> Json:
    return {"params": {"project": a_project(api)}}


def a_project_to_be(_: Api) -> Json:
    return {"json": {"name": f"e2e-{secrets.token_hex(6)}"}}


def an_artifact(api: Api) -> str:
    artifact_id: str = api.json("POST", "/artifacts", version=2, **ARTIFACT)["id"]
    return artifact_id


def a_bundle_to_be(api: Api) -> Json:
    return {"json": {"artifacts": [{"artifact_id": an_artifact(api), "role": "system"}]}}


def a_bundle(api: Api) -> str:
    bundle_id: str = api.json("POST", "/bundles", version=2, **a_bundle_to_be(api))["id"]
    return bundle_id


def a_path(_: Api) -> str:
    return "v1/nothing"


def an_ended_batch(api: Api) -> str:
    """A batch whose line failed: no server has its model."""
    file_id = api.create_file(batch_lines(1), "requests.jsonl", "batch")["id"]
    sent = {"input_file_id": file_id, "endpoint": "/v1/chat/completions"}
    batch_id: str = api.json("POST", "/batches", json=sent)["id"]
    eventually(
        lambda: api.json("GET", f"/batches/{batch_id}"),
        lambda batch: batch["status"] == "completed",
        60,
    )
    return batch_id


FILE: Json = {"files": {"file": ("notes.txt", b"notes")}, "data": {"purpose": "user_data"}}
ARTIFACT: Json = {"json": {"artifact_type": "policy", "content": "Be kind."}}
UPLOAD: Json = {"json": {"filename": "a", "purpose": "user_data", "bytes": 1, "mime_type": "a/b"}}

# The oldest revision of MCP needs no headers of its own.
LIST_TOOLS: Json = {"json": {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}}
# No upstream has it, so that no model is asked.
CHAT: Json = {"json": {"model": "nobody's", "messages": [{"role": "user", "content": "Hello"}]}}

SENT: dict[str, Json] = {
    "admin_projects_update": {"json": {"limits": {"batches": 10}}},
    "artifacts_create": ARTIFACT,
    "files_create": FILE,
    "chat": CHAT,
    "folders_create": {"json": {"name": "new"}},
    "folders_update": {"json": {"name": "b"}},
    "mcp": LIST_TOOLS,
    "parts_create": {"files": {"data": ("blob", b"part")}},
    "space_files_batch": {"json": {"operations": [{"op": "trash", "fileId": "file-none"}]}},
    "space_files_create": FILE,
    "space_files_update": {"json": {"name": "b"}},
    "uploads_complete": {"json": {"part_ids": []}},
    "uploads_create": UPLOAD,
}
"""What a function needs besides the path, to answer 200."""

SENT_NAMING: dict[str, Callable[[Api], Json]] = {
    "admin_keys_create": a_key_to_be,
    "admin_keys_list": a_project_to_list,
    "admin_projects_create": a_project_to_be,
    "batches_create": a_batch_to_be,
    "bundles_create": a_bundle_to_be,
}
"""The functions whose body names an object of the owner's project."""

KEYS: dict[str, Callable[[], str]] = {}
"""What makes another key of the project of a key, by its secret."""

WEBHOOKS: dict[str, Callable[[], str]] = {}
"""What makes a webhook of the project of a key, by its secret."""

MADE: dict[str, Callable[[Api], str]] = {
    "artifact_id": an_artifact,
    "bundle_id": a_bundle,
    "key_id": a_key,
    "project_id": a_project,
    "batch_id": a_batch,
    "file_id": a_file,
    "folder_id": a_folder,
    "upload_id": an_upload,
    "webhook_id": a_webhook,
    "proxy+": a_path,
}
"""What the path parameters stand for, in the owner's project."""

ENDED = {"completed", "cancelled"}
"""The statuses in which a batch of these tests stays."""

MADE_FOR: dict[str, Callable[[Api], str]] = {
    "batches_retry": an_ended_batch,
    "trash_purge": a_trashed_file,
    "trash_restore": a_trashed_file,
    "uploads_complete": an_upload_of_nothing,
}
"""The functions whose path needs an object in a state of its own."""


@pytest.fixture(scope="module")
def key_headers(stack: Stack) -> dict[tuple[str, str], tuple[str, ...]]:
    """The headers that each deployed route takes the key from."""
    gateway = stack.client("apigateway")
    [api] = gateway.get_rest_apis()["items"]
    headers = {
        each["id"]: (each["identitySource"].removeprefix("method.request.header."),)
        if each["authorizerResultTtlInSeconds"]
        else ("Authorization", "x-api-key")
        for each in gateway.get_authorizers(restApiId=api["id"])["items"]
    }
    resources = gateway.get_resources(restApiId=api["id"], limit=500, embed=["methods"])["items"]
    return {
        (method, resource["path"]): headers.get(settings.get("authorizerId"), ())
        for resource in resources
        for method, settings in resource.get("resourceMethods", {}).items()
    }


@dataclass(frozen=True)
class Callers:
    owner: Api
    stranger: Api
    revoked: str
    only: dict[Scope, str]
    """A key of the owner's with each scope alone."""
    all_but: dict[Scope, str]
    """A key of the owner's with every scope but that one."""

    def allowed(self, scope: Scope | None) -> str:
        return self.owner.key if scope is None else self.only[scope]

    def refused(self, route: Route, header: str) -> Iterator[tuple[str, dict[str, str], int, str]]:
        """Yield each caller that the route refuses, its headers, and the status and code."""
        unknown = "zk_live_" + secrets.token_urlsafe(32)
        secrets_of = {"malformed": self.owner.key[:-1], "unknown": unknown, "revoked": self.revoked}
        yield "no key", {}, 401, "invalid_api_key"
        for caller, secret in secrets_of.items():
            yield caller, carrying(header, secret), 401, "invalid_api_key"
        for other in {"Authorization", "x-api-key"} - {*route.key_headers}:
            headers = carrying(other, self.owner.key)
            yield "in the other header", headers, 401, "invalid_api_key"
        if route.scope is not None:
            headers = carrying(header, self.all_but[route.scope])
            yield "without the scope", headers, 403, "insufficient_permissions"


@pytest.fixture(scope="module")
def callers(new_project: NewProject, operator: Operator) -> Iterator[Callers]:
    project = new_project()
    upstreams = operator.upstreams
    # After 'make run', the embedded model is there, which answers for every name.
    others = upstreams.list()
    for each in others:
        upstreams.remove(each.name)
    upstreams.put(Upstream(AWAY, "http://127.0.0.1:9/v1", (AWAY,), created_at=int(time.time())))
    KEYS[project.key] = lambda: operator.create_key(project.id)[1]
    WEBHOOKS[project.key] = lambda: (
        operator.add_webhook(project.id, "https://example.com/", "batch.expired")[1].id
    )
    with project.api() as owner, new_project().api() as stranger:
        yield Callers(
            owner,
            stranger,
            operator.revoked_key(project.id),
            {each: operator.create_key(project.id, frozenset({each}))[0] for each in SCOPES},
            {
                each: operator.create_key(project.id, frozenset(SCOPES) - {each})[0]
                for each in SCOPES
            },
        )
        for batch in owner.json("GET", "/batches")["data"]:
            # One that has ended says so.
            owner.send("POST", f"/batches/{batch['id']}/cancel")
    upstreams.remove(AWAY)
    for each in others:
        upstreams.put(each)


def carrying(header: str, key: str) -> dict[str, str]:
    return {header: f"Bearer {key}" if header == "Authorization" else key}


def stands_still(batch: Json) -> bool:
    """Return whether the batch has ended, or waits for a server that does not answer."""
    waits: bool = batch["status"] == "in_progress" and batch["model"] == AWAY
    return waits or batch["status"] in ENDED


def stored(api: Api) -> tuple[Any, ...]:
    """Return all that the project has, once its files and batches stand still."""
    space = Space(api)
    batches = eventually(
        lambda: api.json("GET", "/batches")["data"],
        lambda batches: all(map(stands_still, batches)),
        60,
    )
    files = eventually(
        lambda: api.json("GET", "/files")["data"],
        lambda files: all(file["status"] != "uploaded" for file in files),
        30,
    )
    return (
        batches,
        files,
        api.usage(),
        space.json("GET", "/files"),
        space.json("GET", "/trash"),
        space.json("GET", "/folders"),
    )


def test_the_gateway_has_the_routes_of_the_table_and_no_other(
    key_headers: dict[tuple[str, str], tuple[str, ...]],
) -> None:
    assert key_headers == {(route.method, route.path): route.key_headers for route in EVERY_ROUTE}


@pytest.mark.parametrize(
    ("route", "header"), KEYED, ids=[f"{route.method} {route.path}" for route, _ in KEYED]
)
def test_a_route_serves_the_owner_of_what_it_names_and_nobody_else(
    callers: Callers, route: Route, header: str
) -> None:
    owner = callers.owner
    path, owner_gets, stranger_gets = route.path, 200, 200
    if parameter := re.search(r"\{(.+)\}", path):
        make = MADE_FOR.get(route.function, MADE[parameter[1]])
        path, stranger_gets = path.replace(parameter[0], make(owner)), 404
    sent = SENT.get(route.function, {})
    if route.function in SENT_NAMING:
        sent, stranger_gets = SENT_NAMING[route.function](owner), 404
    if route.scope == "admin":
        stranger_gets = 403
    if route in CATCH_ALL:
        owner_gets = 404
    if route.function in {"chat", "console_sessions_delete"}:
        # No upstream has the chat's model, and an API key is no session.
        owner_gets = stranger_gets = 400
    url = owner.base_url.removesuffix("/v1") + path
    before = stored(owner)

    def ask(headers: dict[str, str]) -> httpx.Response:
        return owner.client.request(route.method, url, headers=headers, **sent)

    for caller, headers, status, code in callers.refused(route, header):
        answer = ask(headers)
        assert answer.status_code == status, f"{caller}: {answer.text}"
        if route.method != "HEAD":
            assert_refused(answer, status, code=code)
    assert ask(carrying(header, callers.stranger.key)).status_code == stranger_gets
    assert stored(owner) == before

    for either in route.key_headers:
        answer = ask(carrying(either, callers.allowed(route.scope)))
        assert answer.status_code == owner_gets
