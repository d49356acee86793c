"""The prompts that the conformance suite gets by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance.suite_tools import image, resource, text

if TYPE_CHECKING:
    from collections.abc import Mapping

ARGUMENTS = {
    "test_simple_prompt": (),
    "test_prompt_with_arguments": ("arg1", "arg2"),
    "test_prompt_with_embedded_resource": ("resourceUri",),
    "test_prompt_with_image": (),
}


def listed() -> list[dict[str, Any]]:
    """Return the prompts as they are listed."""
    return [
        {
            "name": name,
            "description": f"For the suite: {name}",
            "arguments": [{"name": each, "required": True} for each in arguments],
        }
        for name, arguments in ARGUMENTS.items()
    ]


def filled(name: str, arguments: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the prompt with its arguments, None if it is not for the suite."""
    if name not in ARGUMENTS:
        return None
    parts = [text(f"{name}: {dict(arguments)}")]
    if name == "test_prompt_with_embedded_resource":
        parts.insert(0, resource(arguments["resourceUri"], "Embedded resource content."))
    if name == "test_prompt_with_image":
        parts.insert(0, image())
    return {"messages": [{"role": "user", "content": part} for part in parts]}
