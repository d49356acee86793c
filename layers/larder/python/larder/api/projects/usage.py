"""JSON of a project's usage of its quota, an extension of OpenAI's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from larder.domain.batches import BatchLoad
    from larder.domain.quota import Usage
    from larder.services.projects.ports import UsageDay


class Measure(BaseModel):
    """One counter: stored files count as `used`, pending uploads as `reserved`."""

    used: int
    reserved: int
    limit: int


class Running(BaseModel):
    """What runs in a project's batches."""

    running: int
    limit: int


class UsageObject(BaseModel):
    """A project's usage of its quota, and what its batches run."""

    object: Literal["usage"] = "usage"
    files: Measure
    bytes: Measure
    batches: Running
    batch_requests: Running

    @classmethod
    def of(cls, usage: Usage, load: BatchLoad) -> UsageObject:
        """Return the JSON of a project's counters."""
        return cls(
            files=Measure(
                used=usage.used.files, reserved=usage.reserved.files, limit=usage.limit.files
            ),
            bytes=Measure(
                used=usage.used.bytes, reserved=usage.reserved.bytes, limit=usage.limit.bytes
            ),
            batches=Running(running=load.batches, limit=load.batches_limit),
            batch_requests=Running(running=load.requests, limit=load.requests_limit),
        )


class UsageDayObject(BaseModel):
    """What a project stored on a day, files in the trash included."""

    object: Literal["usage.day"] = "usage.day"
    date: str = Field(description="`YYYY-MM-DD` in UTC")
    files: int
    bytes: int

    @classmethod
    def of(cls, day: UsageDay) -> UsageDayObject:
        """Return the JSON of a day."""
        return cls(date=day.date, files=day.used.files, bytes=day.used.bytes)


class UsageDayList(BaseModel):
    """A project's usage day by day, in order."""

    object: Literal["list"] = "list"
    data: list[UsageDayObject]
