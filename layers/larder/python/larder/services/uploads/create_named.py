"""Store a small file whose name may be taken: as an upload that ends in the same request."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.errors import ContentionError
from larder.domain.files import client_purpose, expiry_of
from larder.domain.ids import created_at, new_file_id, upload_of
from larder.domain.media_types import media_type_of
from larder.domain.same_names import name_taken
from larder.domain.tags import checked_tags
from larder.domain.uploads import UPLOAD_LIFE, Upload, UploadStatus
from larder.services.quota import admit
from larder.services.uploads.complete_as_file import complete_as_file
from larder.services.uploads.create import open_folder

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.domain.same_names import IfExists
    from larder.services.clock import Clock
    from larder.services.files.create import NewFile
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStore
    from larder.services.quota import HeldQuota, Reclaim
    from larder.services.space.ports import FolderRecords
    from larder.services.uploads.ports import UploadRecords


@dataclass(frozen=True, slots=True)
class CreateNamedFile:
    """Store a file's bytes, and decide then what it is called and what it replaces.

    The name is decided once the bytes are there, so that a file is never in the trash for one that
    did not arrive. Until then an upload announces them. If this request dies, the event of the
    bytes completes it, or the sweeper.
    """

    files: FileRecords
    folders: FolderRecords
    uploads: UploadRecords
    objects: ObjectStore
    reclaim: Reclaim
    held_quota: HeldQuota
    clock: Clock

    def __call__(self, tenant: TenantId, new: NewFile, if_exists: IfExists) -> File:
        """Create the file and return it.

        Raises:
            InvalidParameterError: the purpose or a tag is not acceptable.
            NotFoundError: the folder does not exist for this project, or is being deleted.
            ConflictError: the name is taken, and `if_exists` says to fail then.
            QuotaExceededError: the project has no room.
            ProjectFullError: the project has as many records as it can have.
            ContentionError: too many concurrent changes to the project.
        """
        upload = self._announced(tenant, new, if_exists)
        admit(
            tenant,
            lambda: self.uploads.reserve(tenant, upload),
            reclaim=self.reclaim,
            held_quota=self.held_quota,
        )
        try:
            self.objects.put(tenant, upload.file_id, new.data)
        except Exception:
            self.uploads.close(tenant, upload, UploadStatus.CANCELLED)
            raise
        file = complete_as_file(
            tenant, upload, upload.to_file(), uploads=self.uploads, now=self.clock()
        )
        return self._completed(tenant, upload) if file is None else file

    def _completed(self, tenant: TenantId, upload: Upload) -> File:
        """Return the file of an upload that the event of its bytes has ended.

        Raises:
            ConflictError: its name was taken.
            ContentionError: it ended before its bytes were there.
        """
        ended = self.uploads.get(tenant, upload.id)
        if ended is not None and ended.status is UploadStatus.COMPLETED:
            # Another one may have replaced it since.
            return self.files.get(tenant, upload.file_id) or upload.to_file()
        if ended is None or ended.status is not UploadStatus.CANCELLED:
            raise ContentionError
        held = self.uploads.claim(tenant, upload.folder_id, upload.filename, self.clock())
        raise name_taken(held.files[0] if held.files else upload.to_file())

    def _announced(self, tenant: TenantId, new: NewFile, if_exists: IfExists) -> Upload:
        purpose = client_purpose(new.purpose)
        file_id = new_file_id(self.clock())
        born = created_at(file_id)
        return Upload(
            id=upload_of(file_id),
            filename=new.filename,
            bytes=len(new.data),
            purpose=purpose,
            mime_type=media_type_of(new.filename, new.mime_type),
            expires_at=born + UPLOAD_LIFE,
            file_expires_at=expiry_of(purpose, born, new.expires_after),
            sha256=hashlib.sha256(new.data).hexdigest(),
            folder_id=open_folder(tenant, new.folder_id, folders=self.folders),
            tags=checked_tags(new.tags, param="tags"),
            if_exists=if_exists,
        )
