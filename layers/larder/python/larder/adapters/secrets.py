"""Secrets, from Secrets Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from larder.services.clock import Clock

CACHE_SECONDS = 300
"""Seconds after which a secret that may be rotated is read again."""


def read_secret(client: SecretsManagerClient, secret_id: str) -> bytes:
    """Return the secret's current value."""
    return client.get_secret_value(SecretId=secret_id)["SecretString"].encode()


class RotatingSecret:
    """A secret whose value may change, read again every few minutes."""

    def __init__(self, client: SecretsManagerClient, secret_id: str, clock: Clock) -> None:
        self._client = client
        self._secret_id = secret_id
        self._clock = clock
        self._value = b""
        self._read_again_at = 0.0

    def __call__(self) -> bytes:
        """Return the value, at most `CACHE_SECONDS` seconds old."""
        now = self._clock()
        if now >= self._read_again_at:
            self._value = read_secret(self._client, self._secret_id)
            self._read_again_at = now + CACHE_SECONDS
        return self._value
