"""What a project uses of its quota: an extension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

if TYPE_CHECKING:
    from larder.domain.quota import Usage


class Measure(BaseModel):
    """One counter of a project; stored files use, pending uploads reserve."""

    used: int
    reserved: int
    limit: int


class UsageObject(BaseModel):
    """What a project uses of its quota."""

    object: Literal["usage"] = "usage"
    files: Measure
    bytes: Measure

    @classmethod
    def of(cls, usage: Usage) -> UsageObject:
        """Return the counters as clients see them."""
        return cls(
            files=Measure(
                used=usage.used.files, reserved=usage.reserved.files, limit=usage.limit.files
            ),
            bytes=Measure(
                used=usage.used.bytes, reserved=usage.reserved.bytes, limit=usage.limit.bytes
            ),
        )
