"""What a client has to be told, and where it looks when it is not."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Self

import httpx

from larder_client.errors import ConfigurationError

PARALLEL = 4
"""Connections to S3 that one transfer uses at most."""

API_TIMEOUT = httpx.Timeout(60, connect=10)
STORE_TIMEOUT = httpx.Timeout(120, connect=10)


@dataclass(frozen=True, slots=True)
class Access:
    """A base URL, without a final slash, and the key that it is opened with."""

    base_url: str
    api_key: str

    @classmethod
    def of(cls, base_url: str | None, api_key: str | None) -> Self:
        """Return what is given, or else LARDER_BASE_URL and LARDER_API_KEY.

        Raises:
            ConfigurationError: one is missing, or cannot be used.
        """
        base_url = base_url or os.environ.get("LARDER_BASE_URL")
        api_key = api_key or os.environ.get("LARDER_API_KEY")
        if not base_url or not api_key:
            raise ConfigurationError("LARDER_BASE_URL and LARDER_API_KEY must both be given.")
        try:
            url = httpx.URL(base_url)
        except httpx.InvalidURL as error:
            raise ConfigurationError(f"The base URL is none: {error}.") from error
        if url.scheme not in {"http", "https"} or not url.host:
            raise ConfigurationError(
                f"The base URL must begin with https:// or http://, not be '{base_url}'."
            )
        if not (api_key.isascii() and api_key.isprintable()) or " " in api_key:
            raise ConfigurationError("The API key has characters that no key has.")
        return cls(base_url.rstrip("/"), api_key)

    @property
    def headers(self) -> dict[str, str]:
        """What goes with every request to the API, and with none to S3.

        The Space takes the key by another header than OpenAI's routes.
        """
        return {"Authorization": f"Bearer {self.api_key}", "x-api-key": self.api_key}
