"""How a large file is cut into the parts that S3 takes, one PUT each.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html: parts of 5 MiB to 5 GiB but for
the last, 10,000 of them at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 2**20

PART_THRESHOLD = 64 * MIB
"""Up to this size one PUT is as fast, and needs no second thought."""

USUAL_PART = 16 * MIB
MAX_PART_BYTES = 5 * 2**30

MAX_PARTS = 150
"""As many as have their signed URLs, of up to 2 KB, in an answer that a DynamoDB item can keep."""

MAX_UPLOAD_BYTES = MAX_PARTS * MAX_PART_BYTES


@dataclass(frozen=True, slots=True)
class Part:
    """Part `number` (from 1) of a file: `size` bytes from `(number - 1) * part_size` on."""

    number: int
    size: int


@dataclass(frozen=True, slots=True)
class PartPlan:
    """A file of `bytes` cut into parts of `part_size`, the last one as large as what is left."""

    bytes: int
    part_size: int

    def __iter__(self) -> Iterator[Part]:
        """Yield the parts in order."""
        for number, start in enumerate(range(0, self.bytes, self.part_size), start=1):
            yield Part(number, min(self.part_size, self.bytes - start))


def plan_parts(size: int) -> PartPlan:
    """Return how a file of `size` bytes is cut.

    Into parts of 16 MiB, or of more whole MiB where `MAX_PARTS` of those would not do.
    """
    smallest = -(-size // MAX_PARTS)
    return PartPlan(size, max(USUAL_PART, -(-smallest // MIB) * MIB))


@dataclass(frozen=True, slots=True)
class ArrivedPart:
    """A part that S3 has: its exact size, and its MD5 in hex."""

    number: int
    size: int
    md5: str


MAX_SMALL_PARTS = 10_000
"""The most parts of request size in one upload. Reading one to join it costs 1 to 2 ms of CPU."""

SMALL_PARTS_LIMIT = 512 * MIB
"""The largest file put together from parts of request size, well within the gateway's 29 s."""
