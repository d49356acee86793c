"""A TLS context that loads the CA certificates when they are needed.

Loading them takes 50 ms. A client cannot know at its start whether it will use TLS: that depends on
the S3 URLs it gets later, and a local stack speaks plain HTTP.
"""

from __future__ import annotations

import ssl
from functools import cached_property
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from typing_extensions import Self


class LazyTLSContext(ssl.SSLContext):
    """The context that httpx would create, created with the first encrypted connection."""

    def __new__(cls) -> Self:
        """Return a context with no CA certificates loaded."""
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    @cached_property
    def _loaded(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()

    def set_alpn_protocols(self, alpn_protocols: Any) -> None:  # noqa: ANN401 - ssl's signature
        """Set the protocols to offer on the next connection."""
        self._loaded.set_alpn_protocols(alpn_protocols)

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:  # noqa: ANN401
        """Encrypt a connection of the blocking client."""
        return self._loaded.wrap_socket(*args, **kwargs)

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:  # noqa: ANN401
        """Encrypt a connection of the asyncio client."""
        return self._loaded.wrap_bio(*args, **kwargs)
