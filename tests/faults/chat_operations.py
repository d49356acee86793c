"""The file manager, over MCP and by chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.faults.case import Case, Operation

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

_THIS = ["{file}"]
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


def _call(tool: str, **arguments: Any) -> Callable[[Case], httpx.Response]:
    """Call a tool; `{file}` in an argument stands for the file."""

    def act(case: Case) -> httpx.Response:
        filled = {
            name: [case.made["file"]] if value == _THIS else value
            for name, value in arguments.items()
        }
        if "file_id" in filled:
            filled["file_id"] = case.made["file"]
        params = {"name": tool, "arguments": filled}
        response = case.api.client.post(
            case.api.base_url.removesuffix("/v1") + "/mcp",
            json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params},
            headers={"Authorization": f"Bearer {case.api.key}"},
        )
        if response.is_success and response.json()["result"]["isError"]:
            # The tool says that nothing was done: for the matrix, a refusal.
            response.status_code = 429
        return response

    return act


def _chat(case: Case) -> httpx.Response:
    """Ask a model that no upstream serves, which is all that needs no server of models."""
    response = case.api.client.post(
        f"{case.api.base_url}/chat",
        json={"messages": [{"role": "user", "content": "Hello"}], "model": "of-nobody"},
        headers={"x-api-key": case.api.key},
    )
    if "No upstream" in response.text:
        response.status_code = 200
    return response


CHAT = (
    Operation("chat", "chat", _file, _chat),
    Operation("mcp, a search", "mcp", _file, _call("search_files", query="a")),
    Operation("mcp, a folder", "mcp", _file, _call("list_folder")),
    Operation("mcp, the usage", "mcp", _file, _call("get_usage")),
    Operation("mcp, text", "mcp", _file, _call("read_file", file_id="")),
    Operation("mcp, a rename", "mcp", _file, _call("rename_file", file_id="", name="b.txt")),
    Operation("mcp, a new folder", "mcp", _file, _call("create_folder", name="New")),
    Operation("mcp, a new text", "mcp", _file, _call("create_text_file", name="b", content="c")),
    Operation("mcp, to the trash", "mcp", _file_to_trash, _call("trash_files", file_ids=_THIS)),
    Operation("mcp, restored", "mcp", _trashed, _call("restore_files", file_ids=_THIS)),
)
