"""The answers of the Batches API, and the lines of its result files. Unknown members are ignored.

https://platform.openai.com/docs/api-reference/batch, with Larder's extensions. Times are in unix
seconds, None for what has not happened.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec

ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
"""The statuses after which nothing of a batch changes any more."""


class RequestCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many requests there are, and how many have an answer; `total` is 0 until validated."""

    total: int = 0
    completed: int = 0
    failed: int = 0

    @property
    def ended(self) -> int:
        """Requests that have an answer, good or not."""
        return self.completed + self.failed


class InputTokensDetails(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the input tokens came from a cache."""

    cached_tokens: int = 0


class OutputTokensDetails(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the output tokens were reasoning."""

    reasoning_tokens: int = 0


class BatchUsage(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of all answers together."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    input_tokens_details: InputTokensDetails = InputTokensDetails()
    output_tokens_details: OutputTokensDetails = OutputTokensDetails()


class BatchError(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why a batch failed; `line` counts from 1, None is about the whole file."""

    code: str
    message: str
    line: int | None = None
    param: str | None = None


class BatchErrors(msgspec.Struct, frozen=True, kw_only=True):
    """Why a batch failed: the first 1,000 reasons."""

    data: tuple[BatchError, ...] = ()
    object: str = "list"


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch; `output_file_id` and `error_file_id` are None while it runs, and for no lines."""

    id: str
    endpoint: str
    input_file_id: str
    completion_window: str
    status: str
    created_at: int
    model: str | None = None
    errors: BatchErrors | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    in_progress_at: int | None = None
    expires_at: int | None = None
    finalizing_at: int | None = None
    completed_at: int | None = None
    failed_at: int | None = None
    expired_at: int | None = None
    cancelling_at: int | None = None
    cancelled_at: int | None = None
    request_counts: RequestCounts = RequestCounts()
    usage: BatchUsage = BatchUsage()
    metadata: dict[str, str] | None = None
    object: str = "batch"

    @property
    def ended(self) -> bool:
        """Whether nothing of the batch changes any more."""
        return self.status in ENDED

    @property
    def ended_at(self) -> int | None:
        """When it ended, whatever the end was."""
        return self.completed_at or self.failed_at or self.expired_at or self.cancelled_at


class Upstream(msgspec.Struct, frozen=True, kw_only=True):
    """A model server that answers batches: `models` are patterns, limits are over all workers."""

    name: str
    models: tuple[str, ...]
    concurrency: int
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    timeout: int
    created_at: int


class Upstreams(msgspec.Struct, frozen=True, kw_only=True):
    """All upstreams, the oldest first."""

    data: tuple[Upstream, ...]


class BatchPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a list; `has_more` says whether there are more batches after `last_id`."""

    data: tuple[Batch, ...]
    has_more: bool
    first_id: str | None = None
    last_id: str | None = None
    object: str = "list"


class BatchResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What the model's server answered; `body` is its JSON."""

    status_code: int
    body: dict[str, Any]
    request_id: str | None = None


class BatchLineError(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request has no answer, as `batch_expired`."""

    code: str
    message: str = ""


class BatchResult(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a result file: a request's answer, or why it got no answer."""

    custom_id: str
    id: str | None = None
    response: BatchResponse | None = None
    error: BatchLineError | None = None

    @property
    def good(self) -> bool:
        """Whether the answer has a 2xx status."""
        return (
            self.response is not None
            and HTTPStatus.OK <= self.response.status_code < HTTPStatus.MULTIPLE_CHOICES
        )

    @property
    def reason(self) -> str:
        """What went wrong, in a few words that many lines share: a code, or a status with one."""
        if self.response is None:
            return self.error.code if self.error else "no answer"
        error = self.response.body.get("error")
        code = (error.get("code") or error.get("type")) if isinstance(error, dict) else None
        return f"HTTP {self.response.status_code}" + (f" {code}" if isinstance(code, str) else "")
