"""The JSON bodies of the upload routes, as in OpenAI's reference.

https://platform.openai.com/docs/api-reference/uploads. The use cases check the values;
`json_schema_extra` documents what they accept.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from larder.api.http.expires_after import ExpiresAfter, NoOtherExpiry
from larder.domain.digests import SHA256_PATTERN
from larder.domain.files import OF_CLIENTS, Purpose
from larder.domain.ids import FOLDER_OR_ROOT, PART_PREFIX, id_pattern
from larder.domain.parts import MAX_UPLOAD_BYTES
from larder.domain.same_names import IfExists


class UploadCreateRequest(NoOtherExpiry):
    """The body of `POST /v1/uploads`; unknown fields are ignored."""

    filename: str = Field(json_schema_extra={"minLength": 1}, examples=["requests.jsonl"])
    purpose: str = Field(default=Purpose.BATCH, json_schema_extra={"enum": list(OF_CLIENTS)})
    bytes: int = Field(
        description="Exact size: S3 accepts no other",
        json_schema_extra={"minimum": 0, "maximum": MAX_UPLOAD_BYTES},
        examples=[1048576],
    )
    mime_type: Annotated[str, Field(max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")] = (
        "application/octet-stream"
    )
    expires_after: ExpiresAfter | None = None
    sha256: str | None = Field(
        default=None,
        description="Extension: the SHA-256 in hex; S3 refuses other bytes",
        json_schema_extra={"pattern": SHA256_PATTERN},
    )
    folder_id: str | None = Field(
        default=None,
        description="Extension: the folder of the file; null or `root`: no folder",
        json_schema_extra={"pattern": FOLDER_OR_ROOT},
    )
    if_exists: str | None = Field(
        default=None,
        description="Extension: what to do once the bytes are there, if the folder has a file of "
        "this name in any case. `replace` moves it to the trash, `rename` numbers the new name, "
        "`fail` cancels the upload; without it, two files have the same name",
        json_schema_extra={"enum": list(IfExists)},
    )


class UploadCompleteRequest(BaseModel):
    """The body of `POST /v1/uploads/{upload_id}/complete`."""

    model_config = ConfigDict(strict=True)

    part_ids: list[str] = Field(
        default=[],
        description="The parts in the order of their bytes; empty after a direct PUT",
        json_schema_extra={"items": {"type": "string", "pattern": id_pattern(PART_PREFIX)}},
    )
    md5: str | None = Field(
        default=None,
        description="The MD5 of all bytes in hex, which is checked",
        json_schema_extra={"pattern": "^[0-9A-Fa-f]{32}$"},
    )
