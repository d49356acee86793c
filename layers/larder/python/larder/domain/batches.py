"""A batch: a file of requests that becomes a file of answers.

https://platform.openai.com/docs/api-reference/batch. A status only moves forward:

    validating → in_progress → finalizing → completed | expired
         ↓            ↓             ↓
       failed     cancelling → cancelled
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError
from larder.domain.files import DAY
from larder.domain.ids import created_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from larder.domain.ids import BatchId, FileId

RETENTION_SECONDS = 30 * DAY
"""Seconds that the record of a batch stays after its end."""

MAX_ERRORS = 1_000
"""Errors of the input that a failed batch reports; OpenAI keeps no more either."""

MAX_ERROR_BYTES = 200_000
"""Bytes of JSON that the errors of one batch take at most: half of what a record may hold."""

MAX_RUNNING = 10
"""Batches of a project that may run at once, where the operator has set nothing else."""

MAX_ENQUEUED = 200_000
"""Requests in a project's running batches above which no further batch begins, by default."""

RETRY_OF = "larder_retry_of"
"""The key of metadata that names the batch which another one retries."""

MAX_METADATA_PAIRS = 16
MAX_METADATA_KEY = 64
MAX_METADATA_VALUE = 512

STUCK_SECONDS = 3_600

_WINDOW = re.compile(r"([1-9][0-9]{0,2})h")
_MAX_WINDOW_HOURS = 168


class BatchStatus(StrEnum):
    """OpenAI's values."""

    VALIDATING = "validating"
    FAILED = "failed"
    IN_PROGRESS = "in_progress"
    FINALIZING = "finalizing"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        """Whether the batch has ended: nothing of it changes any more."""
        return self in _TERMINAL


_TERMINAL = frozenset(
    {BatchStatus.FAILED, BatchStatus.COMPLETED, BatchStatus.EXPIRED, BatchStatus.CANCELLED}
)


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens, as the models counted them; cached and reasoning tokens are part of the others."""

    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0

    @property
    def total(self) -> int:
        """Input and output tokens together."""
        return self.input + self.output

    def __add__(self, other: TokenUsage) -> TokenUsage:
        return TokenUsage(
            self.input + other.input,
            self.cached + other.cached,
            self.output + other.output,
            self.reasoning + other.reasoning,
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """Lines that have their answer, good ones and others, and the tokens that they took."""

    completed: int = 0
    failed: int = 0
    usage: TokenUsage = field(default_factory=TokenUsage)

    def __add__(self, other: Progress) -> Progress:
        return Progress(
            self.completed + other.completed, self.failed + other.failed, self.usage + other.usage
        )


@dataclass(frozen=True, slots=True)
class BatchLoad:
    """The batches that run in a project with the requests in them, and how many may."""

    batches: int
    batches_limit: int
    requests: int
    requests_limit: int


@dataclass(frozen=True, slots=True)
class BatchError:
    """What is wrong with the input; `line` is 1-based, None when it is about the whole file."""

    code: str
    message: str
    param: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """The record of a batch. Times are unix seconds, None for what has not happened.

    `total` is 0 until the input is validated. `output_file_id` and `error_file_id` name files once
    the batch has ended, and None stays where no line is good, or none is bad. `reserved_output`
    and `reserved_error` are the ids that these files will have, chosen once, when finalizing
    begins; `cut_short` says that the window closed before every line was asked for, and is decided
    then as well. `output_lifetime` is the seconds that the output files live, None for the default.
    `execution` counts the state machine's executions for the batch. `unanswered_bytes` is the size
    of the requests without a good answer, known at the end. A batch that retries another one is
    its `retried_by`, and has it as `retry_of`.
    """

    id: BatchId
    input_file_id: FileId
    input_name: str
    endpoint: str
    completion_window: str
    expires_at: int
    status: BatchStatus = BatchStatus.VALIDATING
    metadata: Mapping[str, str] | None = None
    output_lifetime: int | None = None
    model: str | None = None
    errors: tuple[BatchError, ...] = ()
    total: int = 0
    progress: Progress = field(default_factory=Progress)
    output_file_id: FileId | None = None
    error_file_id: FileId | None = None
    reserved_output: FileId | None = None
    reserved_error: FileId | None = None
    cut_short: bool = False
    in_progress_at: int | None = None
    finalizing_at: int | None = None
    cancelling_at: int | None = None
    ended_at: int | None = None
    execution: int = 0
    unanswered_bytes: int = 0
    retry_of: BatchId | None = None
    retried_by: BatchId | None = None

    @property
    def unanswered(self) -> int:
        """The requests without a good answer."""
        return self.total - self.progress.completed

    @property
    def created_at(self) -> int:
        """When the batch's id was made."""
        return created_at(self.id)

    def overdue(self, now: float) -> bool:
        """Tell whether the completion window has closed at the time `now`."""
        return now >= self.expires_at

    def stuck(self, now: float) -> bool:
        """Tell whether the batch was to end more than an hour before the time `now`, and has not.

        It ends within a minute of its window's end or a cancel; joining its answers takes minutes.
        """
        ends = (self.expires_at, self.cancelling_at, self.finalizing_at)
        return min(at for at in ends if at is not None) + STUCK_SECONDS <= now

    def stopping(self, now: float) -> bool:
        """Tell whether no further request may be sent at the time `now`."""
        return self.status is not BatchStatus.IN_PROGRESS or self.overdue(now)


def window_seconds(raw: str) -> int:
    """Return the seconds of a completion window: `24h`, and any whole hours from 1h to 168h.

    Raises:
        InvalidParameterError: it is something else.
    """
    found = _WINDOW.fullmatch(raw)
    if found is None or int(found[1]) > _MAX_WINDOW_HOURS:
        raise InvalidParameterError(
            f"completion_window must be between '1h' and '{_MAX_WINDOW_HOURS}h' in whole hours, "
            f"as in '24h', not '{raw[:64]}'.",
            param="completion_window",
        )
    return int(found[1]) * 3_600


def checked_metadata(raw: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """Return the metadata of a batch within OpenAI's bounds: 16 pairs, keys 64, values 512.

    Raises:
        InvalidParameterError: there are more, or longer ones.
    """
    if raw is None:
        return None
    if len(raw) > MAX_METADATA_PAIRS:
        raise InvalidParameterError(
            f"metadata holds at most {MAX_METADATA_PAIRS} pairs, not {len(raw)}.", param="metadata"
        )
    for key, value in raw.items():
        if len(key) > MAX_METADATA_KEY or len(value) > MAX_METADATA_VALUE:
            raise InvalidParameterError(
                f"A key of metadata has at most {MAX_METADATA_KEY} characters and a value at most "
                f"{MAX_METADATA_VALUE}; '{key[:MAX_METADATA_KEY]}' has more.",
                param="metadata",
            )
    return dict(raw)


def errors_kept(errors: Sequence[BatchError]) -> tuple[BatchError, ...]:
    """Return as many of the first errors as the record of a batch holds."""
    size, kept = 0, errors[:MAX_ERRORS]
    for count, error in enumerate(kept):
        size += len(json.dumps([error.code, error.message, error.param, error.line])) + 2
        if size > MAX_ERROR_BYTES:
            return tuple(kept[:count])
    return tuple(kept)
