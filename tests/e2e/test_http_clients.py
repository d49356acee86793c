"""Downloads by HTTP clients as they are, with the headers that each sends by itself.

Those that say nothing of what they accept are the ones that lose a binary answer in API Gateway.
"""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import urllib.request
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.api import Api

    type Download = Callable[[str, str], bytes]

TEXT = '{"custom_id": "é€😀"}\r\n\ttext \\ "quoted"\n'.encode() * 40
BINARY = bytes(range(256)) * 40
LARGE = os.urandom(4 * 2**20 + 1)

NODE = """
const [url, key, how] = process.argv.slice(1);
const headers = {authorization: `Bearer ${key}`};
const { get } = await import('node:http');
const { Buffer } = await import('node:buffer');
function plain(address, headers) {
  return new Promise((resolve, reject) => get(address, {headers}, (answer) => {
    if (answer.statusCode === 302) {
      answer.resume();
      return resolve(plain(answer.headers.location, {}));
    }
    const chunks = [];
    answer.on('data', (chunk) => chunks.push(chunk));
    const right = answer.statusCode === 200;
    answer.on('end', () => right ? resolve(Buffer.concat(chunks)) : reject(answer.statusCode));
  }).on('error', reject));
}
const body = how === 'fetch'
  ? Buffer.from(await (await fetch(url, {headers})).arrayBuffer())
  : await plain(url, headers);
process.stdout.write(body);
"""


def by_command(*command: str) -> bytes:
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout  # noqa: S603


def by_urllib(url: str, key: str) -> bytes:
    request = urllib.request.Request(url)  # noqa: S310 - http, and ours
    # Not sent on to S3, which refuses two ways to sign in: what `GET …/url` is for otherwise.
    request.add_unredirected_header("Authorization", f"Bearer {key}")
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        body: bytes = answer.read()
        return body


def by_http_client(url: str, key: str) -> bytes:
    headers = {"Authorization": f"Bearer {key}"}
    for _ in range(2):
        split = urlsplit(url)
        with closing(http.client.HTTPConnection(split.netloc)) as connection:
            connection.request("GET", f"{split.path}?{split.query}", headers=headers)
            answer = connection.getresponse()
            body = answer.read()
        if answer.status != http.client.FOUND:
            return body
        url, headers = answer.headers["Location"], {}
    raise AssertionError(url)


def by_requests(url: str, key: str) -> bytes:
    return requests.get(url, headers={"Authorization": f"Bearer {key}"}, timeout=60).content


def by_httpx(url: str, key: str) -> bytes:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.get(url, headers=headers, follow_redirects=True, timeout=60).content


def by_curl(*options: str) -> Download:
    return lambda url, key: by_command(
        "curl", "-sSfL", *options, "-H", f"Authorization: Bearer {key}", url
    )


def by_node(how: str) -> Download:
    return lambda url, key: by_command("node", "--input-type=module", "-e", NODE, url, key, how)


CLIENTS: dict[str, tuple[Download, str | None]] = {
    "urllib": (by_urllib, None),
    "http.client": (by_http_client, None),
    "requests": (by_requests, None),
    "httpx": (by_httpx, None),
    "curl": (by_curl(), "curl"),
    "curl, HTTP 1.0": (by_curl("-0"), "curl"),
    "curl without Accept": (by_curl("-H", "Accept:"), "curl"),
    "Node fetch": (by_node("fetch"), "node"),
    "Node http.get": (by_node("http"), "node"),
}


@pytest.fixture(scope="module")
def stored(api: Api) -> dict[str, tuple[str, bytes]]:
    contents = {"text": TEXT, "binary": BINARY, "large": LARGE, "empty": b""}
    return {
        name: ((api.upload_directly(data) if data else api.create_file(data))["id"], data)
        for name, data in contents.items()
    }


@pytest.mark.parametrize("content", ["text", "binary", "large", "empty"])
@pytest.mark.parametrize("client", CLIENTS)
def test_every_client_gets_the_exact_bytes(
    api: Api, stored: dict[str, tuple[str, bytes]], client: str, content: str
) -> None:
    download, command = CLIENTS[client]
    if command is not None and shutil.which(command) is None:
        pytest.skip(f"{command} is not installed")
    file_id, data = stored[content]

    assert download(f"{api.base_url}/files/{file_id}/content", api.key) == data


@pytest.mark.parametrize("content", ["text", "binary", "large"])
def test_a_client_that_would_send_its_key_on_opens_a_link(
    api: Api, stored: dict[str, tuple[str, bytes]], content: str
) -> None:
    file_id, data = stored[content]

    link = api.json("GET", f"/files/{file_id}/url")["url"]

    with urllib.request.urlopen(link) as answer:  # noqa: S310
        assert answer.read() == data
