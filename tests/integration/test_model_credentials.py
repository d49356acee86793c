"""What convinces an upstream: a key from Secrets Manager, or a signature."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Never

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from larder.adapters import aws
from larder.adapters.models.credentials import KEY_SECONDS, LEAST_AGE, UpstreamCredentials
from larder.adapters.models.openai_http import HttpModelCalls
from larder.domain.batch_answers import Answer, NoAnswer
from larder.domain.errors import ThrottledError
from larder.domain.upstreams import Auth
from larder.services.batches.model_ports import Call
from tests.fakes.clock import ManualClock
from tests.fakes.model_server import serving
from tests.layer import as_in_the_layer  # noqa: F401 - a fixture
from tests.samples import an_upstream

if TYPE_CHECKING:
    from collections.abc import Callable

    from larder.domain.upstreams import Upstream
    from tests.fakes.model_server import ModelServer

CHAT = "/v1/chat/completions"
BODY = b'{"model":"m"}'


class Secrets:
    """Secrets Manager: its secrets, the error that comes first, and how often it was asked."""

    def __init__(self, **secrets: str) -> None:
        self.secrets = secrets
        self.errors: list[Exception] = []
        self.asked: list[str] = []

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803 - as AWS calls it
        self.asked.append(SecretId)
        time.sleep(0.02)  # Others ask meanwhile, if they may.
        if self.errors:
            raise self.errors.pop(0)
        if SecretId not in self.secrets:
            raise failure("ResourceNotFoundException", 400)
        return {"SecretString": self.secrets[SecretId]}


def failure(code: str, status: int) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "GetSecretValue")


@pytest.fixture
def secrets() -> Secrets:
    return Secrets(key="sk-one\n")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def calls(secrets: Secrets, clock: ManualClock) -> HttpModelCalls:
    opened: Any = lambda: secrets  # noqa: E731
    return HttpModelCalls(UpstreamCredentials(aws.new_session(), opened, clock), clock)


@pytest.fixture
def ask(calls: HttpModelCalls) -> Callable[..., Answer | NoAnswer]:
    def ask(server: ModelServer, **changes: Any) -> Answer | NoAnswer:
        bearing = {"auth": Auth.BEARER, "secret_id": "key"} | changes
        upstream = an_upstream(base_url=server.base_url, **bearing)
        calls.begin(Call(0, upstream, CHAT, BODY))
        [(_, answer)] = calls.wait(10)
        return answer

    return ask


def status_of(answer: Answer | NoAnswer) -> int:
    assert isinstance(answer, Answer)
    return answer.status


def test_an_upstream_without_auth_gets_no_header(ask: Callable[..., Any], secrets: Secrets) -> None:
    with serving() as server:
        ask(server, auth=Auth.NONE)

    assert "authorization" not in server.calls[0].headers
    assert secrets.asked == []


def test_a_key_is_borne_without_the_line_feed_of_its_file(ask: Callable[..., Any]) -> None:
    with serving(key="sk-one") as server:
        assert status_of(ask(server)) == 200

    assert server.calls[0].headers["authorization"] == "Bearer sk-one"


def test_a_key_that_was_rotated_is_read_when_the_old_one_is_refused(
    ask: Callable[..., Any], secrets: Secrets, clock: ManualClock
) -> None:
    with serving(key="sk-one") as server:
        assert status_of(ask(server)) == 200
        secrets.secrets["key"] = "sk-two"
        server.key = "sk-two"
        clock.advance(LEAST_AGE)
        assert status_of(ask(server)) == 200

    assert secrets.asked == ["key", "key"]


def test_a_key_that_stays_refused_is_not_read_again_and_again(
    ask: Callable[..., Any], secrets: Secrets, clock: ManualClock
) -> None:
    with serving(key="sk-other") as server:
        for _ in range(5):
            assert status_of(ask(server)) == 401
        clock.advance(LEAST_AGE)
        for _ in range(5):
            assert status_of(ask(server)) == 401

    assert secrets.asked == ["key", "key"]
    assert len(server.calls) == 10


def test_a_key_is_read_every_half_minute(
    ask: Callable[..., Any], secrets: Secrets, clock: ManualClock
) -> None:
    with serving() as server:
        for _ in range(3):
            ask(server)
        secrets.secrets["key"] = "sk-two"
        clock.advance(KEY_SECONDS - 1)
        ask(server)
        clock.advance(1)
        ask(server)

    borne = [call.headers["authorization"].removeprefix("Bearer ") for call in server.calls]
    assert borne == ["sk-one"] * 4 + ["sk-two"]
    assert secrets.asked == ["key", "key"]


def test_each_upstream_has_its_own_key(ask: Callable[..., Any], secrets: Secrets) -> None:
    secrets.secrets["other"] = "sk-other"
    with serving() as server:
        ask(server)
        ask(server, secret_id="other")

    borne = [call.headers["authorization"] for call in server.calls]
    assert borne == ["Bearer sk-one", "Bearer sk-other"]


def test_many_calls_at_once_read_the_key_once(calls: HttpModelCalls, secrets: Secrets) -> None:
    with serving(key="sk-one") as server:
        upstream = an_upstream(base_url=server.base_url, auth=Auth.BEARER, secret_id="key")
        for line in range(30):
            calls.begin(Call(line, upstream, CHAT, BODY))
        answers: list[tuple[Call, Answer | NoAnswer]] = []
        while calls.in_flight:
            answers += calls.wait(10)

    assert [status_of(answer) for _, answer in answers] == [200] * 30
    assert secrets.asked == ["key"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ResourceNotFoundException", 400),
        ("AccessDeniedException", 400),
        ("InvalidRequestException", 400),
        ("DecryptionFailure", 400),
    ],
)
def test_a_key_that_cannot_be_read_is_a_refusal_without_a_call(
    ask: Callable[..., Any], secrets: Secrets, code: str, status: int
) -> None:
    secrets.errors = [failure(code, status)]
    with serving() as server:
        answer = ask(server)

    assert status_of(answer) == 401
    assert json.loads(answer.body)["error"]["code"] == "invalid_api_key"
    assert server.calls == []


@pytest.mark.parametrize(
    "error",
    [
        failure("InternalServiceError", 500),
        ThrottledError("secretsmanager.GetSecretValue ThrottlingException"),
        EndpointConnectionError(endpoint_url="https://secretsmanager"),
    ],
    ids=str,
)
def test_while_secrets_manager_is_away_calls_are_lost_connections(
    ask: Callable[..., Any], secrets: Secrets, error: Exception
) -> None:
    secrets.errors = [error]
    with serving() as server:
        assert ask(server) is NoAnswer.CONNECTION
        assert server.calls == []

        assert status_of(ask(server)) == 200


# The key pair of AWS's documentation of Signature Version 4, at the time of its test suite.
# https://docs.aws.amazon.com/general/latest/gr/signature-v4-test-suite.html, kept by
# https://github.com/awslabs/aws-c-auth/tree/main/tests/aws-signing-test-suite
ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
AT = datetime(2015, 8, 30, 12, 36, 0, tzinfo=UTC)

FORM = "application/x-www-form-urlencoded"

PUBLISHED = [
    pytest.param(
        ("POST", "https://example.amazonaws.com/", "service", FORM, b"Param1=value1"),
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        id="post-x-www-form-urlencoded of the test suite",
    ),
    pytest.param(
        (
            "GET",
            "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
            "iam",
            f"{FORM}; charset=utf-8",
            b"",
        ),
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        id="ListUsers, the worked example of the documentation",
    ),
]
"""Signatures that AWS has published, of the requests that sign the headers that Larder signs."""

RECORDED = [
    pytest.param(
        "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1",
        "bedrock",
        "eu-west-1",
        "520588ee41fad125d7b339cc2af31880f2a93542ed2dde1024e517534cb8e1d9",
        id="bedrock-runtime",
    ),
    pytest.param(
        "https://bedrock-mantle.us-east-2.api.aws/openai/v1",
        "bedrock-mantle",
        "us-east-2",
        "adfaa6b9644e7b6cee69478854244db74e12e856f62ca2b85b8c2cad90571b33",
        id="bedrock-mantle",
    ),
    pytest.param(
        "https://bedrock-runtime.us-gov-west-1.amazonaws.com/openai/v1",
        "bedrock",
        "us-gov-west-1",
        "6e367c17f142d50748b86e46627369ca1917bcc9bccee47c3e818d91ae92dbe8",
        id="another partition",
    ),
    pytest.param(
        "http://gateway.internal:8080/v1",
        "execute-api",
        "ap-southeast-5",
        "643d9a05c061f9b6a28c453e03932596638930f28c7f8ac22c7375305e7e9358",
        id="the function's own region",
    ),
]
"""Requests of Larder's own, signed once by `signed_by_hand`, so that no change goes unnoticed."""


