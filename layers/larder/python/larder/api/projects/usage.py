"""JSON of a project's usage of its quota, an extension of OpenAI's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

if TYPE_CHECKING:
    from larder.domain.quota import Usage


class Measure(BaseModel):
    """One counter: stored files count as `used`, pending uploads as `reserved`."""

    used: int
    reserved: int
    limit: int


class UsageObject(BaseModel):
    """A project's usage of its quota."""

    object: Literal["usage"] = "usage"
    files: Measure
    bytes: Measure

    @classmethod
    def of(cls, usage: Usage) -> UsageObject:
        """Return the JSON of a project's counters."""
        return cls(
            files=Measure(
                used=usage.used.files, reserved=usage.reserved.files, limit=usage.limit.files
            ),
            bytes=Measure(
                used=usage.used.bytes, reserved=usage.reserved.bytes, limit=usage.limit.bytes
            ),
        )
