"""TLS: the client sends requests only to a server whose certificate it trusts."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest

from larder_client import AsyncClient, Client, ConnectionFailedError
from tests.fakes.larder_http import KEY, MIB, FakeLarder
from tests.fakes.larder_transports import over_sockets
from tests.support.certificates import self_signed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATA = b"x" * 5 * MIB


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with a self-signed certificate for 127.0.0.1 and its key."""
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def fake(certificate: Path) -> Iterator[FakeLarder]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with over_sockets(FakeLarder(), tls) as fake:
        yield fake


def test_a_file_is_uploaded_and_downloaded_over_tls(
    fake: FakeLarder, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    (tmp_path / "a.bin").write_bytes(DATA)

    with Client(fake.base_url, KEY) as larder:
        sent = larder.put(tmp_path / "a.bin", purpose="user_data")
        received = larder.read(sent.file.id)

    assert sent.way == "parts"
    assert received == DATA


async def _sent_and_read(fake: FakeLarder, path: Path) -> bytes:
    async with AsyncClient(fake.base_url, KEY) as larder:
        sent = await larder.put(path, purpose="user_data")
        return await larder.read(sent.file.id)


def test_the_client_for_asyncio_uses_tls(
    fake: FakeLarder, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    (tmp_path / "a.bin").write_bytes(DATA)

    assert asyncio.run(_sent_and_read(fake, tmp_path / "a.bin")) == DATA


def test_certificates_are_not_loaded_without_tls(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "a.bin").write_bytes(DATA)
    monkeypatch.setattr("httpx.create_ssl_context", lambda: pytest.fail("certificates were loaded"))

    with over_sockets(FakeLarder()) as fake, Client(fake.base_url, KEY) as larder:
        sent = larder.put(tmp_path / "a.bin", purpose="user_data")

        assert larder.read(sent.file.id) == DATA


def test_an_untrusted_server_gets_no_request(fake: FakeLarder) -> None:
    with (
        Client(fake.base_url, KEY, max_retries=0) as larder,
        pytest.raises(ConnectionFailedError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        larder.usage()

    assert fake.requests == []


def test_an_untrusted_server_gets_no_request_from_the_client_for_asyncio(fake: FakeLarder) -> None:
    async def ask() -> None:
        async with AsyncClient(fake.base_url, KEY, max_retries=0) as larder:
            await larder.usage()

    with pytest.raises(ConnectionFailedError, match="CERTIFICATE_VERIFY_FAILED"):
        asyncio.run(ask())

    assert fake.requests == []
