"""Valid batch requests as msgspec types, so that one call in C recognises one.

Everything here is a sufficient condition: what decodes is valid, and what does not is read again
by `batch_bodies`, which alone names problems.
"""

from collections.abc import Buffer, Callable
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

type Role = Literal["developer", "system", "user", "assistant", "tool", "function"]
type Scalar = str | float | bool | None
type Text = Annotated[str, Meta(min_length=1)]
type Texts = Annotated[list[str], Meta(min_length=1)]


class _AnyArray(Struct, array_like=True, gc=False):
    """Any JSON array, its elements skipped."""


class _NeedsContent(Struct, tag_field="role", gc=False):
    content: str | _AnyArray


class _Function(Struct, tag_field="role", tag="function", gc=False):
    content: str | _AnyArray | None


class _Developer(_NeedsContent, tag="developer", gc=False):
    pass


class _System(_NeedsContent, tag="system", gc=False):
    pass


class _User(_NeedsContent, tag="user", gc=False):
    pass


class _Tool(_NeedsContent, tag="tool", gc=False):
    pass


class _Assistant(Struct, tag_field="role", tag="assistant", gc=False):
    content: str | _AnyArray | None = None


type Message = _User | _System | _Assistant | _Developer | _Tool | _Function

read_messages: Final = Decoder[list[Message]](list[Message]).decode


# Plain bodies name every member and hold nothing nested that they do not name. So nothing in them
# is skipped, and what decodes has no deep nesting, no invalid UTF-8 and no stream. Each member that
# is named makes all bodies slower to read: only those that most requests have are.


class _PlainMessage(Struct, forbid_unknown_fields=True, gc=False):
    role: Role
    content: str
    name: Scalar = None


class _PlainChat(Struct, forbid_unknown_fields=True, gc=False, kw_only=True):
    messages: Annotated[list[_PlainMessage], Meta(min_length=1)]
    max_tokens: Scalar = None
    temperature: Scalar = None
    top_p: Scalar = None
    max_completion_tokens: Scalar = None
    reasoning_effort: Scalar = None
    seed: Scalar = None
    n: Scalar = None
    user: Scalar = None


class _PlainCompletion(Struct, forbid_unknown_fields=True, gc=False, kw_only=True):
    prompt: Text | Texts
    max_tokens: Scalar = None
    temperature: Scalar = None
    top_p: Scalar = None
    seed: Scalar = None
    n: Scalar = None


class _PlainInput(Struct, forbid_unknown_fields=True, gc=False, kw_only=True):
    """Embeddings and moderations."""

    input: Text | Texts
    encoding_format: Scalar = None
    dimensions: Scalar = None


class _PlainInputMessage(Struct, forbid_unknown_fields=True, gc=False):
    role: str
    content: str
    type: Scalar = None


class _PlainResponse(Struct, forbid_unknown_fields=True, gc=False, kw_only=True):
    input: Text | Annotated[list[_PlainInputMessage], Meta(min_length=1)]
    instructions: Scalar = None
    max_output_tokens: Scalar = None
    temperature: Scalar = None
    top_p: Scalar = None


_PLAIN: Final[dict[str, type[Struct]]] = {
    CHAT: _PlainChat,
    COMPLETIONS: _PlainCompletion,
    EMBEDDINGS: _PlainInput,
    RESPONSES: _PlainResponse,
    MODERATIONS: _PlainInput,
}


def plain_reader(endpoint: str, model: str) -> Callable[[Buffer], Struct]:
    """Decodes plain valid bodies for that endpoint and of that model, and fails on other text.

    Fails with `DecodeError`, `UnicodeDecodeError` or `RecursionError`.
    """
    of_model = msgspec.defstruct(
        "BodyOfModel",
        [("model", Literal[model])],
        bases=(_PLAIN[endpoint],),
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,
    )
    return Decoder(of_model).decode
