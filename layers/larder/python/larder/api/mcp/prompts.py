"""The prompts that people pick in their client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larder.api.mcp.messages import INVALID_PARAMS, RpcError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROMPTS: dict[str, dict[str, Any]] = {
    "tidy_up": {
        "title": "Tidy up a folder",
        "description": "Suggest names, tags and folders for the files of a folder.",
        "arguments": [
            {"name": "folder_id", "description": "The folder; the root if left out"},
        ],
    },
    "explain_batch_errors": {
        "title": "Explain a batch file's errors",
        "description": "Explain what is wrong with a batch file, and how to fix it.",
        "arguments": [{"name": "file_id", "description": "The batch file", "required": True}],
    },
}


def listed() -> list[dict[str, Any]]:
    """Return the prompts as a client lists them."""
    return [{"name": name, **prompt} for name, prompt in _PROMPTS.items()]


def filled(name: str, arguments: Mapping[str, str]) -> dict[str, Any]:
    """Return a prompt with its arguments.

    Raises:
        RpcError: there is no such prompt, or an argument is missing.
    """
    if name == "tidy_up":
        where = arguments.get("folder_id") or "root"
        text = (
            f"Look at the folder {where} with list_folder, and at the details of files whose names "
            "say little. Then propose folders, names and tags as a short list, and wait for my "
            "answer before you change anything."
        )
    elif name == "explain_batch_errors":
        if not arguments.get("file_id"):
            raise RpcError(INVALID_PARAMS, "explain_batch_errors needs the argument file_id.")
        text = (
            f"Get the validation report of {arguments['file_id']} with get_validation. Explain "
            "each kind of problem in one sentence, with the lines where it is, and how to fix it."
        )
    else:
        raise RpcError(INVALID_PARAMS, f"There is no prompt {name[:64]}.")
    message = {"role": "user", "content": {"type": "text", "text": text}}
    return {"description": _PROMPTS[name]["description"], "messages": [message]}
