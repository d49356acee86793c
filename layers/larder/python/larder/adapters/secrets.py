"""The pepper of the API keys, from Secrets Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


def read_pepper(client: SecretsManagerClient, secret_id: str) -> bytes:
    """Return the pepper; it never changes, since every stored digest depends on it."""
    return client.get_secret_value(SecretId=secret_id)["SecretString"].encode()
