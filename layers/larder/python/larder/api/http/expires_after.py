"""When a file is to expire, as JSON bodies and forms say it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from larder.domain.errors import InvalidParameterError
from larder.domain.files import MAX_LIFETIME, MIN_LIFETIME

if TYPE_CHECKING:
    from collections.abc import Iterable

_EXPIRY = re.compile(r"[^a-z]*expir", re.IGNORECASE)


class ExpiresAfter(BaseModel):
    """When a file expires, counted from its creation."""

    model_config = ConfigDict(strict=True)

    anchor: Literal["created_at"] = "created_at"
    seconds: int = Field(json_schema_extra={"minimum": MIN_LIFETIME, "maximum": MAX_LIFETIME})


class NoOtherExpiry(BaseModel):
    """A body that ignores unknown fields, except one that seems to say when a file expires."""

    model_config = ConfigDict(strict=True, extra="allow")

    @model_validator(mode="after")
    def _refuse_other_expiry(self) -> Self:
        refuse_other_expiry(
            self.model_extra or (),
            instead='send expires_after as {"anchor": "created_at", "seconds": 3600}',
        )
        return self


def refuse_other_expiry(unknown: Iterable[str], *, instead: str) -> None:
    """Refuse a field that is not known and seems to say when a file expires.

    Ignored, it would leave a file that was to vanish. `instead` says what to do.

    Raises:
        InvalidParameterError: a name begins with `expir`, in any case and notation.
    """
    for name in sorted(unknown):
        if _EXPIRY.match(name):
            raise InvalidParameterError(
                f"The field '{name[:64]}' is not understood, and a file that was to expire must "
                f"not stay: {instead}.",
                param=name[:64],
            )
