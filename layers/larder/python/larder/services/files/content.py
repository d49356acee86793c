"""Serve a file's bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.content import sendable_as_text, single_range
from larder.domain.errors import NotFoundError
from larder.domain.limits import MAX_INLINE_BYTES, URL_LIFETIME
from larder.domain.media_types import UNKNOWN
from larder.services.files.get import get_file
from larder.services.object_store import StoredBytes

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStat, ObjectStore, ReadResult, SignedRequest


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client asks for: `Range` and `If-None-Match` as it sent them.

    With `only_text` the client can be sent text and nothing else.
    """

    byte_range: str | None = None
    if_none_match: str | None = None
    only_text: bool = False


@dataclass(frozen=True, slots=True)
class Inline:
    """The bytes, or the result of the request's conditions, such as 304."""

    file: File
    result: ReadResult


@dataclass(frozen=True, slots=True)
class Redirect:
    """The signed request with which S3 serves the bytes."""

    request: SignedRequest


def open_content(
    tenant: TenantId,
    file_id: str,
    *,
    wanted: Wanted,
    files: FileRecords,
    objects: ObjectStore,
    clock: Clock,
) -> Inline | Redirect:
    """Return the file's bytes, or a signed address of them.

    An address above `MAX_INLINE_BYTES`, and for bytes that are no text where only text arrives.

    Raises:
        NotFoundError: there is no such file for this project, or its bytes have not arrived.
    """
    file = get_file(tenant, file_id, files=files, clock=clock)
    content = open_bytes(tenant, file, wanted=wanted, objects=objects, clock=clock)
    if content is None:
        raise NotFoundError("File", file_id)
    return content


def open_bytes(
    tenant: TenantId,
    file: File,
    *,
    wanted: Wanted,
    objects: ObjectStore,
    clock: Clock,
    media_type: str = UNKNOWN,
) -> Inline | Redirect | None:
    """Return the bytes of a file, as `open_content` does; None if they have not arrived.

    `media_type` is what S3 says that they are.
    """
    if file.bytes <= MAX_INLINE_BYTES:
        result = objects.read(
            tenant,
            file.id,
            byte_range=None if wanted.byte_range is None else single_range(wanted.byte_range),
            if_none_match=wanted.if_none_match,
        )
        if result is None:
            return None
        is_binary = wanted.only_text and (
            isinstance(result, StoredBytes) and not sendable_as_text(result.data)
        )
        if not is_binary:
            return Inline(file, result)
    request = objects.sign_get(
        tenant, file, now=clock(), lifetime=URL_LIFETIME, media_type=media_type
    )
    return Redirect(request)


def stat_content(
    tenant: TenantId, file_id: str, *, files: FileRecords, objects: ObjectStore, clock: Clock
) -> tuple[File, ObjectStat]:
    """Return the file with the size and MD5 of its bytes, without reading them.

    Raises:
        NotFoundError: there is no such file for this project, or its bytes have not arrived.
    """
    file = get_file(tenant, file_id, files=files, clock=clock)
    stat = objects.stat(tenant, file.id)
    if stat is None:
        raise NotFoundError("File", file_id)
    return file, stat
