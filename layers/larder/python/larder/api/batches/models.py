"""Batches, as OpenAI's reference has them.

https://platform.openai.com/docs/api-reference/batch
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from larder.api.http.expires_after import ExpiresAfter
from larder.domain.batches import BatchStatus

if TYPE_CHECKING:
    from larder.domain.batches import Batch
    from larder.services.batches.ports import BatchPage


class BatchCreateRequest(BaseModel):
    """The body of `POST /v1/batches`; fields that are not named here are ignored."""

    model_config = ConfigDict(strict=True)

    input_file_id: str = Field(description="A file with the purpose `batch`")
    endpoint: str = Field(description="The url of the file's lines, as `/v1/chat/completions`")
    completion_window: str = Field(
        default="24h", description="`24h`; extension: whole hours from `1h` to `168h`"
    )
    metadata: dict[str, str] | None = Field(default=None, description="Up to 16 pairs")
    output_expires_after: ExpiresAfter | None = None


class BatchErrorObject(BaseModel):
    """One thing that is wrong with the input."""

    code: str
    message: str
    param: str | None
    line: int | None = Field(description="1-based; null when it is about the whole file")


class BatchErrors(BaseModel):
    """Why the batch failed."""

    object: Literal["list"] = "list"
    data: list[BatchErrorObject]


class RequestCounts(BaseModel):
    """How far the batch is."""

    total: int = Field(description="0 until the input is validated")
    completed: int
    failed: int


class InputTokensDetails(BaseModel):
    """Which of the input tokens came from a cache."""

    cached_tokens: int


class OutputTokensDetails(BaseModel):
    """Which of the output tokens were reasoning."""

    reasoning_tokens: int


class BatchUsage(BaseModel):
    """The tokens of all answers together."""

    input_tokens: int
    input_tokens_details: InputTokensDetails
    output_tokens: int
    output_tokens_details: OutputTokensDetails
    total_tokens: int


class BatchObject(BaseModel):
    """OpenAI's Batch object. Times are unix seconds, null for what has not happened."""

    id: str = Field(description="`batch_` and 24 hex digits that sort by creation time")
    object: Literal["batch"] = "batch"
    endpoint: str
    model: str | None = Field(description="Null when the lines name several")
    errors: BatchErrors | None
    input_file_id: str
    completion_window: str
    status: BatchStatus
    output_file_id: str | None = Field(description="Null while it runs, and without a good answer")
    error_file_id: str | None = Field(description="Null while it runs, and without a bad answer")
    created_at: int
    in_progress_at: int | None
    expires_at: int
    finalizing_at: int | None
    completed_at: int | None
    failed_at: int | None
    expired_at: int | None
    cancelling_at: int | None
    cancelled_at: int | None
    request_counts: RequestCounts
    usage: BatchUsage
    metadata: dict[str, str] | None

    @classmethod
    def of(cls, batch: Batch) -> BatchObject:
        """Return the batch as clients see it."""
        tokens = batch.progress.usage
        errors = [
            BatchErrorObject(code=each.code, message=each.message, param=each.param, line=each.line)
            for each in batch.errors
        ]

        def at(status: BatchStatus) -> int | None:
            return batch.ended_at if batch.status is status else None

        return cls(
            id=batch.id,
            endpoint=batch.endpoint,
            model=batch.model,
            errors=BatchErrors(data=errors) if errors else None,
            input_file_id=batch.input_file_id,
            completion_window=batch.completion_window,
            status=batch.status,
            output_file_id=batch.output_file_id,
            error_file_id=batch.error_file_id,
            created_at=batch.created_at,
            in_progress_at=batch.in_progress_at,
            expires_at=batch.expires_at,
            finalizing_at=batch.finalizing_at,
            completed_at=at(BatchStatus.COMPLETED),
            failed_at=at(BatchStatus.FAILED),
            expired_at=at(BatchStatus.EXPIRED),
            cancelling_at=batch.cancelling_at,
            cancelled_at=at(BatchStatus.CANCELLED),
            request_counts=RequestCounts(
                total=batch.total,
                completed=batch.progress.completed,
                failed=batch.progress.failed,
            ),
            usage=BatchUsage(
                input_tokens=tokens.input,
                input_tokens_details=InputTokensDetails(cached_tokens=tokens.cached),
                output_tokens=tokens.output,
                output_tokens_details=OutputTokensDetails(reasoning_tokens=tokens.reasoning),
                total_tokens=tokens.total,
            ),
            metadata=None if batch.metadata is None else dict(batch.metadata),
        )


class BatchList(BaseModel):
    """A page of batches; `first_id` and `last_id` are null on an empty page."""

    object: Literal["list"] = "list"
    data: list[BatchObject]
    first_id: str | None
    last_id: str | None
    has_more: bool

    @classmethod
    def of(cls, page: BatchPage) -> BatchList:
        """Return the page as clients see it."""
        return cls(
            data=[BatchObject.of(batch) for batch in page.batches],
            first_id=page.batches[0].id if page.batches else None,
            last_id=page.batches[-1].id if page.batches else None,
            has_more=page.has_more,
        )
