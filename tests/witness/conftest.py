from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from larder.adapters import aws
from tests.witness.localstack import started_localstack
from tests.witness.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    type NewClient = Callable[[str], Any]


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    with started_localstack() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def client(endpoint: str) -> Iterator[NewClient]:
    """Make a client of any service."""
    opened: list[Any] = []

    def new_client(service: str) -> Any:
        made = boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(inject_host_prefix=False),
        )
        opened.append(made)
        return made

    yield new_client
    for each in opened:
        each.close()


@pytest.fixture(scope="session")
def world(endpoint: str, client: NewClient) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", endpoint)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3 = aws.s3_client(aws.new_session())
    s3.create_bucket(Bucket="witness")
    world = World(s3, client("sqs"), "witness")
    yield world
    world.close()
