"""What goes over the wire on the OpenAI-compatible surface, as OpenAI's reference has it.

https://platform.openai.com/docs/api-reference/files and /uploads; our extensions are `transfer`
and `sha256`, and what their descriptions name as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from larder.domain.files import Purpose
from larder.domain.uploads import UploadStatus
from larder.services.part_ports import PartsTransfer

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.quota import Usage
    from larder.services.ports import FilePage, SignedRequest
    from larder.services.uploads_get import UploadState


class FileObject(BaseModel):
    """OpenAI's File object."""

    id: str = Field(description="`file-` and 24 hex digits that sort by creation time")
    object: Literal["file"] = "file"
    bytes: int = Field(description="Exact size")
    created_at: int = Field(description="Unix seconds")
    filename: str
    purpose: Purpose
    status: Literal["uploaded", "processed", "error"]
    status_details: str | None = Field(description="What is wrong, when status is error")
    expires_at: int | None = Field(description="Unix seconds; null: never")

    @classmethod
    def of(cls, file: File) -> FileObject:
        """Return the file as clients see it."""
        return cls(
            id=file.id,
            bytes=file.bytes,
            created_at=file.created_at,
            filename=file.filename,
            purpose=file.purpose,
            status=file.status.value,
            status_details=file.status_details,
            expires_at=file.expires_at,
        )


class FileList(BaseModel):
    """A page of files; `first_id` and `last_id` are empty on an empty page."""

    object: Literal["list"] = "list"
    data: list[FileObject]
    first_id: str
    last_id: str
    has_more: bool

    @classmethod
    def of(cls, page: FilePage) -> FileList:
        """Return the page as clients see it."""
        return cls(
            data=[FileObject.of(file) for file in page.files],
            first_id=page.files[0].id if page.files else "",
            last_id=page.files[-1].id if page.files else "",
            has_more=page.has_more,
        )


class FileDeleted(BaseModel):
    """The answer to a deletion."""

    id: str
    object: Literal["file"] = "file"
    deleted: Literal[True] = True


class FileUrl(BaseModel):
    """A download link that needs no other credentials."""

    url: str
    expires_at: int


class Transfer(BaseModel):
    """Larder's extension: the request that delivers an upload's bytes straight to S3."""

    method: Literal["PUT"] = "PUT"
    url: str
    headers: dict[str, str]
    expires_at: int

    @classmethod
    def of(cls, request: SignedRequest) -> Transfer:
        """Return the signed request as clients see it."""
        return cls(url=request.url, headers=request.headers, expires_at=request.expires_at)


class PartUrl(BaseModel):
    """Where one part is PUT."""

    part_number: int
    url: str


class PartArrived(BaseModel):
    """A part that S3 has; `etag` is its MD5."""

    part_number: int
    size: int
    etag: str


class TransferInParts(BaseModel):
    """Larder's extension: where the parts of a large file are PUT, straight to S3.

    Part n is the `part_size` bytes from `(n - 1) * part_size` on, the last one what is left.
    """

    method: Literal["PUT"] = "PUT"
    part_size: int
    parts: list[PartUrl] = Field(description="Those that have not arrived")
    arrived: list[PartArrived]
    expires_at: int

    @classmethod
    def of(cls, transfer: PartsTransfer) -> TransferInParts:
        """Return the transfer as clients see it."""
        return cls(
            part_size=transfer.part_size,
            parts=[PartUrl(part_number=number, url=url) for number, url in transfer.urls],
            arrived=[
                PartArrived(part_number=part.number, size=part.size, etag=part.md5)
                for part in transfer.arrived
            ],
            expires_at=transfer.expires_at,
        )


class UploadPart(BaseModel):
    """OpenAI's upload part."""

    id: str = Field(description="`part_` and 24 hex digits")
    object: Literal["upload.part"] = "upload.part"
    created_at: int
    upload_id: str


class UploadObject(BaseModel):
    """OpenAI's Upload object, with `transfer` while it is pending."""

    id: str = Field(description="`upload_` and 24 hex digits")
    object: Literal["upload"] = "upload"
    bytes: int
    created_at: int
    filename: str
    purpose: Purpose
    status: UploadStatus
    expires_at: int
    file: FileObject | None = Field(description="Once completed, while the file exists")
    transfer: Transfer | TransferInParts | None = Field(
        description="Extension: where to PUT the bytes, while pending"
    )

    @classmethod
    def of(cls, state: UploadState) -> UploadObject:
        """Return the upload as clients see it."""
        upload = state.upload
        return cls(
            id=upload.id,
            bytes=upload.bytes,
            created_at=upload.created_at,
            filename=upload.filename,
            purpose=upload.purpose,
            status=state.status,
            expires_at=upload.expires_at,
            file=None if state.file is None else FileObject.of(state.file),
            transfer=_transfer(state.transfer),
        )


def _transfer(
    transfer: SignedRequest | PartsTransfer | None,
) -> Transfer | TransferInParts | None:
    match transfer:
        case None:
            return None
        case PartsTransfer():
            return TransferInParts.of(transfer)
    return Transfer.of(transfer)


class Measure(BaseModel):
    """One counter of a project; stored files use, pending uploads reserve."""

    used: int
    reserved: int
    limit: int


class UsageObject(BaseModel):
    """What a project uses of its quota."""

    object: Literal["usage"] = "usage"
    files: Measure
    bytes: Measure

    @classmethod
    def of(cls, usage: Usage) -> UsageObject:
        """Return the counters as clients see them."""
        return cls(
            files=Measure(
                used=usage.used.files, reserved=usage.reserved.files, limit=usage.limit.files
            ),
            bytes=Measure(
                used=usage.used.bytes, reserved=usage.reserved.bytes, limit=usage.limit.bytes
            ),
        )


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
