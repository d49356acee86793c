"""A POST with an idempotency key is carried out once; its answer is replayed afterwards."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.api import assert_refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from tests.e2e.api import Api
    from tests.e2e.projects import NewProject

    type Send = Callable[[str], httpx.Response]

ANNOUNCED = {"filename": "a.bin", "purpose": "user_data", "bytes": 4, "mime_type": "a/b"}
REPLAY = "larder-idempotent-replay"


@pytest.fixture
def api(new_project: NewProject) -> Iterator[Api]:
    """A project of the test's own, so that its usage is exactly what the test made."""
    with new_project().api() as api:
        yield api


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def new_key() -> str:
    return secrets.token_hex(12)


def post_file(api: Api, key: str, data: bytes = b"data") -> httpx.Response:
    # httpx chooses a new boundary every time, as the SDKs do.
    return api.send(
        "POST",
        "/files",
        data={"purpose": "user_data"},
        files={"file": ("a.txt", data)},
        headers=keyed(key),
    )


def on_files(api: Api) -> tuple[Send, Send]:
    return (lambda key: post_file(api, key)), (lambda key: post_file(api, key, b"other"))


def on_uploads(api: Api) -> tuple[Send, Send]:
    def send(key: str, size: int) -> httpx.Response:
        return api.send("POST", "/uploads", json=ANNOUNCED | {"bytes": size}, headers=keyed(key))

    return (lambda key: send(key, 4)), (lambda key: send(key, 5))


def on_uploads_in_parts(api: Api) -> tuple[Send, Send]:
    def send(key: str, size: int) -> httpx.Response:
        return api.send("POST", "/uploads", json=ANNOUNCED | {"bytes": size}, headers=keyed(key))

    # With as many signed URLs as the default quota allows.
    return (lambda key: send(key, 2**28)), (lambda key: send(key, 2**28 - 1))


def on_parts(api: Api) -> tuple[Send, Send]:
    path = f"/uploads/{api.create_upload(4)['id']}/parts"

    def send(key: str, data: bytes) -> httpx.Response:
        return api.send("POST", path, files={"data": data}, headers=keyed(key))

    return (lambda key: send(key, b"data")), (lambda key: send(key, b"date"))


def on_complete(api: Api) -> tuple[Send, Send]:
    upload = api.create_upload(4)
    assert api.put(upload["transfer"], b"data").status_code == 200

    def send(key: str, body: dict[str, Any]) -> httpx.Response:
        path = f"/uploads/{upload['id']}/complete"
        return api.send("POST", path, json=body, headers=keyed(key))

    return (lambda key: send(key, {})), (lambda key: send(key, {"md5": "0" * 32}))


def on_cancel(api: Api) -> tuple[Send, Send]:
    def send(key: str, upload_id: str) -> httpx.Response:
        return api.send("POST", f"/uploads/{upload_id}/cancel", headers=keyed(key))

    one, other = api.create_upload(4)["id"], api.create_upload(4)["id"]
    return (lambda key: send(key, one)), (lambda key: send(key, other))


EVERY_POST = [on_files, on_uploads, on_uploads_in_parts, on_parts, on_complete, on_cancel]


@pytest.mark.parametrize("route", EVERY_POST)
def test_the_same_request_is_replayed_byte_for_byte_and_a_different_one_refused(
    api: Api, route: Callable[[Api], tuple[Send, Send]]
) -> None:
    send, send_other = route(api)
    key = new_key()

    first = send(key)
    before = api.usage()
    again, third = send(key), send(key)
    other = send_other(key)

    assert first.status_code == 200, first.text
    assert REPLAY not in first.headers
    for replayed in (again, third):
        assert (replayed.status_code, replayed.content) == (200, first.content)
        assert replayed.headers[REPLAY] == "true"
        assert replayed.headers["content-type"] == first.headers["content-type"]
        assert replayed.headers["x-request-id"] != first.headers["x-request-id"]
    assert_refused(other, 409, code="idempotency_conflict", kind="idempotency_conflict")
    assert other.headers["x-should-retry"] == "false"
    assert REPLAY not in other.headers
    assert api.usage() == before


@pytest.mark.parametrize("name", ["Agent-Idempotency-Key", "IDEMPOTENCY-KEY"])
def test_other_names_of_the_header_work_too(api: Api, name: str) -> None:
    first, again = (
        api.send("POST", "/uploads", json=ANNOUNCED, headers={name: "one"}) for _ in range(2)
    )

    assert again.content == first.content
    assert again.headers[REPLAY] == "true"
    assert api.in_use() == (1, 4)


def test_of_8_at_once_with_one_key_exactly_one_is_carried_out(api: Api) -> None:
    key = new_key()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post_file(api, key), range(8)))
    afterwards = post_file(api, key)

    carried_out = [it for it in answers if it.status_code == 200 and REPLAY not in it.headers]
    replayed = [it for it in answers if it.status_code == 200 and REPLAY in it.headers]
    still_running = [it for it in answers if it.status_code != 200]
    assert len(carried_out) == 1, [it.text for it in answers]
    for answer in still_running:
        assert_refused(answer, 409, code="idempotency_conflict", kind="idempotency_conflict")
        assert "x-should-retry" not in answer.headers
    assert {it.content for it in [*replayed, afterwards]} == {carried_out[0].content}
    assert afterwards.headers[REPLAY] == "true"
    assert api.listed() == [carried_out[0].json()["id"]]
    assert api.in_use() == (1, 4)
