"""How long files stay in the trash."""

from __future__ import annotations

import pytest

from larder.domain.files import DAY
from larder.domain.trash import TrashedFile
from tests.fakes.clock import START
from tests.samples import a_file

NOW = int(START)


@pytest.mark.parametrize(
    ("expires_at", "purge_at"),
    [
        (None, NOW + 30 * DAY),
        (NOW + 30 * DAY - 1, NOW + 30 * DAY - 1),
        (NOW + 30 * DAY + 1, NOW + 30 * DAY),
        (NOW + 1, NOW + 1),
    ],
)
def test_a_file_is_purged_after_30_days_or_when_it_expires(
    expires_at: int | None, purge_at: int
) -> None:
    trashed = TrashedFile(a_file(expires_at=expires_at), deleted_at=NOW)

    assert trashed.purge_at == purge_at
    assert not trashed.expired(purge_at - 0.001)
    assert trashed.expired(purge_at)
