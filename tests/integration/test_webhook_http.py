"""Requests to receivers of webhooks: to public addresses alone, and never for long.

The receivers are servers on this machine, reached under the name `receiver.example`.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
import urllib3.util.connection

from larder.adapters.webhook_http import HttpReceivers, resolve
from larder.domain.deliveries import Attempt
from tests.support.certificates import self_signed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOST = "receiver.example"
HERE = "127.0.0.1"
SECONDS = 1.0
BODY = b'{"id":"evt_1"}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Receiver:
    """A server of one socket. `behave(connection)` is its answer to each connection."""

    def __init__(self, behave: Callable[[socket.socket], None], certificate: Path | None) -> None:
        self.requests: list[bytes] = []
        self.names: list[str | None] = []
        self.connections = 0
        self._behave = behave
        self._socket = socket.create_server((HERE, 0))
        self.port: int = self._socket.getsockname()[1]
        self._context = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
            self._context.sni_callback = lambda _, name, __: self.names.append(name)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ssl.SSLError), connection:
            if self._context is None:
                self._behave(connection)
            else:
                with self._context.wrap_socket(connection, server_side=True) as wrapped:
                    self._behave(wrapped)

    def read(self, connection: socket.socket) -> None:
        request = b""
        while not request.endswith(BODY):
            block = connection.recv(65_536)
            if not block:
                return
            request += block
        self.requests.append(request)

    def close(self) -> None:
        self._socket.close()


@contextmanager
def receiving(
    answer: bytes | Callable[[socket.socket], None] = ANSWER, certificate: Path | None = None
) -> Iterator[Receiver]:
    """Serve an answer, or what a function does with a connection whose request was read."""

    def behave(connection: socket.socket) -> None:
        receiver.read(connection)
        if isinstance(answer, bytes):
            connection.sendall(answer)
        else:
            answer(connection)

    receiver = Receiver(behave, certificate)
    try:
        yield receiver
    finally:
        receiver.close()


def sender(*addresses: str, private: bool = True, **options: Any) -> HttpReceivers:
    """Return receivers whose names lead to these addresses, by default to this machine."""
    leads_to = list(addresses or [HERE])
    return HttpReceivers(private=private, resolve=lambda *_: leads_to, seconds=SECONDS, **options)


def send(receivers: HttpReceivers, port: int, scheme: str = "http", path: str = "/hook") -> Attempt:
    return receivers.send(
        f"{scheme}://{HOST}:{port}{path}",
        {"webhook-id": "msg_1", "webhook-signature": "v1,x"},
        BODY,
    )


def test_the_request_is_a_plain_post_to_the_name() -> None:
    with receiving() as receiver:
        attempt = send(sender(), receiver.port, path="/hook?a=b")

    assert attempt == Attempt(status_code=200)
    [request] = receiver.requests
    head, _, body = request.partition(b"\r\n\r\n")
    first, *headers = head.split(b"\r\n")
    assert first == b"POST /hook?a=b HTTP/1.1"
    assert body == BODY
    assert {line.lower() for line in headers} == {
        f"host: {HOST}:{receiver.port}".encode(),
        b"content-type: application/json",
        b"user-agent: larder-webhooks",
        b"connection: close",
        b"accept-encoding: identity",
        b"webhook-id: msg_1",
        b"webhook-signature: v1,x",
        f"content-length: {len(BODY)}".encode(),
    }


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def test_tls_is_for_the_name_while_the_address_is_pinned(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path, HOST)

    with receiving(certificate=certificate) as receiver:
        attempt = send(sender(context=trusting(certificate)), receiver.port, "https")

    assert attempt == Attempt(status_code=200)
    assert receiver.names == [HOST]


def test_a_certificate_of_another_name_is_refused(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path, "other.example")

    with receiving(certificate=certificate) as receiver:
        attempt = send(sender(context=trusting(certificate)), receiver.port, "https")

    assert attempt.status_code is None
    assert "certificate" in str(attempt.error)
    assert receiver.requests == []


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with receiving(certificate=self_signed(tmp_path, HOST)) as receiver:
        attempt = send(sender(), receiver.port, "https")

    assert "certificate" in str(attempt.error)
    assert receiver.requests == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["10.0.0.7"],
        ["169.254.169.254"],
        ["100.64.0.1"],
        ["fd00:ec2::254"],
        ["fe80::1%lo"],
        ["0.0.0.0"],  # noqa: S104
        ["8.8.8.8", "127.0.0.1"],
        ["127.0.0.1", "8.8.8.8"],
        [],
    ],
    ids=str,
)
def test_a_name_that_leads_to_an_address_that_is_not_public_is_not_called(
    addresses: list[str],
) -> None:
    with receiving() as receiver:
        attempt = HttpReceivers(resolve=lambda *_: addresses, seconds=SECONDS).send(
            f"https://{HOST}:{receiver.port}/", {}, BODY
        )

    assert attempt.status_code is None
    assert receiver.connections == 0
    assert not any(address in str(attempt.error) for address in addresses)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "localhost"]
)
def test_the_real_resolver_s_answers_are_checked_in_whatever_form_a_host_is(host: str) -> None:
    with receiving() as receiver:
        attempt = HttpReceivers(seconds=SECONDS).send(f"http://{host}:{receiver.port}/", {}, BODY)

    assert attempt.status_code is None
    assert receiver.connections == 0


def test_a_name_that_changes_after_it_was_checked_is_not_looked_up_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first answer is public, every further one is this machine."""
    answers = iter([["93.184.216.34"]])
    called: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(urllib3.util.connection, "create_connection", connect)
    receivers = HttpReceivers(resolve=lambda *_: next(answers, [HERE]), seconds=SECONDS)

    attempt = receivers.send(f"https://{HOST}/", {}, BODY)

    assert called == [("93.184.216.34", 443)]
    assert attempt == Attempt(error="The connection was refused.")


