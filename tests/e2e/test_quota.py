from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.api import assert_refused, eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.e2e.api import Api
    from tests.e2e.projects import NewProject
    from tests.e2e.stack import Stack

SIZE = 1_000
ROOM = 10


def small_upload(api: Api) -> httpx.Response:
    return api.post_file(b"\0" * SIZE)


def announced_upload(api: Api) -> httpx.Response:
    return api.send(
        "POST",
        "/uploads",
        json={"filename": "a", "purpose": "user_data", "bytes": SIZE, "mime_type": "text/plain"},
    )


def patiently(request: Callable[[], httpx.Response]) -> httpx.Response:
    """Retry while throttled, as the SDKs do. Contention may answer 429, a full quota may not."""
    while (response := request()).status_code == 429:
        assert_refused(response, 429, code="rate_limit_exceeded", kind="rate_limit_error")
        assert 0 <= float(response.headers["retry-after"]) <= 120
        time.sleep(min(float(response.headers["retry-after"]), 1))
    return response


@pytest.mark.parametrize("way", [small_upload, announced_upload])
@pytest.mark.parametrize(
    "limits", [{"files": ROOM, "size": 10**9}, {"files": 10**6, "size": ROOM * SIZE}], ids=str
)
def test_of_32_concurrent_uploads_exactly_those_with_room_are_admitted(
    new_project: NewProject, limits: dict[str, int], way: Callable[[Api], httpx.Response]
) -> None:
    with new_project(**limits).api() as api:
        assert api.in_use() == (0, 0)

        with ThreadPoolExecutor(32) as pool:
            responses = list(pool.map(lambda _: patiently(lambda: way(api)), range(32)))

        admitted = [response for response in responses if response.status_code == 200]
        refused = [response for response in responses if response.status_code != 200]
        for response in refused:
            assert_refused(response, 400, code="storage_quota_exceeded", kind="insufficient_quota")
        assert len(admitted) == ROOM
        assert api.in_use() == (ROOM, ROOM * SIZE)
        if way is small_upload:
            assert sorted(api.listed()) == sorted(r.json()["id"] for r in admitted)


def test_usage_shows_used_reserved_and_limit(new_project: NewProject) -> None:
    with new_project(files=5, size=10_000).api() as api:
        api.create_file(b"\0" * 300)
        api.create_upload(2_000)

        assert api.usage() == {
            "object": "usage",
            "files": {"used": 1, "reserved": 1, "limit": 5},
            "bytes": {"used": 300, "reserved": 2_000, "limit": 10_000},
            "batches": {"running": 0, "limit": 10},
            "batch_requests": {"running": 0, "limit": 200_000},
        }


def test_deleting_frees_the_quota_at_once_and_the_bytes_soon(
    new_project: NewProject, stack: Stack
) -> None:
    project = new_project(files=1, size=1_000)
    with project.api() as api:
        file_id = api.create_file(b"\0" * 1_000)["id"]
        assert api.post_file(b"x").status_code == 400
        assert stack.stored(f"files/{project.id}/{file_id}")

        api.json("DELETE", f"/files/{file_id}")

        assert api.in_use() == (0, 0)
        assert api.post_file(b"\0" * 1_000).status_code == 200
        eventually(
            lambda: stack.stored(f"files/{project.id}/{file_id}"), lambda stored: not stored, 30
        )


def test_concurrent_deletions_release_the_quota_once(new_project: NewProject) -> None:
    with new_project().api() as api:
        api.create_file(b"\0" * 10)
        file_id = api.create_file(b"\0" * 100)["id"]

        def delete(_: Any) -> int:
            return patiently(lambda: api.send("DELETE", f"/files/{file_id}")).status_code

        with ThreadPoolExecutor(8) as pool:
            statuses = sorted(pool.map(delete, range(8)))

        assert statuses == [200, *[404] * 7]
        assert api.in_use() == (1, 10)
