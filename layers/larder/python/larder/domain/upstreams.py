"""Upstreams: the OpenAI-compatible servers that the operator lets batches ask."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from larder.domain.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_TIMEOUT = 600
DEFAULT_CONCURRENCY = 50

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Auth(StrEnum):
    """How an upstream wants to be convinced."""

    NONE = "none"
    BEARER = "bearer"
    SIGV4 = "sigv4"


@dataclass(frozen=True, slots=True)
class Upstream:
    """A server of models.

    `base_url` ends where a request line's url begins without its `/v1`. `models` are patterns
    (`gpt-*`, `*`). `model_name` replaces the model's name in requests, None to leave it. Bearer
    auth reads `secret_id` from Secrets Manager; SigV4 signs for `service`. `concurrency` is calls
    in flight of one worker; `requests_per_minute` and `tokens_per_minute` hold over all workers,
    None for no limit. `timeout` is seconds for one answer.
    """

    name: str
    base_url: str
    models: tuple[str, ...]
    created_at: int
    auth: Auth = Auth.NONE
    secret_id: str | None = None
    service: str | None = None
    model_name: str | None = None
    concurrency: int = DEFAULT_CONCURRENCY
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    timeout: int = DEFAULT_TIMEOUT

    def url_for(self, endpoint: str) -> str:
        """Return the address of an endpoint (`/v1/…`) on this server."""
        return self.base_url.rstrip("/") + endpoint.removeprefix("/v1")


def route(model: str, upstreams: Iterable[Upstream]) -> Upstream | None:
    """Return the upstream that serves the model; None when there is none.

    The most specific pattern wins (the one with the most characters that are no wildcard), then
    the older upstream.
    """
    serving = [
        (-_specificity(pattern), upstream.created_at, upstream.name, upstream)
        for upstream in upstreams
        for pattern in upstream.models
        if fnmatchcase(model, pattern)
    ]
    return min(serving, key=lambda match: match[:3])[-1] if serving else None


def _specificity(pattern: str) -> int:
    return len(pattern) - pattern.count("*") - pattern.count("?")


def checked_upstream(upstream: Upstream) -> Upstream:
    """Return the upstream if its parts fit together.

    Raises:
        InvalidParameterError: they do not; the message says what to give instead.
    """
    split = urlsplit(upstream.base_url)
    if not _NAME.fullmatch(upstream.name):
        raise InvalidParameterError(
            "A name has 1 to 63 lowercase letters, digits and hyphens.", param="name"
        )
    if split.scheme not in {"http", "https"} or not split.hostname:
        raise InvalidParameterError(
            "The base URL must be http(s)://host/…, and usually ends in /v1.", param="base_url"
        )
    if split.query or split.fragment or split.username or split.password:
        raise InvalidParameterError(
            "The base URL has no query, fragment or credentials.", param="base_url"
        )
    if not upstream.models or not all(upstream.models):
        raise InvalidParameterError(
            "Name at least one model or pattern, as in 'gpt-*' or '*'.", param="models"
        )
    if upstream.auth is Auth.BEARER and not upstream.secret_id:
        raise InvalidParameterError("Bearer auth needs a secret id.", param="secret_id")
    if upstream.auth is Auth.SIGV4 and not upstream.service:
        raise InvalidParameterError("SigV4 auth needs the service's name.", param="service")
    limits = (upstream.concurrency, upstream.timeout)
    rates = (upstream.requests_per_minute, upstream.tokens_per_minute)
    if min(limits) < 1 or any(rate is not None and rate < 1 for rate in rates):
        raise InvalidParameterError("Limits are whole numbers from 1 on.", param="limits")
    return upstream
