"""When a file is to expire, as JSON bodies say it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from larder.domain.files import MAX_LIFETIME, MIN_LIFETIME


class ExpiresAfter(BaseModel):
    """When a file expires, counted from its creation."""

    model_config = ConfigDict(strict=True)

    anchor: Literal["created_at"] = "created_at"
    seconds: int = Field(json_schema_extra={"minimum": MIN_LIFETIME, "maximum": MAX_LIFETIME})
