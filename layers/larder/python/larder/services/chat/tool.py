"""One tool: its name, what it is for, and the types of its arguments and its result."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from larder.domain.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larder.services.chat.arguments import Arguments
    from larder.services.chat.results import Result

type Part = Literal["reads", "texts", "writes"]


@dataclass(frozen=True)
class Tool:
    """A tool. `part` says what runs it; `destructive`, that it takes something out of sight."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    result: type[Result]
    part: Part
    destructive: bool = False

    @property
    def writes(self) -> bool:
        """Whether the tool changes anything."""
        return self.part == "writes"

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        """The JSON Schema of the arguments."""
        return _schema(self.arguments)

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        """The JSON Schema of the result."""
        return _schema(self.result)


def checked(tool: Tool, arguments: Mapping[str, Any]) -> Arguments:
    """Return the arguments of a tool.

    Raises:
        InvalidParameterError: they do not fit; the message says where.
    """
    try:
        return msgspec.convert(dict(arguments), tool.arguments)
    except msgspec.ValidationError as error:
        raise InvalidParameterError(f"{tool.name}: {error}", param="arguments") from error


def _schema(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the schema with an object at its root, as MCP and models' servers want it."""
    [root], parts = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    schema: dict[str, Any] = dict(parts.pop(root["$ref"].rpartition("/")[2]))
    if parts:
        schema["$defs"] = parts
    return schema
