"""The file manager, over MCP and by chat."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx

from larder.domain.upstreams import Upstream
from tests.fakes.chat_server import calls, chat_server, says, script
from tests.faults.case import Case, Operation

if TYPE_CHECKING:
    from collections.abc import Callable

_THIS = ["{file}"]
_KEPT = ("x-request-id",)
DATA = b"the bytes of a file that an agent sees"


def _file(case: Case) -> None:
    case.made["file"] = case.file(DATA)
    case.settled(case.made["file"])


def _file_to_trash(case: Case) -> None:
    _file(case)
    case.becomes(case.made["file"], "trash")


def _trashed(case: Case) -> None:
    _file(case)
    case.space.trash(case.made["file"])
    case.becomes(case.made["file"], "live", before="trash")


def _folder(case: Case) -> None:
    """A folder that nothing is in, so that it needs no plan."""
    case.made["folder"] = case.space.make_folder("Old")


def _folder_to_trash(case: Case) -> None:
    _folder(case)
    case.becomes(case.made["folder"], "trash", before="there")


def _trashed_folder(case: Case) -> None:
    _folder(case)
    case.space.delete_folder(case.made["folder"])
    case.becomes(case.made["folder"], "there", before="trash")


def _refused(response: httpx.Response) -> httpx.Response:
    """Return what says that nothing was done as the matrix knows refusals."""
    error = {"message": response.text, "type": "rate_limit_error", "param": None, "code": None}
    found = {name: response.headers[name] for name in _KEPT if name in response.headers}
    return httpx.Response(429, json={"error": error}, headers=found, request=response.request)


def _call(tool: str, **arguments: Any) -> Callable[[Case], httpx.Response]:
    """Call a tool; `{file}` in an argument stands for the file."""

    def act(case: Case) -> httpx.Response:
        filled = {
            name: [case.made["file"]] if value == _THIS else value
            for name, value in arguments.items()
        }
        for name in ("file", "folder"):
            if f"{name}_id" in filled:
                filled[f"{name}_id"] = case.made[name]
        params = {"name": tool, "arguments": filled}
        response = case.api.client.post(
            case.api.base_url.removesuffix("/v1") + "/mcp",
            json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params},
            headers={"Authorization": f"Bearer {case.api.key}"},
        )
        if response.is_success and response.json()["result"]["isError"]:
            return _refused(response)
        return response

    return act


def _ask(case: Case, model: str = "of-nobody", **asked: Any) -> httpx.Response:
    said = {"messages": [{"role": "user", "content": "Hello"}], "model": model}
    return case.api.client.post(
        f"{case.api.base_url}/chat", json=said | asked, headers={"x-api-key": case.api.key}
    )


def _chat(case: Case) -> httpx.Response:
    """Ask a model that no upstream serves."""
    response = _ask(case)
    if "No upstream" in response.text:
        response.status_code = 200
    return response


def _rename(case: Case) -> httpx.Response:
    """Ask a model, which renames the file."""
    name = case.project.id
    with chat_server() as server:
        server.behaviour = script(
            calls(("rename_file", {"file_id": case.made["file"], "name": "b.txt"})), says("Done.")
        )
        upstreams = case.deployment.operator.upstreams
        upstreams.put(Upstream(name, server.base_url, (name,), created_at=int(time.time())))
        response = _ask(case, name, file_ids=[case.made["file"]])
        upstreams.remove(name)
    return response


def _planned(case: Case) -> None:
    """A plan to trash the file: it waits for a person, since text was read before."""
    _file_to_trash(case)
    _call("read_file", file_id="")(case)
    held = _call("trash_files", file_ids=_THIS)(case).json()["result"]["structuredContent"]
    case.made["plan"] = held["plan"]


def _confirm(case: Case) -> httpx.Response:
    response = _ask(case, confirm=case.made["plan"])
    if response.is_success and response.json()["actions"][0]["operation"] == "refused":
        return _refused(response)
    return response


CHAT = (
    Operation("chat", "chat", _file, _chat),
    Operation("chat, a rename", "chat", _file, _rename),
    Operation("chat, a plan", "chat", _planned, _confirm),
    Operation("mcp, a search", "mcp", _file, _call("search_files", query="a")),
    Operation("mcp, a folder", "mcp", _file, _call("list_folder")),
    Operation("mcp, the usage", "mcp", _file, _call("get_usage")),
    Operation("mcp, text", "mcp", _file, _call("read_file", file_id="")),
    Operation("mcp, a rename", "mcp", _file, _call("rename_file", file_id="", name="b.txt")),
    Operation("mcp, a new folder", "mcp", _file, _call("create_folder", name="New")),
    Operation("mcp, a new text", "mcp", _file, _call("create_text_file", name="b", content="c")),
    Operation("mcp, to the trash", "mcp", _file_to_trash, _call("trash_files", file_ids=_THIS)),
    Operation(
        "mcp, a folder to the trash", "mcp", _folder_to_trash, _call("trash_folder", folder_id="")
    ),
    Operation(
        "mcp, a folder restored", "mcp", _trashed_folder, _call("restore_folder", folder_id="")
    ),
    Operation("mcp, restored", "mcp", _trashed, _call("restore_files", file_ids=_THIS)),
)
