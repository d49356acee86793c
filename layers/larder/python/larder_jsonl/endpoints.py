"""The endpoints that a batch may ask, one row each, and the shapes of their bodies.

Source: the request bodies in OpenAI's API reference. A shape names the members that have rules, and
skips the others. It is there for speed, and decides only what is right: a body that does not have
its endpoint's shape goes to `body_rules`, which may find nothing wrong with it all the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias, get_args

from msgspec import Meta, Raw, Struct
from msgspec.json import Decoder

Role: TypeAlias = Literal["developer", "system", "user", "assistant", "tool", "function"]

ROLES: Final[tuple[str, ...]] = get_args(Role)

MAX_MODEL_NAME: Final = 256
"""The longest name of a model, in characters, that a report shows in full."""


class _FilledArray(Struct, array_like=True, gc=False):
    """An array that is not empty. Its elements are skipped."""

    first: Raw


class _NeedsContent(Struct, tag_field="role", gc=False):
    content: str | _FilledArray


class _Developer(_NeedsContent, tag="developer", gc=False):
    pass


class _System(_NeedsContent, tag="system", gc=False):
    pass


class _User(_NeedsContent, tag="user", gc=False):
    pass


class _Tool(_NeedsContent, tag="tool", gc=False):
    pass


class _Function(Struct, tag_field="role", tag="function", gc=False):
    content: str | _FilledArray | None


class _Assistant(Struct, tag_field="role", tag="assistant", gc=False):
    content: str | _FilledArray | None = None


_Message: TypeAlias = _User | _System | _Assistant | _Developer | _Tool | _Function
Messages: TypeAlias = Annotated[list[_Message], Meta(min_length=1)]
_ModelName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=MAX_MODEL_NAME)]


class UnreadMessage(Struct, gc=False):
    """A message whose content, a string in most, is left as JSON."""

    role: Role
    content: Raw = Raw(b"null")


class Body(Struct, gc=False, kw_only=True):
    """What all shapes have in common."""

    model: _ModelName | None = None
    stream: bool | None = None


class _NamedBody(Body, gc=False):
    model: _ModelName


class ChatBody(_NamedBody, gc=False):
    """A chat request."""

    messages: Messages


class UnreadChatBody(_NamedBody, gc=False):
    """A chat request with the contents left as JSON: much faster when they are long texts."""

    messages: Annotated[list[UnreadMessage], Meta(min_length=1)]


class _PromptBody(_NamedBody, gc=False):
    prompt: Raw


class _InputBody(_NamedBody, gc=False):
    input: Raw


class _ModerationBody(Body, gc=False):
    input: Raw


class _ImageBody(Body, gc=False):
    prompt: Raw


class _ImageEditBody(_ImageBody, gc=False):
    images: _FilledArray


@dataclass(frozen=True, slots=True)
class Need:
    """A member that the body of an endpoint should have, and not empty.

    Attributes:
        member: its name.
        kinds: what it may be, of "a string" and "an array".
        instead: members of which any makes up for it.
    """

    member: str
    kinds: tuple[str, ...] = ("a string", "an array")
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a request to one url needs.

    Attributes:
        url: as a request line names it.
        needs: what its body should have. The first one holds what is asked.
        read: decodes a body of the endpoint's shape. Raises `DecodeError`, or `RecursionError`, for
            any other.
        has_default_model: whether a body may leave out the model.
        counts_inputs: whether what it is given counts as embedding inputs.
    """

    url: str
    needs: tuple[Need, ...]
    read: Callable[[bytes], Body]
    has_default_model: bool = False
    counts_inputs: bool = False

    @property
    def main(self) -> str:
        """The member that holds what is asked: `messages`, `prompt` or `input`."""
        return self.needs[0].member


_text_prompt: Final = Need("prompt", kinds=("a string",))
_read_input: Final = Decoder(_InputBody).decode
_read_image: Final = Decoder(_ImageBody).decode

ENDPOINTS: Final = {
    endpoint.url: endpoint
    for endpoint in (
        Endpoint(
            "/v1/chat/completions",
            (Need("messages", kinds=("an array",)),),
            Decoder(ChatBody).decode,
        ),
        Endpoint("/v1/completions", (Need("prompt"),), Decoder(_PromptBody).decode),
        Endpoint("/v1/embeddings", (Need("input"),), _read_input, counts_inputs=True),
        Endpoint(
            "/v1/responses",
            (Need("input", instead=("prompt", "previous_response_id", "conversation")),),
            _read_input,
        ),
        Endpoint(
            "/v1/moderations",
            (Need("input"),),
            Decoder(_ModerationBody).decode,
            has_default_model=True,
        ),
        Endpoint("/v1/images/generations", (_text_prompt,), _read_image, has_default_model=True),
        Endpoint(
            "/v1/images/edits",
            (_text_prompt, Need("images", kinds=("an array",), instead=("image",))),
            Decoder(_ImageEditBody).decode,
            has_default_model=True,
        ),
        Endpoint("/v1/videos", (_text_prompt,), _read_image, has_default_model=True),
    )
}
