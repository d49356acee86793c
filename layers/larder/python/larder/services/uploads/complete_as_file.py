"""Turn an upload whose bytes are there into its file, under the name that is decided now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from larder.domain.errors import ConflictError, ContentionError, NotFoundError
from larder.domain.same_names import (
    MAX_NUMBER,
    MAX_REPLACED,
    IfExists,
    name_taken,
    numbered,
    too_many_to_replace,
)
from larder.domain.uploads import UploadStatus
from larder.services.budget import attempts
from larder.services.uploads.ports import ClaimOutdatedError

if TYPE_CHECKING:
    from larder.domain.files import File
    from larder.domain.ids import TenantId
    from larder.domain.uploads import Upload
    from larder.services.uploads.ports import NameClaim, UploadRecords


def complete_as_file(
    tenant: TenantId, upload: Upload, file: File, *, uploads: UploadRecords, now: float
) -> File | None:
    """Turn the pending upload into its file, and return it; None if it is no longer pending.

    If the folder has been deleted since the upload was created, the file goes to the root, as a
    file does that is restored from the trash. An upload with `if_exists` takes its name there as it
    says. If it must not, it is cancelled.

    Raises:
        ConflictError: the name is taken, and the upload was to fail then.
        ContentionError: too many files take the name at once.
        ProjectFullError: the project has as many records as it can have. The upload stays.
    """
    for _ in attempts():
        try:
            return _complete(tenant, upload, file, uploads, now)
        except NotFoundError:
            file = replace(file, folder_id=None)
        except ClaimOutdatedError:
            continue
        except ConflictError:
            if uploads.close(tenant, upload, UploadStatus.CANCELLED):
                raise
            return None
    raise ContentionError


def _complete(
    tenant: TenantId, upload: Upload, file: File, uploads: UploadRecords, now: float
) -> File | None:
    claimed = None

    def claim(name: str) -> NameClaim:
        found = uploads.claim(tenant, file.folder_id, name, now)
        # Its own file has the name where somebody else was faster. It does not replace itself: a
        # transaction that changes one item twice is invalid, instead of finding the upload ended.
        return replace(found, files=tuple(each for each in found.files if each.id != file.id))

    match upload.if_exists:
        case IfExists.FAIL:
            claimed = claim(file.filename)
            if claimed.files:
                raise name_taken(claimed.files[0])
        case IfExists.REPLACE:
            claimed = claim(file.filename)
            if len(claimed.files) > MAX_REPLACED:
                raise too_many_to_replace()
            claimed = replace(claimed, replaced=claimed.files)
        case IfExists.RENAME:
            claimed, number = claim(file.filename), 1
            while claimed.files:
                number += 1
                # The digits of its own id are nobody else's.
                mark = str(number) if number <= MAX_NUMBER else file.id[-12:]
                claimed = claim(numbered(file.filename, mark))
            file = replace(file, filename=claimed.name)
    return file if uploads.complete(tenant, upload, file, claimed) else None
