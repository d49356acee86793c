"""A secret that may be rotated: it is read again after a few minutes, not earlier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest

from larder.adapters.secrets import CACHE_SECONDS, LOOK_AGAIN_SECONDS, RotatingSecret
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


def rotate(secrets: SecretsManagerClient, value: str) -> None:
    secrets.put_secret_value(SecretId="cursor", SecretString=value)


def test_before_a_rotation_one_value_is_accepted(
    aws: AwsBackend, secrets: SecretsManagerClient
) -> None:
    assert list(RotatingSecret(secrets, "cursor", aws.clock)) == [b"a cursor key"]


def test_the_value_before_the_last_rotation_is_accepted_and_no_older_one(
    aws: AwsBackend, secrets: SecretsManagerClient
) -> None:
    rotate(secrets, "second")
    assert list(RotatingSecret(secrets, "cursor", aws.clock)) == [b"second", b"a cursor key"]

    rotate(secrets, "third")
    assert list(RotatingSecret(secrets, "cursor", aws.clock)) == [b"third", b"second"]


def test_the_previous_value_is_read_only_when_it_is_needed_and_once(
    aws: AwsBackend, secrets: SecretsManagerClient
) -> None:
    stages: list[str] = []
    secrets.meta.events.register(
        "provide-client-params.secretsmanager.GetSecretValue",
        lambda params, **_: stages.append(params.get("VersionStage", "AWSCURRENT")),
    )
    secret = RotatingSecret(secrets, "cursor", aws.clock)

    assert next(iter(secret)) == b"a cursor key"
    assert stages == ["AWSCURRENT"]
    assert len([*secret, *secret]) == 2
    assert stages == ["AWSCURRENT", "AWSPREVIOUS"]


def test_what_fits_no_known_value_finds_a_rotation_within_seconds(
    aws: AwsBackend, secrets: SecretsManagerClient
) -> None:
    secret = RotatingSecret(secrets, "cursor", aws.clock)
    list(secret)
    rotate(secrets, "second")

    aws.clock.advance(LOOK_AGAIN_SECONDS - 1)
    assert list(secret) == [b"a cursor key"]
    aws.clock.advance(1)

    assert list(secret) == [b"a cursor key", b"second"]
    assert list(secret) == [b"second", b"a cursor key"]
