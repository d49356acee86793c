"""The secrets of webhooks, and the signatures by them, as Standard Webhooks has it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, which
OpenAI's SDKs verify.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from larder.domain.files import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larder.domain.deliveries import Delivery
    from larder.domain.ids import WebhookId

SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret begins with

GRACE_SECONDS = DAY
"""Seconds that a replaced secret goes on to sign."""


@dataclass(frozen=True, slots=True)
class SecretVersion:
    """What a secret is derived from. It signs until `until` (unix seconds), None for on and on."""

    salt: str
    until: int | None = None


def derive_secret(master: bytes, webhook_id: WebhookId, version: SecretVersion) -> str:
    """Return a webhook's secret, `whsec_…`. It is stored nowhere; the table has only its salt."""
    message = f"larder webhook\n{webhook_id}\n{version.salt}".encode()
    digest = hmac.digest(master, message, hashlib.sha256)
    return SECRET_PREFIX + base64.b64encode(digest).decode()


def signed_headers(delivery: Delivery, secrets: Iterable[str], now: int) -> dict[str, str]:
    """Return the headers of an attempt at `now`, with a signature by each secret."""
    signed = f"{delivery.id}.{now}.".encode() + delivery.body
    signatures = [
        base64.b64encode(
            hmac.digest(
                base64.b64decode(secret.removeprefix(SECRET_PREFIX)), signed, hashlib.sha256
            )
        ).decode()
        for secret in secrets
    ]
    return {
        "webhook-id": delivery.id,
        "webhook-timestamp": str(now),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
