"""The endpoints, roles and messages that OpenAI's batch requests have."""

from typing import Annotated, Final, Literal

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
