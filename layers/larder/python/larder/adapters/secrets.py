"""Secrets, from Secrets Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_secretsmanager import SecretsManagerClient

    from larder.services.clock import Clock

CACHE_SECONDS = 300
"""Seconds after which a secret that may be rotated is read again."""

LOOK_AGAIN_SECONDS = 10
"""Seconds after which it is read again for something that no known version of it fits."""


def read_secret(client: SecretsManagerClient, secret_id: str) -> bytes:
    """Return the secret's current value."""
    return client.get_secret_value(SecretId=secret_id)["SecretString"].encode()


def read_previous(client: SecretsManagerClient, secret_id: str) -> bytes | None:
    """Return the value before the last rotation; None if there was no rotation."""
    try:
        answer = client.get_secret_value(SecretId=secret_id, VersionStage="AWSPREVIOUS")
    except client.exceptions.ResourceNotFoundException:
        return None
    return answer["SecretString"].encode()


class RotatingSecret:
    """A secret whose value may change, read again every few minutes."""

    def __init__(self, client: SecretsManagerClient, secret_id: str, clock: Clock) -> None:
        self._client = client
        self._secret_id = secret_id
        self._clock = clock
        self._value = b""
        self._read_at = -float("inf")
        self._previous: tuple[bytes, ...] | None = None

    def __call__(self) -> bytes:
        """Return the value, at most `CACHE_SECONDS` seconds old."""
        return self.no_older_than(CACHE_SECONDS)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the values that are accepted: the current one, then the one before it.

        The second is read when somebody asks for it. Anyone who is not content with these gets
        what is current by now, since the secret may just have been rotated.
        """
        known = self()
        yield known
        if self._previous is None:
            before = read_previous(self._client, self._secret_id)
            self._previous = () if before is None else (before,)
        yield from self._previous
        current = self.no_older_than(LOOK_AGAIN_SECONDS)
        if current != known:
            yield current

    def no_older_than(self, max_age: float) -> bytes:
        """Return the value as it was at most `max_age` seconds ago."""
        now = self._clock()
        if now - self._read_at >= max_age:
            self._value = read_secret(self._client, self._secret_id)
            self._previous = None
            self._read_at = now
        return self._value
