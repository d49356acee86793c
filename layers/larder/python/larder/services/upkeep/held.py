"""What fills a project's quota besides the files in lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larder.domain.quota import Held
from larder.services.upkeep.ports import DueTrashedFile, DueUpload

if TYPE_CHECKING:
    from larder.domain.ids import TenantId
    from larder.services.clock import Clock
    from larder.services.files.ports import FileRecords
    from larder.services.upkeep.ports import Deadlines

MAX_LOOKED_AT = 1_000
"""The most items that a refusal looks at: one query of about 100 KB."""

MAX_NAMED = 3
"""The most uploads that a refusal names."""


def held_quota(tenant: TenantId, *, deadlines: Deadlines, files: FileRecords, clock: Clock) -> Held:
    """Return how many artifacts there are, and what the trash and the pending uploads hold.

    Of these, the items that expire soonest.
    """
    ahead = deadlines.ahead(tenant, clock(), MAX_LOOKED_AT)
    artifacts = files.count_artifacts(tenant, MAX_LOOKED_AT)
    uploads = [(at, due.id) for at, due in ahead if isinstance(due, DueUpload)]
    return Held(
        trashed=sum(isinstance(due, DueTrashedFile) for _, due in ahead),
        reserved_until=uploads[-1][0] if uploads else None,
        exact=len(ahead) < MAX_LOOKED_AT and artifacts < MAX_LOOKED_AT,
        artifacts=artifacts,
        uploads=tuple(upload_id for _, upload_id in uploads[:MAX_NAMED]),
    )
