from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.e2e.api import Api, assert_refused, eventually

if TYPE_CHECKING:
    from tests.e2e.projects import NewProject, Operator, RevokedKey

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


def test_a_key_expires_to_the_second_whatever_the_gateway_has_cached(
    new_project: NewProject, operator: Operator
) -> None:
    project = new_project()
    with Api(project.base_url, operator.expiring_key(project.id, 5)) as api:
        assert api.send("GET", "/files").status_code == 200

        response = eventually(
            lambda: api.send("GET", "/files"), lambda response: response.status_code != 200, 8
        )

        assert_refused(response, 401, code="invalid_api_key", says="expired")


def test_a_key_learns_what_it_is_and_when_it_was_used(
    new_project: NewProject, operator: Operator
) -> None:
    project = new_project()
    secret, key_id = operator.create_key(project.id, frozenset({"read"}))
    with Api(project.base_url, secret) as api:
        found = api.json("GET", "/keys/me")

        assert (found["id"], found["scopes"]) == (key_id, ["read"])
        assert found["project"] == {"id": project.id}
        assert found["last_used_on"] is not None
