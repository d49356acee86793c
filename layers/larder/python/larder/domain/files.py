"""A stored file: its purposes, statuses and how long it lives."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError
from larder.domain.ids import created_at
from larder.domain.quota import Amount, one_file

if TYPE_CHECKING:
    from larder.domain.ids import FileId, FolderId

DAY = 86_400
MIN_LIFETIME = 3_600
MAX_LIFETIME = 30 * DAY

VALIDATION_GRACE = 15 * 60
"""Seconds that bytes and their validation may take before the sweeper looks into it."""


class Purpose(StrEnum):
    """What a file is for, OpenAI's values."""

    ASSISTANTS = "assistants"
    BATCH = "batch"
    BATCH_OUTPUT = "batch_output"
    EVALS = "evals"
    FINE_TUNE = "fine-tune"
    USER_DATA = "user_data"
    VISION = "vision"


OF_CLIENTS = tuple(p for p in Purpose if p is not Purpose.BATCH_OUTPUT)
"""The purposes of files that clients store."""

NEVER_STORED = ("assistants_output", "fine-tune-results")
"""The purposes of files that OpenAI's own services make: known as filters of lists alone."""

_DEFAULT_LIFE = {Purpose.BATCH: 30 * DAY, Purpose.BATCH_OUTPUT: DAY}


class FileStatus(StrEnum):
    """`uploaded`, then, once, `processed` or `error`."""

    UPLOADED = "uploaded"
    PROCESSED = "processed"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class File:
    """A file's record; its bytes lie in S3.

    `bytes` is the exact size; `expires_at` unix seconds, None when the file does not expire;
    `mime_type` what the client said, never trusted; `sha256` hex, once known; `promised_sha256`
    what the client said of it that nobody has checked yet; `folder_id` None in the root;
    `revised_at` unix seconds, None before the first change; `revision` counts what people change.
    """

    id: FileId
    filename: str
    bytes: int
    purpose: Purpose
    mime_type: str
    expires_at: int | None
    status: FileStatus = FileStatus.UPLOADED
    status_details: str | None = None
    sha256: str | None = None
    promised_sha256: str | None = None
    folder_id: FolderId | None = None
    tags: tuple[str, ...] = ()
    favorite: bool = False
    revised_at: int | None = None
    revision: int = 0

    @property
    def created_at(self) -> int:
        """When the file's id was made, in unix seconds."""
        return created_at(self.id)

    @property
    def updated_at(self) -> int:
        """When a person last changed it, in unix seconds; at first, its creation."""
        return self.created_at if self.revised_at is None else self.revised_at

    @property
    def amount(self) -> Amount:
        """What the file takes of its project's quota."""
        return one_file(self.bytes)

    def expired(self, now: float) -> bool:
        """Tell whether the file is gone for every reader at the time `now`."""
        return self.expires_at is not None and self.expires_at <= now


def client_purpose(raw: str) -> Purpose:
    """Return `raw` as a purpose that a client may give.

    Raises:
        InvalidParameterError: it is none of them; `batch_output` is the batch executor's.
    """
    if raw not in OF_CLIENTS:
        raise InvalidParameterError(
            f"'{raw[:64]}' is not one of the accepted purposes: {', '.join(OF_CLIENTS)}.",
            param="purpose",
        )
    return Purpose(raw)


def expiry_of(purpose: Purpose, born: int, expires_after: int | None) -> int | None:
    """Return when a file born at `born` expires (unix seconds), or None for never.

    `expires_after` is the client's number of seconds, which overrides the purpose's own.

    Raises:
        InvalidParameterError: `expires_after` is not within 3600..2592000 (OpenAI's bounds).
    """
    given = checked_lifetime(expires_after, param="expires_after[seconds]")
    life = _DEFAULT_LIFE.get(purpose) if given is None else given
    return None if life is None else born + life


def checked_lifetime(seconds: int | None, *, param: str) -> int | None:
    """Return the seconds that a client wants a file to live; None when it leaves that open.

    Raises:
        InvalidParameterError: they are not within 3600..2592000 (OpenAI's bounds).
    """
    if seconds is not None and not MIN_LIFETIME <= seconds <= MAX_LIFETIME:
        raise InvalidParameterError(
            f"{param} must be between {MIN_LIFETIME} and {MAX_LIFETIME}, not {seconds}.",
            param=param,
        )
    return seconds
