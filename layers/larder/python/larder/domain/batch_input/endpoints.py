"""The endpoints that a batch may ask, one row each, and the shapes of their bodies.

Source: the request bodies in OpenAI's API reference. A shape names the members that have rules, and
skips the others. It is there for speed, and decides only what is valid: a body that does not have
its endpoint's shape goes to `body_rules`, which may find it valid all the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, Literal, get_args

from msgspec import Meta, Raw, Struct
from msgspec.json import Decoder

type Role = Literal["developer", "system", "user", "assistant", "tool", "function"]

ROLES: Final[tuple[str, ...]] = get_args(Role.__value__)


class _Array(Struct, array_like=True, gc=False):
    """Any array. Its elements are skipped."""


class _FilledArray(Struct, array_like=True, gc=False):
    """An array that is not empty. Its elements are skipped."""

    first: Raw


type _Text = Annotated[str, Meta(min_length=1)]
type _TextOrArray = _Text | _FilledArray


class _NeedsContent(Struct, tag_field="role", gc=False):
    content: str | _Array


class _Developer(_NeedsContent, tag="developer", gc=False):
    pass


class _System(_NeedsContent, tag="system", gc=False):
    pass


class _User(_NeedsContent, tag="user", gc=False):
    pass


class _Tool(_NeedsContent, tag="tool", gc=False):
    pass


class _Function(Struct, tag_field="role", tag="function", gc=False):
    content: str | _Array | None


class _Assistant(Struct, tag_field="role", tag="assistant", gc=False):
    content: str | _Array | None = None


type _Message = _User | _System | _Assistant | _Developer | _Tool | _Function
type Messages = Annotated[list[_Message], Meta(min_length=1)]


class UnreadMessage(Struct, gc=False):
    """A message whose content, a string in most, is left as JSON."""

    role: Role
    content: Raw = Raw(b"null")


class Body(Struct, gc=False, kw_only=True):
    """What all shapes have in common. A body that streams is invalid."""

    model: str
    stream: bool | None = None


class ChatBody(Body, gc=False):
    """A chat request."""

    messages: Messages


class UnreadChatBody(Body, gc=False):
    """A chat request with the contents left as JSON: much faster when they are long texts."""

    messages: Annotated[list[UnreadMessage], Meta(min_length=1)]


class _PromptBody(Body, gc=False):
    prompt: _TextOrArray


class _InputBody(Body, gc=False):
    input: _TextOrArray


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a request to one url needs.

    Attributes:
        url: as a request line names it.
        needs: the member of the body with what is asked: `messages`, `prompt` or `input`.
        read: decodes a body of the endpoint's shape. Raises `DecodeError`, or `RecursionError`, for
            any other.
        instead: members of which any makes up for the one that the body `needs`.
    """

    url: str
    needs: Literal["messages", "prompt", "input"]
    read: Callable[[bytes], Body]
    instead: tuple[str, ...] = ()


_read_input: Final = Decoder(_InputBody).decode

ENDPOINTS: Final = {
    endpoint.url: endpoint
    for endpoint in (
        Endpoint("/v1/chat/completions", "messages", Decoder(ChatBody).decode),
        Endpoint("/v1/completions", "prompt", Decoder(_PromptBody).decode),
        Endpoint("/v1/embeddings", "input", _read_input),
        Endpoint(
            "/v1/responses",
            "input",
            _read_input,
            instead=("prompt", "previous_response_id", "conversation"),
        ),
        Endpoint("/v1/moderations", "input", _read_input),
    )
}
