"""The stack that `larder doctor` looks at: which host its presigned URLs have to name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from larder_cli.failures import OperatorError
from larder_operator.doctor.stack import DeployedStack
from tests.moto_stack import CREDENTIALS


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> DeployedStack:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    return DeployedStack(cast("Any", SimpleNamespace(stack="larder")))


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "a-bucket.s3.us-east-1.amazonaws.com"),
        ("eu-south-2", "a-bucket.s3.eu-south-2.amazonaws.com"),
        ("us-gov-west-1", "a-bucket.s3.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "a-bucket.s3.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_the_host_is_the_buckets_own_in_every_partition(
    monkeypatch: pytest.MonkeyPatch, stack: DeployedStack, region: str, host: str
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    stack.outputs = {"FilesBucket": "a-bucket"}

    assert stack.s3_host == host
    assert not stack.emulated


@pytest.mark.parametrize(
    ("chosen", "origin"),
    [
        ("", "https://*.execute-api.us-east-1.amazonaws.com"),
        ("https://files.example", "https://files.example"),
    ],
)
def test_pages_of_the_api_may_use_the_bucket_or_those_of_the_parameter(
    stack: DeployedStack, chosen: str, origin: str
) -> None:
    stack.parameters = {"CorsOrigin": chosen}

    assert stack.origin == origin


def test_a_stack_that_is_not_there_is_told(
    monkeypatch: pytest.MonkeyPatch, stack: DeployedStack
) -> None:
    client = stack.client("cloudformation")
    monkeypatch.setattr(client, "describe_stacks", _no_such_stack(client))

    with pytest.raises(OperatorError, match="no stack 'larder' in us-east-1"):
        _ = stack.description


def _no_such_stack(client: Any) -> Any:
    def describe_stacks(**_: str) -> None:
        raise client.exceptions.ClientError(
            {"Error": {"Code": "ValidationError"}}, "DescribeStacks"
        )

    return describe_stacks
