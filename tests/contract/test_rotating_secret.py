"""A secret that may be rotated: it is read again after a few minutes, not earlier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest

from larder.adapters.secrets import CACHE_SECONDS, RotatingSecret
from tests.moto_stack import REGION

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from tests.backends.aws import AwsBackend


@pytest.fixture
def secrets(aws: AwsBackend) -> SecretsManagerClient:  # noqa: ARG001 - moto has to be there
    return boto3.client("secretsmanager", region_name=REGION)


def test_it_returns_the_current_value(aws: AwsBackend, secrets: SecretsManagerClient) -> None:
    assert RotatingSecret(secrets, "cursor", aws.clock)() == b"a cursor key"


def test_a_new_value_is_noticed_within_minutes(
    aws: AwsBackend, secrets: SecretsManagerClient
) -> None:
    secret = RotatingSecret(secrets, "cursor", aws.clock)
    secret()
    secrets.put_secret_value(SecretId="cursor", SecretString="a new one")

    aws.clock.advance(CACHE_SECONDS - 1)
    assert secret() == b"a cursor key"
    aws.clock.advance(1)

    assert secret() == b"a new one"
