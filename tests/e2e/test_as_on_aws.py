"""The emulator's S3, and the layer in front of it, against what AWS answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from larder.adapters import aws
from tests.witness.answers import S3
from tests.witness.table import rows
from tests.witness.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.stack import Stack

ROWS = rows()


@pytest.fixture(scope="module")
def world(stack: Stack) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in stack.env.items():
            if name.startswith("AWS_"):
                patch.setenv(name, value)
        s3 = aws.s3_client(aws.new_session())
    bucket = f"witness-{time.time_ns()}"
    s3.create_bucket(Bucket=bucket)
    world = World(s3, stack.client("sqs"), bucket)
    yield world
    world.close()


@pytest.mark.parametrize("name", S3)
def test_the_emulator_answers_as_the_table_says(world: World, name: str) -> None:
    assert S3[name](world) == ROWS[name].expected_of("emulator")
