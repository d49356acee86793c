from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.e2e.api import Api, assert_refused, eventually

if TYPE_CHECKING:
    from tests.e2e.projects import RevokedKey

CACHE_SECONDS = 60


def test_a_revoked_key_stops_within_a_minute_and_no_other_key_does(revoked_key: RevokedKey) -> None:
    with revoked_key.project.api() as kept, Api(kept.base_url, revoked_key.secret) as lost:
        path = f"/files/{revoked_key.file_id}"

        elapsed = time.monotonic() - revoked_key.revoked_at
        response = eventually(
            lambda: lost.send("GET", path),
            lambda response: response.status_code != 200,
            within=max(0, CACHE_SECONDS + 5 - elapsed),
        )

        assert_refused(response, 401, code="invalid_api_key")
        assert_refused(lost.post_file(b"x"), 401, code="invalid_api_key")
        assert kept.send("GET", path).status_code == 200
