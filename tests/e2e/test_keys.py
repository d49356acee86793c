from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.api import Api, assert_refused, eventually

if TYPE_CHECKING:
    from tests.e2e.projects import NewProject, Operator

CACHE_SECONDS = 60


def test_a_revoked_key_stops_within_a_minute_and_no_other_key_does(
    new_project: NewProject, operator: Operator
) -> None:
    project = new_project()
    secret, key_id = operator.create_key(project.id)
    with project.api() as kept, Api(kept.base_url, secret) as lost:
        file_id = lost.create_file(b"made with the key that is revoked")["id"]

        operator.revoke_key(project.id, key_id)
        response = eventually(
            lambda: lost.send("GET", f"/files/{file_id}"),
            lambda response: response.status_code != 200,
            within=CACHE_SECONDS + 5,
        )

        assert_refused(response, 401, code="invalid_api_key")
        assert_refused(lost.post_file(b"x"), 401, code="invalid_api_key")
        assert kept.file(file_id)["id"] == file_id
