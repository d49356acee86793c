"""The report of a batch file's validation, as the OpenAPI document describes it.

The worker writes the report to S3, and `GET /v1/files/{file_id}/validation` returns it unread.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class LineProblem(BaseModel):
    """One mistake, in the shape of OpenAI's BatchError."""

    code: str = Field(description="For programs", examples=["missing_required_parameter"])
    line: int | None = Field(description="Line number from 1; null: the whole file", examples=[17])
    offset: int | None = Field(
        default=None,
        description="Bytes of the file before the line, for a request with `Range`",
        examples=[14_336],
    )
    message: str
    param: str | None = Field(description="The member at fault", examples=["body.model"])
    severity: Literal["error", "warning"] = Field(
        default="error", description="Only errors make a file invalid"
    )


class ValidationReport(BaseModel):
    """What the validation of a batch file found.

    Reports of earlier versions have no warnings, counts, models, inputs, references or offsets.
    """

    object: Literal["file.validation"]
    file_id: str
    valid: bool = Field(description="Whether there is no error")
    total_lines: int
    request_count: int
    error_count: int = Field(description="All errors, more than `errors` can hold included")
    warning_count: int = Field(
        default=0, description="All warnings, more than `warnings` can hold included"
    )
    counts: dict[str, int] = Field(
        default={}, description="Errors and warnings by code", examples=[{"invalid_type": 2}]
    )
    errors: list[LineProblem] = Field(max_length=1000)
    warnings: list[LineProblem] = Field(
        default=[], max_length=1000, description="What OpenAI refuses and a model server may take"
    )
    endpoint: str | None = Field(examples=["/v1/chat/completions"])
    model: str | None = Field(description="The one model of all lines, or null")
    models: dict[str, int] = Field(
        default={}, description="Lines of each of the first 100 models", examples=[{"gpt-5": 3}]
    )
    inputs: int = Field(default=0, description="Embedding inputs of all lines")
    references: list[str] = Field(
        default=[],
        max_length=500,
        description="The artifacts and bundles that the lines refer to",
    )
    sha256: str
    validated_at: int = Field(description="Unix seconds")
    duration_ms: int
