"""Requests to the receivers of webhooks, which anybody may have named.

A name is resolved here, every address that it has is checked, and the connection is made to one of
these addresses: urllib3 gets the address, and the name only for TLS and the Host header. So it does
not matter what the name leads to a moment later.
"""

from __future__ import annotations

import socket
import ssl
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from larder.domain.deliveries import Attempt
from larder.domain.webhook_urls import public

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ATTEMPT_SECONDS = 10
"""Seconds of one attempt in all: to resolve, connect, send, and have the answer's head."""

_ADDRESSES_TRIED = 2

type Resolve = Callable[[str, int], list[str]]


class _RefusedError(Exception):
    """The host may not be called; the message says why."""


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, in the resolver's order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(slots=True)
class _Sockets:
    """The sockets that one attempt has opened, so that it can be ended from outside."""

    opened: list[socket.socket] = field(default_factory=list)
    over: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, opened: socket.socket) -> socket.socket:
        with self.lock:
            if self.over:
                opened.close()
                message = "the attempt is over"
                raise TimeoutError(message)
            self.opened.append(opened)
        return opened

    def end(self) -> None:
        with self.lock:
            self.over = True
            for each in self.opened:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    each.close()


@dataclass(frozen=True, slots=True)
class HttpReceivers:
    """`Receivers` over HTTP. `private` allows every address: for a stack on one machine."""

    private: bool = False
    resolve: Resolve = resolve
    seconds: float = ATTEMPT_SECONDS
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Attempt:
        """Send in a thread of its own, and leave it behind when the time is up.

        A timeout of the socket would begin again with every byte that a slow receiver sends, and
        the resolver has none.
        """
        sockets = _Sockets()
        results: list[Attempt] = []
        thread = threading.Thread(
            target=lambda: results.append(self._send(url, headers, body, sockets)), daemon=True
        )
        thread.start()
        thread.join(self.seconds)
        if results:
            return results[0]
        sockets.end()
        return Attempt(error=_late(self.seconds))

    def _send(
        self, url: str, headers: Mapping[str, str], body: bytes, sockets: _Sockets
    ) -> Attempt:
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        host, port = parts.hostname or "", parts.port or (443 if tls else 80)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {
            **headers,
            "Host": parts.netloc,
            "Content-Type": "application/json",
            "User-Agent": "Larder-Webhooks",
            "Connection": "close",
        }
        try:
            addresses = self._checked(host, port)
        except _RefusedError as refused:
            return Attempt(error=str(refused))
        except (OSError, UnicodeError):
            return Attempt(error=f"The name {host} does not resolve.")
        failed = Attempt(error="No connection.")
        for address in addresses[:_ADDRESSES_TRIED]:
            connection = self._connection(address, port, host, sockets, tls=tls)
            try:
                connection.connect()
            except (HTTPError, OSError) as error:
                failed = Attempt(error=_why(error, self.seconds))
                continue
            try:
                connection.request("POST", target, body, sent, preload_content=False)
                return Attempt(status_code=connection.getresponse().status)
            except Exception as error:  # noqa: BLE001 - no answer may stop the worker
                return Attempt(error=_why(error, self.seconds))
            finally:
                connection.close()
        return failed

    def _checked(self, host: str, port: int) -> list[str]:
        addresses = self.resolve(host, port)
        if not addresses:
            message = f"The name {host} does not resolve."
            raise _RefusedError(message)
        if not self.private and not all(map(public, addresses)):
            # Not which one: it may be a name of somebody's network.
            message = f"{host} leads to an address that is not public."
            raise _RefusedError(message)
        return addresses

    def _connection(
        self, address: str, port: int, host: str, sockets: _Sockets, *, tls: bool
    ) -> HTTPConnection:
        timeout = urllib3.Timeout(connect=self.seconds, read=self.seconds)
        options: dict[str, Any] = {"timeout": timeout.connect_timeout, "sockets": sockets}
        if not tls:
            return _Plain(address, port, **options)
        return _Tls(
            address,
            port,
            server_hostname=host,
            ssl_context=self.context,
            **options,
        )


class _Known:
    """A connection whose socket can be closed while somebody waits for it."""

    def __init__(self, *arguments: Any, sockets: _Sockets, **options: Any) -> None:  # noqa: ANN401 - urllib3's
        super().__init__(*arguments, **options)
        self._sockets = sockets

    def _new_conn(self) -> socket.socket:
        opened: socket.socket = super()._new_conn()  # type: ignore[misc]
        return self._sockets.add(opened)


class _Plain(_Known, HTTPConnection):
    pass


class _Tls(_Known, HTTPSConnection):
    pass


def _late(seconds: float) -> str:
    return f"No answer within {seconds:g} seconds."


def _why(error: Exception, seconds: float) -> str:
    """Return what went wrong, in words that say nothing of the receiver's answer."""
    cause: BaseException | None = error
    while cause is not None:
        match cause:
            case ssl.SSLCertVerificationError():
                return f"The certificate is not valid: {cause.verify_message}."
            case ssl.SSLError():
                return "TLS failed."
            case TimeoutError():
                return _late(seconds)
            case ConnectionRefusedError():
                return "The connection was refused."
            case ConnectionError():
                return "The connection was closed."
        cause = cause.__cause__ or cause.__context__
    return "The answer was not HTTP." if not isinstance(error, OSError) else "No connection."
