"""What a project may store, and what it stores.

A project's counter keeps what is *left* rather than what is used, because a DynamoDB condition
can compare an attribute with a value but cannot add: admission needs no read before it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of files and of bytes."""

    files: int
    bytes: int

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.files + other.files, self.bytes + other.bytes)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.files - other.files, self.bytes - other.bytes)


NOTHING = Amount(files=0, bytes=0)

MAX_PROJECT_FILES = 2_000_000
"""The highest files limit of a project. Their records then have 5.4 KB each of DynamoDB's 10 GB."""

RECORD_BYTES = 4_950
"""What the record of a file takes in its project's partition, with its entries in five indexes.

Of a file with a name of 35 characters and two tags. Long names and many tags take up to 94 KB.
"""

DEFAULT_LIMIT = Amount(files=200, bytes=256 * 2**20)


def one_file(size: int) -> Amount:
    """Return what one file of `size` bytes takes of a quota."""
    return Amount(files=1, bytes=size)


@dataclass(frozen=True, slots=True)
class Held:
    """What fills a quota unseen, besides the files in lists.

    `trashed` files are in the trash; there may be more unless `exact`. `reserved_until` is when the
    last pending upload ends, in unix seconds, None if that is not known; `uploads` names a few.
    `artifacts` are those counted, with the same reservation.
    """

    trashed: int
    reserved_until: int | None
    exact: bool
    uploads: tuple[str, ...] = ()
    artifacts: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """A project's counters at one moment.

    `left` may be negative after a limit was lowered below what is stored. `version` changes with
    every change of the counters, so that an audit can tell that none happened while it counted.
    Nothing that was gone at `recounted_at` is counted; None if the counters were never repaired.
    """

    limit: Amount
    left: Amount
    reserved: Amount
    version: int
    recounted_at: int | None = None

    @property
    def used(self) -> Amount:
        """What stored files take, without what pending uploads have reserved."""
        return self.limit - self.left - self.reserved

    def has_all_files(self, asked: Amount) -> bool:
        """Tell whether `asked` is refused for its files, and no higher limit could change that."""
        return self.limit.files >= MAX_PROJECT_FILES and self.left.files < asked.files

    @property
    def record_bytes(self) -> int:
        """About how many bytes of DynamoDB's 10 GB the records of the project take."""
        return (self.used.files + self.reserved.files) * RECORD_BYTES

    def without(self, gone: Amount) -> Usage:
        """Return the counters as they will be when that amount of files is released."""
        return replace(self, left=self.left + gone)
