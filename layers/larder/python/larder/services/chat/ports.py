"""The ports of the file manager: its log of actions, who has read text, and models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from larder.domain.edits import Edit
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.services.space.ports import Page, Position

LOG_SECONDS = 30 * 86_400
"""Seconds that an action can be undone."""


@dataclass(frozen=True, slots=True)
class Action:
    """A change that the file manager made; `undo` are the edits that take it back, in order.

    `at` is in unix seconds. `summary` says what was done, for people.
    """

    id: str
    tool: str
    summary: str
    at: int
    undo: tuple[Edit, ...]


class ActionLog(Protocol):
    """The actions of a project."""

    def add(self, tenant: TenantId, action: Action) -> bool:
        """Record a new action for `LOG_SECONDS`; False if there is one with its id."""

    def amend(self, tenant: TenantId, action: Action) -> None:
        """Record the action in place of the one with its id."""

    def get(self, tenant: TenantId, action_id: str) -> Action | None:
        """Return the action (strongly consistent)."""

    def page(
        self, tenant: TenantId, *, limit: int, after: Position | None, now: float
    ) -> Page[Action]:
        """Return actions that can still be undone at `now`, the newest first."""


class Readings(Protocol):
    """Which keys have lately had text of files read to a model."""

    def note(self, tenant: TenantId, key_id: str, until: int) -> None:
        """Record that a key's model knows text of a file, until then (unix seconds)."""

    def noted(self, tenant: TenantId, key_id: str, now: float) -> bool:
        """Tell whether that was recorded and still holds (strongly consistent)."""


class DocumentText(Protocol):
    """Extracts the text of documents."""

    def __call__(self, file: File, data: bytes) -> str:
        """Return the text of a document.

        Raises:
            InvalidParameterError: it cannot be read; the message says why.
        """


class SigningKey(Protocol):
    """The secret that signs cursors and plans."""

    def __call__(self) -> bytes:
        """Return the key that signs."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the keys that may have signed what comes back."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that a model wants; `arguments` is JSON as the model wrote it, right or wrong."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ModelMessage:
    """A message of the conversation; `call_id` says which call a message of a tool answers."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class ModelTurn:
    """What a model answered, and the tokens that it took; `cut` if it would have said more."""

    content: str
    calls: tuple[ToolCall, ...]
    input_tokens: int
    output_tokens: int
    cut: bool = False


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What a model is asked, and how long it may take. `must_call` makes it call a tool."""

    model: str
    messages: Sequence[ModelMessage]
    with_tools: bool
    must_call: bool
    temperature: float
    max_tokens: int
    seconds: float


class ChatModel(Protocol):
    """A model that can call the tools."""

    def __call__(
        self, request: ModelRequest, hear: Callable[[str], None] | None = None, /
    ) -> ModelTurn:
        """Return the model's answer. `hear` gets its text piece by piece, as the model writes it.

        Text that was heard is no answer if this raises.

        Raises:
            InvalidParameterError: no upstream of this deployment serves the model.
            ModelFailedError: it did not answer in time, or not well.
        """
