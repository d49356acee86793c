"""The settings of a client, and their defaults."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from larder_client.errors import ConfigurationError

if TYPE_CHECKING:
    from typing_extensions import Self

API_TIMEOUT = httpx.Timeout(60, connect=10)
STORE_TIMEOUT = httpx.Timeout(120, connect=10)


@dataclass(frozen=True, slots=True)
class Access:
    """A base URL, without a final slash, and the API key for it."""

    base_url: str
    api_key: str

    @classmethod
    def of(cls, base_url: str | None, api_key: str | None) -> Self:
        """Return what is given; LARDER_BASE_URL and LARDER_API_KEY replace what is not.

        Raises:
            ConfigurationError: one is missing or invalid.
        """
        base_url = base_url or os.environ.get("LARDER_BASE_URL")
        api_key = api_key or os.environ.get("LARDER_API_KEY")
        if not base_url or not api_key:
            message = (
                "A base URL and an API key are needed: "
                "pass them, or set LARDER_BASE_URL and LARDER_API_KEY."
            )
            raise ConfigurationError(message)
        try:
            url = httpx.URL(base_url)
        except httpx.InvalidURL as error:
            raise ConfigurationError(f"Invalid base URL: {error}.") from error
        if url.scheme not in {"http", "https"} or not url.host:
            raise ConfigurationError(
                f"Invalid base URL '{base_url}': it must begin with https:// or http://."
            )
        if not (api_key.isascii() and api_key.isprintable()) or " " in api_key:
            raise ConfigurationError(
                "Invalid API key: it contains characters that are not allowed."
            )
        return cls(base_url.rstrip("/"), api_key)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every request to the API; none of them go to S3.

        OpenAI's routes and those of the Space take the key by different headers.
        """
        return {"Authorization": f"Bearer {self.api_key}", "x-api-key": self.api_key}
