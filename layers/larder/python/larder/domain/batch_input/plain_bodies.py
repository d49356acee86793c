"""Plain request bodies, which one call in C recognises as valid.

This is a sufficient condition and no more: a body that is not plain is read rule by rule, in the
modules that name problems, and may be found valid there.

A plain body has no members but those that are named here, and no stream. What is Raw is skipped
unread: numbers with a fraction, since converting one can take microseconds, and the contents of
long messages, which are cheaper to check as UTF-8 than to decode. A member given twice is seen
once: so there may be more in a body than what was decoded, of any depth.
Each member that is named makes all bodies slower to read: only those that most requests have are.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Raw, Struct, ValidationError
from msgspec.json import Decoder

from larder.domain.batch_input.endpoints import (
    CHAT,
    COMPLETIONS,
    EMBEDDINGS,
    MODERATIONS,
    RESPONSES,
    Role,
)
from larder.domain.batch_input.nesting import MAX_DEPTH, nested_deeper_than
from larder.domain.batch_input.raw_json import check_utf8

# From here on a text is cheaper to skip and check than to decode.
LONG_BODY: Final = 1024
# So many are quickly looked at one by one.
_FEW_MESSAGES: Final = 16
_SHORTEST_DEEP: Final = len("[]") * MAX_DEPTH
_ABSENT: Final = Raw(b"")
_QUOTE: Final = ord('"')

type Scalar = str | int | bool | None
type Text = Annotated[str, Meta(min_length=1)]
type Texts = Annotated[list[str], Meta(min_length=1)]


class _Message(Struct, forbid_unknown_fields=True, gc=False):
    role: Role
    content: str
    name: str | None = None


class _LongMessage(Struct, forbid_unknown_fields=True, gc=False):
    role: Role
    content: Raw
    name: str | None = None


class _InputMessage(Struct, forbid_unknown_fields=True, gc=False):
    role: str
    content: str
    type: str | None = None


class _Body(Struct, forbid_unknown_fields=True, gc=False, kw_only=True):
    temperature: Raw = _ABSENT
    top_p: Raw = _ABSENT


class _AnyChat(_Body, forbid_unknown_fields=True, gc=False, kw_only=True):
    max_tokens: Scalar = None
    max_completion_tokens: Scalar = None
    reasoning_effort: Scalar = None
    seed: Scalar = None
    n: Scalar = None
    user: Scalar = None


class _Chat(_AnyChat, forbid_unknown_fields=True, gc=False, kw_only=True):
    messages: Annotated[list[_Message], Meta(min_length=1)]


class _LongChat(_AnyChat, forbid_unknown_fields=True, gc=False, kw_only=True):
    messages: Annotated[list[_LongMessage], Meta(min_length=1)]


class _Completion(_Body, forbid_unknown_fields=True, gc=False, kw_only=True):
    prompt: Text | Texts
    max_tokens: Scalar = None
    seed: Scalar = None
    n: Scalar = None


class _Input(_Body, forbid_unknown_fields=True, gc=False, kw_only=True):
    """Embeddings and moderations."""

    input: Text | Texts
    encoding_format: Scalar = None
    dimensions: Scalar = None


class _Response(_Body, forbid_unknown_fields=True, gc=False, kw_only=True):
    input: Text | Annotated[list[_InputMessage], Meta(min_length=1)]
    instructions: Scalar = None
    max_output_tokens: Scalar = None


_BODIES: Final[dict[str, type[_Body]]] = {
    CHAT: _Chat,
    COMPLETIONS: _Completion,
    EMBEDDINGS: _Input,
    RESPONSES: _Response,
    MODERATIONS: _Input,
}


class PlainBodies:
    """Tells the plain bodies for one endpoint and of one model."""

    __slots__ = ("_few_messages", "_is_chat", "_read", "_read_long")

    def __init__(self, endpoint: str, model: str) -> None:
        self._is_chat = endpoint == CHAT
        self._read = _decoder(_BODIES[endpoint], model)
        self._read_long = _decoder(_LongChat, model)
        self._few_messages = True  # as far as the last body tells

    def check(self, text: bytes) -> None:
        """Let pass a plain body.

        Raises `DecodeError`, `UnicodeDecodeError` or `RecursionError` for any other. Only a
        `ValidationError` leaves it open whether the body is valid.
        """
        check_utf8(text)
        messages: list[Any] = []
        if not self._is_chat:
            self._read(text)
        elif len(text) > LONG_BODY and self._few_messages:
            messages = self._read_long(text).messages
            self._few_messages = len(messages) <= _FEW_MESSAGES
            if not self._few_messages:
                self._read(text)
            elif any(memoryview(message.content)[0] != _QUOTE for message in messages):
                raise ValidationError
        else:
            messages = self._read(text).messages
            self._few_messages = len(messages) <= _FEW_MESSAGES
        unknown = len(text)
        if len(messages) <= _FEW_MESSAGES:
            for message in messages:
                unknown -= len(message.content)
        if unknown >= _SHORTEST_DEEP and nested_deeper_than(MAX_DEPTH - 1, text):
            raise ValidationError


def _decoder(shape: type[_Body], model: str) -> Callable[[bytes], Any]:
    of_model = msgspec.defstruct(
        "BodyOfModel",
        [("model", Literal[model])],
        bases=(shape,),
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,
    )
    return Decoder(of_model).decode
