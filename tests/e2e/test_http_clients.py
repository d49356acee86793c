"""HTTP clients as they are: each gets and sends the exact bytes.

Those that say nothing of what they accept are the ones that lose a binary answer in API Gateway.
"""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.e2e.http_clients import CLIENTS, HttpClient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.api import Api

TEXT = '{"custom_id": "é€😀"}\r\n\ttext \\ "quoted"\n'.encode() * 40
BINARY = bytes(range(256)) * 40
LARGE = os.urandom(4 * 2**20 + 1)


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> HttpClient:
    found: HttpClient = CLIENTS[request.param]
    found.skip_if_missing()
    if request.param in {"undici", "axios"}:
        request.getfixturevalue("node_packages")
    return found


@pytest.fixture(scope="module")
def stored(api: Api) -> dict[str, tuple[str, bytes]]:
    contents = {"text": TEXT, "binary": BINARY, "large": LARGE, "empty": b""}
    return {
        name: ((api.upload_directly(data) if data else api.create_file(data))["id"], data)
        for name, data in contents.items()
    }


@pytest.mark.parametrize("content", ["text", "binary", "large", "empty"])
def test_every_client_gets_the_exact_bytes(
    api: Api, stored: dict[str, tuple[str, bytes]], client: HttpClient, content: str
) -> None:
    file_id, data = stored[content]
    url, headers = f"{api.base_url}/files/{file_id}/content", authorization(api)
    if client.forwards_key and content in {"binary", "large"}:
        # S3 refuses two ways to sign in, so the documentation has these clients ask for a link.
        asked = client.download(f"{api.base_url}/files/{file_id}/url", headers)
        url, headers = json.loads(asked)["url"], {}

    assert client.download(url, headers) == data


def test_s3_refuses_a_client_that_sends_its_key_on(
    api: Api, stored: dict[str, tuple[str, bytes]]
) -> None:
    file_id, _ = stored["large"]

    redirect = api.content(file_id)
    answer = httpx.get(redirect.headers["location"], headers=authorization(api))

    assert answer.status_code == 400
    assert "Only one auth mechanism allowed" in answer.text


def test_every_client_sends_the_exact_bytes(api: Api, client: HttpClient, tmp_path: Path) -> None:
    path = tmp_path / "sent.bin"
    path.write_bytes(BINARY)

    file = json.loads(client.upload(f"{api.base_url}/files", authorization(api), path))

    assert (file["object"], file["filename"]) == ("file", "sent.bin")
    assert api.content(file["id"]).content == BINARY


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[tuple[str, list[str | None]]]:
    """A URL that redirects to another host, and the `Authorization` that arrived there."""
    arrived: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/here"):
                self.send_response(302)
                self.send_header("Location", f"http://localhost:{server.server_port}/there")
            else:
                arrived.append(self.headers["Authorization"])
                self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/here", arrived
    server.shutdown()
    server.server_close()


def test_the_clients_that_send_the_key_on_are_the_ones_that_ask_for_a_link(
    elsewhere: tuple[str, list[str | None]], client: HttpClient
) -> None:
    url, arrived = elsewhere

    client.download(url, {"Authorization": "Bearer secret"})

    assert arrived[-1] == ("Bearer secret" if client.forwards_key else None)


def authorization(api: Api) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.key}"}
