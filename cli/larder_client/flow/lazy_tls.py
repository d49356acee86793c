"""Whose certificates are believed.

To read those of all authorities takes 50 ms. A client makes this whether or not it will speak TLS:
that is decided by URLs of S3 that it has yet to be told, and a local stack speaks plain HTTP.
"""

from __future__ import annotations

import ssl
from functools import cached_property
from typing import Any, Self

import httpx


class Trust(ssl.SSLContext):
    """The context that httpx makes for itself, made with the first line that is encrypted."""

    def __new__(cls) -> Self:
        """Return one that believes nobody yet."""
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    @cached_property
    def _made(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()

    def set_alpn_protocols(self, alpn_protocols: Any) -> None:  # noqa: ANN401 - ssl's signature
        """Set what is offered on the next line."""
        self._made.set_alpn_protocols(alpn_protocols)

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:  # noqa: ANN401
        """Encrypt a line of the blocking client."""
        return self._made.wrap_socket(*args, **kwargs)

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:  # noqa: ANN401
        """Encrypt a line of the client for asyncio."""
        return self._made.wrap_bio(*args, **kwargs)
