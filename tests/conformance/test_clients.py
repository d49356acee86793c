"""Clients that people have: the official one for TypeScript, and the Inspector's command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conformance.conftest import Node

INSPECTOR = "inspector/clients/launcher/build/index.js"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_client_for_typescript_works_in_both_eras(node: Node, url: str, mode: str) -> None:
    done = node.run("check.mjs", url, mode)

    assert done.returncode == 0, done.stderr


def inspected(node: Node, url: str, method: str, *arguments: str) -> Any:
    done = node.run(INSPECTOR, "--cli", url, "--transport", "http", "--method", method, *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_inspector_finds_no_fault_in_the_tools(node: Node, url: str) -> None:
    done = node.run(
        *(INSPECTOR, "--cli", url, "--transport", "http", "--method", "tools/list", "--strict")
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)["tools"]) > 20


def test_the_inspector_calls_tools_and_reads_resources(node: Node, url: str) -> None:
    found = inspected(
        node, url, "tools/call", "--tool-name", "search_files", "--tool-arg", "query=7.txt"
    )
    [resource] = inspected(
        *(node, url, "resources/read"),
        *("--uri", f"larder://files/{found['structuredContent']['files'][0]['id']}"),
    )["contents"]
    prompt = inspected(node, url, "prompts/get", "--prompt-name", "tidy_up")

    assert resource["text"] == "text 7"
    assert prompt["messages"]
