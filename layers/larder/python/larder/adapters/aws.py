"""botocore clients, configured once: short timeouts, retries on, sockets kept alive."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import botocore
import botocore.session
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from larder.domain.errors import ThrottledError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import OperationModel
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

type AwsSession = botocore.session.Session
"""What the clients of one function are made in."""

_THROTTLED = frozenset(
    {
        "503",  # S3's SlowDown in the answer to a HEAD, which has no body to name it
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""The codes by which AWS refuses a call that may pass a moment later.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

_READ_TIMEOUT = 5

_CONFIG = Config(
    # A lost packet must cost a second, not the function's whole timeout. Three attempts in all:
    # further retrying is the queue's or the client's business.
    connect_timeout=1,
    read_timeout=_READ_TIMEOUT,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
    # What follows is work that botocore would do for every call. Parameters are checked by mypy,
    # the name is fixed, and an endpoint of one's own account needs the account in the credentials.
    parameter_validation=False,
    user_agent=f"Larder Botocore/{botocore.__version__}",
    account_id_endpoint_mode="disabled",
)

_HURRIED = Config(read_timeout=1, retries={"mode": "standard", "total_max_attempts": 1})

# The newer default would add a CRC32 to every presigned PUT, which a plain HTTP client cannot
# compute.
_S3 = _CONFIG.merge(
    Config(
        signature_version="s3v4",
        # For the reads of an upload's small parts; a connection is opened when it is needed.
        max_pool_connections=32,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
)
# Asked to choose by itself, botocore signs URLs outside us-east-1 for the global host: S3 answers
# with a redirect, or, in regions that were launched after 2019, with an error.
# https://github.com/boto/boto3/issues/2728
_ON_AWS = _S3.merge(
    Config(s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"})
)
# An emulator has no host for each bucket.
_ON_AN_ENDPOINT = _S3.merge(Config(s3={"addressing_style": "path"}))


def new_session() -> AwsSession:
    """Return a session; clients that share one read botocore's data once."""
    return botocore.session.get_session()


def _client(session: AwsSession, service: str, config: Config):  # type: ignore[no-untyped-def]  # noqa: ANN202
    client = session.create_client(service, config=config)
    client.meta.events.register(f"after-call.{service}", _raise_throttled)
    return client


def _raise_throttled(parsed: Mapping[str, Any], model: OperationModel, **_: object) -> None:
    """Tell throttling apart from other failures, after botocore's own attempts.

    Raises:
        ThrottledError: AWS refused the call's rate.
    """
    code = parsed.get("Error", {}).get("Code")
    if code in _THROTTLED:
        raise ThrottledError(f"{model.service_model.service_name}.{model.name} {code}")


def dynamodb_client(session: AwsSession, *, hurried: bool = False) -> DynamoDBClient:
    """Return a client of DynamoDB; a `hurried` one gives up after a second, for what can wait."""
    config = _CONFIG.merge(_HURRIED) if hurried else _CONFIG
    client: DynamoDBClient = _client(session, "dynamodb", config)
    client.meta.events.register_first("before-parse.dynamodb", _take_as_it_is)
    _resolve_once(client)
    return client


def s3_client(session: AwsSession, read_timeout: int = _READ_TIMEOUT) -> S3Client:
    """Return a client of S3, whose presigned URLs name the bucket's own regional host.

    `read_timeout` is seconds without an answer: a copy in S3 takes some, and so does completing a
    large file.
    """
    elsewhere = "AWS_ENDPOINT_URL" in os.environ or "AWS_ENDPOINT_URL_S3" in os.environ
    config = (_ON_AN_ENDPOINT if elsewhere else _ON_AWS).merge(Config(read_timeout=read_timeout))
    return _client(session, "s3", config)  # type: ignore[no-any-return]


def sqs_client(session: AwsSession) -> SQSClient:
    """Return a client of SQS."""
    return _client(session, "sqs", _CONFIG)  # type: ignore[no-any-return]


def events_client(session: AwsSession) -> EventBridgeClient:
    """Return a client of EventBridge."""
    return _client(session, "events", _CONFIG)  # type: ignore[no-any-return]


def secretsmanager_client(session: AwsSession) -> SecretsManagerClient:
    """Return a client of Secrets Manager."""
    return _client(session, "secretsmanager", _CONFIG)  # type: ignore[no-any-return]


def stepfunctions_client(session: AwsSession) -> SFNClient:
    """Return a client of Step Functions."""
    # Twice three seconds at the most: a request that starts a batch has fifteen for all it does.
    patience = Config(read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
    return _client(session, "stepfunctions", _CONFIG.merge(patience))  # type: ignore[no-any-return]


def bedrock_client(session: AwsSession, seconds: float) -> BedrockRuntimeClient:
    """Return a client of Bedrock that waits so many seconds for a model's answer."""
    once = Config(
        read_timeout=max(1, seconds),
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    return _client(session, "bedrock-runtime", _CONFIG.merge(once))  # type: ignore[no-any-return]


def open_connection(client: DynamoDBClient) -> None:
    """Open the connection that the first call will use.

    DynamoDB answers a GET by anyone with its health. A failure shows in the first call.
    """
    request = AWSRequest("GET", client.meta.endpoint_url).prepare()
    with suppress(BotoCoreError):
        client._endpoint.http_session.send(request)  # type: ignore[attr-defined]  # noqa: SLF001


def _resolve_once(client: DynamoDBClient) -> None:
    """Keep the endpoint that botocore's rules lead to: no parameter of a call has a part in it.

    The rules ask for a table's account only where account ids are in endpoints, as here they
    are not.
    """
    resolver = client._ruleset_resolver  # type: ignore[attr-defined]  # noqa: SLF001
    resolve = resolver.construct_endpoint
    found: dict[str, object] = {}

    def construct_endpoint(
        operation_model: OperationModel, call_args: object, request_context: object
    ) -> object:
        operation = operation_model.name
        if operation not in found:
            found[operation] = resolve(operation_model, call_args, request_context)
        return found[operation]

    resolver.construct_endpoint = construct_endpoint


def _take_as_it_is(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object
) -> None:
    """Spare botocore from looking for ten types in every attribute, half the time of a list.

    DynamoDB's JSON is what clients return, but for binary values, of which Larder has none.
    """
    if response_dict["status_code"] < 300:  # noqa: PLR2004
        try:
            answer = json.loads(response_dict["body"])
        except ValueError:
            return  # Damaged on its way: botocore compares checksums later, and asks again.
        customized_response_dict.update(answer)
        response_dict["body"] = b"{}"
