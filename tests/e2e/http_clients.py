"""HTTP clients as programs use them: how each downloads, and how each uploads a form."""

from __future__ import annotations

import asyncio
import http.client
import shutil
import subprocess
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
import httpx
import pytest
import requests
from urllib3.filepost import encode_multipart_formdata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NODE = Path(__file__).parent / "node"
FIELDS = {"purpose": "user_data"}


@dataclass(frozen=True)
class HttpClient:
    """A client, with the headers that it sends by itself.

    `download` gets a URL and the headers to add, and follows a redirect; `upload` also gets the
    path of a file, and returns the answer. `command` is the program that it needs.
    `forwards_key` says whether `Authorization` follows a redirect to another host.
    """

    download: Callable[[str, dict[str, str]], bytes]
    upload: Callable[[str, dict[str, str], Path], bytes]
    command: str | None = None
    forwards_key: bool = False

    def skip_if_missing(self) -> None:
        if self.command is not None and shutil.which(self.command) is None:
            pytest.skip(f"{self.command} is not installed")


def _form(path: Path) -> tuple[bytes, dict[str, str]]:
    """Return a form of the file for clients that cannot make one, and its header."""
    file = (path.name, path.read_bytes(), "application/octet-stream")
    body, content_type = encode_multipart_formdata({**FIELDS, "file": file})
    return body, {"Content-Type": content_type}


def _run(*command: str) -> bytes:
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout  # noqa: S603


def _urllib_download(url: str, headers: dict[str, str]) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:  # noqa: S310
        body: bytes = answer.read()
        return body


def _urllib_upload(url: str, headers: dict[str, str], path: Path) -> bytes:
    body, content_type = _form(path)
    request = urllib.request.Request(url, body, headers | content_type)  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        returned: bytes = answer.read()
        return returned


def _http_client_download(url: str, headers: dict[str, str]) -> bytes:
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


def _http_client_upload_in_chunks(url: str, headers: dict[str, str], path: Path) -> bytes:
    body, content_type = _form(path)
    split = urlsplit(url)

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(body), 1_000):
            yield body[start : start + 1_000]

    with closing(http.client.HTTPConnection(split.netloc)) as connection:
        connection.request(
            "POST", split.path, chunks(), headers | content_type, encode_chunked=True
        )
        return connection.getresponse().read()


def _requests_download(url: str, headers: dict[str, str]) -> bytes:
    return requests.get(url, headers=headers, timeout=60).content


def _requests_upload(url: str, headers: dict[str, str], path: Path) -> bytes:
    with path.open("rb") as file:
        sent = {"file": file}
        return requests.post(url, headers=headers, data=FIELDS, files=sent, timeout=60).content


def _httpx_download(url: str, headers: dict[str, str]) -> bytes:
    return httpx.get(url, headers=headers, follow_redirects=True, timeout=60).content


def _httpx_upload(url: str, headers: dict[str, str], path: Path) -> bytes:
    with path.open("rb") as file:
        sent = {"file": file}
        return httpx.post(url, headers=headers, data=FIELDS, files=sent, timeout=60).content


def _aiohttp_download(url: str, headers: dict[str, str]) -> bytes:
    async def get() -> bytes:
        async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
            return await answer.read()

    return asyncio.run(get())


def _aiohttp_upload(url: str, headers: dict[str, str], path: Path) -> bytes:
    async def post(form: aiohttp.FormData) -> bytes:
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, headers=headers, data=form) as answer,
        ):
            return await answer.read()

    form = aiohttp.FormData(FIELDS)
    form.add_field("file", path.read_bytes(), filename=path.name)
    return asyncio.run(post(form))


def _curl(*options: str, of_uploads: tuple[str, ...] = ()) -> HttpClient:
    def added(headers: dict[str, str]) -> list[str]:
        return [each for name, value in headers.items() for each in ("-H", f"{name}: {value}")]

    def download(url: str, headers: dict[str, str]) -> bytes:
        return _run("curl", "-sSfL", *options, *added(headers), url)

    def upload(url: str, headers: dict[str, str], path: Path) -> bytes:
        form = ["-F", "purpose=user_data", "-F", f"file=@{path}"]
        return _run("curl", "-sS", *options, *of_uploads, *added(headers), *form, url)

    return HttpClient(download, upload, "curl")


def _wget(url: str, headers: dict[str, str], *options: str) -> bytes:
    added = [f"--header={name}: {value}" for name, value in headers.items()]
    return _run("wget", "-qO-", "--tries=3", *added, *options, url)


def _wget_upload(url: str, headers: dict[str, str], path: Path) -> bytes:
    body, content_type = _form(path)
    form = path.with_suffix(".form")
    form.write_bytes(body)
    return _wget(url, headers | content_type, f"--post-file={form}")


def _node(how: str) -> HttpClient:
    def run(url: str, headers: dict[str, str], *more: str) -> bytes:
        added = [f"{name}: {value}" for name, value in headers.items()]
        return _run("node", str(NODE / "http_clients.mjs"), how, url, *added, *more)

    def upload(url: str, headers: dict[str, str], path: Path) -> bytes:
        return run(url, headers, str(path))

    return HttpClient(run, upload, "node")


CLIENTS = {
    "urllib": HttpClient(_urllib_download, _urllib_upload, forwards_key=True),
    "http.client": HttpClient(_http_client_download, _http_client_upload_in_chunks),
    "requests": HttpClient(_requests_download, _requests_upload),
    "httpx": HttpClient(_httpx_download, _httpx_upload),
    "aiohttp": HttpClient(_aiohttp_download, _aiohttp_upload),
    "curl": _curl(),
    "curl, HTTP 1.0": _curl("-0"),
    "curl without Accept": _curl("-H", "Accept:"),
    "curl in chunks": _curl(of_uploads=("-H", "Transfer-Encoding: chunked")),
    "wget": HttpClient(_wget, _wget_upload, "wget", forwards_key=True),
    "Node fetch": _node("fetch"),
    "Node http": _node("http"),
    "undici": _node("undici"),
    "axios": _node("axios"),
}