def signed_by_hand(
    url: str,
    service: str,
    region: str,
    token: str | None,
    *,
    method: str = "POST",
    content_type: str = "application/json",
    body: bytes = BODY,
) -> str:
    """Return the Authorization header as AWS's documentation says to compute it."""
    scheme, _, rest = url.partition("://")
    host, _, target = rest.partition("/")
    path, _, query = target.partition("?")
    headers = {
        "content-type": content_type,
        "host": host,
        "x-amz-date": "20150830T123600Z",
    }
    if token is not None:
        headers["x-amz-security-token"] = token
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    digest = hashlib.sha256(body).hexdigest()
    canonical = f"{method}\n/{path}\n{query}\n{lines}\n{names}\n{digest}"
    scope = f"20150830/{region}/{service}/aws4_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n20150830T123600Z\n{scope}\n{hashed}"
    key = f"AWS4{SECRET_KEY}".encode()
    for part in ("20150830", region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
    assert scheme in {"http", "https"}
    return (
        f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )


def no_secrets() -> Never:
    pytest.fail("a signature needs no secret")


@pytest.fixture
def signing(monkeypatch: pytest.MonkeyPatch) -> UpstreamCredentials:
    """Credentials that sign as AWS's documentation does, always at the same time."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-southeast-5")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: AT.replace(tzinfo=None))
    return UpstreamCredentials(aws.new_session(), no_secrets, ManualClock())


HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": "Larder",
}


def sigv4(base_url: str, service: str) -> Upstream:
    return an_upstream(base_url=base_url, auth=Auth.SIGV4, service=service)


@pytest.mark.parametrize(("request_", "signature"), PUBLISHED)
def test_a_request_is_signed_as_aws_has_published(
    signing: UpstreamCredentials,
    monkeypatch: pytest.MonkeyPatch,
    request_: tuple[str, str, str, str, bytes],
    signature: str,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    signing = UpstreamCredentials(aws.new_session(), no_secrets, ManualClock())
    method, url, service, content_type, body = request_

    headers = signing.headers(
        sigv4(url, service), url, body, {"Content-Type": content_type}, method=method
    )

    assert headers["Authorization"].endswith(
        f"SignedHeaders=content-type;host;x-amz-date, Signature={signature}"
    )
    assert headers["Authorization"] == signed_by_hand(
        url, service, "us-east-1", None, method=method, content_type=content_type, body=body
    )


@pytest.mark.parametrize(("base_url", "service", "region", "signature"), RECORDED)
def test_a_request_is_signed_as_recorded(
    signing: UpstreamCredentials, base_url: str, service: str, region: str, signature: str
) -> None:
    upstream = sigv4(base_url, service)
    url = upstream.url_for(CHAT)

    headers = signing.headers(upstream, url, BODY, HEADERS)

    assert headers["Authorization"] == signed_by_hand(url, service, region, None)
    assert headers["Authorization"].endswith(f"Signature={signature}")
    assert headers.keys() == HEADERS.keys() | {"X-Amz-Date", "Authorization"}


def test_temporary_credentials_send_their_token(
    signing: UpstreamCredentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-token")
    signing = UpstreamCredentials(aws.new_session(), no_secrets, ManualClock())
    upstream = sigv4("https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1", "bedrock")
    url = upstream.url_for(CHAT)

    headers = signing.headers(upstream, url, BODY, HEADERS)

    assert headers["X-Amz-Security-Token"] == "a-token"
    assert headers["Authorization"] == signed_by_hand(url, "bedrock", "eu-west-1", "a-token")


def test_what_is_signed_is_what_is_sent(signing: UpstreamCredentials) -> None:
    calls = HttpModelCalls(signing, ManualClock())
    with serving() as server:
        upstream = sigv4(server.base_url, "bedrock")
        calls.begin(Call(0, upstream, CHAT, BODY))
        [(_, answer)] = calls.wait(10)

    assert status_of(answer) == 200
    sent = server.calls[0].headers
    assert sent["host"] == f"127.0.0.1:{server.port}"
    url = upstream.url_for(CHAT)
    assert sent["authorization"] == signed_by_hand(url, "bedrock", "ap-southeast-5", None)
    assert {name: sent[name] for name in ("accept", "accept-encoding", "content-type")} == {
        "accept": "application/json",
        "accept-encoding": "gzip",
        "content-type": "application/json",
    }


def test_threads_sign_at_once(signing: UpstreamCredentials) -> None:
    upstream = sigv4("https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1", "bedrock")
    url = upstream.url_for(CHAT)

    with ThreadPoolExecutor(8) as threads:
        signed = threads.map(
            lambda _: signing.headers(upstream, url, BODY, HEADERS)["Authorization"], range(200)
        )

    assert set(signed) == {signed_by_hand(url, "bedrock", "eu-west-1", None)}
