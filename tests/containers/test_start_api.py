"""`sam local start-api`: the read routes, behind the authorizer, on the embedded stores."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.containers.world import CONTENT, FILE_ID, REPORT, SECRET, UPLOAD_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.containers.sam import SamLocal
    from tests.containers.world import World


@pytest.fixture(scope="module")
def url(sam: SamLocal) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with sam.api(port) as url:
        yield url


@pytest.fixture
def client(url: str, world: World) -> Iterator[httpx.Client]:
    world.store_file()
    world.reserve_upload()
    # The first request to a function waits for its container.
    with httpx.Client(base_url=url, timeout=120) as client:
        client.headers["Authorization"] = f"Bearer {SECRET}"
        yield client


def test_files_are_listed(client: httpx.Client) -> None:
    answer = client.get("/v1/files")

    assert [entry["id"] for entry in answer.json()["data"]] == [FILE_ID]


def test_a_file_is_read(client: httpx.Client) -> None:
    answer = client.get(f"/v1/files/{FILE_ID}")

    assert answer.json()["status"] == "processed"


def test_a_file_is_downloaded(client: httpx.Client) -> None:
    answer = client.get(f"/v1/files/{FILE_ID}/content")

    assert answer.content == CONTENT


def test_a_link_to_a_file_opens_it(client: httpx.Client) -> None:
    answer = client.get(f"/v1/files/{FILE_ID}/url")

    assert httpx.get(answer.json()["url"]).content == CONTENT


def test_a_validation_report_is_read(client: httpx.Client) -> None:
    answer = client.get(f"/v1/files/{FILE_ID}/validation")

    assert answer.json() == REPORT


def test_an_upload_is_read(client: httpx.Client) -> None:
    answer = client.get(f"/v1/uploads/{UPLOAD_ID}")

    assert answer.json()["status"] == "pending"


def test_the_usage_is_read(client: httpx.Client) -> None:
    answer = client.get("/v1/usage")

    assert answer.json()["files"] == {"used": 1, "reserved": 1, "limit": 10}


def test_an_unknown_key_opens_nothing(client: httpx.Client) -> None:
    answer = client.get("/v1/files", headers={"Authorization": f"Bearer zk_live_{'x' * 43}"})

    assert answer.status_code in {401, 403}
