"""What `POST /v1/chat` takes and answers. Unknown members are ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence


class ChatOptions(TypedDict, total=False):
    """What a request may say besides its messages."""

    file_ids: Sequence[str]
    folder_ids: Sequence[str]
    model: str
    tools: Sequence[str]
    temperature: float
    max_tokens: int


class ChatAction(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a tool; `operation` is read, write, held or refused. `undo` undoes what it did."""

    id: str
    tool: str
    operation: str
    arguments: dict[str, Any]
    result: dict[str, Any]
    undo: str | None = None


class PlanStep(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a plan."""

    tool: str
    arguments: dict[str, Any]
    summary: str


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """Changes that wait for a person, until then (unix seconds)."""

    plan: str
    summary: str
    steps: list[PlanStep]
    expires_at: int

    @property
    def files(self) -> int:
        """How many files the steps name."""
        return sum(len(step.arguments.get("file_ids", ())) for step in self.steps)


class ChatAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the model answered, and what was done."""

    id: str
    response: str
    actions: list[ChatAction]
    needs_confirmation: Confirmation | None = None
    usage: dict[str, int] = {}
