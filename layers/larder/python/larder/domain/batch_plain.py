"""Plain request bodies, which one call in C recognises as valid.

This is a sufficient condition and no more: a body that is not plain is read rule by rule, in the
modules that name problems, and may be found valid there.

A plain body has no members but those that are named here, and nothing nested beside them. So none
of it is skipped unread, and what decodes has no deep nesting and no stream. What is Raw is checked
by itself: numbers with a fraction, since converting one can take microseconds, must be short, and
the contents of long messages, which are cheaper to check as UTF-8 than to decode, must be strings.
Each member that is named makes all bodies slower to read: only those that most requests have are.
"""

from collections.abc import Buffer, Callable
from typing import Annotated, Final, Literal, cast

import msgspec
from msgspec import Meta, Raw, Struct
from msgspec.json import Decoder

from larder.domain.batch_shapes import (
    CHAT,
    COMPLETIONS,
    EMBEDDINGS,
    MODERATIONS,
    RESPONSES,
    Role,
)

# From here on a message is cheaper to skip and check than to decode.
LONG_BODY: Final = 1024
# So many are quickly looked at one by one.
_FEW_MESSAGES: Final = 16
# Too short to hold any nesting to speak of.
LONGEST_NUMBERS: Final = 64
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
    """Tells the plain bodies for one endpoint and of one model.

    Its methods raise `DecodeError`, `UnicodeDecodeError` or `RecursionError`, or answer no, for
    what is not one. Only a `ValidationError` leaves it open whether the body is valid.
    """

    __slots__ = ("_read_long", "read")

    def __init__(self, endpoint: str, model: str) -> None:
        self.read = _decoder(_BODIES[endpoint], model)
        self._read_long = _decoder(_LongChat, model) if endpoint == CHAT else None

    def accepts(self, text: Buffer) -> bool:
        """Whether the text is a plain body; for those of at least `LONG_BODY` bytes.

        For shorter ones it is faster to let the caller `read` and judge `has_short_numbers`.
        """
        if self._read_long is None:
            return has_short_numbers(self.read(text))
        body = self._read_long(text)
        if len(body.messages) > _FEW_MESSAGES:
            return has_short_numbers(self.read(text))
        str(text, "utf-8")
        for message in body.messages:
            if memoryview(message.content)[0] != _QUOTE:
                return False
        return has_short_numbers(body)


def has_short_numbers(body: _Body) -> bool:
    """Whether the members that were not converted are too short to hold any nesting to mind."""
    return len(body.temperature) + len(body.top_p) <= LONGEST_NUMBERS


def _decoder[B: _Body](shape: type[B], model: str) -> Callable[[Buffer], B]:
    of_model = msgspec.defstruct(
        "BodyOfModel",
        [("model", Literal[model])],
        bases=(shape,),
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,
    )
    return cast("Callable[[Buffer], B]", Decoder(of_model).decode)
