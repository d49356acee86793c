"""Complete an upload: turn arrived bytes into a file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, InvalidParameterError
from larder.domain.ids import parse_part_id
from larder.domain.parts import MAX_SMALL_PARTS, SMALL_PARTS_LIMIT
from larder.domain.same_names import IfExists, name_taken
from larder.domain.uploads import Completion, Upload, UploadStatus
from larder.services.uploads.complete_as_file import complete_as_file
from larder.services.uploads.get import UploadState, current_upload, live_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from larder.domain.files import File
    from larder.domain.ids import PartId, TenantId
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStat, ObjectStore
    from larder.services.uploads.part_store import Digests, PartStore
    from larder.services.uploads.ports import UploadRecords


@dataclass(frozen=True, slots=True)
class CompleteUpload:
    """Complete an upload and return it with its file. Completing it again returns the same.

    The arrival of the bytes completes an upload as well, and so does the sweeper if a request died
    after it had found all parts. A request that finds it completed only
    checks its `md5` against the file.
    """

    files: FileRecords
    uploads: UploadRecords
    objects: ObjectStore
    parts: PartStore
    clock: Clock

    def __call__(
        self, tenant: TenantId, upload_id: str, *, part_ids: Sequence[str], md5: str | None
    ) -> UploadState:
        """Complete the upload.

        Raises:
            NotFoundError: there is no such upload for this project.
            InvalidParameterError: the bytes are missing, or differ from what was announced.
            ConflictError: the upload was cancelled or has expired, or its name is taken.
            ContentionError: too many files take the name at once.
            ProjectFullError: the project has as many records as it can have. The upload stays.
        """
        upload = self._find_open(tenant, upload_id)
        if md5 is not None and not _md5_can_be_known(upload, part_ids):
            raise InvalidParameterError(
                "The MD5 of an upload in parts is not known to S3. Announce its sha256 instead.",
                param="md5",
            )
        if upload.status is UploadStatus.PENDING:
            try:
                file = self._bring_together(tenant, upload, part_ids, md5)
            except InvalidParameterError:
                # If the upload has just ended, its parts were deleted: report that it ended.
                upload = self._find_open(tenant, upload_id)
                if upload.status is UploadStatus.PENDING:
                    raise
                self._check_bytes(tenant, upload, md5)
            else:
                done = complete_as_file(
                    tenant, upload, file, uploads=self.uploads, now=self.clock()
                )
                if done is None:
                    upload = self._find_open(tenant, upload_id)
        else:
            self._check_bytes(tenant, upload, md5)
        file_now = live_file(tenant, upload, files=self.files, now=self.clock())
        return UploadState(upload, UploadStatus.COMPLETED, file=file_now)

    def _find_open(self, tenant: TenantId, upload_id: str) -> Upload:
        """Return the upload, which is pending or completed.

        Raises:
            NotFoundError: there is no such upload for this project.
            ConflictError: it was cancelled or has expired.
        """
        upload = current_upload(
            tenant, upload_id, uploads=self.uploads, objects=self.objects, now=self.clock()
        )
        if upload.status is UploadStatus.CANCELLED and upload.if_exists is IfExists.FAIL:
            taken = self.uploads.claim(
                tenant, upload.folder_id, upload.filename, self.clock()
            ).files
            if taken:
                # The event of its bytes found the name taken.
                raise name_taken(taken[0])
        if upload.status in {UploadStatus.CANCELLED, UploadStatus.EXPIRED}:
            raise ConflictError(
                f"Upload {upload.id} is {upload.status} and cannot be completed. "
                "Create a new upload.",
                code=f"upload_{upload.status}",
                permanent=True,
            )
        return upload

    def _keep(self, tenant: TenantId, upload: Upload, completion: Completion) -> None:
        """Keep what the client asked for: if this request dies, the sweeper carries it out."""
        if not self.uploads.keep_completion(tenant, upload, completion):
            raise InvalidParameterError(f"Upload {upload.id} has just ended.")

    def _bring_together(
        self, tenant: TenantId, upload: Upload, part_ids: Sequence[str], md5: str | None
    ) -> File:
        """Make sure that the bytes are one object, and return the file that they become."""
        file = upload.to_file()
        digests = None
        if part_ids:
            digests = self._join_small_parts(tenant, upload, part_ids, md5)
            if digests is None:
                # Another request made the object, perhaps of other parts: read it for its digest.
                file = replace(file, sha256=None, promised_sha256=upload.sha256)
            else:
                file = replace(file, sha256=digests.sha256, promised_sha256=None)
        elif upload.plan is not None:
            self._join_parts(tenant, upload)
        elif upload.bytes == 0 and self.objects.stat(tenant, upload.file_id) is None:
            self.objects.put(tenant, upload.file_id, b"")
        self._check_bytes(tenant, upload, None if digests else md5)
        return file

    def _join_parts(self, tenant: TenantId, upload: Upload) -> None:
        arrived = self.parts.arrived(tenant, upload)
        if arrived is None:
            return  # Another request finished it. The caller checks the object.
        sizes = {part.number: part.size for part in arrived}
        missing = [part.number for part in upload.plan or () if sizes.get(part.number) != part.size]
        if missing:
            raise InvalidParameterError(
                f"{len(missing)} of {len(sizes | dict.fromkeys(missing))} parts have not arrived, "
                f"the first is part {missing[0]}. "
                f"GET /v1/uploads/{upload.id} returns the URLs to PUT them to.",
                code="upload_incomplete",
            )
        self._keep(tenant, upload, Completion())
        self.parts.finish(tenant, upload, arrived)

    def _join_small_parts(
        self, tenant: TenantId, upload: Upload, part_ids: Sequence[str], md5: str | None
    ) -> Digests | None:
        if len(part_ids) > MAX_SMALL_PARTS:
            raise InvalidParameterError(
                f"An upload is completed with at most {MAX_SMALL_PARTS} parts, "
                f"not {len(part_ids)}. Send larger parts.",
                param="part_ids",
            )
        stored = self.parts.small_parts(tenant, upload.id)
        ordered: list[PartId] = []
        for part_id in part_ids:
            parsed = parse_part_id(part_id)
            if parsed is None or parsed not in stored:
                raise InvalidParameterError(
                    f"No such part of upload {upload.id}: {part_id[:64]}. Name the ids that "
                    f"POST /v1/uploads/{upload.id}/parts returned.",
                    param="part_ids",
                )
            ordered.append(parsed)
        if len(set(ordered)) < len(ordered):
            raise InvalidParameterError(
                "A part is named twice in part_ids: name each once.", param="part_ids"
            )
        size = sum(stored[part_id] for part_id in ordered)
        if size != upload.bytes:
            raise InvalidParameterError(
                f"Upload {upload.id} was announced with {upload.bytes} bytes, "
                f"and the {len(ordered)} parts that part_ids names have {size}. Name every part "
                "once, in order; to send a file of another size, create a new upload.",
                param="part_ids",
            )
        self._keep(tenant, upload, Completion(tuple(ordered), md5))
        found: list[Digests] = []

        def accept(digests: Digests) -> None:
            _check_same("md5", None if md5 is None else md5.lower(), digests.md5)
            _check_same("sha256", upload.sha256, digests.sha256)
            found.append(digests)

        return found[0] if self.parts.assemble(tenant, upload, ordered, accept) else None

    def _check_bytes(self, tenant: TenantId, upload: Upload, md5: str | None) -> None:
        stat = self.objects.stat(tenant, upload.file_id)
        if stat is None:
            if upload.status is UploadStatus.COMPLETED:
                return
            raise InvalidParameterError(
                f"The bytes of upload {upload.id} have not arrived. PUT them to transfer.url with "
                "transfer.headers, or add them as parts and name these in part_ids, then complete.",
                code="upload_incomplete",
            )
        if stat.size != upload.bytes:
            raise InvalidParameterError(
                f"Upload {upload.id} was announced with {upload.bytes} bytes, {stat.size} arrived. "
                "Cancel it and announce the right size.",
                param="bytes",
            )
        if md5 is not None and md5.lower() != (found := self._md5(tenant, upload, stat)):
            raise InvalidParameterError(
                f"The MD5 of the bytes that arrived is {found}, not {md5[:64]}. "
                "Cancel the upload, or delete its file if it has one, and send the file again.",
                param="md5",
            )

    def _md5(self, tenant: TenantId, upload: Upload, stat: ObjectStat) -> str:
        """Return the bytes' MD5. A multipart object has no MD5 in S3, so this reads the object."""
        stream = self.objects.stream(tenant, upload.file_id) if stat.multipart else None
        if stream is None:
            return stat.md5
        digest = hashlib.md5(usedforsecurity=False)
        with stream as blocks:
            for block in blocks:
                digest.update(block)
        return digest.hexdigest()


def _md5_can_be_known(upload: Upload, part_ids: Sequence[str]) -> bool:
    """Return whether S3 knows the MD5, or the bytes are in small parts and quick to read."""
    return upload.plan is None or (bool(part_ids) and upload.bytes <= SMALL_PARTS_LIMIT)


def _check_same(name: str, wanted: str | None, found: str) -> None:
    if wanted is not None and wanted != found:
        raise InvalidParameterError(
            f"The {name} of the parts in this order is {found}, not {wanted[:64]}. "
            "Complete again with the right order, or send the parts again.",
            param=name,
        )
