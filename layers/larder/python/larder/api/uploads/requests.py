"""What clients send about uploads, as OpenAI's reference has it.

https://platform.openai.com/docs/api-reference/uploads; descriptions name what is an extension.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from larder.domain.files import Purpose


class ExpiresAfter(BaseModel):
    """When a file expires, counted from its creation."""

    model_config = ConfigDict(strict=True)

    anchor: Literal["created_at"] = "created_at"
    seconds: int = Field(description="3600..2592000")


class UploadCreateRequest(BaseModel):
    """The body of `POST /v1/uploads`; fields that are not named here are ignored."""

    model_config = ConfigDict(strict=True)

    filename: str
    purpose: str = Purpose.BATCH
    bytes: int = Field(description="Exact size; S3 accepts no other")
    mime_type: Annotated[str, Field(max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")] = (
        "application/octet-stream"
    )
    expires_after: ExpiresAfter | None = None
    sha256: str | None = Field(
        default=None, description="Extension: hex digest; S3 refuses other bytes"
    )
    folder_id: str | None = Field(
        default=None, description="Extension: the folder that its file is to lie in"
    )


class UploadCompleteRequest(BaseModel):
    """The body of `POST /v1/uploads/{upload_id}/complete`."""

    model_config = ConfigDict(strict=True)

    part_ids: list[str] = Field(default=[], description="Empty after a direct PUT")
    md5: str | None = Field(default=None, description="Hex digest of all bytes, to be checked")
