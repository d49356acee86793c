"""How requests convince an upstream: with a bearer key, or with a signature."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from larder.adapters.secrets import RotatingSecret
from larder.domain.errors import ThrottledError
from larder.domain.upstreams import Auth

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_secretsmanager import SecretsManagerClient

    from larder.adapters.aws import AwsSession
    from larder.domain.upstreams import Upstream
    from larder.services.clock import Clock

_REGION = re.compile(r"[.-]([a-z]{2}(?:-[a-z]+)+-[0-9])[.]")
"""The region in a host of AWS, as in `bedrock-runtime.eu-west-1.amazonaws.com`."""


KEY_SECONDS = 30
"""Seconds after which a key is read again: one that was rotated is soon sent."""

LEAST_AGE = 5.0
"""Seconds that a key is kept even when an upstream refuses it."""


class SecretUnreadableError(Exception):
    """The secret of an upstream cannot be read.

    `passing` says that Secrets Manager was away; otherwise the secret is missing, or this
    deployment may not read it.
    """

    def __init__(self, secret_id: str, *, passing: bool) -> None:
        super().__init__(secret_id)
        self.passing = passing


class UpstreamCredentials:
    """The headers that each upstream asks for. Threads may share one."""

    def __init__(
        self, session: AwsSession, secrets: Callable[[], SecretsManagerClient], clock: Clock
    ) -> None:
        self._session = session
        self._open_secrets = secrets
        self._clock = clock
        self._secrets: dict[str, RotatingSecret] = {}
        self._lock = threading.Lock()

    def headers(
        self,
        upstream: Upstream,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        method: str = "POST",
    ) -> dict[str, str]:
        """Return `headers` with what convinces the upstream, for a request of `body` to `url`.

        Raises:
            SecretUnreadableError: there is no key to send.
        """
        match upstream.auth:
            case Auth.BEARER:
                return {**headers, "Authorization": f"Bearer {self._key(upstream.secret_id or '')}"}
            case Auth.SIGV4:
                return self._signed(upstream.service or "", url, body, headers, method)
        return dict(headers)

    def _key(self, secret_id: str, max_age: float = KEY_SECONDS) -> str:
        # One thread reads, the others wait for what it finds.
        with self._lock:
            if secret_id not in self._secrets:
                client = self._open_secrets()
                self._secrets[secret_id] = RotatingSecret(client, secret_id, self._clock)
            try:
                return self._secrets[secret_id].no_older_than(max_age).decode().strip()
            except ClientError as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                raise SecretUnreadableError(secret_id, passing=status >= 500) from error  # noqa: PLR2004
            except (BotoCoreError, ThrottledError) as error:
                raise SecretUnreadableError(secret_id, passing=True) from error

    def renewed(self, upstream: Upstream, refused: Mapping[str, str]) -> bool:
        """Tell whether the upstream has another key by now than the one that it has refused.

        Raises:
            SecretUnreadableError: there is no key to send.
        """
        if upstream.auth is not Auth.BEARER:
            return False
        # One that was read a moment ago is not read again for each request that it failed.
        current = self._key(upstream.secret_id or "", LEAST_AGE)
        return f"Bearer {current}" != refused["Authorization"]

    def _signed(
        self, service: str, url: str, body: bytes, headers: Mapping[str, str], method: str
    ) -> dict[str, str]:
        found = _REGION.search(urlsplit(url).netloc)
        region = found[1] if found else self._session.get_config_variable("region")
        # A proxy may change the other headers: they are not signed.
        signed = {"Content-Type": headers["Content-Type"]}
        request = AWSRequest(method, url, headers=signed, data=body)
        credentials = self._session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        SigV4Auth(credentials, service, region).add_auth(request)
        return {**headers, **dict(request.headers.items())}
