"""Turn an upload whose bytes have arrived into its file."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, InvalidParameterError, NotFoundError
from larder.domain.ids import parse_part_id
from larder.domain.parts import SMALL_PARTS_LIMIT
from larder.domain.uploads import Upload, UploadStatus
from larder.services.uploads.get import UploadState, live_file, require_upload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.files import File
    from larder.domain.ids import PartId, TenantId
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStat, ObjectStore
    from larder.services.uploads.part_store import Digests, PartStore
    from larder.services.uploads.ports import UploadRecords


def complete_upload(
    tenant: TenantId,
    upload_id: str,
    *,
    part_ids: Sequence[str],
    md5: str | None,
    files: FileRecords,
    uploads: UploadRecords,
    objects: ObjectStore,
    parts: PartStore,
    clock: Clock,
) -> UploadState:
    """Complete the upload and return it with its file; a second time, the same again.

    The bytes' arrival completes an upload as well; whichever comes second finds it done, and is
    only asked whether its `md5` is that of the file.

    Raises:
        NotFoundError: there is no such upload for this project.
        InvalidParameterError: the bytes are missing, or are not those that were announced.
        ConflictError: the upload was cancelled or has expired.
    """
    upload = _find_open(tenant, upload_id, uploads=uploads, now=clock())
    if md5 is not None and not _md5_can_be_known(upload, part_ids):
        raise InvalidParameterError(
            "The MD5 of an upload in parts is not known to S3. Announce its sha256 instead.",
            param="md5",
        )
    if upload.status is UploadStatus.PENDING:
        try:
            file = _bring_together(tenant, upload, part_ids, md5, objects=objects, parts=parts)
        except InvalidParameterError:
            # The parts of an upload that ends meanwhile are cleared away: then that is the reason.
            upload = _find_open(tenant, upload_id, uploads=uploads, now=clock())
            if upload.status is UploadStatus.PENDING:
                raise
            _check_bytes(tenant, upload, md5, objects=objects)
        else:
            if not complete_as_file(tenant, upload, file, uploads=uploads):
                upload = _find_open(tenant, upload_id, uploads=uploads, now=clock())
    else:
        _check_bytes(tenant, upload, md5, objects=objects)
    return UploadState(
        upload,
        UploadStatus.COMPLETED,
        file=live_file(tenant, upload, files=files, now=clock()),
    )


def complete_as_file(
    tenant: TenantId, upload: Upload, file: File, *, uploads: UploadRecords
) -> bool:
    """Turn the pending upload into its file; False when it is no longer pending.

    A folder that has been deleted since the upload began must not lose the file: it lies in the
    root then, as one that is restored from the trash does.
    """
    try:
        return uploads.complete(tenant, upload, file)
    except NotFoundError:
        return uploads.complete(tenant, upload, replace(file, folder_id=None))


def _find_open(tenant: TenantId, upload_id: str, *, uploads: UploadRecords, now: float) -> Upload:
    """Return the upload, be it pending or completed.

    Raises:
        NotFoundError: there is no such upload for this project.
        ConflictError: it was cancelled or has expired.
    """
    upload = require_upload(tenant, upload_id, uploads=uploads)
    status = upload.status_at(now)
    if status in {UploadStatus.CANCELLED, UploadStatus.EXPIRED}:
        raise ConflictError(
            f"Upload {upload.id} is {status} and cannot be completed. Create a new upload.",
            code=f"upload_{status}",
            permanent=True,
        )
    return upload


def _md5_can_be_known(upload: Upload, part_ids: Sequence[str]) -> bool:
    """Tell whether S3 gives the bytes one, or they come in small parts and can be read in time."""
    return upload.plan is None or (bool(part_ids) and upload.bytes <= SMALL_PARTS_LIMIT)


def _bring_together(
    tenant: TenantId,
    upload: Upload,
    part_ids: Sequence[str],
    md5: str | None,
    *,
    objects: ObjectStore,
    parts: PartStore,
) -> File:
    """See to it that the bytes are there, as one object, and return the file that they are."""
    file = upload.to_file()
    digests = None
    if part_ids:
        digests = _join_small_parts(tenant, upload, part_ids, md5, parts=parts)
        if digests is None:
            # Another request's object, perhaps of other parts: it is read for its digest.
            file = replace(file, sha256=None, promised_sha256=upload.sha256)
        else:
            file = replace(file, sha256=digests.sha256, promised_sha256=None)
    elif upload.plan is not None:
        _join_parts(tenant, upload, parts=parts)
    elif upload.bytes == 0 and objects.stat(tenant, upload.file_id) is None:
        objects.put(tenant, upload.file_id, b"")
    _check_bytes(tenant, upload, None if digests else md5, objects=objects)
    return file


def _join_parts(tenant: TenantId, upload: Upload, *, parts: PartStore) -> None:
    arrived = parts.arrived(tenant, upload)
    if arrived is None:
        return  # Finished by another request, whose object the caller finds.
    sizes = {part.number: part.size for part in arrived}
    missing = [part.number for part in upload.plan or () if sizes.get(part.number) != part.size]
    if missing:
        raise InvalidParameterError(
            f"{len(missing)} of {len(sizes | dict.fromkeys(missing))} parts have not arrived, "
            f"the first is part {missing[0]}. GET /v1/uploads/{upload.id} tells where to PUT them.",
            code="upload_incomplete",
        )
    parts.finish(tenant, upload, arrived)


def _join_small_parts(
    tenant: TenantId, upload: Upload, part_ids: Sequence[str], md5: str | None, *, parts: PartStore
) -> Digests | None:
    stored = parts.small_parts(tenant, upload.id)
    ordered: list[PartId] = []
    for part_id in part_ids:
        parsed = parse_part_id(part_id)
        if parsed is None or parsed not in stored:
            raise InvalidParameterError(
                f"No such part of upload {upload.id}: {part_id[:64]}.", param="part_ids"
            )
        ordered.append(parsed)
    if len(set(ordered)) < len(ordered):
        raise InvalidParameterError("A part is named twice in part_ids.", param="part_ids")
    size = sum(stored[part_id] for part_id in ordered)
    if size != upload.bytes:
        raise InvalidParameterError(
            f"Upload {upload.id} was announced with {upload.bytes} bytes, "
            f"its {len(ordered)} parts have {size}.",
            param="part_ids",
        )
    found: list[Digests] = []

    def accept(digests: Digests) -> None:
        _same("md5", None if md5 is None else md5.lower(), digests.md5)
        _same("sha256", upload.sha256, digests.sha256)
        found.append(digests)

    return found[0] if parts.assemble(tenant, upload, ordered, accept) else None


def _same(name: str, wanted: str | None, found: str) -> None:
    if wanted is not None and wanted != found:
        raise InvalidParameterError(
            f"The {name} of the parts in this order is {found}, not {wanted[:64]}. "
            "Complete again with the right order, or send the parts again.",
            param=name,
        )


def _check_bytes(
    tenant: TenantId, upload: Upload, md5: str | None, *, objects: ObjectStore
) -> None:
    stat = objects.stat(tenant, upload.file_id)
    if stat is None:
        if upload.status is UploadStatus.COMPLETED:
            return
        raise InvalidParameterError(
            f"The bytes of upload {upload.id} have not arrived. "
            "PUT them to transfer.url with transfer.headers, then complete.",
            code="upload_incomplete",
        )
    if stat.size != upload.bytes:
        raise InvalidParameterError(
            f"Upload {upload.id} was announced with {upload.bytes} bytes, {stat.size} arrived.",
            param="bytes",
        )
    if md5 is not None and md5.lower() != (found := _md5(tenant, upload, stat, objects=objects)):
        raise InvalidParameterError(
            f"The MD5 of the bytes that arrived is {found}, not {md5[:64]}. "
            "Cancel the upload, or delete its file if it has one, and send the file again.",
            param="md5",
        )


def _md5(tenant: TenantId, upload: Upload, stat: ObjectStat, *, objects: ObjectStore) -> str:
    """Return the MD5 of the bytes; S3 does not know that of small parts, so that it reads them."""
    stream = objects.stream(tenant, upload.file_id) if stat.multipart else None
    if stream is None:
        return stat.md5
    digest = hashlib.md5(usedforsecurity=False)
    with stream as blocks:
        for block in blocks:
            digest.update(block)
    return digest.hexdigest()
