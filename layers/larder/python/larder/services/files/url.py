"""Make a download link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.errors import InvalidParameterError
from larder.services.files.get import get_file

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.object_store import ObjectStore, SignedRequest

MIN_URL_LIFETIME = 60
MAX_URL_LIFETIME = 3_600


def download_url(
    tenant: TenantId,
    file_id: str,
    *,
    lifetime: int,
    files: FileRecords,
    objects: ObjectStore,
    clock: Clock,
) -> SignedRequest:
    """Return a download link to share, valid for `lifetime` seconds (60..3600).

    Raises:
        InvalidParameterError: `lifetime` is out of range.
        NotFoundError: there is no such file for this project.
    """
    if not MIN_URL_LIFETIME <= lifetime <= MAX_URL_LIFETIME:
        raise InvalidParameterError(
            f"expiry must be between {MIN_URL_LIFETIME} and {MAX_URL_LIFETIME} seconds, "
            f"not {lifetime}.",
            param="expiry",
        )
    file = get_file(tenant, file_id, files=files, clock=clock)
    return objects.sign_get(tenant, file, now=clock(), lifetime=lifetime)