def test_another_address_of_the_name_is_tried_if_one_does_not_connect() -> None:
    with receiving() as receiver:
        attempt = send(sender("127.0.0.2", HERE), receiver.port)

    assert attempt == Attempt(status_code=200)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(code: int) -> None:
    with receiving() as elsewhere:
        moved = f"HTTP/1.1 {code} Moved\r\nLocation: http://{HERE}:{elsewhere.port}/\r\n\r\n"
        with receiving(moved.encode()) as receiver:
            attempt = send(sender(), receiver.port)

    assert attempt == Attempt(status_code=code)
    assert elsewhere.connections == 0


def drip(connection: socket.socket, head: bytes, again: bytes, pause: float) -> None:
    connection.sendall(head)
    while True:
        time.sleep(pause)
        connection.sendall(again)


SLOW: dict[str, Callable[[socket.socket], None]] = {
    "no answer": lambda connection: time.sleep(5),  # noqa: ARG005
    "a byte at a time": lambda connection: drip(connection, b"HTTP/1.1 200 OK", b"x", 0.1),
    "endless headers": lambda connection: drip(
        connection, b"HTTP/1.1 200 OK\r\n", b"a: b\r\n", 0.05
    ),
    "endless interim answers": lambda connection: drip(
        connection, b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05
    ),
}


@pytest.mark.parametrize("behaviour", SLOW)
def test_a_slow_receiver_has_its_time_and_no_more(behaviour: str) -> None:
    began = time.monotonic()

    with receiving(SLOW[behaviour]) as receiver:
        attempt = send(sender(), receiver.port)

    assert attempt == Attempt(error="No answer within 1 seconds.")
    assert time.monotonic() - began < SECONDS + 1


def test_a_receiver_that_does_not_finish_tls_has_its_time_and_no_more() -> None:
    receiver = Receiver(lambda connection: drip(connection, b"", b"\x16", 0.1), None)
    began = time.monotonic()

    attempt = send(sender(), receiver.port, "https")

    receiver.close()
    assert attempt.status_code is None
    assert time.monotonic() - began < SECONDS + 1


def test_a_resolver_that_does_not_answer_has_its_time_and_no_more() -> None:
    began = time.monotonic()
    receivers = HttpReceivers(resolve=lambda *_: time.sleep(5) or [], seconds=SECONDS)  # type: ignore[func-returns-value]

    attempt = receivers.send(f"https://{HOST}/", {}, BODY)

    assert attempt.error == "No answer within 1 seconds."
    assert time.monotonic() - began < SECONDS + 1


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
    ],
)
def test_the_body_of_an_answer_is_not_read(head: bytes) -> None:
    began = time.monotonic()

    with receiving(lambda connection: drip(connection, head, b"x" * 65_536, 0)) as receiver:
        attempt = send(sender(), receiver.port)

    assert attempt == Attempt(status_code=200)
    assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"220 mail.example ESMTP\r\n",
        b"HTTP/1.1 banana\r\n\r\n",
        b"HTTP/1.1 200 " + b"a" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: " + b"b" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"\x00\xff" * 100,
    ],
    ids=range(7),
)
def test_an_answer_that_is_not_http_is_a_failure_that_says_nothing_of_it(answer: bytes) -> None:
    with receiving(answer) as receiver:
        attempt = send(sender(), receiver.port)

    assert attempt.status_code is None
    assert attempt.error in {
        "The answer was not HTTP.",
        "The connection was closed.",
        "No connection.",
    }


def test_a_refused_connection_is_a_failure() -> None:
    with socket.create_server((HERE, 0)) as closed:
        port: int = closed.getsockname()[1]

    assert send(sender(), port).error == "The connection was refused."


def test_a_name_that_does_not_exist_is_a_failure() -> None:
    def unknown(*_: object) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    attempt = HttpReceivers(resolve=unknown).send(f"https://{HOST}/", {}, BODY)

    assert attempt.error == f"The name {HOST} does not resolve."


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy, receiving() as receiver:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{HERE}:{proxy.port}")
        attempt = send(sender(), receiver.port)

    assert attempt == Attempt(status_code=200)
    assert proxy.connections == 0


def test_the_resolver_returns_each_address_once() -> None:
    assert resolve("127.0.0.1", 443) == ["127.0.0.1"]
