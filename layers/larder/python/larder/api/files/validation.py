"""The report of a batch file's validation, as the OpenAPI document describes it.

The worker writes the report to S3, and `GET /v1/files/{file_id}/validation` returns it unread.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class LineError(BaseModel):
    """One mistake, in the shape of OpenAI's BatchError."""

    code: str = Field(description="For programs", examples=["missing_required_parameter"])
    line: int | None = Field(description="Line number from 1; null: the whole file", examples=[17])
    message: str
    param: str | None = Field(description="The member at fault", examples=["body.model"])


class ValidationReport(BaseModel):
    """What the validation of a batch file found."""

    object: Literal["file.validation"]
    file_id: str
    valid: bool
    total_lines: int
    request_count: int
    error_count: int = Field(description="All mistakes, more than `errors` can hold included")
    errors: list[LineError] = Field(max_length=1000)
    endpoint: str | None = Field(examples=["/v1/chat/completions"])
    model: str | None
    sha256: str
    validated_at: int = Field(description="Unix seconds")
    duration_ms: int
