"""botocore clients, configured once: short timeouts, retries on, sockets kept alive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

# A lost packet must cost a second, not the function's whole timeout. Three attempts in all:
# further retrying is the queue's or the client's business.
_RETRYING = Config(
    connect_timeout=1,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
)

# Signing goes by these: the newer default would add a CRC32 to every presigned PUT, which a
# plain HTTP client cannot compute. Path style is what a bucket on a local endpoint needs.
_S3 = _RETRYING.merge(
    Config(
        signature_version="s3v4",
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"us_east_1_regional_endpoint": "regional", "addressing_style": "auto"},
    )
)


def _client(service: str, config: Config):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return botocore.session.get_session().create_client(service, config=config)


def dynamodb_client() -> DynamoDBClient:
    """Return a client of DynamoDB."""
    return _client("dynamodb", _RETRYING)  # type: ignore[no-any-return]


def s3_client() -> S3Client:
    """Return a client of S3."""
    return _client("s3", _S3)  # type: ignore[no-any-return]


def sqs_client() -> SQSClient:
    """Return a client of SQS."""
    return _client("sqs", _RETRYING)  # type: ignore[no-any-return]


def secretsmanager_client() -> SecretsManagerClient:
    """Return a client of Secrets Manager."""
    return _client("secretsmanager", _RETRYING)  # type: ignore[no-any-return]
