"""Valid batch requests as msgspec types, so that one call in C recognises one.

Everything here is a sufficient condition: a line that decodes is valid in the respects its type
covers, and a line that does not is read again by `batch_lines`, which alone names problems.

Two strengths. The *plain* types name every member and allow nothing nested that they do not name:
what decodes holds no deep nesting and no invalid UTF-8, for nothing in it was skipped. The *loose*
types skip members that they do not name, and their caller checks nesting and encoding by itself.
"""

from collections.abc import Callable
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.json import Decoder

CHAT: Final = "/v1/chat/completions"
COMPLETIONS: Final = "/v1/completions"
EMBEDDINGS: Final = "/v1/embeddings"
RESPONSES: Final = "/v1/responses"
MODERATIONS: Final = "/v1/moderations"
ENDPOINTS: Final = (CHAT, COMPLETIONS, EMBEDDINGS, RESPONSES, MODERATIONS)
ROLES: Final = ("developer", "system", "user", "assistant", "tool", "function")

type Endpoint = Literal[
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/responses",
    "/v1/moderations",
]
type Role = Literal["developer", "system", "user", "assistant", "tool", "function"]
type Scalar = str | float | bool | None
type Text = Annotated[str, Meta(min_length=1)]
type Texts = Annotated[list[str], Meta(min_length=1)]


class RequestFrame(Struct, forbid_unknown_fields=True, gc=False):
    """The four members of a request line, the body unread."""

    custom_id: str
    method: Literal["POST"]
    url: Endpoint
    body: msgspec.Raw


# What is left of a line's length when the values of its four members are taken away: nothing more
# for compact JSON, 7 for a space after each comma and colon, 1 for a carriage return. A member
# given twice hides at least `"url":"",`, which is 9: below that no member is given twice.
FRAME_LENGTH: Final = len('{"custom_id":"","method":"POST","url":"","body":}')
SHORTEST_MEMBER: Final = len('"url":"",')


class Body(Struct, gc=False, kw_only=True):
    """What every request's body has, whatever its endpoint."""

    model: Text
    stream: bool | None = None


class _PlainBody(Body, forbid_unknown_fields=True, gc=False, kw_only=True):
    temperature: Scalar = None
    top_p: Scalar = None
    user: Scalar = None
    seed: Scalar = None
    n: Scalar = None
    store: Scalar = None
    service_tier: Scalar = None
    safety_identifier: Scalar = None
    prompt_cache_key: Scalar = None
    prompt_cache_retention: Scalar = None


class _PlainMessage(Struct, forbid_unknown_fields=True, gc=False):
    role: Role
    content: str
    name: Scalar = None
    tool_call_id: Scalar = None


class _PlainChat(_PlainBody, forbid_unknown_fields=True, gc=False, kw_only=True):
    messages: Annotated[list[_PlainMessage], Meta(min_length=1)]
    max_tokens: Scalar = None
    max_completion_tokens: Scalar = None
    frequency_penalty: Scalar = None
    presence_penalty: Scalar = None
    stop: Scalar | list[str] = None
    logprobs: Scalar = None
    top_logprobs: Scalar = None
    reasoning_effort: Scalar = None
    verbosity: Scalar = None
    parallel_tool_calls: Scalar = None


class _PlainCompletion(_PlainBody, forbid_unknown_fields=True, gc=False, kw_only=True):
    prompt: Text | Texts
    max_tokens: Scalar = None
    suffix: Scalar = None
    echo: Scalar = None
    best_of: Scalar = None
    logprobs: Scalar = None
    frequency_penalty: Scalar = None
    presence_penalty: Scalar = None
    stop: Scalar | list[str] = None


class _PlainInput(_PlainBody, forbid_unknown_fields=True, gc=False, kw_only=True):
    """Embeddings and moderations."""

    input: Text | Texts
    encoding_format: Scalar = None
    dimensions: Scalar = None


class _PlainInputMessage(Struct, forbid_unknown_fields=True, gc=False):
    role: str
    content: str
    type: Scalar = None


class _PlainResponse(_PlainBody, forbid_unknown_fields=True, gc=False, kw_only=True):
    input: Text | Annotated[list[_PlainInputMessage], Meta(min_length=1)]
    instructions: Scalar = None
    max_output_tokens: Scalar = None
    previous_response_id: Scalar = None
    truncation: Scalar = None
    background: Scalar = None
    parallel_tool_calls: Scalar = None


class AnyArray(Struct, array_like=True, gc=False):
    """Any JSON array, its elements skipped."""


class _AnyItem(Struct, array_like=True, gc=False):
    """A JSON array with at least one element, whatever it is."""

    first: msgspec.Raw


class _Message(Struct, tag_field="role", gc=False):
    content: str | AnyArray


class _OptionalContent(Struct, tag_field="role", gc=False):
    content: str | AnyArray | None = None


class _FunctionMessage(Struct, tag_field="role", tag="function", gc=False):
    content: str | AnyArray | None


class _Developer(_Message, tag="developer", gc=False):
    pass


class _System(_Message, tag="system", gc=False):
    pass


class _User(_Message, tag="user", gc=False):
    pass


class _Tool(_Message, tag="tool", gc=False):
    pass


class _Assistant(_OptionalContent, tag="assistant", gc=False):
    pass


type Message = _User | _System | _Assistant | _Developer | _Tool | _FunctionMessage


class _LooseChat(Body, gc=False, kw_only=True):
    messages: Annotated[list[Message], Meta(min_length=1)]


class _LooseCompletion(Body, gc=False, kw_only=True):
    prompt: Text | _AnyItem


class _LooseInput(Body, gc=False, kw_only=True):
    input: Text | _AnyItem


read_frame: Final = Decoder(RequestFrame).decode
read_messages: Final = Decoder[list[Message]](list[Message]).decode
READ_PLAIN_BODY: Final[dict[str, Callable[[msgspec.Raw], Body]]] = {
    CHAT: Decoder(_PlainChat).decode,
    COMPLETIONS: Decoder(_PlainCompletion).decode,
    EMBEDDINGS: Decoder(_PlainInput).decode,
    RESPONSES: Decoder(_PlainResponse).decode,
    MODERATIONS: Decoder(_PlainInput).decode,
}
READ_LOOSE_BODY: Final[dict[str, Callable[[msgspec.Raw], Body]]] = {
    CHAT: Decoder(_LooseChat).decode,
    COMPLETIONS: Decoder(_LooseCompletion).decode,
    EMBEDDINGS: Decoder(_LooseInput).decode,
    RESPONSES: Decoder(_LooseInput).decode,
    MODERATIONS: Decoder(_LooseInput).decode,
}
