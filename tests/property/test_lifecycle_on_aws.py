"""The same sequences on DynamoDB, S3 and SQS, fewer of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings

from tests.backends.aws import aws_backend
from tests.property.lifecycle import Lifecycle

if TYPE_CHECKING:
    from tests.backends.backend import Backend


class OnAws(Lifecycle):
    def backend(self) -> Backend:
        return self.resources.enter_context(aws_backend(due_shards=2))


TestOnAws = OnAws.TestCase
TestOnAws.settings = settings(
    max_examples=5 * settings().max_examples // 100, stateful_step_count=30
)
