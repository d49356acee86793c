"""JSON of the upload routes, as in OpenAI's reference; `transfer` is an extension.

https://platform.openai.com/docs/api-reference/uploads
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from larder.api.files.models import FileObject
from larder.domain.files import Purpose
from larder.domain.uploads import UploadStatus
from larder.services.uploads.get import UploadState
from larder.services.uploads.part_store import PartsTransfer

if TYPE_CHECKING:
    from larder.services.object_store import SignedRequest
    from larder.services.uploads.ports import UploadPage


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
    """The URL that one part is PUT to."""

    part_number: int
    url: str


class PartArrived(BaseModel):
    """A part that S3 has received; `etag` is its MD5."""

    part_number: int
    size: int
    etag: str


class TransferInParts(BaseModel):
    """Larder's extension: the URLs at S3 that the parts of a large file are PUT to.

    Part n begins at byte `(n - 1) * part_size`; the last part may be shorter.
    """

    method: Literal["PUT"] = "PUT"
    part_size: int
    parts: list[PartUrl] = Field(description="The parts that have not arrived")
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
    file: FileObject | None = Field(description="Once the upload is completed")
    transfer: Transfer | TransferInParts | None = Field(
        description="Extension: where to PUT the bytes of a pending upload; null in lists"
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


class UploadList(BaseModel):
    """A page of uploads; `first_id` and `last_id` are null on an empty page."""

    object: Literal["list"] = "list"
    data: list[UploadObject]
    first_id: str | None
    last_id: str | None
    has_more: bool

    @classmethod
    def of(cls, page: UploadPage) -> UploadList:
        """Return the page as clients see it, without the uploads' `transfer`."""
        uploads = page.uploads
        return cls(
            data=[UploadObject.of(UploadState(each, each.status)) for each in uploads],
            first_id=uploads[0].id if uploads else None,
            last_id=uploads[-1].id if uploads else None,
            has_more=page.has_more,
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
