"""POST /mcp, driven by the official client in both eras of the protocol."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ElicitRequestParams, ElicitResult
from mcp_types.methods import validate_server_result

from larder.api.mcp.eras import CAPABILITIES_KEY, STATELESS, VERSION_KEY
from larder.services.chat import apply_edit
from larder.services.chat.tools import TOOLS
from tests.integration.files import upload
from tests.integration.space import put
from tests.support.events import recorded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from larder.domain.ids import TenantId
    from larder.runtime.composition import Composition
    from tests.integration.conftest import Answer, Functions

URL = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/mcp"
type Era = Literal["auto", "legacy"]

each_era = pytest.mark.parametrize("era", ["auto", "legacy"])


@pytest.fixture
def post(functions: Functions, tenant: TenantId) -> Callable[..., Answer]:
    """What sends a body with headers to the function."""

    def send(body: bytes | dict[str, Any], headers: dict[str, str] | None = None) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return functions.call(
            "mcp",
            tenant,
            headers={"Content-Type": "application/json", **(headers or {})},
            body=base64.b64encode(raw).decode(),
            isBase64Encoded=True,
        )

    return send


@asynccontextmanager
async def connected(
    post: Callable[..., Answer], era: Era = "auto", **options: Any
) -> AsyncIterator[Client]:
    async def answer(request: httpx2.Request) -> httpx2.Response:
        if request.method != "POST":
            return httpx2.Response(405)
        body = await request.aread()
        found = await asyncio.to_thread(post, body, dict(request.headers))
        kind = {"content-type": "application/json"}
        return httpx2.Response(found.status, headers=kind, content=found.raw.encode())

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        transport = streamable_http_client(URL, http_client=http)
        async with Client(transport, mode=era, **options) as client:
            yield client


def run[Result](
    post: Callable[..., Answer],
    ask: Callable[[Client], Any],
    era: Era = "auto",
    **options: Any,
) -> Any:
    async def session() -> Any:
        async with connected(post, era, **options) as client:
            try:
                return await ask(client)
            except MCPError as error:
                # Raised in here, it would come out in a group.
                return error

    found = asyncio.run(session())
    if isinstance(found, MCPError):
        raise found
    return found


@each_era
def test_the_official_client_negotiates_its_era(post: Callable[..., Answer], era: Era) -> None:
    async def versions(client: Client) -> str:
        return client.protocol_version

    spoken = run(post, versions, era)

    assert spoken == (STATELESS if era == "auto" else "2025-11-25")


@each_era
def test_the_tools_are_those_of_the_table(post: Callable[..., Answer], era: Era) -> None:
    found = run(post, lambda client: client.list_tools(), era)

    assert [tool.name for tool in found.tools] == list(TOOLS)
    for tool in found.tools:
        assert tool.input_schema["type"] == tool.output_schema["type"] == "object"
        assert tool.annotations.read_only_hint != TOOLS[tool.name].writes
        assert tool.annotations.open_world_hint is False


@each_era
def test_a_tool_answers_in_structure_and_in_text(
    post: Callable[..., Answer], functions: Functions, tenant: TenantId, era: Era
) -> None:
    file_id = put(functions, tenant)["fileId"]

    found = run(post, lambda client: client.call_tool("search_files", {}), era)

    assert [row["id"] for row in found.structured_content["files"]] == [file_id]
    assert json.loads(found.content[0].text) == found.structured_content
    assert not found.is_error


@each_era
def test_a_change_is_made_and_undone(
    post: Callable[..., Answer],
    functions: Functions,
    tenant: TenantId,
    ports: Composition,
    era: Era,
) -> None:
    file_id = put(functions, tenant)["fileId"]

    async def rename(client: Client) -> tuple[Any, str, Any]:
        done = await client.call_tool("rename_file", {"file_id": file_id, "name": "b.txt"})
        name = ports.files.get(tenant, file_id).filename  # type: ignore[union-attr]
        action = {"action_id": done.structured_content["action_id"]}
        return done, name, await client.call_tool("undo", action)

    done, name, undone = run(post, rename, era)

    assert (done.structured_content["changed"], name) == (1, "b.txt")
    assert undone.structured_content["changed"] == 1
    assert ports.files.get(tenant, file_id).filename != "b.txt"  # type: ignore[union-attr]


@each_era
def test_what_a_tool_refuses_is_told_to_the_model(post: Callable[..., Answer], era: Era) -> None:
    wrong = {"file_id": "file-" + "0" * 24}

    found = run(post, lambda client: client.call_tool("get_file", wrong), era)

    assert found.is_error
    assert "not found" in found.content[0].text


@each_era
def test_a_tool_that_does_not_exist_is_an_error_of_the_protocol(
    post: Callable[..., Answer], era: Era
) -> None:
    with pytest.raises(MCPError, match="purge_files") as refused:
        run(post, lambda client: client.call_tool("purge_files", {}), era)

    assert refused.value.code == -32602


@each_era
def test_files_are_resources(
    post: Callable[..., Answer], functions: Functions, tenant: TenantId, era: Era
) -> None:
    file_id = put(functions, tenant)["fileId"]
    uri = f"larder://files/{file_id}"

    listed = run(post, lambda client: client.list_resources(), era)
    templates = run(post, lambda client: client.list_resource_templates(), era)
    read = run(post, lambda client: client.read_resource(uri), era)

    assert [str(resource.uri) for resource in listed.resources] == [uri]
    assert templates.resource_templates[0].uri_template == "larder://files/{file_id}"
    assert read.contents[0].text


@pytest.mark.parametrize(("era", "code"), [("auto", -32602), ("legacy", -32002)])
@pytest.mark.parametrize("uri", ["larder://files/file-" + "0" * 24, "larder://files/a", "file:///"])
def test_a_resource_that_does_not_exist(
    post: Callable[..., Answer], era: Era, code: int, uri: str
) -> None:
    with pytest.raises(MCPError, match="Resource not found") as refused:
        run(post, lambda client: client.read_resource(uri), era)

    assert refused.value.code == code


@each_era
def test_prompts_are_filled_in(post: Callable[..., Answer], era: Era) -> None:
    listed = run(post, lambda client: client.list_prompts(), era)
    name, file_id = "explain_batch_errors", "file-" + "0" * 24
    got = run(post, lambda client: client.get_prompt(name, {"file_id": file_id}), era)

    assert [prompt.name for prompt in listed.prompts] == ["tidy_up", name]
    assert file_id in got.messages[0].content.text
    with pytest.raises(MCPError, match="needs the argument"):
        run(post, lambda client: client.get_prompt(name, {}), era)


def held_back(functions: Functions, tenant: TenantId) -> dict[str, Any]:
    return {"file_ids": [put(functions, tenant)["fileId"] for _ in range(11)]}


@pytest.mark.parametrize(
    ("action", "content", "trashed"),
    [
        ("accept", {"confirm": True}, 11),
        ("accept", {"confirm": False}, 0),
        ("decline", None, 0),
        ("cancel", None, 0),
    ],
)
def test_the_client_asks_its_user_before_a_plan_is_carried_out(
    post: Callable[..., Answer],
    functions: Functions,
    tenant: TenantId,
    action: Literal["accept", "decline", "cancel"],
    content: dict[str, Any] | None,
    trashed: int,
) -> None:
    asked: list[str] = []

    async def user(_: Any, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action=action, content=content)

    arguments = held_back(functions, tenant)
    found = run(
        post,
        lambda client: client.call_tool("trash_files", arguments),
        elicitation_callback=user,
    )

    assert asked[0].startswith("Move 11 files:")
    assert found.structured_content["changed"] == trashed
    listed = functions.call("trash_list", tenant, queryStringParameters={"limit": "100"})
    assert len(listed.json["files"]) == trashed


@each_era
def test_a_client_that_cannot_ask_gets_a_plan_that_no_tool_carries_out(
    post: Callable[..., Answer], functions: Functions, tenant: TenantId, era: Era
) -> None:
    arguments = held_back(functions, tenant)

    found = run(post, lambda client: client.call_tool("trash_files", arguments), era)

    plan = found.structured_content["plan"]
    assert found.structured_content["needs_confirmation"]
    assert "larder chat --confirm" in found.structured_content["reason"]
    for name in TOOLS:
        with_plan = partial(Client.call_tool, name=name, arguments={"confirm": plan})
        assert run(post, with_plan, era).is_error
    assert functions.call("trash_list", tenant).json["files"] == []


def stateless(
    method: str, params: dict[str, Any] | None = None, version: str = STATELESS
) -> dict[str, Any]:
    said = {VERSION_KEY: version, CAPABILITIES_KEY: {"elicitation": {"form": {}}}}
    return {
        "jsonrpc": "2.0",
        "id": 7,
        "method": method,
        "params": {**(params or {}), "_meta": said},
    }


def headers_of(message: dict[str, Any]) -> dict[str, str]:
    params = message["params"]
    found = {"MCP-Protocol-Version": STATELESS, "Mcp-Method": message["method"]}
    name = params.get("uri" if message["method"] == "resources/read" else "name")
    return found if name is None else {**found, "Mcp-Name": name}


def test_the_plan_of_one_call_does_not_confirm_another(
    post: Callable[..., Answer], functions: Functions, tenant: TenantId
) -> None:
    arguments = held_back(functions, tenant)
    call = stateless("tools/call", {"name": "trash_files", "arguments": arguments})
    state = post(call, headers_of(call)).json["result"]["requestState"]
    yes = {"confirm": {"action": "accept", "content": {"confirm": True}}}

    changed: tuple[dict[str, Any], ...] = (
        {"arguments": {"file_ids": arguments["file_ids"][:10]}},
        {"name": "set_favorite", "arguments": {**arguments, "favorite": True}},
        {"requestState": state[:-3] + "AAA"},
    )

    def again(**changes: Any) -> Answer:
        params = {**call["params"], "requestState": state, "inputResponses": yes, **changes}
        message = {**call, "params": params}
        return post(message, headers_of(message))

    refused = [again(**changes) for changes in changed]
    unanswered = again(inputResponses={})

    for answer in refused:
        assert (answer.status, answer.json["error"]["code"]) == (400, -32602)
    assert unanswered.json["result"]["structuredContent"]["changed"] == 0
    assert functions.call("trash_list", tenant).json["files"] == []


REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("server/discover", {}),
    ("tools/list", {}),
    ("resources/list", {}),
    ("resources/templates/list", {}),
    ("prompts/list", {}),
    ("prompts/get", {"name": "tidy_up", "arguments": {}}),
    ("tools/call", {"name": "get_usage", "arguments": {}}),
]


@pytest.mark.parametrize(("method", "params"), REQUESTS, ids=[method for method, _ in REQUESTS])
def test_a_result_fits_the_schema_of_each_revision(
    post: Callable[..., Answer], method: str, params: dict[str, Any]
) -> None:
    new = stateless(method, params)

    found = post(new, headers_of(new)).json["result"]

    assert found["resultType"] == "complete"
    assert found["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "larder"
    assert ("ttlMs" in found) == (not method.endswith(("get", "call")))
    validate_server_result(method, STATELESS, found)
    if method != "server/discover":
        old = {"jsonrpc": "2.0", "id": "a", "method": method, "params": params}
        answer = post(old, {"MCP-Protocol-Version": "2025-11-25"}).json
        assert answer["id"] == "a"
        assert not answer["result"].keys() & {"ttlMs", "cacheScope", "resultType"}
        validate_server_result(method, "2025-11-25", answer["result"])


def test_a_question_fits_the_schema(
    post: Callable[..., Answer], functions: Functions, tenant: TenantId
) -> None:
    arguments = held_back(functions, tenant)
    call = stateless("tools/call", {"name": "trash_files", "arguments": arguments})

    found = post(call, headers_of(call)).json["result"]

    assert found["resultType"] == "input_required"
    validate_server_result("tools/call", STATELESS, found)


LIST = stateless("tools/list")
NO_FILE = stateless("resources/read", {"uri": "larder://files/none"})
NO_TOOL = stateless("tools/call", {"name": "purge_files"})


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", {}, 400, -32700),
        (b"[]", {}, 400, -32600),
        (b"[" * 10_000, {}, 400, -32700),
        ({"jsonrpc": "1.0", "id": 1, "method": "ping"}, {}, 400, -32600),
        ({"jsonrpc": "2.0", "id": {}, "method": "ping"}, {}, 400, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}, {}, 400, -32600),
        (LIST, {}, 400, -32020),
        (LIST, headers_of(LIST) | {"Mcp-Method": "tools/call"}, 400, -32020),
        (LIST, headers_of(LIST) | {"MCP-Protocol-Version": "2025-11-25"}, 400, -32020),
        (stateless("prompts/get", {"name": "tidy_up"}), headers_of(LIST), 400, -32020),
        (
            stateless("tools/list", version="2099-01-01"),
            headers_of(LIST) | {"MCP-Protocol-Version": "2099-01-01"},
            400,
            -32022,
        ),
        ({"jsonrpc": "2.0", "id": 1, "method": "ping"}, {"MCP-Protocol-Version": "x"}, 400, -32022),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, headers_of(LIST), 400, -32602),
        (stateless("ping"), headers_of(stateless("ping")), 404, -32601),
        (stateless("initialize"), headers_of(stateless("initialize")), 404, -32601),
        ({"jsonrpc": "2.0", "id": 1, "method": "server/discover"}, {}, 200, -32601),
        (NO_FILE, headers_of(NO_FILE), 400, -32602),
        (NO_TOOL, headers_of(NO_TOOL), 400, -32602),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {}}, {}, 200, -32602),
        (
            {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"cursor": "x"}},
            {},
            200,
            -32602,
        ),
    ],
)
def test_a_message_that_is_wrong_is_refused_as_the_protocol_says(
    post: Callable[..., Answer],
    body: bytes | dict[str, Any],
    headers: dict[str, str],
    status: int,
    code: int,
) -> None:
    answer = post(body, headers)

    assert (answer.status, answer.json["error"]["code"]) == (status, code)
    assert answer.json["jsonrpc"] == "2.0"


def test_whitespace_around_a_header_is_no_part_of_it(post: Callable[..., Answer]) -> None:
    spaced = {name: f" {value}\t" for name, value in headers_of(LIST).items()}

    assert post(LIST, spaced).status == 200


def test_an_unknown_revision_is_told_which_ones_there_are(post: Callable[..., Answer]) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}

    answer = post(message, {"MCP-Protocol-Version": "2099-01-01"})

    data = answer.json["error"]["data"]
    assert data["requested"] == "2099-01-01"
    assert data["supported"][:2] == [STATELESS, "2025-11-25"]


def test_a_handshake_with_an_unknown_revision_is_offered_the_latest_of_its_era(
    post: Callable[..., Answer],
) -> None:
    params = {"protocolVersion": "2099-01-01", "capabilities": {}, "clientInfo": {}}

    answer = post({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})

    assert answer.json["result"]["protocolVersion"] == "2025-11-25"


@pytest.mark.parametrize(
    "body",
    [
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
    ],
)
def test_what_needs_no_answer_is_accepted(
    post: Callable[..., Answer], body: dict[str, Any]
) -> None:
    answer = post(body)

    assert (answer.status, answer.raw) == (202, "")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example", 403),
        ("null", 403),
        (URL.removesuffix("/mcp"), 200),
        (URL.removesuffix("/mcp").replace("https", "http"), 200),
    ],
)
def test_a_page_of_another_origin_is_refused(
    post: Callable[..., Answer], origin: str, status: int
) -> None:
    answer = post({"jsonrpc": "2.0", "id": 1, "method": "ping"}, {"Origin": origin})

    assert answer.status == status


def test_a_page_is_refused_where_the_gateway_does_not_say_its_own_host(
    functions: Functions, tenant: TenantId
) -> None:
    event = recorded("mcp")
    event["headers"] |= {"Origin": "https://evil.example"}
    event["requestContext"]["authorizer"] |= {"tenant": tenant}
    del event["requestContext"]["domainName"]

    assert functions.invoke("mcp", event)["statusCode"] == 403


def test_a_key_that_may_only_read_changes_nothing(functions: Functions, tenant: TenantId) -> None:
    event = recorded("mcp")
    call = stateless("tools/call", {"name": "create_folder", "arguments": {"name": "a"}})
    event["body"] = base64.b64encode(json.dumps(call).encode()).decode()
    event["headers"] |= headers_of(call)
    event["requestContext"]["authorizer"] |= {"tenant": tenant, "scopes": "batches read"}

    answer = json.loads(functions.invoke("mcp", event)["body"])["result"]

    assert answer["isError"]
    assert "scope 'write'" in answer["content"][0]["text"]


def test_every_tool_works_with_what_the_role_allows(
    post: Callable[..., Answer], functions: Functions, tenant: TenantId, ports: Composition
) -> None:
    """Without s3:DeleteObject, and without the ledger that every purge writes."""

    def call(tool: str, **arguments: Any) -> dict[str, Any]:
        params = {"name": tool, "arguments": arguments}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        result: dict[str, Any] = post(message).json["result"]
        assert not result["isError"], result
        used.add(tool)
        return result["structuredContent"]  # type: ignore[no-any-return]

    used: set[str] = set()
    file_id = put(functions, tenant)["fileId"]
    batch_id = upload(functions, tenant, b"nonsense\n").json["id"]
    folder_id = call("create_folder", name="New")["created_id"]
    for tool in ("trash_folder", "restore_folder"):
        call(tool, folder_id=folder_id)
    call("update_folder", folder_id=folder_id, name="Newer")
    call("create_text_file", name="a.txt", content="text", folder_id=folder_id)
    call("move_files", file_ids=[file_id], folder_id=folder_id)
    call("tag_files", file_ids=[file_id], add=["a"])
    call("set_favorite", file_ids=[file_id], favorite=True)
    call("rename_file", file_id=file_id, name="b.txt")
    trashed = call("trash_files", file_ids=[file_id])
    assert call("list_trash")["files"][0]["id"] == file_id
    call("undo", action_id=trashed["action_id"])
    call("trash_files", file_ids=[file_id])
    call("restore_files", file_ids=[file_id])
    for sort in ("createdAt", "name", "sizeBytes"):
        assert len(call("search_files", sort=sort)["files"]) == 3
        assert len(call("search_files", sort=sort, folder_id=folder_id)["files"]) == 2
    assert len(call("list_folder", folder_id=folder_id)["files"]) == 2
    assert call("get_file", file_id=file_id)["path"] == "/Newer"
    assert call("get_usage")["files_used"] == 3
    assert call("list_actions")["actions"][0]["tool"] == "restore_files"
    assert call("read_file", file_id=file_id)["untrusted_content"] == "a report"
    assert call("get_validation", file_id=batch_id)["errors"] == 1
    assert used == set(TOOLS)
    assert call("create_folder", name="Next")["needs_confirmation"]

    ports.objects.delete(tenant, file_id)
    missing = {"name": "read_file", "arguments": {"file_id": file_id}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": missing}
    assert "not arrived" in post(message).json["result"]["content"][0]["text"]


def test_a_folder_that_takes_longer_moves_in_the_background(
    post: Callable[..., Answer],
    functions: Functions,
    tenant: TenantId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(apply_edit, "FOLDER_SECONDS", 0)

    async def make_and_trash(client: Client) -> Any:
        made = await client.call_tool("create_folder", {"name": "New"})
        folder_id = {"folder_id": made.structured_content["created_id"]}
        return await client.call_tool("trash_folder", folder_id)

    assert run(post, make_and_trash).structured_content["changed"] == 1
    assert functions.call("folders_list", tenant).json["folders"] == []
    assert [row["name"] for row in functions.call("trash_list", tenant).json["folders"]] == ["New"]


def test_an_empty_folder_is_removed_by_the_undo_of_its_creation(
    post: Callable[..., Answer], functions: Functions, tenant: TenantId
) -> None:
    async def make_and_undo(client: Client) -> Any:
        made = await client.call_tool("create_folder", {"name": "New"})
        action_id = made.structured_content["action_id"]
        return await client.call_tool("undo", {"action_id": action_id})

    assert run(post, make_and_undo).structured_content["changed"] == 1
    assert functions.call("folders_list", tenant).json["folders"] == []
