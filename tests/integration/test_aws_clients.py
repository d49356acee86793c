"""The AWS clients on a real connection: retries, errors and endpoints."""

from __future__ import annotations

import json
import threading
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from larder.adapters import aws
from larder.adapters.dynamodb.idempotency import DynamoIdempotencyStore
from larder.adapters.s3 import S3Objects
from larder.adapters.s3_parts import S3Parts
from larder.domain.errors import ThrottledError
from larder.domain.parts import Part
from larder.runtime.composition import Composition
from larder.runtime.settings import Settings
from tests.moto_stack import CREDENTIALS
from tests.samples import TENANT, a_file, an_upload
from tests.support.events import recorded
from tests.support.handlers import FakeContext, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

ITEM = {"pk": {"S": "a"}, "n": {"N": "1"}, "tags": {"L": [{"S": "x"}]}, "yes": {"BOOL": True}}
FOUND = json.dumps({"Item": ITEM}).encode()
KEY = {"pk": {"S": "a"}}


@dataclass
class Wire:
    """A server that sends prepared answers in turn: a status and a body, or None to hang up."""

    url: str = ""
    answers: list[tuple[int, bytes] | None] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def serving() -> Iterator[Wire]:
    wire = Wire()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            wire.requests.append((self.command, dict(self.headers), body))
            prepared = wire.answers.pop(0)
            if prepared is None:
                self.close_connection = True
                return
            status, data = prepared
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("x-amz-crc32", str(zlib.crc32(FOUND if status == 200 else data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815 - as the base class calls them

        def log_message(self, format: str, *_: Any) -> None:  # noqa: A002
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    wire.url = f"http://127.0.0.1:{server.server_port}"
    yield wire
    server.shutdown()
    server.server_close()


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with serving() as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL", served.url)
        yield served


@pytest.fixture
def client(wire: Wire) -> DynamoDBClient:
    assert wire.url
    return aws.dynamodb_client(aws.new_session())


def test_items_of_every_type_are_read_unchanged(wire: Wire, client: DynamoDBClient) -> None:
    wire.answers = [(200, FOUND)]

    answer = client.get_item(TableName="Store", Key=KEY)

    assert answer["Item"] == ITEM
    assert answer["ResponseMetadata"]["RetryAttempts"] == 0


@pytest.mark.parametrize(
    "first",
    [
        pytest.param((500, b"{}"), id="an internal error"),
        pytest.param((503, b"<html>busy</html>"), id="a proxy's error"),
        pytest.param(
            (400, b'{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}'),
            id="throttling",
        ),
        pytest.param(None, id="a lost connection"),
        pytest.param((200, FOUND[:-20]), id="half an answer"),
        pytest.param((200, b"{}"), id="another answer than was sent"),
    ],
)
def test_a_temporary_failure_is_tried_again(
    wire: Wire, client: DynamoDBClient, first: tuple[int, bytes] | None
) -> None:
    wire.answers = [first, (200, FOUND)]

    answer = client.get_item(TableName="Store", Key=KEY)

    assert answer["Item"] == ITEM
    assert len(wire.requests) == 2


def test_a_third_failure_is_raised(wire: Wire, client: DynamoDBClient) -> None:
    wire.answers = [(500, b'{"__type":"InternalServerError"}')] * 3

    with pytest.raises(ClientError) as failed:
        client.get_item(TableName="Store", Key=KEY)

    assert failed.value.response["Error"]["Code"] == "InternalServerError"
    assert wire.answers == []


@pytest.mark.parametrize(
    "code",
    [
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionInProgressException",
    ],
)
def test_throttling_that_does_not_end_is_told_apart_from_failures(
    wire: Wire, client: DynamoDBClient, code: str
) -> None:
    refused = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}"}).encode()
    wire.answers = [(400, refused)] * 3

    with pytest.raises(ThrottledError) as throttled:
        client.get_item(TableName="Store", Key=KEY)

    assert throttled.value.call == f"dynamodb.GetItem {code}"


def test_s3_that_asks_to_slow_down_throttles(wire: Wire) -> None:
    objects = S3Objects(aws.s3_client(aws.new_session()), "bucket")
    slow_down = b"<Error><Code>SlowDown</Code><Message>Reduce your rate.</Message></Error>"
    wire.answers = [(503, slow_down)] * 6

    with pytest.raises(ThrottledError) as write:
        objects.put(TENANT, a_file().id, b"x")
    with pytest.raises(ThrottledError) as look:
        objects.stat(TENANT, a_file().id)

    assert (write.value.call, look.value.call) == ("s3.PutObject SlowDown", "s3.HeadObject 503")


def test_throttling_of_an_idempotent_request_is_not_hidden_by_its_store(
    wire: Wire, client: DynamoDBClient
) -> None:
    refused = b'{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}'
    wire.answers = [(400, refused)] * 3

    with pytest.raises(ThrottledError):
        DynamoIdempotencyStore(client, "Store").run_once(
            TENANT, "key", "print", FakeContext(), dict, lambda _: True
        )


def test_a_function_answers_throttling_with_when_to_try_again(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Larder")
    refused = b'{"__type":"com.amazonaws.dynamodb.v20120810#RequestLimitExceeded"}'
    wire.answers = [(400, refused)] * 3

    # Not the one that other tests share: its clients have this server's address.
    function = load.__wrapped__("files_get")
    answer = function.lambda_handler(recorded("files_get"), FakeContext())

    assert answer["statusCode"] == 429
    assert answer["multiValueHeaders"]["Retry-After"] == ["1"]
    error = json.loads(answer["body"])["error"]
    assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limit_exceeded")
    assert "RequestLimitExceeded" not in answer["body"]


def test_a_cancelled_transaction_says_why(wire: Wire, client: DynamoDBClient) -> None:
    reasons = [{"Code": "ConditionalCheckFailed", "Item": ITEM}, {"Code": "None"}]
    kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
    answer = {"__type": kind, "CancellationReasons": reasons, "Message": "cancelled"}
    wire.answers = [(400, json.dumps(answer).encode())]

    with pytest.raises(client.exceptions.TransactionCanceledException) as cancelled:
        client.transact_write_items(TransactItems=[])

    assert cancelled.value.response["CancellationReasons"] == reasons
    assert len(wire.requests) == 1


def test_requests_say_that_they_are_larders(wire: Wire, client: DynamoDBClient) -> None:
    wire.answers = [(200, FOUND)]

    client.get_item(TableName="Store", Key=KEY)

    [(_, headers, body)] = wire.requests
    assert headers["User-Agent"].startswith("Larder Botocore/")
    assert headers["X-Amz-Target"] == "DynamoDB_20120810.GetItem"
    assert json.loads(body) == {"TableName": "Store", "Key": KEY}


def test_every_call_goes_to_the_endpoint_of_botocores_rules(
    wire: Wire, client: DynamoDBClient
) -> None:
    wire.answers = [(200, FOUND)] * 3

    client.get_item(TableName="Store", Key=KEY)
    client.get_item(TableName="arn:aws:dynamodb:us-east-1:123456789012:table/Keys", Key=KEY)
    client.transact_write_items(TransactItems=[])

    assert {headers["Host"] for _, headers, _ in wire.requests} == {
        wire.url.removeprefix("http://")
    }
    scopes = [headers["Authorization"].split("/", 2)[2] for _, headers, _ in wire.requests]
    assert all(scope.startswith("us-east-1/dynamodb/aws4_request") for scope in scopes)


@pytest.mark.parametrize(
    ("initialization", "methods"), [("on-demand", ["GET"]), ("snap-start", []), ("", [])]
)
def test_a_function_that_starts_on_demand_opens_its_connection(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, initialization: str, methods: list[str]
) -> None:
    wire.answers = [(200, b"healthy")]
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", initialization)

    ports = Composition(Settings.from_environment())
    ports.keys  # noqa: B018 - what a function does at the top of its module

    assert [method for method, _, _ in wire.requests] == methods


def test_a_snapshots_credentials_are_renewed_when_it_is_restored(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda has them in the environment of no function with SnapStart, and serves them instead:
    https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html
    """
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{wire.url}/credentials")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "of-this-environment")
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    wire.answers = [
        (200, credentials("OLD", expiration=datetime.now(UTC))),
        (200, credentials("NEW", expiration=datetime.now(UTC) + timedelta(hours=6))),
        (200, FOUND),
    ]

    client = aws.dynamodb_client(aws.new_session())
    client.get_item(TableName="Store", Key=KEY)

    assert [headers["Authorization"].split("/")[0] for _, headers, _ in wire.requests] == [
        "of-this-environment",
        "of-this-environment",
        "AWS4-HMAC-SHA256 Credential=NEW",
    ]


def credentials(access_key: str, expiration: datetime) -> bytes:
    return json.dumps(
        {
            "AccessKeyId": access_key,
            "SecretAccessKey": "test",
            "Token": "test",
            "Expiration": expiration.isoformat(),
        }
    ).encode()


def test_a_function_starts_without_the_connection_that_it_cannot_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    client = aws.dynamodb_client(aws.new_session())

    aws.open_connection(client)

    with pytest.raises(EndpointConnectionError):
        client.get_item(TableName="Store", Key=KEY)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "s3.us-east-1.amazonaws.com"),
        ("eu-central-1", "s3.eu-central-1.amazonaws.com"),
        ("eu-south-2", "s3.eu-south-2.amazonaws.com"),
        ("ap-southeast-5", "s3.ap-southeast-5.amazonaws.com"),
        ("us-gov-west-1", "s3.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "s3.cn-north-1.amazonaws.com.cn"),
    ],
)
@pytest.mark.parametrize("method", ["put", "get", "part"])
def test_a_presigned_url_names_the_buckets_own_host_in_every_partition(
    monkeypatch: pytest.MonkeyPatch, region: str, host: str, method: str
) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    for variable in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    client = aws.s3_client(aws.new_session())
    upload = replace(an_upload(), multipart_id="m")

    match method:
        case "put":
            url = S3Objects(client, "a-bucket").sign_put(TENANT, upload, 0).url
        case "get":
            file = upload.to_file()
            url = S3Objects(client, "a-bucket").sign_get(TENANT, file, now=0, lifetime=60).url
        case _:
            url = S3Parts(client, "a-bucket").sign_part(TENANT, upload, Part(1, 5), 0)

    signed = urlsplit(url)
    assert (signed.scheme, signed.hostname) == ("https", f"a-bucket.{host}")
    assert signed.path.split("/")[1] == "files"
    assert f"%2F{region}%2Fs3%2Faws4_request" in signed.query
