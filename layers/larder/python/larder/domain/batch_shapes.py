"""Valid batch requests as msgspec types, so that one call in C recognises one.

Everything here is a sufficient condition: what decodes is valid, and what does not is read again
rule by rule, in modules that name problems.
"""

from collections.abc import Buffer, Callable
from typing import Annotated, Final, Literal, cast

import msgspec
from msgspec import Meta, Raw, Struct
from msgspec.json import Decoder

CHAT: Final = "/v1/chat/completions"
COMPLETIONS: Final = "/v1/completions"
EMBEDDINGS: Final = "/v1/embeddings"
RESPONSES: Final = "/v1/responses"
MODERATIONS: Final = "/v1/moderations"
ENDPOINTS: Final = (CHAT, COMPLETIONS, EMBEDDINGS, RESPONSES, MODERATIONS)
ROLES: Final = ("developer", "system", "user", "assistant", "tool", "function")

type Role = Literal["developer", "system", "user", "assistant", "tool", "function"]
type Scalar = str | int | bool | None
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

type Messages = Annotated[list[Message], Meta(min_length=1)]

read_messages: Final = Decoder[Messages](Messages).decode


# Plain bodies name every member and hold nothing nested that they do not name. So nothing in them
# is skipped, and what decodes has no invalid UTF-8, no stream, and no nesting but in the members
# that are Raw. Those are the numbers with a fraction: converting one can take microseconds. Each
# member that is named makes all bodies slower to read: only those that most requests have are.


class _PlainMessage(Struct, forbid_unknown_fields=True, gc=False):
    role: Role
    content: str
    name: str | None = None


class _PlainInputMessage(Struct, forbid_unknown_fields=True, gc=False):
    role: str
    content: str
    type: str | None = None


class PlainBody(Struct, forbid_unknown_fields=True, gc=False, kw_only=True):
    """A valid body without any nesting, if both of its raw members are short."""

    temperature: Raw = Raw(b"")
    top_p: Raw = Raw(b"")


class _PlainChat(PlainBody, forbid_unknown_fields=True, gc=False, kw_only=True):
    messages: Annotated[list[_PlainMessage], Meta(min_length=1)]
    max_tokens: Scalar = None
    max_completion_tokens: Scalar = None
    reasoning_effort: Scalar = None
    seed: Scalar = None
    n: Scalar = None
    user: Scalar = None


class _PlainCompletion(PlainBody, forbid_unknown_fields=True, gc=False, kw_only=True):
    prompt: Text | Texts
    max_tokens: Scalar = None
    seed: Scalar = None
    n: Scalar = None


class _PlainInput(PlainBody, forbid_unknown_fields=True, gc=False, kw_only=True):
    """Embeddings and moderations."""

    input: Text | Texts
    encoding_format: Scalar = None
    dimensions: Scalar = None


class _PlainResponse(PlainBody, forbid_unknown_fields=True, gc=False, kw_only=True):
    input: Text | Annotated[list[_PlainInputMessage], Meta(min_length=1)]
    instructions: Scalar = None
    max_output_tokens: Scalar = None


_PLAIN: Final[dict[str, type[PlainBody]]] = {
    CHAT: _PlainChat,
    COMPLETIONS: _PlainCompletion,
    EMBEDDINGS: _PlainInput,
    RESPONSES: _PlainResponse,
    MODERATIONS: _PlainInput,
}


def plain_reader(endpoint: str, model: str) -> Callable[[Buffer], PlainBody]:
    """Decodes plain bodies for that endpoint and of that model, and fails on any other text.

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
    return cast("Callable[[Buffer], PlainBody]", Decoder(of_model).decode)
